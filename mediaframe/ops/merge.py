"""What can be made of many media: animate."""

from __future__ import annotations

from collections.abc import Sequence

from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.merge import Merge


class Animate(Merge, takes="image"):
    """Show pictures one after the other.

    The animation is as wide as the widest and as high as the highest of them; smaller ones stand in the middle of the
    background. A recipe that makes all of one size, such as `resize(320, 240, fit="cover")`, leaves none of it.
    """

    delay: Quantity[float] = arg(default=0.1, unit="s", ge=0, le=600, doc="How long each picture is shown.")
    loop: Value[int] = arg(default=0, ge=0, le=65535, doc="How often it is played in all; 0 goes on forever.")
    background: Value[str] = arg(default="#ffffff", unit="color", doc="The color around smaller pictures.")

    @property
    def milliseconds(self) -> int:
        """The delay in milliseconds."""
        return round(self.delay * 1000)

    def infer(self, pieces: Sequence[Shape]) -> Shape:
        """Say the size, the frames and the playing time."""
        sizes = [piece.size or (1, 1) for piece in pieces]
        width, height = max(size[0] for size in sizes), max(size[1] for size in sizes)
        seconds = len(sizes) * self.milliseconds / 1000 if len(sizes) > 1 else None
        return Shape("image", width, height, frames=len(sizes), seconds=seconds)
