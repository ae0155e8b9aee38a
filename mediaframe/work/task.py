"""One batch on one worker: rows in, rows out. Bytes are read by uri and written by name; they never travel further."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

from mediaframe.errors import AssetError, MediaframeError, RunError
from mediaframe.storage.names import local_path, readable
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from mediaframe.work.batch import Batch, Item, Wanted
from mediaframe.work.events import Telling
from mediaframe.work.fetch import Read, fetch, whole
from mediaframe.work.inputs import Handover, Inputs
from mediaframe.work.job import Job, rendition_key, told
from mediaframe.work.need import memory_need
from mediaframe.work.outcome import Outcome, begin, failure
from mediaframe.work.publish import Made, Publisher
from mediaframe.work.slot import Slot
from mediaframe.work.spool import Pieces, Spool

AHEAD = 2
"""Sources that are read ahead, so that codecs never wait."""
FAR = 8
"""The same for sources that are not on a disk here, and results that are on their way to such a place."""
HELD = 64 << 20
"""Bytes that are read ahead, or are on their way out, at the most; a single larger file goes alone."""
_TOLD = (
    "width", "height", "seconds", "pages", "quality", "outcome", "score", "origin", "encodes", "engine", "took",
)  # fmt: skip
"""What the child tells of a file, by the names of the manifest."""

SCRATCH = "_mediaframe/scratch"
"""A mark that is put where files go that are made on the way, so that workers know the place."""


class Worker:
    """Works through batches: reads, has them rendered in a slot, publishes, and tells what became of each row."""

    def __init__(
        self,
        job: Job,
        sources: Sources,
        store: Store | None,
        stopped: Callable[[], bool] = lambda: False,
        *,
        inline: bool = True,
        inputs: Inputs | None = None,
    ) -> None:
        self.job = job
        self.sources = sources
        self.inputs = inputs or Inputs(sources, job.limits)
        self.store = store
        self.stopped = stopped
        self.inline = inline
        """Whether files are given back where there is no store to write them to."""
        self.publisher = Publisher(store, job) if store is not None else None

    def __reduce__(self) -> tuple[Callable[..., Worker], tuple[Any, ...]]:
        # Elsewhere it is stopped by its slots.
        return partial(Worker, inline=self.inline, inputs=self.inputs), (self.job, self.sources, self.store)

    def without_files(self) -> Worker:
        """Give a worker that tells of the files that it makes, and keeps none."""
        return Worker(self.job, self.sources, self.store, self.stopped, inline=False, inputs=self.inputs)

    def arrive(self) -> None:
        """See, in another process, that a place for files made on the way is the same one there."""
        if self.store is not None and self.store.stat(SCRATCH) is None:
            raise RunError(
                f"{self.store.url}: a worker does not find this place; give one that all workers share, such as an "
                "object store or a shared folder"
            )
        self.require_inputs()

    def require_inputs(self) -> None:
        """See that the files which the recipes name are here, and the same as where the run was planned."""
        self.inputs.require(recipe for _, recipe in self.job.recipes)

    def alone(self, batch: Batch) -> list[Batch]:
        """Cut a batch into batches of one asset."""
        return [Batch(batch.index, (item,)) for item in batch.items]

    def lost(self, batch: Batch) -> Outcome:
        """Say that the processes that had a batch died of it."""
        error = AssetError("the workers that had it died, again and again", code="E_WORKER_LOST")
        lines = [
            {**begin(item, wanted, item.attempts + 1), **failure(error)}
            for item in batch.items
            for wanted in item.wanted
        ]
        return Outcome(batch.index, lines)

    def __call__(self, batch: Batch, slot: Slot) -> Outcome:
        """Work through one batch. Whatever happens to an asset is a row; only a stop leaves rows out."""
        outcome, cancelled, telling = Outcome(batch.index), False, Telling(batch.index, slot.tell)
        ahead = AHEAD if all(local_path(item.uri) is not None for item in batch.items) else FAR
        writers = 1 if self.store is None or self.store.local is not None else FAR
        trailing: deque[_Asset] = deque()
        with (
            ThreadPoolExecutor(ahead, thread_name_prefix="mediaframe-read") as readers,
            ThreadPoolExecutor(writers, thread_name_prefix="mediaframe-write") as writer,
        ):
            for item, reading in self._ahead(batch.items, readers, ahead):
                if self.stopped() or slot.cancelled or cancelled:
                    reading.cancel()
                    continue
                asset = _Asset(self, item, slot, writer, telling.share)
                asset.work(reading)
                cancelled = asset.cancelled
                trailing.append(asset)
                while trailing and (
                    trailing[0].landed or len(trailing) > writers or sum(one.held for one in trailing) > HELD
                ):
                    trailing.popleft().land(outcome, telling)
            for asset in trailing:
                asset.land(outcome, telling)
        return outcome

    def _ahead(
        self, items: tuple[Item, ...], readers: ThreadPoolExecutor, ahead: int
    ) -> Iterator[tuple[Item, Future[Read]]]:
        waiting: deque[tuple[Item, Future[Read]]] = deque()
        for item in items:
            while waiting and sum(one.bytes or 0 for one, _ in waiting) + (item.bytes or 0) > HELD:
                yield waiting.popleft()
            waiting.append((item, readers.submit(fetch, item, self.sources, self.job.limits)))
            if len(waiting) > ahead:
                yield waiting.popleft()
        yield from waiting


class _Asset:
    """One asset on its way through: what it asked for, and the lines that tell what became of it."""

    def __init__(
        self, worker: Worker, item: Item, slot: Slot, writer: ThreadPoolExecutor, share: Callable[[float], None]
    ) -> None:
        self.worker, self.item, self.slot, self.writer, self.share = worker, item, slot, writer, share
        self.lines: list[dict[str, Any]] = []
        self.data: dict[tuple[int, str], bytes] = {}
        self.parts: dict[tuple[int, str], list[bytes]] = {}
        self.bytes_in = 0
        self.cancelled = False
        self.read: Read | None = None
        self.attempts = item.attempts
        self.held = 0
        """Bytes on their way to the store."""
        self.left: dict[str, Wanted] = {wanted.name: wanted for wanted in item.wanted}
        self.writing: list[Future[dict[str, Any]]] = []

    def work(self, reading: Future[Read]) -> None:
        """Read, render, publish."""
        self.attempts += 1
        try:
            self.read = read = reading.result()
            self.bytes_in = read.size
            self._copy(read)
            if self.left:
                self._check_kind(read)
                self._render(read)
        except RunError:  # No child starts here: that is no fault of this asset, nor of those to come.
            raise
        except MediaframeError as error:
            self.cancelled = error.code == "E_CANCELLED"
            if not self.cancelled:
                self._fail(error)

    @property
    def landed(self) -> bool:
        """Whether all is published."""
        return all(done.done() for done in self.writing)

    def land(self, outcome: Outcome, telling: Telling) -> None:
        """Wait until all is published, and tell it."""
        lines = [*self.lines, *(done.result() for done in self.writing)]
        outcome.lines += lines
        outcome.bytes_in += self.bytes_in
        telling.count(lines, self.bytes_in)
        outcome.data.update(self.data)
        outcome.parts.update(self.parts)

    def _copy(self, read: Read) -> None:
        """Publish the source itself, where that was asked for."""
        for wanted in [one for one in self.left.values() if one.recipe is None]:
            del self.left[wanted.name]
            made = Made(read.data, read.sha256, self.item.media_type)
            self._publish(wanted, made, {"media_type": made.media_type, "bytes": read.size})

    def _check_kind(self, read: Read) -> None:
        """Keep what takes this kind; where the name told no kind, all recipes were tried."""
        starts = {one.recipe.start for one in self.left.values() if one.recipe}
        if read.kind in starts:
            for wanted in [one for one in self.left.values() if one.recipe and one.recipe.start != read.kind]:
                del self.left[wanted.name]
                self._settle({**self._row(wanted), "status": "skipped"})
            return
        if read.format is None:
            raise AssetError("no format is known for this content", code="E_UNSUPPORTED_FORMAT")
        allowed = " or ".join(sorted(starts))
        raise AssetError(f"expected {allowed}, got {read.format}", code="E_UNSUPPORTED_FORMAT")

    def _render(self, read: Read) -> None:
        """Have the child render what is left; a child that died is asked once more, with this asset alone."""
        try:
            self._ask(read)
        except AssetError as error:
            if error.code != "E_DECODER_CRASH" or not self.left or self.worker.stopped():
                raise
            self.attempts += 1
            self._ask(read)

    def _ask(self, read: Read) -> None:
        given, missing = self.worker.inputs.gathered({one.name: one.recipe for one in self.left.values() if one.recipe})
        for name, error in missing.items():
            self._settle(self._failed(self.left.pop(name), error))
        wanted = [(one.name, one.recipe) for one in self.left.values() if one.recipe]
        if not wanted:
            return
        shared = len(wanted) > 1
        need = max(memory_need(read.pixels, read.format, recipe, read.frames, shared=shared) for _, recipe in wanted)
        over = Handover.of((recipe for _, recipe in wanted), given, read.format)
        request = {
            "do": "render",
            "kind": read.kind,
            "format": read.format,
            "limits": self.worker.job.limits.to_json(),
            "renditions": [{"name": name, "recipe": recipe.with_inputs(told).to_json()} for name, recipe in wanted],
        }
        limits = self.worker.job.limits
        asked = len(self.left)
        with closing(Pieces(self.left, max(limits.output, limits.media_bytes), limits.parts)) as pieces:
            for reply, payload in self.slot.ask(request, read.data, over.blobs, memory=need + over.memory,
                                                stains=over.stains, clean=over.clean):  # fmt: skip
                if "progress" in reply:
                    self.share(asked - len(self.left) + min(1.0, max(0.0, float(reply["progress"]))))
                spool = pieces.take(reply, payload)
                if spool is not None:
                    self._take(self.left.pop(reply["rendition"]), reply, spool)

    def _take(self, wanted: Wanted, reply: Mapping[str, Any], spool: Spool) -> None:
        if reply["status"] == "failed" or "value" in reply:
            spool.close()
        if reply["status"] == "failed":
            error = AssetError(reply["error"], code=reply["code"], stage=reply.get("stage"))
            self._settle(self._failed(wanted, error))
        elif "value" in reply:
            measured = {
                "status": "measured",
                "value": json.dumps(reply["value"]),
                "engine": reply.get("engine"),
            }
            self._settle({**self._row(wanted), **measured})
        else:
            facts = {name: reply.get(name) for name in _TOLD}
            parts = spool.package
            made = Made(spool.data, spool.sha256, reply.get("media_type"), parts)
            facts |= {"media_type": reply.get("media_type"), "bytes": spool.size + sum(part.size for part in parts)}
            facts["parts"] = [part.row() for part in parts] or None
            if "code" in reply:
                facts |= {"error_code": reply["code"], "stage": reply["stage"], "error": readable(reply["error"])[:500]}
            self._publish(wanted, made, facts, spool)

    def _publish(self, wanted: Wanted, made: Made, facts: dict[str, Any], spool: Spool | None = None) -> None:
        publisher = self.worker.publisher
        if publisher is None:
            if self.worker.inline and spool is not None:
                self.data[self.item.row, wanted.name] = whole(made.data)
                self.parts[self.item.row, wanted.name] = [whole(part.data) for part in made.parts]
            self._settle({**self._row(wanted), **facts, "status": "written", "sha256": made.sha256})
            if spool is not None:
                spool.close()
            return
        self.held += made.held
        writing = self.writer.submit(self._write, publisher, wanted, made, facts)
        if spool is not None:
            writing.add_done_callback(lambda _: spool.close())
        self.writing.append(writing)

    def _write(self, publisher: Publisher, wanted: Wanted, made: Made, facts: dict[str, Any]) -> dict[str, Any]:
        key = self._key(wanted, facts.get("engine") or "")
        row = self._row(wanted) | {"key": key}
        try:
            return {**row, **facts, **publisher.publish(wanted, made, self.item.late, key)}
        except MediaframeError as error:
            return self._failed(wanted, error)

    def _key(self, wanted: Wanted, engine: str) -> str | None:
        if self.read is None or wanted.recipe is None:
            return None
        return rendition_key(self.read.sha256, wanted.recipe, engine)

    def _row(self, wanted: Wanted) -> dict[str, Any]:
        row = begin(self.item, wanted, self.attempts)
        if self.read:
            row |= {"source_bytes": self.read.size, "source_sha256": self.read.sha256}
        return row

    def _failed(self, wanted: Wanted, error: MediaframeError) -> dict[str, Any]:
        return {**self._row(wanted), **failure(error)}

    def _fail(self, error: MediaframeError) -> None:
        for wanted in self.left.values():
            self._settle(self._failed(wanted, error))
        self.left = {}

    def _settle(self, line: dict[str, Any]) -> None:
        self.lines.append(line)
