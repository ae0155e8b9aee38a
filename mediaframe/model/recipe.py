"""Recipe: a kind and its steps, finished by a format or a measure; its text, JSON form and id."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from mediaframe.errors import RecipeError, did_you_mean, known_elsewhere
from mediaframe.model.argument import Argument
from mediaframe.model.door import Door
from mediaframe.model.finish import Format, Measure
from mediaframe.model.input import Input
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.operation import Operation
from mediaframe.model.spec import Spec, digest, is_found_by_all

_ENDS = {"video": ".mp4()", "audio": ".mp3()", "document": ".page(1).png()"}
_run_one = Door("mediaframe.single", "run_one")


class Recipe:
    """Steps that begin with one kind of medium; not yet finished by a format or a measure."""

    kind: ClassVar[Kind]
    """What the recipe holds now, after its last step."""
    of_kind: ClassVar[dict[Kind, type[Recipe]]] = {}

    __slots__ = ("start", "steps")
    start: Kind
    steps: tuple[Operation, ...]

    def __init_subclass__(cls, *, kind: Kind | None = None) -> None:
        super().__init_subclass__()
        if kind is not None:
            cls.kind = kind
            Recipe.of_kind[kind] = cls

    def __init__(self, start: Kind | None = None, steps: tuple[Operation, ...] = ()) -> None:
        object.__setattr__(self, "start", start or self.kind)
        object.__setattr__(self, "steps", steps)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}: recipes do not change; make a new one")

    def __reduce__(self) -> tuple[type[Recipe], tuple[Kind, tuple[Operation, ...]]]:
        return type(self), (self.start, self.steps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and (self.start, self.steps) == (other.start, other.steps)

    def __hash__(self) -> int:
        return hash((self.start, self.steps))

    def __repr__(self) -> str:
        return ".".join([self.start, *map(repr, self.steps)])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("run", "save", "write", "convert", "to_file", "export"):
            such = f"{_ENDS.get(self.kind, '.webp()')}.run(source, to=...)"
            raise RecipeAttributeError(f"{self!r} is not finished: end it with a format, such as {such}")
        known = [one for one in dir(type(self)) if not one.startswith("_")]
        near = "" if known_elsewhere(name, known) else self._after_a_turn(name)
        near = near or did_you_mean(name, known)
        raise RecipeAttributeError(f"{self!r} is {_a(self.kind)} recipe: no {name!r} there{near}")

    def _after_a_turn(self, name: str) -> str:
        """Give the end of a message that names the step after which there is such a word."""
        for word, made in vars(type(self)).items():
            if hasattr(getattr(made, "to", None), name):
                return f"; it stands after .{word}()"
        return ""

    def then(self, operation: Operation) -> Any:
        """Add any operation, one of another package too; the chain of methods does nothing else."""
        if not isinstance(operation, Operation):
            raise RecipeError(f"{self!r}.then(...): expected an operation, got {operation!r}")
        if operation.takes != self.kind:
            raise RecipeError(
                f"{self!r}.{operation.word}: {operation.word} takes {operation.takes}, "
                f"but this recipe now holds {_a(self.kind)}"
            )
        if operation.opening and not self._opens_with(operation):
            raise RecipeError(
                f"{self!r}.{operation.word}: it must stand once, before all other steps, since it says how files "
                "are opened"
            )
        return Recipe.of_kind[operation.gives](self.start, (*self.steps, operation))

    def _opens_with(self, operation: Operation) -> bool:
        return all(step.opening and step.word != operation.word for step in self.steps)

    def finish(self, end: Format | Measure) -> Finished:
        """End the recipe with any format or measure, one of another package too."""
        if not isinstance(end, Format | Measure):
            raise RecipeError(f"{self!r}.finish(...): expected a format or a measure, got {end!r}")
        if end.takes != self.kind:
            raise RecipeError(
                f"{self!r}.{end.word}: {end.word} takes {end.takes}, but this recipe now holds {_a(self.kind)}"
            )
        if isinstance(end, Format):
            end.check_steps(self.steps)
        return Finished(self.start, self.steps, end)


class RecipeAttributeError(RecipeError, AttributeError):
    """A recipe has no such word."""


class Finished:
    """A recipe that ends in a file (a format) or in a value (a measure): it can become a column.

    >>> import mediaframe as mf
    >>> mf.image.resize(320, 320, fit="cover").webp(quality=70)
    image.resize(width=320, height=320, fit='cover').webp(quality=70)
    """

    __slots__ = ("_columns", "_id", "end", "start", "steps")
    start: Kind
    steps: tuple[Operation, ...]
    end: Format | Measure
    # Asked for each row of a plan; the two were a third of the time that a plan takes.
    _columns: frozenset[str]
    _id: str

    def __init__(self, start: Kind, steps: tuple[Operation, ...], end: Format | Measure) -> None:
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "steps", steps)
        object.__setattr__(self, "end", end)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name}: recipes do not change; make a new one")

    def __reduce__(self) -> tuple[type[Finished], tuple[Any, ...]]:
        return Finished, (self.start, self.steps, self.end)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Finished) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return ".".join([self.start, *map(repr, (*self.steps, self.end))])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in self.__slots__:
            raise AttributeError(name)
        if any(hasattr(kind, name) for kind in Recipe.of_kind.values()):
            raise RecipeAttributeError(f"{self!r} is finished: put .{name}() before .{self.end.word}()")
        if name in ("save", "write", "to_file", "export"):
            raise RecipeAttributeError(f"{self!r} is finished: .run(source, to=...) writes the file of one asset")
        known = [one for one in dir(type(self)) if not one.startswith("_")]
        raise RecipeAttributeError(f"{self!r} is finished: no {name!r} there{did_you_mean(name, known)}")

    @property
    def _key(self) -> tuple[object, ...]:
        return self.start, self.steps, self.end

    @property
    def format(self) -> Format | None:
        """The format, where the recipe ends in a file."""
        return self.end if isinstance(self.end, Format) else None

    @property
    def measure(self) -> Measure | None:
        """The measure, where the recipe ends in a value."""
        return self.end if isinstance(self.end, Measure) else None

    @property
    def words(self) -> tuple[Spec, ...]:
        """The steps and the end, in order."""
        return (*self.steps, self.end)

    @property
    def columns(self) -> frozenset[str]:
        """The columns of the row that arguments are taken from."""
        try:
            return self._columns
        except AttributeError:
            object.__setattr__(self, "_columns", frozenset().union(*(word.named_columns for word in self.words)))
            return self._columns

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The files that the words need beside the source."""
        return tuple(one for word in self.words for one in word.inputs)

    def with_inputs(self, change: Callable[[Input, Argument], Input]) -> Finished:
        """Give the same recipe with other inputs: `change` is given each one and its declaration."""
        if not self.inputs:
            return self
        steps = tuple(step.with_inputs(change) for step in self.steps)
        return Finished(self.start, steps, self.end.with_inputs(change))

    @property
    def id(self) -> str:
        """A short name for what the recipe does: equal recipes, equal id."""
        try:
            return self._id
        except AttributeError:
            object.__setattr__(self, "_id", digest([self.start, [word.identity() for word in self.words]])[:16])
            return self._id

    def check_words(self) -> None:
        """Raise where a word is one that the process which renders cannot find."""
        for word in self.words:
            if not is_found_by_all(type(word)):
                raise RecipeError(
                    f"{self!r}: {word.word!r} is declared in {type(word).__module__}, where the process that renders "
                    "cannot find it: put it in a file of a package, with an entry point in the group 'mediaframe.words'"
                )

    def bind(self, row: Mapping[str, object]) -> Finished:
        """Take all arguments that name a column from the row."""
        if not self.columns:
            return self
        steps = tuple(step.bind(row) for step in self.steps)
        return Finished(self.start, steps, self.end.bind(row))

    def infer(self, shape: Shape) -> Shape:
        """Say the shape of the result, as far as it is known before the pixels."""
        for step in self.steps:
            shape = step.infer(shape)
        return self.end.infer(shape) if isinstance(self.end, Format) else shape

    def to_json(self) -> dict[str, Any]:
        """Give the recipe as plain values.

        >>> import mediaframe as mf
        >>> mf.image.flip().png().to_json()
        {'kind': 'image', 'steps': [{'word': 'flip'}], 'end': {'word': 'png'}}
        """
        steps = [step.to_json() for step in self.steps]
        return {"kind": self.start, "steps": steps, "end": self.end.to_json()}

    def run(self, source: Any, to: str | os.PathLike[str] | None = None, **options: Any) -> Any:
        """Serve one file, without a frame.

        Parameters
        ----------
        source
            A path, a URL, or the bytes themselves.
        to
            Where the result is written; without it, the bytes (or the value of a measure) are given back.
        options
            `limits=` (Limits) and `row=` (the values of columns that arguments are taken from).

        Examples
        --------
        >>> import mediaframe as mf
        >>> photo = getfixture("photo")
        >>> mf.image.resize(64).webp().run(photo)[:4]
        b'RIFF'
        """
        return _run_one()(self, source, to=to, **options)


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "ai" else f"a {kind}"
