"""What stands at a destination: its manifest, and whether the files are the ones it tells of."""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from mediaframe.errors import RunError, StoreError
from mediaframe.model.package import files_of
from mediaframe.storage.bulk import batched, in_order
from mediaframe.storage.index import Index, digest_of
from mediaframe.storage.store import Requests, Store
from mediaframe.work.commit import AREA, Commit, head_commit, runs
from mediaframe.work.merge import records
from mediaframe.work.past import all_live, live

_MANY = 1000  # objects that are compared at a time: a page of a listing
_PIECE = 16 << 20  # bytes of a large file that are read at a time
_READERS = 4


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check of a destination found."""

    to: str
    deep: bool
    checked: int
    missing: tuple[str, ...] = ()
    """Files that the manifest tells of and that are not there."""
    changed: tuple[str, ...] = ()
    """Files of another size, or, when all were read, of another content."""
    extra: tuple[str, ...] = ()
    """Files that no manifest tells of: advice, not a fault."""

    @property
    def ok(self) -> bool:
        """Whether every file of the manifest is there and whole."""
        return not self.missing and not self.changed

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        files = f"{self.checked} file" if self.checked == 1 else f"{self.checked} files"
        how = f"{files} read and hashed" if self.deep else f"sizes of {files} compared"
        found = f"{len(self.missing)} missing, {len(self.changed)} changed, {len(self.extra)} extra"
        return f"Verification of {self.to}: {'ok' if self.ok else 'NOT OK'}, {how}, {found}"

    def to_json(self) -> dict[str, Any]:
        """Give the findings as plain values."""
        return {
            "to": self.to,
            "ok": self.ok,
            "deep": self.deep,
            "checked": self.checked,
            "missing": list(self.missing),
            "changed": list(self.changed),
            "extra": list(self.extra),
        }


def manifest(
    to: str | os.PathLike[str],
    *,
    storage_options: Mapping[str, Any] | None = None,
    requests: Requests | None = None,
) -> pl.DataFrame:
    """Give the rows that are true of a destination: one for each file that runs have published there."""
    store = Store.open(to, storage_options, requests)
    return all_live(store, _head(store))


def verify(
    to: str | os.PathLike[str],
    *,
    deep: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    requests: Requests | None = None,
) -> Verification:
    """Check a destination against its manifest: every missing, changed and extra file is named.

    Parameters
    ----------
    to
        Where an export went.
    deep
        Whether every file is read and its SHA-256 compared; otherwise sizes are.
    storage_options
        Passed to fsspec; `{"connection": name}` stands for options that this machine knows.
    requests
        How many requests at once and in a second the store is sent, and how often one is tried again.
    """
    store = Store.open(to, storage_options, requests)
    extra, changed = list[str](), list[str]()
    with Index() as told:
        for part in live(store, _head(store), ["uri", "bytes", "sha256", "parts"]):
            files = (file for row in part.iter_rows(named=True) for file in files_of(row))
            told.put_many((digest_of(file[0]), json.dumps(file)) for file in files)
        made = ((one["name"], one["bytes"], one["sha256"]) for one in records(store))
        told.put_many((digest_of(row[0]), json.dumps(row)) for row in made)
        checked = len(told)
        same = _of_one_size(store, told, changed, extra)
        if deep:
            hashed = in_order(lambda row: (row, _sha256(store, row[0], row[1])), same, _READERS)
            changed += [name for (name, _, expected), found in hashed if found != expected]
        else:
            deque(same, maxlen=0)
        missing = [json.loads(row)[0] for row in told.values()]
    return Verification(
        to=store.url,
        deep=deep,
        checked=checked,
        missing=tuple(sorted(missing)),
        changed=tuple(sorted(changed)),
        extra=tuple(sorted(extra)),
    )


def _head(store: Store) -> Commit:
    head = head_commit(store)
    if head is None:
        begun = runs(store)
        do = f"run {begun[-1]} has not come to its end; resume it" if begun else "export to it first"
        raise RunError(f"{store.url}: no manifest here; {do}", code="E_MANIFEST")
    return head


def _of_one_size(store: Store, told: Index, changed: list[str], extra: list[str]) -> Iterator[tuple[str, int, str]]:
    """Give what stands there with the size that was told; what does not stand there is left in the index."""
    there = (stat for stat in store.list() if not stat.name.startswith(f"{AREA}/"))
    for stats in batched(there, _MANY):
        digests = [digest_of(stat.name) for stat in stats]
        known = told.take_many(digests)
        for stat, digest in zip(stats, digests, strict=True):
            if digest not in known:
                extra.append(stat.name)
                continue
            name, size, sha256 = json.loads(known[digest])
            if stat.bytes == size:
                yield name, size, sha256
            else:
                changed.append(name)


def _sha256(store: Store, name: str, size: int) -> str | None:
    digest = hashlib.sha256()
    try:
        if size <= _PIECE:
            digest.update(store.read(name))
        else:
            for start in range(0, size, _PIECE):
                digest.update(store.read_range(name, start, _PIECE))
    except StoreError:
        return None
    return digest.hexdigest()
