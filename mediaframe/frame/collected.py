"""Rows collected here: their files held inline up to a bound, and never sent through a scheduler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from mediaframe.errors import UsageError, expected
from mediaframe.model.quantity import parse_bytes
from mediaframe.model.recipe import Finished
from mediaframe.work.hidden import visible
from mediaframe.work.stream import Stream


def made_of(stream: Stream, recipes: Mapping[str, Finished]) -> Iterator[pl.DataFrame]:
    """Give the finished rows as the user sees them, once the files that the recipes name are read."""
    stream.worker.inputs.settle_all(recipes)
    return map(visible, stream.made())


def bounded(batches: Iterator[pl.DataFrame], max_inline: int | str) -> Iterator[pl.DataFrame]:
    """Give the batches for as long as the files in them come to no more than may be held."""
    limit, held = inline_limit(max_inline), 0
    for rows in batches:
        held += _inline(rows)
        if held > limit:
            raise UsageError(
                f"collect(max_inline={max_inline!r}): the files come to more; export() writes them instead"
            )
        yield rows


def inline_limit(max_inline: int | str) -> int:
    """Read how many bytes of files may be held."""
    try:
        return parse_bytes(max_inline)
    except (ValueError, TypeError) as error:
        raise UsageError(expected("collect(max_inline=...)", str(error), max_inline)) from None


def refuse_travel(client: Any, to: object, recipes: Mapping[str, Finished]) -> None:
    """Refuse to collect files that a cluster makes, unless there is a place that they are put in."""
    if client not in (None, False) and to is None and (made := _files(recipes)):
        raise UsageError(
            f"collect(client=...): the files of {made} would travel through the scheduler; give to=, a "
            "scratch place that the workers share, or export() them"
        )


def refuse_files(recipes: Mapping[str, Finished]) -> None:
    """Refuse to give files to Dask."""
    if made := _files(recipes):
        raise UsageError(f"to_dask(): {made} are files; export() them, and scan what mf.manifest(destination) gives")


def _files(recipes: Mapping[str, Finished]) -> str:
    return ", ".join(name for name, recipe in recipes.items() if recipe.format)


def _inline(rows: pl.DataFrame) -> int:
    """Count the bytes of files that a batch holds."""
    held = 0
    for column in rows.get_columns():
        if isinstance(column.dtype, pl.Struct) and "data" in [field.name for field in column.dtype.fields]:
            there = column.struct.field("data").is_not_null()
            held += int(column.struct.field("bytes").filter(there).sum() or 0)  # the parts of packages included
    return held
