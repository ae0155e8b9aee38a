"""Spec: a frozen, named, checked value made from one declaration; its JSON, schema, text and digest."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import entry_points
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Self,
    TypeVar,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from mediaframe.errors import MissingError, RecipeError, did_you_mean
from mediaframe.model.argument import Argument, Column, File, Quantity, Value, arg, as_column, check, from_row
from mediaframe.model.input import Input, input_from_json
from mediaframe.model.kind import Kind

S = TypeVar("S", bound="Spec")


def snake(name: str) -> str:
    """Turn a class name into a word.

    >>> snake("AutoOrient")
    'auto_orient'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@dataclass_transform(frozen_default=True, field_specifiers=(arg,))
class Spec:
    """Base of operations, formats and measures: one declaration each.

    A subclass declares its arguments as class attributes, `sigma: Value[float] = arg(...)`. From these come the
    constructor, its checks, the method on the recipe, JSON and its schema, the text form and the digest.
    """

    word: ClassVar[str]
    takes: ClassVar[Kind]
    revision: ClassVar[int] = 1
    """Raised when the same arguments come to mean other bytes."""
    arguments: ClassVar[dict[str, Argument]] = {}
    signature: ClassVar[inspect.Signature] = inspect.Signature()

    def __init_subclass__(cls, *, takes: Kind | None = None, word: str | None = None, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if takes is None:  # A family, such as Operation, not a word.
            return
        cls.takes = takes
        cls.word = word or snake(cls.__name__)
        cls.arguments = dict(_declared(cls))
        cls.signature = inspect.Signature([_parameter(one) for one in cls.arguments.values()])
        for argument in cls.arguments.values():
            setattr(cls, argument.name, argument)
        _register(cls)

    if not TYPE_CHECKING:

        def __init__(self, *args, **kwargs):  # noqa: ANN002, ANN003, ANN204
            values = _bind(type(self), args, kwargs)
            for name, argument in self.arguments.items():
                given = values[name]
                column = as_column(given)
                self.__dict__[name] = column or check(argument, given, self.word)
            self.check()

    def check(self) -> None:
        """Hold the arguments against one another; a subclass raises RecipeError where they do not fit."""

    @property
    def values(self) -> dict[str, Any]:
        """All arguments by name, defaults included."""
        return {name: self.__dict__[name] for name in self.arguments}

    @property
    def named_columns(self) -> frozenset[str]:
        """The columns of the row that arguments are taken from."""
        return frozenset(one.name for one in self.values.values() if isinstance(one, Column))

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The files that it needs beside the source."""
        return tuple(one for one in self.values.values() if isinstance(one, Input))

    def with_inputs(self, change: Callable[[Input, Argument], Input]) -> Self:
        """Give the same word with other inputs: `change` is given each one and its declaration."""
        if not self.inputs:
            return self
        changed = {
            name: change(one, self.arguments[name]) if isinstance(one, Input) else one
            for name, one in self.values.items()
        }
        return type(self)(**changed)

    def bind(self, row: Mapping[str, object]) -> Self:
        """Give the same word with all arguments taken from the row."""
        if not self.named_columns:
            return self
        bound = {
            name: from_row(self.arguments[name], one, row, self.word) if isinstance(one, Column) else one
            for name, one in self.values.items()
        }
        return type(self)(**bound)

    def settled(self, *names: str) -> bool:
        """Whether these arguments are values already, not columns."""
        return not any(isinstance(self.__dict__[name], Column) for name in names)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name}: recipes do not change; make a new one")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), tuple(self.__dict__.values())))

    def __reduce__(self) -> tuple[Callable[[type[Self], dict[str, Any]], Self], tuple[type[Self], dict[str, Any]]]:
        return _remake, (type(self), dict(self.__dict__))

    def __repr__(self) -> str:
        given = (f"{name}={value!r}" for name, value in self.values.items() if value != self.arguments[name].default)
        return f"{self.word}({', '.join(given)})"

    def to_json(self) -> dict[str, Any]:
        """Give the word and the arguments that differ from their defaults."""
        given = {
            name: value.to_json() if isinstance(value, Input) else _jsonable(value)
            for name, value in self.values.items()
            if value != self.arguments[name].default
        }
        return {"word": self.word, **({"with": given} if given else {})}

    def identity(self) -> list[Any]:
        """Give what makes two uses of the word the same: all arguments, and the revision."""
        return [self.word, self.revision, {name: _jsonable(one) for name, one in self.values.items()}]

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """Give the JSON Schema of the JSON form."""
        arguments = {
            "type": "object",
            "properties": {one.name: one.schema() for one in cls.arguments.values()},
            "required": [one.name for one in cls.arguments.values() if one.required],
            "additionalProperties": False,
        }
        needed = ["word", "with"] if arguments["required"] else ["word"]
        return {
            "type": "object",
            "description": cls.summary(),
            "properties": {"word": {"const": cls.word}, "with": arguments},
            "required": needed,
            "additionalProperties": False,
        }

    @staticmethod
    def registered() -> dict[tuple[str, str, str], type[Spec]]:
        """Give all declared words by family, kind and word."""
        return dict(_REGISTRY)

    @classmethod
    def summary(cls) -> str:
        """Give the first sentence of the docs."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]


def _jsonable(value: Any) -> Any:
    if isinstance(value, Input):
        return value.identity
    return {"column": value.name} if isinstance(value, Column) else value


def _remake(cls: type[S], values: dict[str, Any]) -> S:
    return cls(**values)


def _declared(cls: type) -> Iterator[tuple[str, Argument]]:
    for name, hint in get_type_hints(cls).items():
        declared = inspect.getattr_static(cls, name, None)
        if get_origin(hint) in (Value, Quantity, File) and isinstance(declared, Argument):
            yield name, replace(declared, name=name, type=get_args(hint)[0])


def _parameter(argument: Argument) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY if argument.kw_only else inspect.Parameter.POSITIONAL_OR_KEYWORD
    default = inspect.Parameter.empty if argument.required else argument.default
    return inspect.Parameter(argument.name, kind, default=default, annotation=argument.type)


def _bind(cls: type[Spec], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    for name in kwargs:
        if name not in cls.arguments:
            allowed = ", ".join(cls.arguments) or "none"
            hint = did_you_mean(name, cls.arguments)
            raise RecipeError(f"{cls.word}: no argument {name!r}{hint} (it takes: {allowed})")
    try:
        bound = cls.signature.bind(*args, **kwargs)
    except TypeError as error:
        raise RecipeError(f"{cls.word}: {error}; it takes {cls.word}{cls.signature}") from None
    bound.apply_defaults()
    return bound.arguments


# ---- the register of words -------------------------------------------------------------------------------------------

_REGISTRY: dict[tuple[str, str, str], type[Spec]] = {}
_GROUP = "mediaframe.words"
_loaded: set[str] = set()


def _family(cls: type[Spec]) -> str:
    return next(base.__name__.lower() for base in cls.__mro__ if Spec in base.__bases__)


def _register(cls: type[Spec]) -> None:
    key = (_family(cls), cls.takes, cls.word)
    other = _REGISTRY.get(key, cls)
    # The same class again is a notebook cell that was run again.
    if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
        raise RecipeError(
            f"{cls.__module__}.{cls.__qualname__}: {other.__module__} has {cls.word!r} for {cls.takes} already; "
            "give it another word"
        )
    _REGISTRY[key] = cls


def load_plugins() -> None:
    """Load the words that other packages bring, through the entry point group `mediaframe.words`."""
    for point in entry_points(group=_GROUP):
        if point.value in _loaded:
            continue
        _loaded.add(point.value)  # Before it is loaded: its module may read recipes.
        try:
            point.load()
        except ImportError as error:
            _loaded.discard(point.value)
            raise MissingError(
                f"the words of {point.name} ({point.value}) do not load: {error}; mend or uninstall that package"
            ) from error


def is_found_by_all(cls: type[Spec]) -> bool:
    """Whether every process finds the word: ours are, and those of packages with an entry point.

    A word of a notebook cell or a script is known to the process that declared it, and to no child.
    """
    home = cls.__module__.partition(".")[0]
    ours = __name__.partition(".")[0]
    return home == ours or home in {point.module.partition(".")[0] for point in entry_points(group=_GROUP)}


def every(family: type[S], takes: Kind | None = None) -> list[type[S]]:
    """Give all declared words of a family, those of other packages included."""
    load_plugins()
    key = family.__name__.lower()
    return [
        cls  # type: ignore[misc]  # the key says the family
        for (of, kind, _), cls in sorted(_REGISTRY.items())
        if of == key and takes in (None, kind)
    ]


def find(family: type[S], kind: Kind, word: str) -> type[S]:
    """Find one word, or raise with the nearest."""
    key = (family.__name__.lower(), kind, word)
    if key not in _REGISTRY:
        load_plugins()
    if key not in _REGISTRY:
        known = [cls.word for cls in every(family, kind)]
        raise RecipeError(f"no {key[0]} {word!r} for {kind}{did_you_mean(word, known)}")
    return _REGISTRY[key]  # type: ignore[return-value]  # the key says the family


def spec_from_json(family: type[S], kind: Kind, data: Mapping[str, Any]) -> S:
    """Read one word back from its JSON form. Nothing in it can run code."""
    if not isinstance(data, Mapping) or not isinstance(data.get("word"), str) or set(data) - {"word", "with"}:
        raise RecipeError(f"expected {{'word': ..., 'with': {{...}}}}, got {data!r}")
    given = data.get("with", {})
    if not isinstance(given, Mapping):
        raise RecipeError(f"expected the arguments of {data['word']!r} as an object, got {given!r}")
    return find(family, kind, data["word"])(**{name: value_from_json(one) for name, one in given.items()})


def value_from_json(value: Any) -> Any:
    """Read one argument back."""
    if isinstance(value, Mapping):
        if set(value) == {"input", "sha256"}:
            return input_from_json(dict(value))
        if set(value) != {"column"} or not isinstance(value["column"], str):
            raise RecipeError(f"expected a value or {{'column': name}}, got {value!r}")
        return Column(value["column"])
    return tuple(value) if isinstance(value, list) else value


def digest(identity: object) -> str:
    """Give the SHA-256 of the canonical JSON of an identity, in hex."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
