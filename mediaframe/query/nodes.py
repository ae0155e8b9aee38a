"""The nodes of a chain, as values, and how the plain ones are done on one batch of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl
from polars._typing import PolarsDataType
from polars.exceptions import PanicException, PolarsError

from mediaframe.errors import ExpressionError
from mediaframe.model.finish import Measure, Scalar
from mediaframe.model.recipe import Finished
from mediaframe.query.expressions import HIDDEN

_ANCHOR = f"{HIDDEN}anchor"

RENDITION_STRUCT = pl.Struct(
    {
        "uri": pl.String,
        "data": pl.Binary,
        "media_type": pl.String,
        "bytes": pl.Int64,
        "width": pl.Int32,
        "height": pl.Int32,
        "sha256": pl.String,
        "status": pl.String,
        "error_code": pl.String,
        "error": pl.String,
        "parts": pl.List(
            pl.Struct(
                {"name": pl.String, "bytes": pl.Int64, "sha256": pl.String, "media_type": pl.String, "data": pl.Binary}
            )
        ),
    }
)
"""What a rendition column holds for each row; null where the recipe does not apply."""

_SCALARS: dict[Scalar, PolarsDataType] = {
    "float": pl.Float64,
    "int": pl.Int64,
    "string": pl.String,
    "bool": pl.Boolean,
}


def media_dtype(recipe: Finished) -> PolarsDataType:
    """Give the type of the column that a recipe makes.

    >>> from mediaframe.recipes import image
    >>> media_dtype(image.sharpness())
    Float64
    """
    return RENDITION_STRUCT if recipe.measure is None else _value_dtype(recipe.measure)


def _value_dtype(measure: Measure) -> PolarsDataType:
    match measure.gives:
        case "strings":
            return pl.List(pl.String)
        case "floats":
            return pl.List(pl.Float64)
        case "records":
            return pl.List(pl.Struct({name: _SCALARS[scalar] for name, scalar in measure.fields.items()}))
        case scalar:
            return _SCALARS[scalar]


@dataclass(frozen=True, eq=False)
class Probe:
    """Read the headers of the assets."""

    def describe(self) -> str:
        """Say it for explain."""
        return "probe: read headers"


@dataclass(frozen=True, eq=False)
class Filter:
    """Keep the rows for which all predicates are true."""

    predicates: tuple[pl.Expr, ...]

    def describe(self) -> str:
        """Say it for explain."""
        return "filter " + _listed(self.predicates)

    def mask(self, batch: pl.DataFrame) -> pl.Series:
        """Say for each row whether it stays; a null does not."""
        seen = _visible(batch)
        mask = pl.repeat(value=True, n=seen.height, dtype=pl.Boolean, eager=True)
        for one in self.predicates:
            mask &= _truth(one, seen).fill_null(value=False)
        return mask


@dataclass(frozen=True, eq=False)
class WithColumns:
    """Add columns, or put others in their place."""

    expressions: tuple[pl.Expr, ...]

    def describe(self) -> str:
        """Say it for explain."""
        return "with_columns " + _listed(self.expressions)


@dataclass(frozen=True, eq=False)
class Media:
    """Add columns that are made from the media themselves: renditions and measures."""

    columns: tuple[tuple[str, Finished], ...]

    def describe(self) -> str:
        """Say it for explain."""
        return "media " + ", ".join(f"{name} = {recipe!r}" for name, recipe in self.columns)


@dataclass(frozen=True, eq=False)
class Select:
    """Keep these columns alone, in this order."""

    expressions: tuple[pl.Expr, ...]

    def describe(self) -> str:
        """Say it for explain."""
        return "select " + _listed(self.expressions)


@dataclass(frozen=True, eq=False)
class Drop:
    """Leave columns out."""

    names: tuple[str, ...]

    def describe(self) -> str:
        """Say it for explain."""
        return "drop " + ", ".join(self.names)


@dataclass(frozen=True, eq=False)
class Rename:
    """Give columns other names."""

    pairs: tuple[tuple[str, str], ...]

    def describe(self) -> str:
        """Say it for explain."""
        return "rename " + ", ".join(f"{old} to {new}" for old, new in self.pairs)


@dataclass(frozen=True, eq=False)
class Head:
    """Keep the first rows, in the order of the scan."""

    n: int

    def describe(self) -> str:
        """Say it for explain."""
        return f"head {self.n}"


Node = Probe | Filter | WithColumns | Media | Select | Drop | Rename | Head
"""One link of the chain."""


def apply(nodes: Iterable[Node], batch: pl.DataFrame) -> pl.DataFrame:
    """Do plain nodes (filter, with_columns, select, drop, rename) on one batch.

    Columns whose names begin with `__mf_` are not seen by expressions and stay beside the rows.

    >>> apply([Drop(("a",))], pl.DataFrame({"a": [1], "b": [2], "__mf_uri": ["x"]})).columns
    ['b', '__mf_uri']
    """
    for node in nodes:
        batch = batch.filter(node.mask(batch)) if isinstance(node, Filter) else _columns(node, batch)
    return batch


def _columns(node: Node, batch: pl.DataFrame) -> pl.DataFrame:
    seen = _visible(batch)
    with _said(node.describe()):
        match node:
            case WithColumns(expressions):
                done = seen.with_columns(expressions)
            case Select(expressions):
                # The anchor makes a lone constant as long as the batch; else it is one row a batch.
                done = seen.select(_anchored(seen), *expressions).drop(_ANCHOR)
            case Drop(names):
                # Not strict: a media column that nobody needs was never made.
                done = seen.drop(names, strict=False)
            case Rename(pairs):
                done = seen.rename(dict(pairs), strict=False)
            case _:
                raise TypeError(f"{node.describe()}: not done on a batch alone")
        hidden = [name for name in batch.columns if name.startswith(HIDDEN)]
        return done.hstack(batch.select(hidden)) if hidden else done


def _truth(predicate: pl.Expr, seen: pl.DataFrame) -> pl.Series:
    where = f"filter({_spoken(predicate)})"
    with _said(where):
        answers = seen.select(_anchored(seen), predicate).drop(_ANCHOR)
    if answers.width != 1:
        raise ExpressionError(
            f"{where}: it gives {answers.width} answers for each row; "
            "wrap it in pl.all_horizontal(...) or pl.any_horizontal(...)"
        )
    answer = answers.to_series()
    if answer.dtype not in (pl.Boolean, pl.Null):
        raise ExpressionError(f"{where}: expected true or false for each row, got {answer.dtype}")
    return answer.cast(pl.Boolean)


def _visible(batch: pl.DataFrame) -> pl.DataFrame:
    return batch.select([name for name in batch.columns if not name.startswith(HIDDEN)])


def _anchored(seen: pl.DataFrame) -> pl.Expr:
    return pl.col(seen.columns[0]).is_null().alias(_ANCHOR)


@contextmanager
def _said(where: str) -> Iterator[None]:
    """Turn what polars raises into an ExpressionError that says where."""
    try:
        yield
    except (PolarsError, PanicException) as error:  # A panic is no Exception, but polars goes on after it.
        raise ExpressionError(f"{where}: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _listed(expressions: Iterable[pl.Expr]) -> str:
    return ", ".join(map(_spoken, expressions))


def _spoken(expr: pl.Expr) -> str:
    return " ".join(str(expr).split())
