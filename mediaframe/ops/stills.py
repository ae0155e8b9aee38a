"""What turns a video into one picture of many: a storyboard, an animated preview."""

from __future__ import annotations

from typing import Literal

from mediaframe.model.argument import Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation


class Storyboard(Operation, takes="video", gives="image"):
    """Show the whole video in one picture: tiles of frames at even moments, line by line.

    Each tile stands for an equal share of the playing time and shows the middle of it: the last key frame at or before
    that, decoded alone, which takes a fraction of the time; or, on request, the frame at the moment itself. A video
    with few key frames shows some of them in several tiles. Frames are not enlarged; what is left of the last line is
    black.

    Shape: `columns` tiles wide, as many lines as are needed.

    >>> mf.video.storyboard().webp(), mf.video.storyboard(frames=12, columns=4, width=320, pick="exact").jpeg()
    (video.storyboard().webp(), video.storyboard(frames=12, columns=4, width=320, pick='exact').jpeg())
    """

    frames: Value[int] = arg(default=25, ge=1, le=400, doc="How many tiles.")
    columns: Value[int] = arg(default=5, ge=1, le=100, doc="How many of them stand in a line.")
    width: Value[int] = arg(default=160, unit="px", ge=16, le=1920, doc="Width of a tile.")
    pick: Value[Literal["keyframe", "exact"]] = arg(default="keyframe", doc="Which frame a tile shows.")

    def tile(self, width: int, height: int) -> tuple[int, int]:
        """Say the size of a tile for a video of this size."""
        across = min(self.width, width)
        return across, max(1, round(height * across / width))

    def sheet(self, width: int, height: int) -> tuple[int, int]:
        """Say the size of the whole for a video of this size."""
        across, down = self.tile(width, height)
        return across * min(self.columns, self.frames), down * -(-self.frames // self.columns)

    def infer(self, shape: Shape) -> Shape:
        """Say the size of the whole."""
        width, height = self.sheet(*shape.size) if shape.size else (None, None)
        return Shape("image", width, height, alpha=False, frames=1)
