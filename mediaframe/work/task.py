"""One batch on one worker: rows in, rows out. Bytes are read by uri and written by name; they never travel further."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from mediaframe.errors import AssetError, MediaframeError, RunError, StoreError
from mediaframe.model.media_type import sniff
from mediaframe.model.package import folder_of
from mediaframe.storage.bulk import in_order
from mediaframe.storage.layout import Layout
from mediaframe.storage.names import local_path, readable
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from mediaframe.table.header import read_header
from mediaframe.work.batch import Batch, Item, Wanted
from mediaframe.work.events import Telling
from mediaframe.work.inputs import Handover, Inputs
from mediaframe.work.job import Job, rendition_key, told
from mediaframe.work.need import memory_need
from mediaframe.work.outcome import Outcome, begin, failure
from mediaframe.work.slot import Slot
from mediaframe.work.spool import Pieces, Spool, SpooledPart

AHEAD = 2
"""Sources that are read ahead, so that codecs never wait."""
FAR = 8
"""The same for sources that are not on a disk here, and results that are on their way to such a place."""
HELD = 64 << 20
"""Bytes that are read ahead, or are on their way out, at the most; a single larger file goes alone."""
SPOOL = 64 << 20
"""Bytes above which a local file is handed over as it stands instead of being read into memory."""


_TOLD = (
    "width", "height", "seconds", "pages", "quality", "outcome", "score", "origin", "encodes", "engine", "took",
)  # fmt: skip
"""What the child tells of a file, by the names of the manifest."""

SCRATCH = "_mediaframe/scratch"
"""A mark that is put where files go that are made on the way, so that workers know the place."""


@dataclass(frozen=True, slots=True)
class Read:
    """A source as it was read."""

    data: bytes | Path
    size: int
    sha256: str
    kind: str | None
    format: str | None
    pixels: int | None
    frames: int | None = None


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
        self.layout = Layout(job.layout) if store else None

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
            waiting.append((item, readers.submit(self.read, item)))
            if len(waiting) > ahead:
                yield waiting.popleft()
        yield from waiting

    def read(self, item: Item) -> Read:
        """Read a source whole, and see by its content what it is."""
        limits = self.job.limits
        known = item.kind in ("video", "audio")
        limit = limits.media_bytes if known else limits.bytes
        # What is far away is looked at and read by one request.
        near = local_path(item.uri)
        fetched = self.sources.fetch(item.uri, limit) if near is None else None
        stat = self.sources.stat(item.uri) if near is not None else fetched and fetched[0]
        if stat is None:
            raise AssetError("the source is not there any more", code="E_SOURCE_NOT_FOUND")
        if item.version is not None and stat.version != item.version:
            raise AssetError(
                f"expected the version that was scanned, {item.version}, got {stat.version}; export it anew",
                code="E_SOURCE_CHANGED",
            )
        if stat.bytes > limit:
            raise AssetError(
                f"{stat.bytes} bytes are over the limit of {limit}; see Limits.bytes", code="E_LIMIT_BYTES"
            )
        data: bytes | Path = (fetched and fetched[1]) or b""
        if near is not None:
            data = Path(near) if stat.bytes > SPOOL else self.sources.read(item.uri, limit)
        size, sha256, head = _digest(data)
        if size == 0:
            raise AssetError("the file is empty", code="E_SOURCE_EMPTY")
        found = sniff(head)
        pixels, frames = item.pixels, item.frames
        if pixels is None and found is not None and found.kind == "image":
            # Nobody probed it: without its size a large picture would be given the memory of a common one.
            header = read_header(head, size, _ranges(data))
            pixels, frames = (header.width or 0) * (header.height or 0) or None, header.frames
        kind, format = (found.kind, found.format) if found else (None, None)
        return Read(data, size, sha256, kind, format, pixels, frames)


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
            facts = {"media_type": self.item.media_type, "bytes": read.size}
            self._publish(wanted, read.data, read.sha256, facts)

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
            facts |= {"media_type": reply.get("media_type"), "bytes": spool.size + sum(part.size for part in parts)}
            facts["parts"] = [part.row() for part in parts] or None
            if "code" in reply:
                facts |= {"error_code": reply["code"], "stage": reply["stage"], "error": readable(reply["error"])[:500]}
            self._publish(wanted, spool.data, spool.sha256, facts, spool)

    def _publish(
        self, wanted: Wanted, data: bytes | Path, sha256: str, facts: dict[str, Any], spool: Spool | None = None
    ) -> None:
        if self.worker.store is None:
            if self.worker.inline and spool is not None:
                self.data[self.item.row, wanted.name] = _bytes(data)
                self.parts[self.item.row, wanted.name] = [_bytes(part.data) for part in spool.package]
            self._settle({**self._row(wanted), **facts, "status": "written", "sha256": sha256})
            if spool is not None:
                spool.close()
            return
        parts = spool.package if spool is not None else ()
        self.held += sum(len(one) for one in (data, *(part.data for part in parts)) if isinstance(one, bytes))
        writing = self.writer.submit(self._write, wanted, data, sha256, facts, parts)
        if spool is not None:
            writing.add_done_callback(lambda _: spool.close())
        self.writing.append(writing)

    def _write(
        self,
        wanted: Wanted,
        data: bytes | Path,
        sha256: str,
        facts: dict[str, Any],
        parts: tuple[SpooledPart, ...] = (),
    ) -> dict[str, Any]:
        row = self._row(wanted)
        row |= {"key": self._key(wanted, facts.get("engine") or "")}
        try:
            name = wanted.target or self._late_name(wanted, row["key"], facts.get("media_type"))
            replace = self._may_replace(wanted)
            if parts:
                self._put_parts(name, sha256, parts, replace=replace)
            status = self._put(name, data, sha256, facts.get("media_type"), replace=replace)
            if status == "reused" and wanted.target is not None:
                # Nothing stood there when the run began: an attempt that was lost with its worker wrote it.
                status = "written"
        except MediaframeError as error:
            return self._failed(wanted, error)
        now = datetime.now(UTC).isoformat()
        return {**row, **facts, "status": status, "uri": name, "sha256": sha256, "written_at": now}

    def _may_replace(self, wanted: Wanted) -> bool:
        return self.worker.job.replace and not wanted.taken

    def _put_parts(self, name: str, sha256: str, parts: tuple[SpooledPart, ...], *, replace: bool) -> None:
        """Write the parts of a package; its main file must not stand there while they are others than it names."""
        store = self.worker.store
        assert store is not None  # noqa: S101  # _publish saw it
        if replace:
            store.remove(name)
        elif store.stat(name) is not None and hashlib.sha256(store.read(name)).hexdigest() != sha256:
            raise StoreError(f"{store.uri(name)}: something stands under this name", code="E_STORE_CONFLICT")
        folder = folder_of(name)

        def put(part: SpooledPart) -> None:
            self._put(folder + part.name, part.data, part.sha256, part.media_type, replace=replace)

        for _ in in_order(put, parts, store.at_once):
            pass

    def _put(self, name: str, data: bytes | Path, sha256: str, media_type: str | None, *, replace: bool) -> str:
        store, job = self.worker.store, self.worker.job
        assert store is not None  # noqa: S101  # _publish saw it
        try:
            store.write(
                name,
                data,
                replace=replace,
                durable=False,  # settled before the row log says that it is there
                media_type=media_type,
                cache_control=job.cache_control,
                metadata=job.metadata,
            )
        except StoreError as error:
            if error.code != "E_STORE_CONFLICT" or hashlib.sha256(store.read(name)).hexdigest() != sha256:
                raise
            return "reused"
        return "written"

    def _late_name(self, wanted: Wanted, key: str | None, media_type: str | None) -> str:
        layout, job = self.worker.layout, self.worker.job
        form = wanted.recipe.format if wanted.recipe else None
        assert layout is not None and form is not None  # noqa: S101, PT018  # late names are for files
        name = layout.expand(self.item.late, wanted.name, wanted.recipe_id, form.extension_of(media_type), key)
        return job.prefix + form.placed(name)

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


def _bytes(data: bytes | Path) -> bytes:
    return data if isinstance(data, bytes) else data.read_bytes()


def _ranges(data: bytes | Path) -> Callable[[int, int], bytes]:
    """Give what reads a range of a source."""

    def read(start: int, length: int) -> bytes:
        if isinstance(data, bytes):
            return data[start : start + length]
        with data.open("rb") as file:
            file.seek(start)
            return file.read(length)

    return read


def _digest(data: bytes | Path) -> tuple[int, str, bytes]:
    if isinstance(data, bytes):
        return len(data), hashlib.sha256(data).hexdigest(), data[:65536]
    with data.open("rb") as file:
        head = file.read(65536)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), sha256, head
