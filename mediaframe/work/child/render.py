"""One asset through its recipes: bytes in, renditions and measures out; what recipes share is done once."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import mediaframe.recipes  # noqa: F401  # loads the words, so that recipes can be read from JSON
from mediaframe.engines.base import Counts, Encoded, Engine, Film, Pixels, Source, Task
from mediaframe.engines.catalog import engine_for
from mediaframe.errors import CODES, AssetError, MediaframeError
from mediaframe.model.finish import Format, Measure
from mediaframe.model.kind import Kind
from mediaframe.model.limits import Limits
from mediaframe.model.operation import Operation
from mediaframe.model.parse import recipe_from_json
from mediaframe.model.recipe import Finished
from mediaframe.work.child.encode import MadeOf, encoded

Send = Callable[[dict[str, Any], bytes], None]


def render(request: Mapping[str, Any], source: Source, send: Send) -> dict[str, Any]:
    """Render one asset.

    Parameters
    ----------
    request
        `kind` and `format` as probed, `limits`, and `renditions`: a list of `{"name", "recipe"}` with recipes as JSON;
        `inputs`: the files that the recipes name, as bytes by their hashes.
    source
        The bytes of the asset.
    send
        Is given the header and the bytes of each rendition, in the order of the request. A rendition that fails is
        sent as such; the others are not touched by it.

    Returns
    -------
    dict
        `counts`: how often something was opened, decoded, encoded, and how many steps were done.
    """
    limits = Limits.from_json(request.get("limits") or {})
    asset = Asset(source, request.get("format"), limits, lambda share: send({"progress": share}, b""))
    inputs = {sha256: Source(data, limits=limits) for sha256, data in (request.get("inputs") or {}).items()}
    jobs = [_job(asset, one, inputs) for one in request["renditions"]]
    for job in jobs:
        asset.expect(job)
    for job in jobs:
        _serve(asset, job, send)
    return {"counts": asdict(asset.counts)}


@dataclass(slots=True)
class Job:
    """One rendition: its recipe, and the path of memo keys that leads to its pixels; or why there is none."""

    name: str
    recipe: Finished | None = None
    path: tuple[object, ...] = ()
    error: MediaframeError | None = None


@dataclass(slots=True)
class Node:
    """What one prefix of steps gave, kept until its last use."""

    uses: int = 0
    followers: set[object] = field(default_factory=set)
    handle: Any = None
    error: MediaframeError | None = None


class Asset:
    """One source and the memo of what was done to it."""

    def __init__(self, source: Source, format: str | None, limits: Limits, tell: Callable[[float], None]) -> None:
        self.source, self.format, self.limits, self.tell = source, format, limits, tell
        self.counts = Counts()
        self.nodes: dict[tuple[object, ...], Node] = {}

    def task(self, recipe: Finished) -> Task:
        """Say what the engine must know to open the source for a recipe."""
        steps = _of_kind(recipe.steps, recipe.start)
        end = recipe.end if len(steps) == len(recipe.steps) else None
        return Task(steps, end, self.limits, self.format, self.tell, drawn)

    def expect(self, job: Job) -> None:
        """Count a future use of each prefix."""
        for length in range(1, len(job.path) + 1):
            node = self.nodes.setdefault(job.path[:length], Node())
            node.uses += 1
            node.followers.add(job.path[length] if length < len(job.path) else job.name)

    def handle(self, job: Job, recipe: Finished) -> Any:
        """Give what the steps of a recipe give, from the longest prefix that is known."""
        length = len(job.path)
        while length and self.nodes[job.path[:length]].handle is None:
            error = self.nodes[job.path[:length]].error
            if error is not None:
                raise error
            length -= 1
        handle = self.nodes[job.path[:length]].handle if length else None
        for until in range(length + 1, len(job.path) + 1):
            node = self.nodes[job.path[:until]]
            try:
                handle = self._next(recipe, until, handle, shared=len(node.followers) > 1)
            except MediaframeError as error:
                # Kept without its traceback, which would hold the pictures of all frames that it went through.
                node.error = error.with_traceback(None)
                raise
            node.handle = handle
            self._leave(job.path[: until - 1])
        return handle

    def _leave(self, path: tuple[object, ...]) -> None:
        """Let go of a prefix that nothing else will start from, before the next step needs memory."""
        if path and self.nodes[path].uses == 1:
            self.nodes[path].handle = None

    def _next(self, recipe: Finished, until: int, handle: Any, *, shared: bool) -> Any:
        if until == 1:
            self.counts.opens += 1
            self.counts.decodes += 1
            opener: Engine[Any] = engine_for(recipe.start)
            opened = opener.open(self.source, self.task(recipe))
            return opener.hold(opened) if shared else opened
        step = recipe.steps[until - 2]
        engine: Engine[Any] = engine_for(step.takes)
        self.counts.steps += 1
        made = engine.do(step, handle)
        if isinstance(made, Pixels | Film):
            self.counts.decodes += 1
            return engine_for(step.gives).adopt(made)
        return engine.hold(made) if shared else made

    def done(self, job: Job) -> None:
        """Take one use off each prefix; what has none left is let go."""
        for length in range(1, len(job.path) + 1):
            node = self.nodes[job.path[:length]]
            node.uses -= 1
            if not node.uses:
                node.handle = node.error = None


def drawn(steps: Sequence[Operation], width: int, height: int) -> Pixels:
    """Draw steps for pictures on a transparent one, for what another engine puts on moving pictures."""
    engine: Engine[Any] = engine_for("image")
    handle = engine.adopt(Pixels(width, height, 4, bytes(width * height * 4)))
    for step in steps:
        handle = engine.do(step, handle)
    return engine.pixels(handle)


def _job(asset: Asset, rendition: Mapping[str, Any], inputs: Mapping[str, Source]) -> Job:
    name = rendition["name"]
    try:
        recipe = _recipe(json.dumps(rendition["recipe"], sort_keys=True))
        recipe = recipe.with_inputs(lambda one, _: replace(one, data=inputs.get(one.sha256 or "")))
        engine = engine_for(recipe.start)
        start = (recipe.start, engine.name, engine.sharing(asset.source, asset.task(recipe)))
    except MediaframeError as error:
        return Job(name, error=error.with_traceback(None))
    return Job(name, recipe, (start, *recipe.steps))


@lru_cache(maxsize=512)
def _recipe(text: str) -> Finished:
    return recipe_from_json(json.loads(text))


def _of_kind(steps: Iterable[Operation], kind: Kind) -> tuple[Operation, ...]:
    """Give the steps up to the one that turns into another kind, that one included."""
    found = []
    for step in steps:
        found.append(step)
        if step.gives != kind:
            break
    return tuple(found)


def _serve(asset: Asset, job: Job, send: Send) -> None:
    began = time.perf_counter()
    made = Encoded(b"")
    try:
        header, made = _work(asset, job)
    except MediaframeError as error:
        header = {"status": "failed", "code": error.code, "stage": error.stage, "error": error.message}
    except MemoryError:
        message = "out of memory while rendering; allow more with Limits.memory"
        header = {"status": "failed", "code": "E_LIMIT_MEMORY", "stage": "limit", "error": message}
    except Exception as error:  # noqa: BLE001  # a fault of ours costs one rendition, and its row says what it was
        header = _fault(error)
    asset.done(job)
    took = {"took": round(time.perf_counter() - began, 6)}
    send_whole(send, {"rendition": job.name, **header, **took}, made)


def send_whole(send: Send, header: dict[str, Any], made: Encoded) -> None:
    """Send a result, its parts first: bytes at once, files in pieces, after which they are gone."""
    name = header["rendition"]
    try:
        for part in made.parts:
            last = {"part_of": name, "part": part.name, "media_type": part.media_type}
            _send_file(send, last, part.data, {"piece_of": name, "part": part.name})
        _send_file(send, header, made.data, {"piece_of": name})
    finally:
        made.discard()


def _send_file(send: Send, last: dict[str, Any], data: bytes | Path, piece_of: dict[str, Any]) -> None:
    if isinstance(data, bytes):
        send(last, data)
        return
    with data.open("rb") as file:
        while piece := file.read(_PIECE):
            send(piece_of, piece)
    data.unlink()
    send(last, b"")


def _fault(error: Exception) -> dict[str, Any]:
    last = traceback.extract_tb(error.__traceback__)[-1]
    message = f"{type(error).__name__}: {error} (in {last.name}, line {last.lineno})"
    return {"status": "failed", "code": "E_INTERNAL", "stage": "control", "error": message}


def within(limits: Limits, end: Format, made: Encoded) -> None:
    """Hold a result against the limits; moving media may be as large as those that are read."""
    if len(made.parts) > limits.parts:
        raise AssetError(f"{end.word}: {len(made.parts)} files are over the limit of {limits.parts}; see Limits.parts",
                         code="E_LIMIT_OUTPUT")  # fmt: skip
    size = made.size
    media = end.takes in ("video", "audio")
    most = max(limits.output, limits.media_bytes) if media else limits.output
    if size > most:
        name = "media_bytes" if media else "output"
        raise AssetError(f"{end.word}: {size} bytes are over the limit of {most}; see Limits.{name}",
                         code="E_LIMIT_OUTPUT")  # fmt: skip


_PIECE = 4 << 20
"""Bytes of a large file that are sent at a time."""


def _work(asset: Asset, job: Job) -> tuple[dict[str, Any], Encoded]:
    if job.error is not None or job.recipe is None:
        raise job.error or AssetError(f"{job.name}: no recipe", code="E_INTERNAL")
    handle = asset.handle(job, job.recipe)
    end = job.recipe.end
    engine = engine_for(end.takes)
    if isinstance(end, Measure):
        return {"status": "ok", "value": engine.measure(end, handle), "engine": engine.version()}, Encoded(b"")
    task = asset.task(job.recipe) if job.recipe.start == end.takes else None
    made = encoded(engine, end, handle, asset.counts, MadeOf(asset.source, task))
    try:
        within(asset.limits, end, made)
    except AssetError:
        made.discard()
        raise
    return told_of(engine, made, end), made


def told_of(engine: Engine[Any], made: Encoded, end: Format) -> dict[str, Any]:
    """Give what an answer says of a file."""
    return {
        "status": "ok", "width": made.width, "height": made.height, "seconds": made.seconds, "pages": made.pages,
        "quality": made.quality, "outcome": made.outcome, "score": made.score, "origin": made.origin,
        "media_type": made.media_type or end.media_type, "encodes": made.encodes,
        "engine": engine.version(), **_said(made),
    }  # fmt: skip


def _said(made: Encoded) -> dict[str, str]:
    """Give the first code and all sentences, where there is something to say of a result."""
    if not made.notes:
        return {}
    code = made.notes[0][0]
    return {"code": code, "stage": CODES[code].stage, "error": "; ".join(sentence for _, sentence in made.notes)}
