"""What makes one video of many clips or pictures: concat, slideshow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from mediaframe.errors import RecipeError, expected
from mediaframe.model.argument import File, Quantity, Value, arg
from mediaframe.model.finish import Format
from mediaframe.model.input import Input
from mediaframe.model.kind import Shape
from mediaframe.model.merge import Merge

Transition = Literal["none", "fade"]

_LARGEST = 8192


class Concat(Merge, takes="video"):
    """Play clips one after the other.

    All are shown in one frame: that of the clip with the most pixels, unless a size is given; others are made smaller
    or larger to fit, with bars where their shape is another. A clip without sound is silent.
    """

    size: Value[tuple[int, int] | None] = arg(
        default=None, doc="Width and height in pixels; without it those of the clip with the most pixels."
    )
    background: Value[str] = arg(default="#000000", unit="color", doc="The color of bars.")

    def check(self) -> None:
        """Ask for a size that there can be."""
        if self.settled("size") and self.size is not None:
            check_size(self.word, self.size)

    @classmethod
    def fits(cls, format: type[Format]) -> bool:
        """Whether a format holds moving pictures and sound in one file."""
        return holds_both(format)

    def frame(self, sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
        """Say in which frame clips of these sizes are shown, in even sides."""
        width, height = self.size or max(sizes, key=lambda one: one[0] * one[1])
        return max(2, width - width % 2), max(2, height - height % 2)

    def infer(self, pieces: Sequence[Shape]) -> Shape:
        """Say the size and the playing time."""
        width, height = self.frame([piece.size or (2, 2) for piece in pieces])
        lengths = [piece.seconds for piece in pieces if piece.seconds is not None]
        return Shape("video", width, height, seconds=sum(lengths) if len(lengths) == len(pieces) else None)


class Slideshow(Merge, takes="image", gives="video"):
    """Show pictures one after the other as a video, each for the same time, with music where a file of it is given.

    The music ends with the last picture; where it is shorter, silence follows.
    """

    seconds: Quantity[float] = arg(default=3.0, unit="s", ge=0.04, le=600, doc="How long each picture is shown.")
    size: Value[tuple[int, int]] = arg(default=(1280, 720), doc="Width and height of the video in pixels.")
    transition: Value[Transition] = arg(default="none", doc="How one picture turns into the next.")
    transition_seconds: Quantity[float] = arg(
        default=0.5, unit="s", ge=0.04, le=60, doc="How long that takes, at the end of the time of each picture."
    )
    audio: File[Input | None] = arg(default=None, holds="audio", doc="A file with the sound: a path or a URL.")
    rate: Value[float] = arg(default=25.0, unit="frames/s", ge=1, le=120, doc="Frames in a second.")

    def check(self) -> None:
        """Hold the size and the times against what there can be."""
        if self.settled("size"):
            check_size(self.word, self.size)
        if not self.settled("seconds", "transition", "transition_seconds"):
            return
        if self.transition != "none" and self.transition_seconds > self.seconds:
            raise RecipeError(
                expected("slideshow(transition_seconds=...)", f"at most the {self.seconds:g} s of a picture",
                         self.transition_seconds)
            )  # fmt: skip

    @classmethod
    def fits(cls, format: type[Format]) -> bool:
        """Whether a format holds moving pictures and sound in one file."""
        return holds_both(format)

    def infer(self, pieces: Sequence[Shape]) -> Shape:
        """Say the size and the playing time."""
        return Shape("video", *self.size, seconds=len(pieces) * self.seconds)


def holds_both(format: type[Format]) -> bool:
    """Whether a format is a single file of moving pictures with sound."""
    return "codec" in format.arguments and "audio_bitrate" in format.arguments and not format.package


def check_size(word: str, size: tuple[int, int]) -> None:
    """Raise where a video cannot have a size."""
    if not all(2 <= side <= _LARGEST and side % 2 == 0 for side in size):
        raise RecipeError(expected(f"{word}(size=...)", f"even width and height of 2 to {_LARGEST} px", size))
