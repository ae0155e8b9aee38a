"""What engines give: pixels and films for one another, and finished files with what is to be said of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Outcome = Literal["met", "best_effort", "infeasible"]
"""What became of a wish, such as a budget of bytes: it is kept; it is not, and the nearest there is was given out; it
is not, and nothing was."""


Origin = Literal["encoded", "repacked", "original"]
"""Where the bytes of a file come from: pixels were encoded; the source's picture data were packed anew, which changes
no pixel; they are the source's own."""


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
