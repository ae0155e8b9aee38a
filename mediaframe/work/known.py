"""What is known from before: rows found again by source, version and what was done with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import polars as pl

from mediaframe.storage.index import Index
from mediaframe.storage.redact import redact
from mediaframe.storage.store import Store


class Known:
    """Rows of an earlier run, on disk, by source, source version, name and recipe."""

    def __init__(
        self, rows: Iterable[Mapping[str, Any]], source: str = "source", name: str = "", also: str | None = None
    ) -> None:
        self._index = Index()
        version = "source_version" if source == "source" else "version"
        for row in rows:
            told = json.dumps(row, default=plain)
            key = _key(row[source], row[version], row[name] if name else "", row.get("recipe_id") or "")
            if self._index.claim(key, told) is not None and also is not None:
                self._index.claim(_at(key, row[also]), told)  # The same made once more, under another name.
            if also is not None:
                self._index.claim(_key(row[also], None, "", ""), "")

    def find(
        self, uri: str, version: str | None, name: str, recipe_id: str, at: str | None = None
    ) -> dict[str, Any] | None:
        """Give the row of this version of a source, or None: the one under the name `at` where there are several."""
        if not version:
            return None
        key = _key(redact(uri), version, name, recipe_id)
        found = (self._index.get(_at(key, at)) if at is not None else None) or self._index.get(key)
        row: dict[str, Any] | None = None if found is None else json.loads(found)
        return row

    def has(self, uri: str) -> bool:
        """Whether there is a row with this in the column that was to be remembered also."""
        return self._index.get(_key(uri, None, "", "")) is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the disk go."""
        self._index.close()


def own_results(store: Store, root: str | None, files: Known) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """Give what takes the results of former runs out of a listing that holds them.

    A destination below the folder that is listed is left out whole; where the two are the same, what the manifest
    tells of. Results that are listed by themselves, from within a destination, are sources like any other.
    """
    place = store.uri("x")[:-1]
    root = None if root is None else root.rstrip("/") + "/"

    def leave_out(rows: pl.DataFrame) -> pl.DataFrame:
        if root is None or not place.startswith(root):
            return rows
        inside = rows["uri"].str.starts_with(place)
        if place == root:
            inside = pl.Series([files.has(uri.removeprefix(place)) for uri in rows["uri"]], dtype=pl.Boolean)
        return rows.filter(~inside)

    return leave_out


def plain(value: object) -> str:
    """Write what JSON has no form for."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _at(key: bytes, name: str) -> bytes:
    return hashlib.blake2b(key + name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _key(source: str, version: str | None, name: str, recipe_id: str) -> bytes:
    told = "\0".join([redact(source), version or "", name, recipe_id])
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).digest()
