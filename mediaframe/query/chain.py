"""Query: the immutable chain of nodes that a frame holds, checked at every link before a byte is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from polars._typing import PolarsDataType
from polars.selectors import expand_selector

from mediaframe.errors import ExpressionError, RecipeError, expected
from mediaframe.model.argument import Argument, Column
from mediaframe.model.quantity import PARSERS
from mediaframe.model.recipe import Finished
from mediaframe.query.expressions import HIDDEN, check_expression, column_names, unknown_column
from mediaframe.query.nodes import (
    Drop,
    Filter,
    Head,
    Media,
    Node,
    Probe,
    Rename,
    Select,
    WithColumns,
    apply,
    media_dtype,
)
from mediaframe.query.stages import Stage, Step, media_of, plan, steps_of


class Query:
    """A source's columns and what is done with them; every change gives another query.

    >>> query = Query({"path": pl.String, "bytes": pl.Int64})
    >>> query.then(Filter((pl.col("bytes") > 1000,))).then(Drop(("bytes",))).schema
    Schema([('path', String)])
    """

    __slots__ = ("_steps", "completed", "nodes", "probed", "schema")
    nodes: tuple[Node, ...]
    _steps: tuple[Step, ...]
    schema: pl.Schema
    """The columns after the last node, in order; our own hidden ones are not among them."""
    probed: pl.Schema
    completed: frozenset[str]
    """Columns of the source that a probe fills where they are empty: nothing that reads them goes ahead of it."""

    def __init__(
        self,
        columns: Mapping[str, PolarsDataType],
        nodes: Sequence[Node] = (),
        *,
        probed: Mapping[str, PolarsDataType] | None = None,
        completed: frozenset[str] = frozenset(),
    ) -> None:
        query = self
        object.__setattr__(self, "completed", completed)
        self._set((), _shown(columns), _shown(probed or {}), ())
        for node in nodes:
            query = query.then(node)
        self._set(query.nodes, query.schema, query.probed, query._steps)

    def _set(self, nodes: tuple[Node, ...], schema: pl.Schema, probed: pl.Schema, steps: tuple[Step, ...]) -> None:
        for name, value in {"nodes": nodes, "schema": schema, "probed": probed, "_steps": steps}.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}: queries do not change; make a new one")

    def then(self, node: Node) -> Query:
        """Give the query with one more node; what cannot be done raises now."""
        self._check(node)
        schema = self._after(node)
        if not schema:
            raise ExpressionError(f"{node.describe()}: no column would be left; keep at least one")
        for name in schema:
            _own_name(name, node.describe())
        made = object.__new__(Query)
        steps = (*self._steps, *steps_of(node, self.schema, self.probed, self.completed))
        object.__setattr__(made, "completed", self.completed)
        made._set((*self.nodes, node), schema, self.probed, steps)
        return made

    def with_columns(self, expressions: Sequence[pl.Expr], media: Mapping[str, Finished]) -> Query:
        """Add expressions and recipes of one call: as in polars, none of them sees what another one makes."""
        if not expressions or not media:
            node: Node = WithColumns(tuple(expressions)) if expressions else Media(tuple(media.items()))
            return self.then(node) if expressions or media else self
        plain, drawn = WithColumns(tuple(expressions)), Media(tuple(media.items()))
        self._check(plain)
        self._check(drawn)
        made = set(apply([Select(plain.expressions)], pl.DataFrame(schema=self.schema)).columns)
        both = sorted(made & set(media))
        if both:
            raise ExpressionError(f"with_columns: {both[0]!r} is given twice; give each column once")
        if not made & set().union(*(recipe.columns for recipe in media.values())):
            return self.then(plain).then(drawn)
        if not set(media) & self.reads(plain.expressions):
            return self.then(drawn).then(plain)
        raise ExpressionError("with_columns: an expression and a recipe change what the other reads; use two calls")

    def reads(self, expressions: Sequence[pl.Expr]) -> frozenset[str]:
        """Give the columns that expressions read here."""
        return frozenset[str]().union(*(column_names(one, self.schema) for one in expressions))

    def chosen(self, given: Sequence[str | pl.Expr]) -> tuple[str, ...]:
        """Give the names that names and selectors stand for here: what drop needs."""
        names: dict[str, None] = {}
        for one in given:
            if isinstance(one, str):
                names[self._known(one, "drop")] = None
            elif one.meta.is_column_selection():
                names.update(dict.fromkeys(expand_selector(self.schema, one.meta.as_selector())))
            else:
                raise ExpressionError(expected("drop", "names or selectors of columns", str(one)))
        return tuple(names)

    @property
    def is_probed(self) -> bool:
        """Whether headers are read."""
        return any(isinstance(node, Probe) for node in self.nodes)

    @property
    def media(self) -> dict[str, Finished]:
        """The media columns that are still there, under the names they have now."""
        return media_of(self._steps)

    def stages(self) -> tuple[Stage, ...]:
        """Give the stages in which the chain is done; at least one."""
        return plan(self._steps, self.schema)

    def order(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Give the columns of a finished batch the order of the schema; hidden ones come last."""
        hidden = [name for name in batch.columns if name.startswith(HIDDEN)]
        return batch.select([*self.schema, *hidden])

    # ---- checks --------------------------------------------------------------------------------------------

    def _check(self, node: Node) -> None:
        match node:
            case Filter(predicates):
                self._check_expressions(predicates, filter=True)
            case WithColumns(expressions) | Select(expressions):
                self._check_expressions(expressions, filter=False)
            case Media(columns):
                self._check_media(columns)
            case Drop(names):
                for name in names:
                    self._known(name, "drop")
            case Rename(pairs):
                self._check_rename(pairs)
            case Head(n):
                if isinstance(n, bool) or not isinstance(n, int) or n < 0:
                    raise ExpressionError(expected("head(n=...)", "0 or more rows", n))
            case Probe():
                pass

    def _check_expressions(self, expressions: Sequence[pl.Expr], *, filter: bool) -> None:  # noqa: A002
        for one in expressions:
            try:
                check_expression(one, self.schema, filter=filter)
            except ExpressionError as error:
                raise self._hinted(error, one) from None

    def _hinted(self, error: ExpressionError, expr: pl.Expr) -> ExpressionError:
        """Add that a probe would make the column."""
        later = set(expr.meta.root_names()) & set(self.probed) - set(self.schema)
        if later and "no column" in error.message:
            return ExpressionError(f"{error.message}; {min(later)!r} is known after probe()")
        return error

    def _check_media(self, columns: Sequence[tuple[str, Finished]]) -> None:
        names = [name for name, _ in columns]
        for name, recipe in columns:
            where = f"{name} = {recipe!r}"
            if names.count(name) > 1:
                raise RecipeError(f"{where}: the column {name!r} is given twice; give each column once")
            _own_name(name, where)
            for column in sorted(recipe.columns):
                if column not in self.schema:
                    raise RecipeError(unknown_column(column, self.schema, where))
            self._check_types(recipe, where)

    def _check_types(self, recipe: Finished, where: str) -> None:
        """Refuse a column none of whose values an argument can take, such as text for a width."""
        for word in recipe.words:
            for name, column in word.values.items():
                if isinstance(column, Column) and not _may_hold(word.arguments[name], self.schema[column.name]):
                    said = f"the column {column.name!r} of {self.schema[column.name]}"
                    allowed = word.arguments[name].allowed()
                    raise RecipeError(
                        f"{where}: {word.word}({name}=...): expected {allowed}, got {said}; cast it first"
                    )

    def _check_rename(self, pairs: Sequence[tuple[str, str]]) -> None:
        for old, _ in pairs:
            self._known(old, "rename")
        names = dict(pairs)
        after = [names.get(name, name) for name in self.schema]
        for name in after:
            if after.count(name) > 1:
                raise ExpressionError(f"rename: two columns would be named {name!r}; drop one of them first")

    def _known(self, name: str, where: str) -> str:
        if name not in self.schema:
            raise ExpressionError(unknown_column(name, self.schema, where))
        return name

    def _after(self, node: Node) -> pl.Schema:
        if isinstance(node, Probe):
            return pl.Schema({**self.schema, **self.probed})
        if isinstance(node, Media):
            return pl.Schema({**self.schema, **{name: media_dtype(recipe) for name, recipe in node.columns}})
        if isinstance(node, Head):
            return self.schema
        return apply([node], pl.DataFrame(schema=self.schema)).schema


def _may_hold(argument: Argument, dtype: PolarsDataType) -> bool:
    if dtype == pl.Null or argument.unit in PARSERS:
        return True
    if argument.base in (int, float):
        return dtype.is_numeric()
    if argument.is_file:
        return dtype == pl.String
    return dtype == pl.Boolean if argument.base is bool else True


def _shown(columns: Mapping[str, PolarsDataType]) -> pl.Schema:
    return pl.Schema({name: dtype for name, dtype in columns.items() if not name.startswith(HIDDEN)})


def _own_name(name: Any, where: str) -> None:
    if not isinstance(name, str) or not name:
        raise ExpressionError(expected(f"{where}: a column's name", "text", name))
    if name.startswith(HIDDEN):
        raise ExpressionError(unknown_column(name, {}, where))
