"""Bag: rows handed to Dask for analytics, and taken back; media work does not go this way."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import dask
import polars as pl
from dask.bag import Bag, from_delayed

from mediaframe.errors import MissingError, UsageError
from mediaframe.storage.store import Store


def to_bag(tables: Iterable[pl.DataFrame], store: Store) -> Bag:
    """Give tables as a bag of records, one partition each: written as Parquet, and read again where they are wanted."""
    parts = []
    for number, table in enumerate(tables):
        name = f"part-{number:05d}.parquet"
        with tempfile.TemporaryDirectory(prefix="mediaframe-") as folder:
            path = Path(folder) / name
            table.write_parquet(path)
            store.write(name, path, replace=True)
        parts.append(dask.delayed(_records)(store, name))
    return from_delayed(parts or [dask.delayed(_nothing)()])


def tables_of(collection: Any) -> Iterator[pl.DataFrame]:
    """Compute a bag of records or a Dask dataframe, partition by partition."""
    if not hasattr(collection, "to_delayed"):
        raise UsageError(
            f"from_dask(...): expected a dask.bag of records or a dask.dataframe, got {type(collection).__name__}"
        )
    for part in collection.to_delayed():
        (found,) = dask.compute(part)
        if isinstance(found, list | tuple) or not hasattr(found, "columns"):
            yield _table(list(found))
        else:
            yield pl.from_pandas(found)


def _records(store: Store, name: str) -> list[dict[str, Any]]:
    return pl.read_parquet(store.read(name)).to_dicts()


def _nothing() -> list[dict[str, Any]]:
    return []


def _table(records: list[Any]) -> pl.DataFrame:
    if not all(isinstance(one, dict) for one in records):
        raise UsageError("from_dask(...): expected a bag of records, such as {'uri': 'a.jpg'}")
    return pl.DataFrame(records, infer_schema_length=None)


def dataframe_of(bag: Bag, schema: pl.Schema) -> Any:
    """Give a bag as a Dask dataframe, where pandas is there."""
    try:
        import_module("pandas")
    except ImportError:
        raise MissingError(
            'to_dask(kind="dataframe"): Dask makes its dataframes of pandas; install it with: pip install '
            '"dask[dataframe]", or take kind="bag"'
        ) from None
    return bag.to_dataframe(meta=pl.DataFrame(schema=schema).to_pandas())
