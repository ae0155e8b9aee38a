"""Which polars expressions may pass a lazy frame: those that work row by row and keep the length.

A frame is worked through batch by batch, so an expression may pass only where every batch alone gives what
the whole would have given. polars' own `meta.is_row_separable()` does not say that (it is true for
`a > a.mean()` and for `explode()`). So the tree of the expression is walked as polars serializes it, and
every node must be known here; what is not known is refused. Nothing is ever deserialized.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import polars as pl
from polars.exceptions import PolarsError
from polars.selectors import expand_selector

from mediaframe.errors import ExpressionError, did_you_mean
from mediaframe.query.words import (
    CONSTANT,
    FAMILIES,
    KNOWN,
    OPERATORS,
    PARTIAL,
    PATTERNS,
    REASONS,
    SPOKEN,
    WITH_SERIES,
)

HIDDEN = "__mf_"
"""How the names of our own columns begin; they travel with the rows, and users neither see nor name them."""

ADVICE = "a lazy frame works batch by batch; collect() first and go on with polars"

Tree = Any
"""A node of the serialized expression: a word, or an object with one key."""


def check_expression(expr: pl.Expr, schema: Mapping[str, Any], *, filter: bool = False) -> None:  # noqa: A002  # polars' word
    """Raise ExpressionError unless the expression works row by row on columns of the schema.

    >>> check_expression(pl.col("bytes") / 1000, {"bytes": pl.Int64})
    >>> check_expression(pl.col("bytes").mean(), {"bytes": pl.Int64})
    Traceback (most recent call last):
    mediaframe.errors.ExpressionError: col("bytes").mean(): mean() needs all rows, but a lazy frame \
works batch by batch; collect() first and go on with polars
    """
    where = f"filter({_text(expr)})" if filter else _text(expr)
    tree = _tree(expr, where)
    for name in sorted(_columns(tree)):
        if name not in schema:
            raise ExpressionError(unknown_column(name, schema, where))
    _walk(tree, where)


def column_names(expr: pl.Expr, schema: Mapping[str, Any]) -> frozenset[str]:
    """Give the columns of the schema that an expression reads; selectors are expanded.

    >>> import polars.selectors as cs
    >>> sorted(column_names(cs.numeric() / pl.col("b"), {"a": pl.Int64, "b": pl.Int64, "s": pl.String}))
    ['a', 'b']
    """
    tree = _tree(expr, _text(expr))
    named = _columns(tree)
    if not any(True for _ in _find(tree, "Selector")):
        return named
    return named | _selected(expr, schema)


def has_selector(expr: pl.Expr) -> bool:
    """Whether what an expression reads depends on the columns that are there: `pl.all()`, `cs.numeric()`."""
    return any(True for _ in _find(_tree(expr, _text(expr)), "Selector"))


def is_selection(expr: pl.Expr) -> bool:
    """Whether an expression does nothing but choose columns under their own names."""
    return expr.meta.is_column() or expr.meta.is_column_selection()


def is_conjunction(expr: pl.Expr) -> bool:
    """Whether it is `a & b`."""
    word, body = _open(_tree(expr, _text(expr)))
    return word == "BinaryExpr" and body["op"] in ("And", "LogicalAnd")


def may_raise(expr: pl.Expr) -> bool:
    """Whether a value of a row can make the expression raise, as a strict cast does."""
    tree = _tree(expr, _text(expr))
    if any(body["options"] != "NonStrict" for body in _find(tree, "Cast")):
        return True
    return any(_partial(body) for body in _find(tree, "Function")) or any(True for _ in _find(tree, "Eval"))


def unknown_column(name: str, known: Mapping[str, Any], where: str) -> str:
    """Say that there is no such column, and which one is near."""
    if name.startswith(HIDDEN):
        return f"{where}: columns that begin with {HIDDEN!r} are mediaframe's own; name yours otherwise"
    shown = [one for one in known if not one.startswith(HIDDEN)]
    listed = ", ".join(shown[:12]) + (", ..." if len(shown) > 12 else "")
    if any(sign in name for sign in "=<>"):
        return (
            f"{where}: no column {name!r}; a condition is pl.col('width') > 800, or in SQL pl.sql_expr('width > 800')"
        )
    return f"{where}: no column {name!r}{did_you_mean(name, shown)} (there are: {listed})"


def as_expressions(given: Sequence[Any], named: Mapping[str, Any]) -> tuple[pl.Expr, ...]:
    """Read what polars' own verbs accept: names, expressions, lists of them, and `name=expression`.

    >>> [str(one) for one in as_expressions(["a", [pl.col("b")]], {"c": 1})]
    ['col("a")', 'col("b")', 'dyn int: 1.alias("c")']
    """
    flat: list[Any] = []
    for one in given:
        flat.extend(one if isinstance(one, list | tuple) else [one])
    plain = [_as_expression(one, text_is_column=True) for one in flat]
    return (*plain, *(_as_expression(one, text_is_column=True).alias(name) for name, one in named.items()))


def as_predicates(given: Sequence[Any], equal: Mapping[str, Any]) -> tuple[pl.Expr, ...]:
    """Read what polars' filter accepts: expressions, lists of them, and `column=value`.

    >>> [str(one) for one in as_predicates([pl.col("a") > 1], {"kind": "image"})]
    ['[(col("a")) > (dyn int: 1)]', '[(col("kind")) == ("image")]']
    """
    plain = as_expressions(given, {})
    return (
        *plain,
        *(pl.col(name) == _as_expression(one, text_is_column=False) for name, one in equal.items()),
    )


def _as_expression(value: Any, *, text_is_column: bool) -> pl.Expr:
    if isinstance(value, pl.Expr):
        return value
    if isinstance(value, pl.Series):
        raise ExpressionError(f"expected an expression, got the Series {value.name!r} of its own length: {ADVICE}")
    if isinstance(value, str) and text_is_column:
        return pl.col(value)
    try:
        return pl.lit(value)
    except (TypeError, ValueError, PolarsError) as error:
        raise ExpressionError(f"expected a polars expression, got {value!r} ({error})") from None


# ---- walking the tree --------------------------------------------------------------------------------------


def _text(expr: pl.Expr) -> str:
    text = re.sub(r"\s+", " ", str(expr))
    return text if len(text) <= 160 else f"{text[:157]}..."


def _tree(expr: pl.Expr, where: str) -> Tree:
    try:
        return json.loads(expr.meta.serialize(format="json"))
    except RecursionError:
        raise ExpressionError(f"{where}: nested too deeply; make parts of it columns first") from None
    except PolarsError as error:
        raise ExpressionError(f"{where}: it holds what cannot be written down ({error}): {ADVICE}") from None


def _find(tree: Tree, key: str) -> Iterator[Any]:
    """Give what stands under a key anywhere in the tree, literals left out."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            if key in node:
                yield node[key]
            stack.extend(value for name, value in node.items() if name != "Literal")


def _columns(tree: Tree) -> frozenset[str]:
    # Inside list.eval the empty name stands for the element.
    return frozenset(name for name in _find(tree, "Column") if isinstance(name, str) and name)


def _selected(expr: pl.Expr, schema: Mapping[str, Any]) -> frozenset[str]:
    named: set[str] = set()
    stack = [expr]
    while stack:
        node = stack.pop()
        if node.meta.is_column_selection():
            named.update(expand_selector(pl.Schema(schema), node.meta.as_selector()))
        else:
            stack.extend(node.meta.pop())
    return frozenset(named)


def _walk(tree: Tree, where: str) -> None:
    stack = [tree]
    while stack:
        word, body = _open(stack.pop())
        if word == "Function":
            stack += _arguments(body, where)
        elif word == "Eval":
            stack += _of_lists(body, where)
        elif word == "Literal":
            if "Series" in body:
                _refuse("a Series as a literal", "has a length of its own", where)
        elif word not in _PARTS or not _allowed(word, body):
            _refuse_node(word, body, where)
        else:
            stack += _PARTS[word](body)


_PARTS: dict[str, Callable[[Any], list[Tree]]] = {
    "Column": lambda body: [],
    "Selector": lambda body: [],
    "Field": lambda body: [],
    "BinaryExpr": lambda body: [body["left"], body["right"]],
    "Cast": lambda body: [body["expr"]],
    "Alias": lambda body: [body[0]],
    "KeepName": lambda body: [body],
    "RenameAlias": lambda body: [body["expr"]],
    "Ternary": lambda body: [body["predicate"], body["truthy"], body["falsy"]],
    "StructEval": lambda body: [body["expr"], *body["evaluation"]],
}
"""What is below a node that is no function."""


def _allowed(word: str, body: Any) -> bool:
    match word:
        case "BinaryExpr":
            # A struct literal meets nulls otherwise in a batch of one row (polars 2.1).
            return body["op"] in OPERATORS and not any(map(_is_struct, (body["left"], body["right"])))
        case "Cast":
            return "Literal" in body["dtype"]
        case "RenameAlias":
            return "Map" not in body["function"]
        case _:
            return True


def _is_struct(node: Tree) -> bool:
    word, body = _open(node)
    return word == "Literal" and "Struct" in body.get("Scalar", {})


def _of_lists(body: dict[str, Any], where: str) -> list[Tree]:
    """Allow list.eval and its kin, whatever they do within one row."""
    if "Cumulative" in body["variant"]:
        _refuse("cumulative_eval()", "looks at other rows", where)
    if body["variant"] not in ("List", "ListAgg", "ArrayAgg") and "Array" not in body["variant"]:
        _refuse_node("Eval", body, where)
    _within_a_row(body["evaluation"], where)
    return [body["expr"]]


def _partial(body: dict[str, Any]) -> bool:
    tag = _tag(body["function"])
    return tag in PARTIAL or (tag in PATTERNS and not all(map(_constant, body["input"][1:])))


def _open(node: Tree) -> tuple[str, Any]:
    if isinstance(node, dict) and len(node) == 1:
        return next(iter(node.items()))
    return (node, None) if isinstance(node, str) else ("an unknown part", node)


def _tag(function: Any) -> str:
    """Give the name of a function: "Abs", "StringExpr.Slice", "Boolean.IsIn"."""
    word, body = _open(function)
    if word not in FAMILIES:
        return word
    return f"{word}.{_open(body)[0]}"


def _arguments(body: dict[str, Any], where: str) -> list[Tree]:
    """Test one function and give the inputs that are still to be tested."""
    function, given = body["function"], list(body["input"])
    tag = _tag(function)
    if tag not in KNOWN:
        _refuse_node(tag, function, where)
    if tag == "StringExpr.Strptime" and function["StringExpr"]["Strptime"][1]["format"] is None:
        _refuse("reading dates without a format", "guesses it from the first rows; give format=", where)
    if tag == "Boolean.IsIn" and not _constant(given[1], series=True):
        _refuse("is_in() of a column", "depends on other rows; list.contains() works row by row", where)
    if tag in WITH_SERIES:
        given = [one for one in given if not _constant(one, series=True)]
    if any(not _constant(one) for one in given[CONSTANT.get(tag, slice(0))]):
        _refuse(f"{_spoken(tag)} with an argument from a column", "is not done row by row by polars", where)
    return given


def _constant(node: Tree, *, series: bool = False) -> bool:
    word, body = _open(node)
    if word == "Cast":
        return _constant(body["expr"], series=series)
    return word == "Literal" and (series or "Series" not in body)


def _within_a_row(tree: Tree, where: str) -> None:
    """Allow what looks at one row's list alone: anything but chance, Python and other columns."""
    for word in (
        "Random",
        "Sample",
        "AnonymousFunction",
        "FfiPlugin",
        "FoldHorizontal",
        "PipeWithDtype",
        "RustPlugin",
    ):
        for body in _find(tree, word):
            _refuse_node(word, body, where)
    for name in _columns(tree):
        _refuse(f"a column ({name!r}) inside of list.eval()", "is not known to work row by row", where)


# ---- saying no ---------------------------------------------------------------------------------------------


def _refuse(part: str, why: str, where: str) -> NoReturn:
    raise ExpressionError(f"{where}: {part} {why}, but {ADVICE}")


def _refuse_node(word: str, body: Any, where: str) -> NoReturn:
    if word == "BinaryExpr" and isinstance(body, dict) and "op" in body:
        _refuse(f"{body['op']} with these operands", "is not known to work row by row", where)
    if word == "Agg":
        word = _open(body)[0]
        _refuse(_spoken(word), "needs all rows", where)
    for why, words in REASONS:
        if word in words:
            _refuse(_spoken(word), why, where)
    _refuse(_spoken(word), "is not known to work row by row", where)


def _spoken(tag: str) -> str:
    """Turn polars' inner name into the one that users write."""
    if tag in SPOKEN:
        return SPOKEN[tag]
    family, _, name = tag.rpartition(".")
    word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"{FAMILIES.get(family, '')}{word}()"
