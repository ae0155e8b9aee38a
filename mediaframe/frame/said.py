"""What is said of the columns of a frame, held against what it can do; and what to say in place of what it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mediaframe.errors import ExpressionError, RecipeError, UsageError, did_you_mean
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.table.schema import PROBED, schema

_OF_ALL_ROWS = ("sort", "join", "group_by", "unique", "tail", "sample", "write_parquet", "sink_parquet")
"""Methods of tables that look at all rows at once."""


def refuse_probed(columns: Iterable[str]) -> None:
    """Refuse to probe a table whose own columns have names of those that a probe adds."""
    own = {name for name in columns if name in schema(PROBED)} - {"kind", "media_type"}
    if own:
        raise UsageError(
            f"probe(): the table has columns named {', '.join(sorted(own))} already; "
            "rename them before the table is scanned"
        )


def parted(expressions: Iterable[Any], named: Mapping[str, Any]) -> tuple[dict[str, Finished], dict[str, Any]]:
    """Tell the recipes among new columns from the plain expressions; refuses recipes that cannot become columns."""
    media = {name: one for name, one in named.items() if isinstance(one, Finished)}
    for one in media.values():
        one.check_words()
    for name, one in named.items():
        if isinstance(one, Recipe):
            raise RecipeError(f"{name} = {one!r} is not finished: end it with a format such as .webp()")
    for one in expressions:
        if isinstance(one, Finished | Recipe):
            raise RecipeError(f"with_columns: give the recipe a name: with_columns(name={one!r})")
    return media, {name: one for name, one in named.items() if name not in media}


def no_such(name: str, columns: Iterable[str], known: Iterable[str]) -> Exception:
    """Give the error for a method or an attribute that a frame does not have."""
    if name in _OF_ALL_ROWS:
        return ExpressionError(
            f"{name}() needs all rows, but a frame works batch by batch: "
            f"collect() first, then polars; mf.scan(table) brings the result back"
        )
    if not name.startswith("_") and name in columns:
        return AttributeError(f"{name!r} is a column: say pl.col({name!r}), or collect() and take it from the table")
    near = "" if name.startswith("_") else did_you_mean(name, known)
    return AttributeError(f"a MediaFrame has no {name!r}{near}")
