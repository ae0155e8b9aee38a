"""Hidden columns: what the work needs of a row, whatever the user does to the columns that are seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from mediaframe.table.schema import ASSET as ASSET_FIELDS
from mediaframe.table.schema import PROBED, schema

ASSET = "__mf_asset"
"""What is known of the asset: a struct of all asset columns, as listed and probed."""
ARGUMENTS = "__mf_args_"
"""The values of the columns that a recipe takes its arguments from, as they were when it was added."""
VALUE = "__mf_value_"
"""Values that were measured on the way, for a filter, as JSON; they are not measured again."""
ROW = "__mf_row"
"""The number of the row in the frozen input."""
PLAN = "__mf_plan"
"""What is to be made of the row, and where it goes, as JSON."""

COMPLETED = ("bytes", "version", "modified")
"""What a listing knows of an asset and a table may leave out; a probe finds it."""

_FIELDS = schema(ASSET_FIELDS)


def hide(batch: pl.DataFrame) -> pl.DataFrame:
    """Add the hidden column to a batch as it comes from a source."""
    known = [
        pl.col(name).cast(dtype, strict=False) if name in batch.columns else pl.lit(None, dtype).alias(name)
        for name, dtype in _FIELDS.items()
    ]
    return batch.with_columns(pl.struct(known).alias(ASSET))


def complete(batch: pl.DataFrame, found: list[dict[str, Any]]) -> pl.DataFrame:
    """Put what was found into the hidden column where that knew nothing, and so into the columns that are seen."""
    types = {name: _FIELDS[name] for name in COMPLETED}
    made = pl.DataFrame([{name: one.get(name) for name in types} for one in found], schema=types)
    asset = batch[ASSET].struct.unnest()
    seen = []
    for name, dtype in types.items():
        if name in batch.columns and batch[name].dtype == dtype:
            new = pl.when(asset[name].is_null()).then(made[name])
            seen.append(batch.select(pl.coalesce(pl.col(name), new)).to_series())
    asset = asset.with_columns(pl.coalesce(pl.col(name), made[name]) for name in types)
    return batch.with_columns(*seen, asset.to_struct(ASSET))


def learn(batch: pl.DataFrame, facts: list[Mapping[str, Any]]) -> pl.DataFrame:
    """Put what a probe found into the columns that are seen, and into the hidden one."""
    types = schema(PROBED)
    made = pl.DataFrame([{name: _timed(fact.get(name), types[name]) for name in types} for fact in facts], schema=types)
    asset = batch[ASSET].struct.unnest().with_columns(made.get_columns())
    return batch.with_columns(*made.get_columns(), asset.to_struct(ASSET))


def _timed(value: Any, dtype: Any) -> Any:
    """Read a time that came as JSON."""
    if isinstance(dtype, pl.Datetime) and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def visible(batch: pl.DataFrame) -> pl.DataFrame:
    """Leave the hidden columns out."""
    return batch.select(pl.exclude("^__mf_.*$"))
