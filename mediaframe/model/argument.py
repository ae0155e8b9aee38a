"""One declared argument: its type, range, unit and words; what it accepts; and arguments taken from a row."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Generic, Literal, Protocol, TypeVar, Union, get_args, get_origin, overload

from mediaframe.errors import RecipeError, did_you_mean, expected
from mediaframe.model.input import ALLOWED, SCHEMA, Input, parse_input
from mediaframe.model.quantity import PARSERS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column:
    """An argument that is taken from a column of each row."""

    name: str

    def __repr__(self) -> str:
        return f"col({self.name!r})"


class ColumnExpression(Protocol):
    """Anything that looks like `polars.col(...)`; recipes know polars by its looks alone."""

    @property
    def meta(self) -> Any:
        """What polars knows of the expression."""


class Value(Generic[T]):
    """How checkers see an argument: reading gives T, writing takes T or a column."""

    @overload
    def __get__(self, spec: None, owner: type) -> Argument: ...
    @overload
    def __get__(self, spec: object, owner: type) -> T: ...
    def __get__(self, spec: object, owner: type) -> Any: ...
    def __set__(self, spec: object, value: T | Column | ColumnExpression) -> None: ...


class Quantity(Generic[T]):
    """As `Value`, for arguments that may also be written as text: "20 kB", "10%"."""

    @overload
    def __get__(self, spec: None, owner: type) -> Argument: ...
    @overload
    def __get__(self, spec: object, owner: type) -> T: ...
    def __get__(self, spec: object, owner: type) -> Any: ...
    def __set__(self, spec: object, value: T | str | Column | ColumnExpression) -> None: ...


class File(Generic[T]):
    """As `Value`, for a file that the recipe needs beside its source: `File[Input]`, or `File[Input | None]`.

    It is written as a path or a URL, read once when the recipe is run, and handed to the engine as `Input.data`.
    """

    @overload
    def __get__(self, spec: None, owner: type) -> Argument: ...
    @overload
    def __get__(self, spec: object, owner: type) -> T: ...
    def __get__(self, spec: object, owner: type) -> Any: ...
    def __set__(self, spec: object, value: T | str | os.PathLike[str] | Column | ColumnExpression) -> None: ...


class _Missing:
    def __repr__(self) -> str:
        return "..."


MISSING = _Missing()


@dataclass(frozen=True, eq=False)
class Argument:
    """What is declared of one argument. Reading it from a value gives the checked value."""

    default: Any = MISSING
    unit: str = ""
    ge: float | None = None
    le: float | None = None
    doc: str = ""
    kw_only: bool = False
    holds: str = ""
    name: str = ""
    type: Any = None

    def __get__(self, spec: Any, owner: type) -> Any:
        return self if spec is None else spec.__dict__[self.name]

    def __set__(self, spec: Any, value: object) -> None:
        raise AttributeError(f"{type(spec).__name__}.{self.name}: recipes do not change; make a new one")

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING

    @property
    def optional(self) -> bool:
        """Whether None is allowed."""
        return NoneType in _alternatives(self.type)

    @property
    def base(self) -> Any:
        """The declared type without None."""
        others = [one for one in _alternatives(self.type) if one is not NoneType]
        return others[0] if len(others) == 1 else Union[tuple(others)]  # noqa: UP007  # ty: built at run time

    @property
    def is_file(self) -> bool:
        """Whether it names a file."""
        return self.base is Input

    @property
    def choices(self) -> tuple[str | int, ...]:
        """The allowed words or numbers of a Literal."""
        return get_args(self.base) if get_origin(self.base) is Literal else ()

    def allowed(self) -> str:
        """Say in words what is allowed."""
        if self.choices:
            return "one of " + ", ".join(map(repr, self.choices))
        if self.is_file:
            return ALLOWED
        unit = f" {self.unit}" if self.unit and self.unit not in PARSERS else ""
        if self.ge is not None and self.le is not None:
            return f"{self.ge:g} to {self.le:g}{unit}"
        if self.ge is not None:
            return f"{self.ge:g} or more{unit}"
        words = {int: "a whole number", float: "a number", str: "text", bool: "True or False"}
        return words.get(self.base, str(self.base)) + unit

    def schema(self) -> dict[str, Any]:
        """Give the JSON Schema of the argument; a column of the row is always allowed."""
        plain: dict[str, Any] = {"description": self.doc} if self.doc else {}
        if self.is_file:
            plain["anyOf"] = [*SCHEMA, *([{"type": "null"}] if self.optional else [])]
        elif self.choices:
            plain["enum"] = [*self.choices, *([None] if self.optional else [])]
        else:
            names = {int: "integer", float: "number", str: "string", bool: "boolean"}
            kinds = [names.get(one, "null" if one is NoneType else "array") for one in _alternatives(self.type)]
            plain["type"] = kinds if len(kinds) > 1 else kinds[0]
        if self.ge is not None:
            plain["minimum"] = self.ge
        if self.le is not None:
            plain["maximum"] = self.le
        if self.unit:
            plain["x-unit"] = self.unit
        column = {
            "type": "object",
            "properties": {"column": {"type": "string"}},
            "required": ["column"],
            "additionalProperties": False,
        }
        schema: dict[str, Any] = {"anyOf": [plain, column]}
        if not self.required:
            schema["default"] = self.default
        return schema


def arg(
    *,
    default: Any = MISSING,
    unit: str = "",
    ge: float | None = None,
    le: float | None = None,
    doc: str = "",
    kw_only: bool = False,
    holds: str = "",
) -> Any:
    """Declare an argument of an operation, format or measure.

    Parameters
    ----------
    default
        What it is when it is not given; without a default it must be given.
    unit
        What the number counts. Units such as "bytes", "s", "color", "point" also read text.
    ge, le
        The least and the largest value allowed.
    doc
        One sentence for the reference.
    kw_only
        Whether it must be given by its name.
    holds
        Of a file: the kind of its content, such as "image". Where it is another, that is said before the first byte of
        a source is read.
    """
    return Argument(default=default, unit=unit, ge=ge, le=le, doc=doc, kw_only=kw_only, holds=holds)


def _alternatives(declared: Any) -> tuple[Any, ...]:
    return get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)


def as_column(value: object) -> Column | None:
    """See whether a value stands for a column: `col("name")` of ours or of polars.

    A longer expression raises: make it a column of the frame first.
    """
    if isinstance(value, Column):
        return value
    meta = getattr(value, "meta", None)
    if meta is None or not hasattr(meta, "root_names"):
        return None
    if hasattr(meta, "is_column") and meta.is_column():
        return Column(str(meta.output_name()))
    raise RecipeError(
        f"an argument may be a value or pl.col('name'), got the expression {value}: "
        "make it a column first with frame.with_columns(name=...)"
    )


def check(argument: Argument, value: object, where: str) -> Any:
    """Give the value in its canonical type, or raise what was said, what is allowed, what to do."""
    where = f"{where}({argument.name}=...)"
    if value is None:
        if argument.optional:
            return None
        raise RecipeError(expected(where, argument.allowed(), value))
    parser = parse_input if argument.is_file else PARSERS.get(argument.unit)
    plain = _read(parser, value, where) if parser else _plain(argument, value, where)
    number = isinstance(plain, int | float) and not isinstance(plain, bool)
    low = number and argument.ge is not None and plain < argument.ge
    if low or (number and argument.le is not None and plain > argument.le):
        raise RecipeError(expected(where, argument.allowed(), value))
    return plain


def _read(parser: Callable[[object], object], value: Any, where: str) -> Any:
    try:
        return parser(value)
    except (ValueError, TypeError) as error:
        raise RecipeError(expected(where, str(error), value)) from None


def _plain(argument: Argument, value: Any, where: str) -> Any:
    base = argument.base
    if argument.choices:
        if value in argument.choices and not isinstance(value, bool):
            return argument.choices[argument.choices.index(value)]  # 90.0 is 90
        hint = did_you_mean(value, map(str, argument.choices)) if isinstance(value, str) else ""
        raise RecipeError(expected(where, argument.allowed(), value) + hint)
    if get_origin(base) is tuple:
        found = _tuple(argument, value, where)
    elif base is int:
        found = _whole(value)
    elif base is float:
        found = _number(value)
    else:
        found = value if type(value) is base else MISSING
    if found is MISSING:
        raise RecipeError(expected(where, argument.allowed(), value))
    return found


def _whole(value: Any) -> Any:
    if isinstance(value, bool):
        return MISSING
    if isinstance(value, float):
        return int(value) if value.is_integer() else MISSING
    try:
        return operator.index(value)
    except TypeError:
        return MISSING


def _number(value: Any) -> Any:
    if isinstance(value, bool | str):
        return MISSING
    try:
        number = float(value) + 0.0  # -0.0 is 0.0, but has another text
    except (TypeError, ValueError):
        return MISSING
    return number if math.isfinite(number) else MISSING


def _tuple(argument: Argument, value: Any, where: str) -> Any:
    parts = get_args(argument.base)
    if not isinstance(value, tuple | list) or len(parts) != len(value):
        return MISSING
    inner = [Argument(type=part, name=argument.name) for part in parts]
    return tuple(_plain(one, part, where) for one, part in zip(inner, value, strict=True))


def from_row(argument: Argument, column: Column, row: Mapping[str, object], where: str) -> Any:
    """Take the value of an argument from a row and check it."""
    try:
        value = row[column.name]
    except KeyError:
        raise RecipeError(
            f"{where}({argument.name}=...): the row has no column {column.name!r}{did_you_mean(column.name, row)}"
        ) from None
    return check(argument, value, where)
