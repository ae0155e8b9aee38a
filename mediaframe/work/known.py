"""What is known from before: rows found again by source, version and what was done with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mediaframe.storage.closing import Closing
from mediaframe.storage.index import Index
from mediaframe.storage.redact import redact


class Known(Closing):
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

    def close(self) -> None:
        """Let the disk go."""
        self._index.close()


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
