"""Garbage: what runs have left at a destination and no manifest tells of, found, and removed when that is asked for."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import polars as pl

from mediaframe.errors import RunError, UsageError, expected
from mediaframe.model.quantity import parse_seconds
from mediaframe.storage.index import Index
from mediaframe.storage.store import Leftover, Stat, Store
from mediaframe.work.commit import AREA, Commit, RunFiles, head_commit, read_manifest, runs
from mediaframe.work.lock import AFTER, Lock
from mediaframe.work.merge import records

AGE = "7d"
"""Younger things are left alone unless told: somebody may be at work with them."""

_OURS, _KEPT = "ours", "kept"
_DONE = ("complete", "complete_with_errors")
_DAYS = re.compile(r"(\d+(?:\.\d+)?)\s*d(?:ays?)?")


@dataclass(frozen=True, slots=True)
class Garbage:
    """What was found that nothing tells of; removed, unless it was a dry run."""

    to: str
    dry_run: bool
    objects: tuple[str, ...] = ()
    """Objects that a run has written and that neither a manifest nor the plan of an unfinished run tells of."""
    bytes: int = 0
    """What these come to."""
    temporary: tuple[str, ...] = ()
    """Temporary files of writers that were killed."""
    uploads: tuple[str, ...] = ()
    """Names of uploads in parts that nobody ended."""
    foreign: int = 0
    """Objects that no run of this destination has written; they are never removed."""

    @property
    def count(self) -> int:
        """How many things were found."""
        return len(self.objects) + len(self.temporary) + len(self.uploads)

    def __repr__(self) -> str:
        done = "found, nothing removed" if self.dry_run else "removed"
        return (
            f"Garbage of {self.to}: {len(self.objects)} objects ({self.bytes} bytes), {len(self.temporary)} temporary "
            f"files, {len(self.uploads)} uploads {done}; {self.foreign} objects of others left alone"
        )

    def to_json(self) -> dict[str, Any]:
        """Give the findings as plain values."""
        return {
            "to": self.to,
            "dry_run": self.dry_run,
            "objects": list(self.objects),
            "bytes": self.bytes,
            "temporary": list(self.temporary),
            "uploads": list(self.uploads),
            "foreign": self.foreign,
        }


def gc(
    to: str | os.PathLike[str],
    *,
    dry_run: bool = True,
    older_than: str | float = AGE,
    storage_options: Mapping[str, Any] | None = None,
) -> Garbage:
    """Find what runs have left at a destination and no manifest tells of; remove it with `dry_run=False`.

    That is objects of runs that neither a manifest nor the plan of an unfinished run tells of, temporary files, and
    uploads in parts that nobody ended. Files that others have put there are counted and left alone.

    Parameters
    ----------
    to
        Where exports went.
    dry_run
        Whether things are only told.
    older_than
        Younger things are left alone: seconds, or text such as "7d" and "12h".
    storage_options
        Passed to fsspec.
    """
    limit = time.time() - _age(older_than)
    store = Store.open(to, storage_options)
    with nullcontext() if dry_run else Lock(store), Index() as index:
        head = head_commit(store)
        _note(store, head, index)
        objects, foreign = _unknown(store, head, index, limit)
        if head is None and not objects and not runs(store):
            raise RunError(f"{store.url}: no run here; export to it first", code="E_MANIFEST")
        left = [one for one in store.leftovers() if one.modified is not None and one.modified.timestamp() <= limit]
        if not dry_run:
            store.remove_many(stat.name for stat in objects)
            for one in left:
                store.discard(one)
            store.sweep(older_than=time.time() - limit)
    return Garbage(
        to=store.url,
        dry_run=dry_run,
        objects=tuple(sorted(stat.name for stat in objects)),
        bytes=sum(stat.bytes for stat in objects),
        temporary=_names(left, upload=False),
        uploads=_names(left, upload=True),
        foreign=foreign,
    )


def _age(given: str | float) -> float:
    try:
        days = _DAYS.fullmatch(given.strip()) if isinstance(given, str) else None
        seconds = float(days[1]) * 86400 if days else float(parse_seconds(given))
    except (ValueError, TypeError):
        raise UsageError(expected("gc(older_than=...)", 'seconds, or text such as "7d" and "12h"', given)) from None
    if seconds < 0:
        raise UsageError(expected("gc(older_than=...)", "a time from 0", given))
    return seconds


def _note(store: Store, head: Commit | None, index: Index) -> None:
    """Note every name that a run tells of, then those that are to be kept."""
    unfinished = []
    for run in runs(store):
        files = RunFiles(store, run)
        summary = files.summary()
        if summary is None or summary["state"] not in _DONE:
            unfinished.append(files)
        # Where a run that ended has failed it has nothing: what stands under such a name is of others.
        index.put_many((_digest(name), _OURS) for name in files.told())
    for files in unfinished:
        index.put_many((_digest(name), _KEPT) for name in files.names())
    _note_merged(store, index)
    for entry in head.manifests if head else ():
        if entry["table"] == "renditions":
            rows = read_manifest(store, entry).select(pl.col("uri").drop_nulls())
            index.put_many((_digest(name), _KEPT) for name in rows["uri"])


def _note_merged(store: Store, index: Index) -> None:
    """Note what was made of many rows; no run tells of it."""
    index.put_many((_digest(record["name"]), _KEPT) for record in records(store))


def _unknown(store: Store, head: Commit | None, index: Index, limit: float) -> tuple[list[Stat], int]:
    """Give the objects that are garbage, and count those of others."""
    planned = set(runs(store))
    manifests = {entry["name"] for entry in head.manifests} if head else set()
    found, unsure, nested, foreign = list[Stat](), list[Stat](), set[str](), 0
    for stat in store.list():
        old = stat.modified is not None and stat.modified.timestamp() <= limit
        outer, inner, _ = stat.name.partition(f"/{AREA}/")
        if inner:
            nested.add(f"{outer}/")
        elif stat.name.startswith(f"{AREA}/"):
            if old and _is_litter(stat.name, planned, manifests):
                found.append(stat)
        elif (known := index.get(_digest(stat.name))) is None:
            unsure.append(stat)
        elif known == _OURS and old:
            found.append(stat)
    # Another destination below this one has runs of its own to tell what is kept there.
    below = tuple(nested)
    ask = [stat for stat in unsure if not stat.name.startswith(below)]
    for stat, written in zip(ask, store.ours_many(stat.name for stat in ask), strict=True):
        if not written:
            foreign += 1
        elif stat.modified is not None and stat.modified.timestamp() <= limit:
            found.append(stat)
    return [stat for stat in found if not stat.name.startswith(below)], foreign


def _is_litter(name: str, planned: set[str], manifests: set[str]) -> bool:
    """Whether a file of ours is of no use: of a run that died before its plan, a manifest that no commit tells of."""
    parts = name.split("/")
    if parts[1] == "runs":
        return parts[2] not in planned
    if parts[1] == "manifests":
        return name not in manifests
    return parts[1].startswith("probe-") or name.startswith(AFTER)


def _names(left: list[Leftover], *, upload: bool) -> tuple[str, ...]:
    return tuple(sorted(one.name for one in left if (one.upload is not None) == upload))


def _digest(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()
