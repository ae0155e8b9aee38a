"""Probing of batches: headers read in the slots' threads, what was probed before taken from memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mediaframe.errors import MediaframeError, RunError
from mediaframe.model.limits import Limits
from mediaframe.storage.bulk import in_order
from mediaframe.storage.names import local_path
from mediaframe.storage.source import Sources
from mediaframe.storage.stat import Stat
from mediaframe.table.header import HEAD
from mediaframe.table.schema import PROBED
from mediaframe.work.hidden import ASSET, complete, learn
from mediaframe.work.known import Known
from mediaframe.work.pool import Pool
from mediaframe.work.probe import lost, probe_one
from mediaframe.work.slot import Slot

CHUNK = 64
"""Rows that one slot probes at a time."""
FAR = 8
"""Headers that are read at once for a slot, where sources are not on a disk here."""

_NAMES = tuple(field.name for field in PROBED)

Rows = list[dict[str, Any]]

Asked = Sequence[tuple[int, dict[str, Any]]]
"""Assets that are probed together, each with its place in the batch."""

Told = list[tuple[int, dict[str, Any]]]
"""What was found of each."""


class Prober:
    """Reads the headers of a batch of assets; a bad asset is a row."""

    def __init__(self, pool: Pool, sources: Sources, limits: Limits, known: Known | None = None) -> None:
        self.pool, self.sources, self.limits, self.known = pool, sources, limits, known
        self.keep_in: Path | None = None
        """A folder where what was probed is kept for the next run, if it shall be."""
        self.kept: list[Path] = []

    def __call__(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Give the batch with what its headers say."""
        batch = self._looked_up(batch)
        assets: Rows = batch[ASSET].to_list()
        facts: list[dict[str, Any] | None] = [self._remembered(asset) for asset in assets]
        asked = [(at, assets[at]) for at, fact in enumerate(facts) if fact is None]
        chunks = [asked[start : start + CHUNK] for start in range(0, len(asked), CHUNK)]
        for found in self.pool.run(Probing(self.sources, self.limits), chunks):
            for at, fact in found:
                facts[at] = fact
        if None in facts:
            raise RunError("stopped while headers were read; nothing was begun", code="E_CANCELLED")
        learned = learn(batch, [fact or {} for fact in facts])
        if self.keep_in is not None:
            self.kept.append(self.keep_in / f"probed-{len(self.kept):05d}.parquet")
            learned.select(ASSET).unnest(ASSET).write_parquet(self.kept[-1])
        return learned

    def _looked_up(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Ask what a table did not tell: size, version and time; without a version nothing is ever used again."""
        assets: Rows = batch[ASSET].to_list()
        unknown = [at for at, asset in enumerate(assets) if asset["bytes"] is None or asset["version"] is None]
        if not unknown:
            return batch
        found: list[dict[str, Any]] = [{} for _ in assets]
        stats = in_order(self._stat, [assets[at]["uri"] for at in unknown], FAR)
        for at, stat in zip(unknown, stats, strict=True):
            if stat is not None:
                found[at] = {"bytes": stat.bytes, "version": stat.version, "modified": stat.modified}
        return complete(batch, found)

    def _stat(self, uri: str) -> Stat | None:
        try:
            return self.sources.stat(uri)
        except MediaframeError:
            return None  # Reading the header tells what is wrong.

    def _remembered(self, asset: Mapping[str, Any]) -> dict[str, Any] | None:
        row = self.known.find(asset["uri"], asset["version"], "", "") if self.known else None
        # What could not be read is tried again: the store may answer now, and the limits may be others. So is what was
        # probed before there were all of these columns.
        if row is None or row["status"] == "error" or not row.keys() >= set(_NAMES):
            return None
        return {name: row[name] for name in _NAMES}


@dataclass(frozen=True, slots=True)
class Probing:
    """What is done with some assets, wherever that is: their headers are read."""

    sources: Sources
    limits: Limits

    def __call__(self, chunk: Asked, slot: Slot) -> Told:
        """Probe some assets; what is far away is read ahead, many at once."""
        if all(local_path(asset["uri"]) is not None for _, asset in chunk):
            return [(at, self._one(asset, slot, None)) for at, asset in chunk]
        heads = in_order(self._head, [asset for _, asset in chunk], FAR)
        return [(at, self._one(asset, slot, head)) for (at, asset), head in zip(chunk, heads, strict=True)]

    def alone(self, chunk: Asked) -> list[Asked]:
        """Cut a chunk into chunks of one asset."""
        return [[one] for one in chunk]

    def lost(self, chunk: Asked) -> Told:
        """Say that the processes that had a chunk died of it."""
        return [(at, lost(asset["name"] or "")) for at, asset in chunk]

    def _head(self, asset: dict[str, Any]) -> bytes | MediaframeError | None:
        """Read what most headers take, or give what went wrong."""
        if local_path(asset["uri"]) is not None or not asset["bytes"]:
            return None
        try:
            return self.sources.read_range(asset["uri"], 0, min(asset["bytes"], HEAD))
        except MediaframeError as error:
            return error

    def _one(self, asset: dict[str, Any], slot: Slot, head: bytes | MediaframeError | None) -> dict[str, Any]:
        uri = asset["uri"]

        def read(start: int, length: int) -> bytes:
            if start == 0 and isinstance(head, MediaframeError):
                raise head
            if isinstance(head, bytes) and start + length <= len(head):
                return head[start : start + length]
            return self.sources.read_range(uri, start, length)

        def ask(request: dict[str, Any]) -> dict[str, Any]:
            path = local_path(uri)
            source = Path(path) if path else self.sources.read(uri, self.limits.media_bytes)
            request = {**request, "limits": self.limits.to_json()}
            answer: dict[str, Any] = {}
            for header, _ in slot.ask(request, source):
                answer = header
            return answer

        # A size that nobody knows is found by reading; where nothing is, that tells it.
        size = HEAD if asset["bytes"] is None else asset["bytes"]
        return probe_one(asset["name"] or "", size, read, ask)
