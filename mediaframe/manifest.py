"""What stands at a destination: its manifest, and whether the files are the ones it tells of."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import polars as pl

from mediaframe.errors import RunError, StoreError
from mediaframe.storage.store import Store
from mediaframe.work.commit import AREA, head_commit, live, runs
from mediaframe.work.merge import records


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


def manifest(to: str | os.PathLike[str], *, storage_options: Mapping[str, Any] | None = None) -> pl.DataFrame:
    """Give the rows that are true of a destination: one for each file that runs have published there."""
    store = Store.open(to, storage_options)
    head = head_commit(store)
    if head is None:
        begun = runs(store)
        do = f"run {begun[-1]} has not come to its end; resume it" if begun else "export to it first"
        raise RunError(f"{store.url}: no manifest here; {do}", code="E_MANIFEST")
    return live(store, head)


def verify(
    to: str | os.PathLike[str], *, deep: bool = False, storage_options: Mapping[str, Any] | None = None
) -> Verification:
    """Check a destination against its manifest: every missing, changed and extra file is named.

    Parameters
    ----------
    to
        Where an export went.
    deep
        Whether every file is read and its SHA-256 compared; otherwise sizes are.
    storage_options
        Passed to fsspec.
    """
    store = Store.open(to, storage_options)
    rows = manifest(to, storage_options=storage_options).select("uri", "bytes", "sha256")
    made = [{"uri": one["name"], "bytes": one["bytes"], "sha256": one["sha256"]} for one in records(store)]
    rows = pl.concat([rows, pl.DataFrame(made, schema=rows.schema)]).unique("uri", keep="last", maintain_order=True)
    there = {stat.name: stat.bytes for stat in store.list() if not stat.name.startswith(f"{AREA}/")}
    missing = [name for name, _, _ in rows.iter_rows() if name not in there]
    known = [row for row in rows.iter_rows() if row[0] in there]
    changed = [name for name, size, _ in known if there[name] != size]
    if deep:
        suspects = set(changed)
        same = [row for row in known if row[0] not in suspects]
        with ThreadPoolExecutor(4, thread_name_prefix="mediaframe-verify") as readers:
            hashes = readers.map(lambda row: _sha256(store, row[0]), same)
            changed += [row[0] for row, sha256 in zip(same, hashes, strict=True) if sha256 != row[2]]
    extra = set(there) - set(rows["uri"])
    return Verification(
        to=store.url,
        deep=deep,
        checked=rows.height,
        missing=tuple(sorted(missing)),
        changed=tuple(sorted(changed)),
        extra=tuple(sorted(extra)),
    )


def _sha256(store: Store, name: str) -> str | None:
    try:
        return hashlib.sha256(store.read(name)).hexdigest()
    except StoreError:
        return None
