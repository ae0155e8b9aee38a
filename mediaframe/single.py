"""One file through one recipe, without a frame: everybody's first line."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from mediaframe.errors import AssetError, RecipeError, UsageError, expected
from mediaframe.model.finish import Format
from mediaframe.model.limits import Limits
from mediaframe.model.media_type import by_name, sniff
from mediaframe.model.recipe import Finished
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from mediaframe.table.header import HEAD, read_header
from mediaframe.work.ability import require
from mediaframe.work.fetch import SPOOL, piece, whole
from mediaframe.work.inputs import Content, Handover, Inputs
from mediaframe.work.job import told
from mediaframe.work.need import memory_need
from mediaframe.work.slot import Slot
from mediaframe.work.spool import Pieces, Spool


def run_one(
    recipe: Finished,
    source: str | os.PathLike[str] | bytes,
    *,
    to: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
    row: Mapping[str, Any] | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Any:
    """Serve one file; see `Finished.run`."""
    recipe.check_words()
    require([recipe])
    recipe = _bound(recipe, row)
    if not isinstance(limits, Limits | None):
        raise RecipeError(expected("run(limits=...)", "Limits, such as mf.Limits(pixels=50_000_000)", limits))
    if to is not None and recipe.format is None:
        raise RecipeError(f"{recipe!r}: a measure gives a value, not a file; leave `to` out")
    if to is not None and recipe.format is not None and recipe.format.package:
        _check_folder(os.fspath(to), recipe.format)
    elif to is not None:
        _check_name(os.fspath(to), recipe)
    if to is not None and not isinstance(source, bytes | bytearray | memoryview) and _same(source, to):
        raise UsageError(f"run(to={os.fspath(to)!r}): that is the source itself; give another name, so that it is kept")
    inputs = Inputs(Sources(storage_options), limits)
    recipe = inputs.settle_all({"run": recipe})["run"]
    data = _read(source, limits or Limits(), storage_options)
    reply, made = _render(recipe, data, limits or Limits(), inputs.contents(recipe))
    with closing(made):
        if reply["status"] == "failed":
            raise AssetError(reply["error"], code=reply["code"], stage=reply.get("stage"))
        if "value" in reply:
            return reply["value"]
        if recipe.format is not None and recipe.format.package:
            return _package(to, made, reply["media_type"], recipe.format.package, storage_options)
        if to is not None:
            return _write(os.fspath(to), made.data, reply["media_type"], recipe, storage_options)
        return whole(made.data)


def _bound(recipe: Finished, row: Mapping[str, Any] | None) -> Finished:
    if recipe.columns and row is None:
        names = ", ".join(sorted(recipe.columns))
        raise RecipeError(f"{recipe!r}: takes arguments from the columns {names}; give them as row={{...}}")
    return recipe.bind(row or {})


def _read(source: object, limits: Limits, storage_options: Mapping[str, Any] | None) -> bytes | Path:
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif isinstance(source, str | os.PathLike) and _large(source, limits):
        return Path(source).absolute()
    elif isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        uri = name if "://" in name else str(Path(name).absolute())
        data = Sources(storage_options).read(uri, limits.media_bytes)
    else:
        raise RecipeError(expected("run(source)", "a path, a URL or bytes", source))
    if not data:
        raise AssetError("the file is empty", code="E_SOURCE_EMPTY")
    return data


def _large(source: str | os.PathLike[str], limits: Limits) -> bool:
    """Whether a source is a local file that is handed over as it stands instead of being read into memory."""
    path = Path(source)
    if not path.is_file() or path.stat().st_size <= SPOOL:
        return False
    if path.stat().st_size > limits.media_bytes:
        raise AssetError(f"{path.stat().st_size} bytes are over the limit of {limits.media_bytes}; see "
                         "Limits.media_bytes", code="E_LIMIT_BYTES")  # fmt: skip
    return True


def _same(source: object, to: str | os.PathLike[str]) -> bool:
    """Whether two names are of one file, by way of links too."""
    if not isinstance(source, str | os.PathLike):
        return False
    one, other = os.fspath(source), os.fspath(to)
    if one == other:
        return True
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)


def _render(
    recipe: Finished, data: bytes | Path, limits: Limits, given: Mapping[str, Content]
) -> tuple[dict[str, Any], Spool]:
    head, size = piece(data, 0, HEAD), len(data) if isinstance(data, bytes) else data.stat().st_size
    found = sniff(head)
    if found is None:
        raise AssetError("no format is known for this content", code="E_UNSUPPORTED_FORMAT")
    if found.kind != recipe.start:
        raise AssetError(f"expected {recipe.start}, got {found.format}", code="E_UNSUPPORTED_FORMAT")
    request = {
        "do": "render",
        "kind": found.kind,
        "format": found.format,
        "limits": limits.to_json(),
        "renditions": [{"name": "one", "recipe": recipe.with_inputs(told).to_json()}],
    }
    header = read_header(head, size, lambda start, length: piece(data, start, length))
    if header.code == "E_TRUNCATED" and found.kind in ("video", "audio") and recipe.format is not None:
        raise AssetError(header.error or "bytes are missing at its end", code=header.code)
    need = memory_need((header.width or 0) * (header.height or 0) or None, found.format, recipe, header.frames)
    over = Handover.of([recipe], given, found.format)
    place = _place(os.getpid())
    with place.turn, closing(Pieces(["one"], max(limits.output, limits.media_bytes), limits.parts)) as pieces:
        answers = place.slot(limits).ask(request, data, over.blobs, memory=need + over.memory,
                                         stains=over.stains, clean=over.clean)  # fmt: skip
        taken = [(frame, pieces.take(frame, payload)) for frame, payload in answers]
    return next((frame, made) for frame, made in taken if made is not None)


class _Place:
    """One child that is kept for the process, since starting one costs ten times what a small picture does."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self._slot = Slot()
        atexit.register(self._close)

    def slot(self, limits: Limits) -> Slot:
        """Give the slot, a fresh one where the limits are others."""
        if self._slot.limits != limits:
            self._slot.close()
            self._slot = Slot(limits)
        return self._slot

    def _close(self) -> None:
        self._slot.close()


@cache
def _place(pid: int) -> _Place:
    return _Place()


def _check_name(to: str, recipe: Finished) -> None:
    """Refuse a name that says another format than the one that is written; an unknown ending may be anything."""
    named, form = by_name(to), recipe.format
    if form is not None and form.chooses and "{ext}" in to:
        return
    if form is not None and form.chooses and named is not None:
        raise RecipeError(
            f"run(to={to!r}): the format is known once the file is made; end the name with .{{ext}}, which is filled in"
        )
    if form is not None and named is not None and named.kind == form.takes and named.media_type != form.media_type:
        raise RecipeError(
            f"run(to={to!r}): the recipe writes {form.word}, but the name says {named.format}; "
            f"end it with .{form.extension}"
        )


def _check_folder(to: str, form: Format) -> None:
    named = by_name(to)
    if to.endswith((".m3u8", ".mpd")) or (named is not None and named.kind == form.takes):
        raise RecipeError(
            f"run(to={to!r}): {form.word} writes {form.package} and the files that it names; give the name of a folder "
            "for them, without an ending"
        )


def _package(
    to: str | os.PathLike[str] | None,
    made: Spool,
    media_type: str,
    main: str,
    storage_options: Mapping[str, Any] | None,
) -> str | dict[str, bytes]:
    """Write a package into a folder, its main file last; gives that file's uri, or all files where none is written."""
    if to is None:
        return {main: whole(made.data), **{part.name: whole(part.data) for part in made.package}}
    store = Store.open(os.fspath(to) if "://" in os.fspath(to) else Path(to).absolute(), storage_options)
    store.remove(main)  # It must not stand there while the parts are others than it names.
    for part in made.package:
        store.write(part.name, part.data, replace=True, media_type=part.media_type)
    store.write(main, made.data, replace=True, media_type=media_type)
    return store.uri(main)


def _write(
    to: str, data: bytes | Path, media_type: str, recipe: Finished, storage_options: Mapping[str, Any] | None
) -> str:
    if recipe.format is not None and recipe.format.chooses:
        to = to.replace("{ext}", recipe.format.extension_of(media_type))
    folder, _, name = (to if "://" in to else str(Path(to).absolute())).rpartition("/")
    store = Store.open(folder or "/", storage_options)
    store.write(name, data, replace=True, media_type=media_type)
    return store.uri(name)
