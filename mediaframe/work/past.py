"""Past: what earlier runs have left true of a destination, read from their manifests in bounded memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from mediaframe.errors import RunError, StoreError
from mediaframe.storage.bulk import in_order
from mediaframe.storage.index import Index, digest_of
from mediaframe.storage.store import Store
from mediaframe.table.schema import RENDITION, schema
from mediaframe.work.commit import GROUP, TABLES, Commit, RunFiles, head_commit, number_of

_PIECE = 8 << 20  # bytes of a manifest that are fetched at a time
_AHEAD = 4


def read_manifest(store: Store, entry: Mapping[str, Any], columns: list[str] | None = None) -> pl.DataFrame:
    """Read one manifest, or some columns of it, and check that it is the one that was committed."""
    with _fetched(store, entry) as path:
        rows = _completed(path, entry)
        return (rows if columns is None else rows.select(columns)).collect()


def parts(store: Store, entry: Mapping[str, Any], columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
    """Read one manifest, or some columns of it, part by part; it is checked before the first."""
    with _fetched(store, entry) as path:
        rows = _completed(path, entry)
        rows = rows if columns is None else rows.select(columns)
        for start in range(0, entry["rows"], GROUP):
            yield rows.slice(start, GROUP).collect()


def live(store: Store, head: Commit | None, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
    """Give the rows that are true of a destination, part by part: of each file the newest word, the newest runs first.

    Which files were told of is kept on disk.
    """
    asked = None if columns is None else list(dict.fromkeys([*columns, "uri"]))
    with Index() as told:
        for entry in _newest(head, "renditions"):
            for part in parts(store, entry, asked):
                rows = part.filter(pl.col("uri").is_not_null())
                new = told.add_many(map(digest_of, rows["uri"]))
                rows = rows.filter(pl.Series(new, dtype=pl.Boolean))
                yield rows if columns is None else rows.select(columns)


def all_live(store: Store, head: Commit | None) -> pl.DataFrame:
    """Give the rows that are true of a destination in one table."""
    return pl.concat([*live(store, head), pl.DataFrame(schema=schema(RENDITION))])


def measured(store: Store, head: Commit | None) -> Iterator[pl.DataFrame]:
    """Give the values that were measured for a destination, part by part, the newest runs first."""
    for entry in _newest(head, "measures"):
        for part in parts(store, entry):
            yield part.filter(pl.col("value").is_not_null())


def superseded(files: RunFiles) -> list[str]:
    """Give names of results of a run that other runs have written anew since it was planned.

    What its row log says of them is true no more, so the run cannot be committed after those.
    """
    head, planned = head_commit(files.store), files.plan().get("head", 0)
    entries = [
        entry
        for entry in _newest(head, "renditions")
        if number_of(entry["name"]) > planned and entry["run"] != files.run
    ]
    if not entries:
        return []
    with Index() as anew:
        for entry in entries:
            for part in parts(files.store, entry, ["uri", "status"]):
                written = part.filter(pl.col("status") == "written")["uri"]
                anew.put_many((digest_of(name), "") for name in written)
        found = set[str]()
        for lines in files.logs():
            names = {digest_of(line["uri"]): line["uri"] for line in lines if line.get("uri")}
            found.update(names[digest] for digest in anew.get_many(names))
    return sorted(found)


def refuse_superseded(files: RunFiles) -> None:
    """Raise when a run cannot go on, since others have written over it."""
    if names := superseded(files):
        raise RunError(
            f"run {files.run}: other runs have written {len(names)} of its files anew, such as {names[0]}; "
            "export again: what failed is tried once more, what stands there is used again"
        )


def _newest(head: Commit | None, table: str) -> list[dict[str, Any]]:
    return [entry for entry in reversed(head.manifests if head else ()) if entry["table"] == table]


def _completed(path: Path, entry: Mapping[str, Any]) -> pl.LazyFrame:
    """Read a manifest; columns that its writer did not know yet are null."""
    rows = pl.scan_parquet(path)
    known = schema(TABLES[entry["table"]][1])
    new = known.keys() - rows.collect_schema().keys()
    return rows.with_columns(pl.lit(None, known[name]).alias(name) for name in new).select(list(known)) if new else rows


@contextmanager
def _fetched(store: Store, entry: Mapping[str, Any]) -> Iterator[Path]:
    """Give a manifest as a file on this machine, checked to be the one that was committed."""
    with tempfile.TemporaryDirectory(prefix="mediaframe-") as folder:
        try:
            path = _here(store, entry["name"], Path(folder))
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except (StoreError, OSError) as error:
            missing = f"{store.url}: the manifest {entry['name']} is missing ({error})"
            raise RunError(missing, code="E_MANIFEST") from error
        if sha256 != entry["sha256"]:
            raise RunError(f"{store.url}: the manifest {entry['name']} was changed after its commit", code="E_MANIFEST")
        yield path


def _here(store: Store, name: str, folder: Path) -> Path:
    if store.local is not None:
        return Path(store.local) / name
    stat = store.stat(name)
    if stat is None:
        raise StoreError(f"{store.uri(name)}: nothing is there", code="E_SOURCE_NOT_FOUND")
    path = folder / "manifest.parquet"
    with path.open("wb") as file:
        starts = range(0, stat.bytes, _PIECE)
        for piece in in_order(lambda start: store.read_range(name, start, _PIECE), starts, _AHEAD):
            file.write(piece)
    return path
