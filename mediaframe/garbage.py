"""Garbage: what runs have left at a destination and no manifest tells of, found, and removed when that is asked for."""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from mediaframe.errors import RunError, UsageError, expected
from mediaframe.model.package import files_of, folders_above
from mediaframe.model.quantity import parse_seconds
from mediaframe.storage.bulk import batched, in_order
from mediaframe.storage.index import Index, digest_of
from mediaframe.storage.store import Leftover, Requests, Store
from mediaframe.work.begin import STAMP
from mediaframe.work.commit import AREA, Commit, RunFiles, head_commit, runs
from mediaframe.work.lock import AFTER, Lock
from mediaframe.work.merge import records
from mediaframe.work.past import live

AGE = "7d"
"""Younger things are left alone unless told: somebody may be at work with them."""

_OURS, _KEPT = "ours", "kept"
_DONE = ("complete", "complete_with_errors")
_MANY = 1000  # objects that are looked up at a time: a page of a listing
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
    young: int = 0
    """Objects that nothing tells of, and that are too young to be asked whose they are."""

    @property
    def count(self) -> int:
        """How many things were found."""
        return len(self.objects) + len(self.temporary) + len(self.uploads)

    def __repr__(self) -> str:
        done = "found, nothing removed" if self.dry_run else "removed"
        return (
            f"Garbage of {self.to}: {len(self.objects)} objects ({self.bytes} bytes), {len(self.temporary)} temporary "
            f"files, {len(self.uploads)} uploads {done}; {self.foreign} objects of others left alone"
            + (f", {self.young} too young to tell" if self.young else "")
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
            "young": self.young,
        }


def gc(
    to: str | os.PathLike[str],
    *,
    dry_run: bool = True,
    older_than: str | float = AGE,
    storage_options: Mapping[str, Any] | None = None,
    requests: Requests | None = None,
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
        Passed to fsspec; `{"connection": name}` stands for options that this machine knows.
    requests
        How many requests at once and in a second the store is sent, and how often one is tried again.
    """
    limit = time.time() - _age(older_than)
    store = Store.open(to, storage_options, requests)
    with nullcontext() if dry_run else Lock(store), Index() as index:
        head = head_commit(store)
        _note(store, head, index)
        found = _unknown(store, head, index, limit)
        if head is None and not found.objects and not runs(store):
            raise RunError(f"{store.url}: no run here; export to it first", code="E_MANIFEST")
        left = [one for one in store.leftovers() if one.modified is not None and one.modified.timestamp() <= limit]
        if not dry_run:
            store.remove_many(found.objects)
            for one in left:
                store.discard(one)
            store.sweep(older_than=time.time() - limit)
    return Garbage(
        to=store.url,
        dry_run=dry_run,
        objects=tuple(sorted(found.objects)),
        bytes=sum(found.objects.values()),
        temporary=_names(left, upload=False),
        uploads=_names(left, upload=True),
        foreign=found.foreign,
        young=found.young,
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
        index.put_many((digest_of(name), _OURS) for name in files.told())
    for files in unfinished:
        index.put_many((digest_of(name), _KEPT) for name in files.names())
        index.put_many((digest_of(folder), _KEPT) for folder in files.folders())
    _note_merged(store, index)
    for part in live(store, head, ["uri", "parts"]):  # The parts of a package that was replaced are kept by nothing.
        rows = part.iter_rows(named=True)
        index.put_many((digest_of(name), _KEPT) for row in rows for name, _, _ in files_of(row))


def _note_merged(store: Store, index: Index) -> None:
    """Note what was made of many rows; no run tells of it."""
    index.put_many((digest_of(record["name"]), _KEPT) for record in records(store))


@dataclass(slots=True)
class _Found:
    """What stands at a destination and nothing tells of."""

    objects: dict[str, int] = field(default_factory=dict)
    """Bytes of what runs have left, by name."""
    foreign: int = 0
    young: int = 0


def _unknown(store: Store, head: Commit | None, index: Index, limit: float) -> _Found:
    """Find the objects that nothing tells of, and ask whose they are where the store alone can say.

    What it takes in memory is a page of the listing, beside what is found: the rest waits on disk until all is listed,
    since another destination below this one has runs of its own to tell what is kept there.
    """
    found, began = _Found(), _began(runs(store))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as waiting:
        below = tuple(_sorted_out(store, head, index, limit, found, waiting))
        found.objects = {name: size for name, size in found.objects.items() if not name.startswith(below)}
        waiting.seek(0)
        told = map(json.loads, waiting)
        unsure = _unsure(((*one,) for one in told if not one[0].startswith(below)), limit, began, found, store)
        asked = in_order(lambda one: (*one, store.ours(one[0])), unsure, store.at_once)
        for name, size, ours in asked:
            if ours:
                found.objects[name] = size
            else:
                found.foreign += 1
    return found


def _sorted_out(
    store: Store, head: Commit | None, index: Index, limit: float, found: _Found, waiting: IO[str]
) -> set[str]:
    """List all: what is of no use is found, what nobody tells of is left waiting; gives the destinations below."""
    planned = set(runs(store))
    manifests = {entry["name"] for entry in head.manifests} if head else set()
    nested = set[str]()
    for stats in batched(store.list(), _MANY):
        above = {folder for stat in stats for folder in folders_above(stat.name)}
        known = index.get_many(map(digest_of, above.union(stat.name for stat in stats)))
        for stat in stats:
            when = stat.modified.timestamp() if stat.modified is not None else None
            old = when is not None and when <= limit
            outer, inner, _ = stat.name.partition(f"/{AREA}/")
            kind = known.get(digest_of(stat.name))
            if kind is None and any(digest_of(folder) in known for folder in folders_above(stat.name)):
                kind = _KEPT  # What a package that is not made yet may have got already.
            if inner:
                nested.add(f"{outer}/")
            elif stat.name.startswith(f"{AREA}/"):
                if old and _is_litter(stat.name, planned, manifests):
                    found.objects[stat.name] = stat.bytes
            elif kind is None:
                waiting.write(json.dumps([stat.name, stat.bytes, when]) + "\n")
            elif kind == _OURS and old:
                found.objects[stat.name] = stat.bytes
    return nested


def _unsure(
    told: Iterable[tuple[str, int, float | None]], limit: float, began: float, found: _Found, store: Store
) -> Iterator[tuple[str, int]]:
    """Give those that the store must be asked about, by a request each: not what is left alone whatever it is."""
    for name, size, when in told:
        if store.local is not None or (when is not None and when < began):
            found.foreign += 1
        elif when is None or when > limit:
            found.young += 1
        else:
            yield name, size


def _began(known: list[str]) -> float:
    """Say before when no run has written, by the id of the first; clocks may differ by a day."""
    try:
        first = datetime.strptime(known[0][:15], STAMP).replace(tzinfo=UTC)
    except (IndexError, ValueError):
        return 0.0
    return first.timestamp() - 86400


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
