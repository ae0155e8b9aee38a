"""Engine: what an engine can be asked, what it is given, and its table of what it can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from mediaframe.engines.result import Encoded, Film, Origin, Outcome, Part, Pixels
from mediaframe.engines.source import Piece, Source
from mediaframe.errors import AssetError
from mediaframe.model.finish import Format, Measure
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.limits import Limits
from mediaframe.model.merge import Merge
from mediaframe.model.operation import Operation
from mediaframe.model.spec import Spec

# All that an engine is written with is had from here.
__all__ = [
    "Counts", "Draw", "Encoded", "Engine", "Film", "Origin", "Outcome", "Part", "Piece", "Pixels", "Source", "Task",
]  # fmt: skip

H = TypeVar("H")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Counts:
    """How much work was done; tests hold speed by these."""

    opens: int = 0
    decodes: int = 0
    encodes: int = 0
    steps: int = 0


Draw = Callable[[Sequence[Operation], int, int], Pixels]
"""Gives what steps for pictures draw on a transparent picture of a width and a height, as RGBA."""


def _nobody(steps: Sequence[Operation], width: int, height: int) -> Pixels:
    """Refuse to draw where no other engine is at hand."""
    raise AssetError("nothing is there that draws pictures", code="E_INTERNAL")


def _silent(share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Task:
    """What an engine needs to know to open a source: the steps that will follow, the limits, what was declared."""

    steps: tuple[Operation, ...] = ()
    end: Format | Measure | None = None
    limits: Limits = field(default_factory=Limits)
    format: str | None = None
    """The format that the header told, such as "jpeg"."""
    tell: Callable[[float], None] = field(default=_silent, compare=False)
    """Is told which share of a long work is done; who tells nothing for long is taken for dead."""
    draw: Draw = field(default=_nobody, compare=False)
    """Has the engine of pictures draw what is put on moving ones."""


class Engine(Generic[H]):
    """Base of engines. A handle `H` is the engine's own (lazy) picture of a medium.

    Subclasses give `name`, `kinds`, `revision`, `open`, `shape`, and where it applies `probe`, `adopt`, `pixels`;
    functions registered with `implements` do the steps, formats and measures.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[Kind, ...]]
    revision: ClassVar[int] = 1

    def __init__(self) -> None:
        self.table: dict[type[Spec], Callable[..., Any]] = {}

    def implements(self, spec: type[Spec]) -> Callable[[F], F]:
        """Register the function that does an operation `(handle, op) -> handle`, a format `(handle, format) -> Encoded`
        or a measure `(handle, measure) -> value`.
        """  # noqa: D205

        def register(function: F) -> F:
            self.table[spec] = function
            return function

        return register

    def can(self, spec: type[Spec]) -> bool:
        """Whether the engine does this word."""
        return spec in self.table

    def reading(self) -> dict[str, str]:
        """Say which formats are read, and what must be installed first where something is missing."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Say how the library is bound, for `mediaframe doctor`."""
        return {}

    def version(self) -> str:
        """Name the engine, its library's version and its own revision."""
        raise NotImplementedError

    def sharing(self, source: Source, task: Task) -> object:
        """Name what `open` would decode: recipes for which this is equal share one handle (law 2 holds: it is chosen
        from the recipe alone).
        """  # noqa: D205
        return None

    def open(self, source: Source, task: Task) -> H:
        """Open a source, within the limits; raises AssetError with a code."""
        raise NotImplementedError

    def probe(self, source: Source, task: Task) -> dict[str, Any]:
        """Say what can be known without a full decode, by the names of the asset columns."""
        raise NotImplementedError

    def shape(self, handle: H) -> Shape:
        """Say the shape of what the handle holds."""
        raise NotImplementedError

    def adopt(self, pixels: Pixels | Film) -> H:
        """Take over pixels, or a film of them, from another engine."""
        raise NotImplementedError

    def pixels(self, handle: H) -> Pixels:
        """Hand pixels over to another engine."""
        raise NotImplementedError

    def hold(self, handle: H) -> H:
        """Do now what the handle puts off, since several uses follow; a handle that puts nothing off is given back."""
        return handle

    def do(self, operation: Operation, handle: H) -> Any:
        """Do one step: gives a handle, or `Pixels` or a `Film` where the step turns into another kind."""
        return self._find(operation)(handle, operation)

    def encode(self, format: Format, handle: H) -> Encoded:
        """Write the medium."""
        found: Encoded = self._find(format)(handle, format)
        return found

    def sees_through(self, handle: H) -> bool:
        """Whether anything is transparent in the picture that the handle holds."""
        return bool(self.shape(handle).alpha)

    def judge(self, format: Format, handle: H) -> Callable[[bytes], float]:
        """Give what scores files of a format against the medium that they are made of."""
        raise AssetError(f"the engine {self.name} has no score for {format.word}", code="E_OP")

    def kept(self, source: Source, task: Task, format: Format, handle: H) -> Iterable[Encoded]:
        """Give files that hold the pixels of the handle and can be had of the source without encoding."""
        return ()

    def sample(self, handle: H) -> tuple[H, float] | None:
        """Give a part that stands for the whole, and its share of the pixels; None where it would tell nothing."""
        return None

    def reduce(self, handle: H, width: int, height: int) -> H:
        """Give a picture of fewer pixels."""
        raise AssetError(f"the engine {self.name} does not reduce", code="E_OP")

    def merge(self, merge: Merge, pieces: Sequence[Piece], task: Task) -> Any:
        """Make one medium of many: gives a handle, or `Encoded` where the file itself is made.

        The function is registered with `implements`: `(pieces, merge, task) -> handle`.
        """
        return self._find(merge)(pieces, merge, task)

    def measure(self, measure: Measure, handle: H) -> Any:
        """Measure the medium."""
        return self._find(measure)(handle, measure)

    def _find(self, spec: Spec) -> Callable[..., Any]:
        try:
            return self.table[type(spec)]
        except KeyError:
            raise AssetError(f"the engine {self.name} does not do {spec.word}", code="E_OP") from None
