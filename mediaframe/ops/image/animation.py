"""Operations on the time of an animation: one frame, some frames, speed, delay, loop."""

from __future__ import annotations

from collections.abc import Iterable

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format, Measure
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation

FRAMES = 100_000
"""The largest number of a frame that can be said."""


class Timing(Operation):
    """A step that works on an animation as a whole; all others are done to each of its frames."""


class Frame(Timing, takes="image"):
    """Take one frame of an animation as a still picture.

    Shape: that of every frame. A still picture has one frame.
    Errors: `E_PARAM` where there is no such frame.

    >>> mf.image.frame(3).resize(320).jpeg()
    image.frame(number=3).resize(width=320).jpeg()
    """

    number: Value[int] = arg(default=1, ge=1, le=FRAMES, doc="Which frame, from 1.")

    def infer(self, shape: Shape) -> Shape:
        """Say that one frame is left."""
        return shape.but(frames=1, seconds=None)


class Frames(Timing, takes="image"):
    """Keep some frames of an animation: a range, or every second, third and so on of it.

    A frame that is kept is shown for those that are left out after it too, so that the speed stays. A range that ends
    after the last frame ends with it.

    Shape: the number of frames is known before the pixels.
    Errors: `E_PARAM` where the range begins after the last frame.

    >>> mf.image.frames(1, 24, every=2).gif()
    image.frames(last=24, every=2).gif()
    """

    first: Value[int] = arg(default=1, ge=1, le=FRAMES, doc="The first frame that is kept, from 1.")
    last: Value[int | None] = arg(default=None, ge=1, le=FRAMES, doc="The last frame of the range; the very last.")
    every: Value[int] = arg(default=1, ge=1, le=FRAMES, doc="2 keeps every second frame of the range.")

    def check(self) -> None:
        """Hold the end of the range against its beginning."""
        if self.settled("first", "last") and self.last is not None and self.last < self.first:
            raise RecipeError(f"frames(last=...): expected {self.first} (first) or more, got {self.last}")

    def chosen(self, count: int) -> range:
        """Give the numbers, from 0, of the frames that are kept of so many."""
        return range(self.first - 1, min(self.last or count, count), self.every)

    def infer(self, shape: Shape) -> Shape:
        """Say how many frames are left."""
        frames = None if shape.frames is None else max(1, len(self.chosen(shape.frames)))
        return shape.but(frames=frames, seconds=None)


class Speed(Timing, takes="image"):
    """Play an animation faster or slower; every frame is kept.

    The moments at which frames begin are rounded to milliseconds, so that the whole lasts as long as it should.

    >>> mf.image.speed(2).webp()
    image.speed(factor=2.0).webp()
    """

    factor: Value[float] = arg(ge=0.01, le=100, doc="2 plays twice as fast, 0.5 half as fast.")

    def infer(self, shape: Shape) -> Shape:
        """Say that the playing time is known once it is rounded."""
        return shape.but(seconds=None)


class Delay(Timing, takes="image"):
    """Show every frame of an animation for the same time.

    >>> mf.image.delay("100 ms").webp()
    image.delay(each=0.1).webp()
    """

    each: Quantity[float] = arg(unit="s", ge=0, le=600, doc="How long a frame is shown; counted in milliseconds.")

    @property
    def milliseconds(self) -> int:
        """The same in milliseconds."""
        return round(self.each * 1000)

    def infer(self, shape: Shape) -> Shape:
        """Say how long it plays."""
        many = shape.frames is not None and shape.frames > 1
        return shape.but(seconds=(shape.frames or 1) * self.milliseconds / 1000 if many else None)


class Loop(Timing, takes="image"):
    """Say how often an animation is played.

    >>> mf.image.loop(3).gif()
    image.loop(count=3).gif()
    """

    count: Value[int] = arg(default=0, ge=0, le=65535, doc="How often it is played in all; 0 goes on forever.")


def reach(steps: Iterable[Operation], end: Format | Measure | None, frames: int) -> int | None:
    """Say how many frames of an animation must be decoded, from the first; None where a still picture is enough.

    Told from the recipe alone: an animation is decoded as one where the recipe chooses frames, or ends in a format that
    can hold it.

    >>> from mediaframe.formats.animation import Gif
    >>> reach((), Gif(), 12), reach((), None, 12), reach((Frame(5),), None, 12)
    (12, None, 5)
    """
    for step in steps:
        if isinstance(step, Frame):
            return min(step.number, frames)
        if isinstance(step, Frames):
            return min(step.last or frames, frames)
    return frames if isinstance(end, Format) and end.animates else None
