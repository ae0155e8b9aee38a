"""Scan: what a user names as a source, told apart: a listing of files or a table of uris."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from mediaframe.errors import UsageError
from mediaframe.storage.retry import Requests
from mediaframe.table.listing import Listing
from mediaframe.table.tabular import Table, table_suffix

__all__ = ["Listing", "Table", "scan_source"]


def scan_source(
    source: Any,
    *,
    storage_options: Mapping[str, Any] | None = None,
    hidden: bool = False,
    root: str | os.PathLike[str] | None = None,
    requests: Requests | None = None,
) -> Listing | Table:
    """Make a source of asset rows from what a user gives.

    A path or url ending in .parquet, .csv, .arrow, .ipc, .feather, .ndjson or .jsonl is a table with a column
    `uri`, so are polars and Arrow tables and lists of uris. All else is a folder, a file or a pattern.
    """
    if isinstance(source, Listing | Table):
        return source
    if isinstance(source, str | os.PathLike) and not table_suffix(os.fspath(source)):
        if root is not None:
            raise UsageError("scan(root=...): is for tables; a listing has the root that it lists")
        return Listing(source, storage_options=storage_options, hidden=hidden, requests=requests)
    return Table(source, storage_options=storage_options, root=root)
