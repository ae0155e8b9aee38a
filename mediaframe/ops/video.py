"""What can be done to videos."""

from __future__ import annotations

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation


class Frame(Operation, takes="video", gives="image"):
    """Take one frame as a picture: the first at or after a moment.

    A moment is in seconds, or a share of the playing time; past the end it is the last frame. The picture is turned
    as the video is displayed.

    >>> mf.video.frame(at="50%").jpeg()
    video.frame(at='50%').jpeg()
    """

    at: Value[str | float] = arg(default="10%", unit="moment", doc="Seconds, or a share such as '10%'.")

    def infer(self, shape: Shape) -> Shape:
        """Say that one frame is left."""
        return Shape("image", shape.width, shape.height, alpha=False, frames=1)


class Clip(Operation, takes="video"):
    """Keep a part of the video, from one moment to another.

    Pictures and sound are decoded from the key frame before and cut at the moment itself.

    Shape: the seconds that are left, where the playing time is known.

    >>> mf.video.clip("1.5 s", 4).mp4()
    video.clip(start=1.5, end=4.0).mp4()
    """

    start: Quantity[float] = arg(default=0.0, unit="s", ge=0, doc="Where the part begins.")
    end: Quantity[float | None] = arg(
        default=None, unit="s", ge=0, doc="Where it ends; at the end of the video if left out."
    )

    def check(self) -> None:
        """Hold the end behind the start."""
        if self.settled("start", "end") and self.end is not None and self.end <= self.start:
            raise RecipeError(f"clip(start={self.start:g}, end={self.end:g}): expected an end after the start")

    def infer(self, shape: Shape) -> Shape:
        """Say the seconds that are left."""
        if shape.seconds is None:
            return shape.but(frames=None)
        end = shape.seconds if self.end is None else min(self.end, shape.seconds)
        return shape.but(seconds=max(0.0, end - self.start), frames=None)
