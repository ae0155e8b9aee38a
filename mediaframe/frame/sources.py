"""What frames are made of: folders, patterns, URLs, tables, and what Dask has computed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import polars as pl

from mediaframe.frame.asked import check_limits
from mediaframe.frame.frame import MediaFrame
from mediaframe.model.door import Door
from mediaframe.model.limits import Limits
from mediaframe.storage.retry import Requests
from mediaframe.table.scan import scan_source
from mediaframe.work.doing import Doing

_TABLES = Door("mediaframe.work.cluster.bag", "tables_of")


def scan(
    source: Any,
    *,
    storage_options: Mapping[str, Any] | None = None,
    hidden: bool = False,
    root: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
    requests: Requests | None = None,
) -> MediaFrame:
    """Make a frame of a folder, a pattern, a file, a URL, or a table with a column `uri`; nothing is read yet.

    Parameters
    ----------
    source
        A folder, glob or file, local or at any fsspec URL; a Parquet, CSV, Arrow or NDJSON file, a polars or Arrow
        table, or a list of URIs.
    storage_options
        Passed to fsspec.
    hidden
        Whether files and folders whose names begin with a dot are listed.
    root
        What relative URIs of a table are below of.
    limits
        How big is too big.
    requests
        How many requests at once and in a second a store is sent, and how often one is tried again.

    Examples
    --------
    >>> mf.scan(getfixture("folder")).probe().select("name", "format", "width").collect().height
    3
    """
    check_limits(limits)
    found = scan_source(source, storage_options=storage_options, hidden=hidden, root=root, requests=requests)
    doing = Doing(limits=limits or Limits(), storage_options=storage_options, requests=requests)
    return MediaFrame(found, doing=doing)


def from_dask(collection: Any, *, root: str | os.PathLike[str] | None = None) -> MediaFrame:
    """Make a frame of what Dask has computed: a bag of records, or a `dask.dataframe`, with `uri`.

    The rows are computed now, partition by partition, and held here.

    >>> import dask.bag
    >>> mf.from_dask(dask.bag.from_sequence([{"uri": "/photos/a.jpg", "shop": 7}])).columns[-1]
    'shop'
    """
    tables = list(_TABLES()(collection))
    return scan(pl.concat(tables, how="diagonal_relaxed"), root=root)
