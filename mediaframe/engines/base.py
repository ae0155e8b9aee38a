"""Engine: what an engine can be asked, what it is given, and its table of what it can."""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

from mediaframe.errors import AssetError
from mediaframe.model.finish import Format, Measure
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.limits import Limits
from mediaframe.model.merge import Merge
from mediaframe.model.operation import Operation
from mediaframe.model.spec import Spec

H = TypeVar("H")
F = TypeVar("F", bound=Callable[..., Any])


Outcome = Literal["met", "best_effort", "infeasible"]
"""What became of a wish, such as a budget of bytes: it is kept; it is not, and the nearest there is was given out; it
is not, and nothing was."""


Origin = Literal["encoded", "repacked", "original"]
"""Where the bytes of a file come from: pixels were encoded; the source's picture data were packed anew, which changes
no pixel; they are the source's own."""


class Source:
    """The bytes of one asset, behind a descriptor or in memory; never a name."""

    def __init__(
        self, data: bytes | memoryview | None = None, *, fd: int | None = None, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        """What an input of a recipe is held against; the source of a task has its limits there."""
        self._data = data
        self._fd = fd
        self._map: mmap.mmap | None = None
        self.memo: dict[str, Any] = {}
        """What engines keep of the header between questions about one asset."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        if self._data is not None:
            return len(self._data)
        return os.fstat(self._fd).st_size if self._fd is not None else 0

    def view(self) -> Any:
        """Give all bytes, without a copy where they stand behind a descriptor."""
        if self._data is None and self._fd is not None and self.size:
            self._map = self._map or mmap.mmap(self._fd, 0, access=mmap.ACCESS_READ)
            return self._map
        return self._data or b""

    def head(self, count: int) -> bytes:
        """Give the first bytes."""
        return bytes(self.view()[:count])

    def file(self) -> io.BufferedIOBase:
        """Give a fresh file object that reads from the start."""
        if isinstance(self._data, memoryview):
            return _View(self._data)
        if self._data is not None or self._fd is None:
            return io.BytesIO(self._data or b"")
        return _Descriptor(self._fd, self.size)  # its own position, over a descriptor that others share

    def close(self) -> None:
        """Let the bytes go."""
        if self._map is not None:
            try:
                self._map.close()
            except BufferError:  # A library still holds a view; the map goes with the last of them.
                self._map = None
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Piece(Source):
    """One of many sources that are made into one, and what the arguments of the merge that are columns stand for."""

    def __init__(self, data: bytes | memoryview, *, limits: Limits, row: Mapping[str, object]) -> None:
        super().__init__(data, limits=limits)
        self.row = row


class _Shared(io.BufferedIOBase):
    """A file object over bytes that others read too, with a position of its own."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        data = self._bytes(left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data

    def _bytes(self, count: int) -> bytes:
        raise NotImplementedError


class _Descriptor(_Shared):
    """A file object over a shared descriptor (`pread`)."""

    def __init__(self, fd: int, size: int) -> None:
        super().__init__(size)
        self._fd = fd

    def _bytes(self, count: int) -> bytes:
        return os.pread(self._fd, count, self._at)


class _View(_Shared):
    """A file object over bytes in memory, of which it copies those alone that are read."""

    def __init__(self, view: memoryview) -> None:
        super().__init__(view.nbytes)
        self._view = view

    def _bytes(self, count: int) -> bytes:
        return bytes(self._view[self._at : self._at + count])


@dataclass(frozen=True, slots=True)
class Pixels:
    """Plain pixels, as one engine hands them to the next: 8-bit sRGB, rows top to bottom."""

    width: int
    height: int
    bands: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Film:
    """Plain pictures of one size that follow one another, as one engine hands them to the next."""

    pictures: tuple[Pixels, ...]
    delays: tuple[int, ...]
    """How long each is shown, in milliseconds."""
    loop: int = 0
    """How often it is played; 0 goes on forever."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file that the main file of a package names."""

    name: str
    """Where it stands below the folder of the main file, as `model.package.is_part` has it."""
    data: bytes | Path
    media_type: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """A finished file and what is to be said of it."""

    data: bytes | Path
    """Its bytes, or where they stand in the child's own directory: what does not fit into memory is a file."""
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    pages: int | None = None
    quality: int | None = None
    encodes: int = 1
    notes: tuple[tuple[str, str], ...] = ()
    """What is to be said of it in its row: a code that begins with `W_`, and a sentence."""
    outcome: Outcome | None = None
    score: float | None = None
    origin: Origin = "encoded"
    media_type: str | None = None
    """What it is, where the format chooses one of several."""
    parts: tuple[Part, ...] = ()
    """The other files of a package, in the order in which they are written; the main file comes last."""

    @property
    def size(self) -> int:
        """How many bytes it has, those of its parts included."""
        return sum(map(_size, (self.data, *(part.data for part in self.parts))))

    def discard(self) -> None:
        """Let go of files that are not given out."""
        for data in (self.data, *(part.data for part in self.parts)):
            if isinstance(data, Path):
                data.unlink(missing_ok=True)


def _size(data: bytes | Path) -> int:
    return len(data) if isinstance(data, bytes) else data.stat().st_size


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
