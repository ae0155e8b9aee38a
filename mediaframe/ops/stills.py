"""What turns a video into one picture of many: a storyboard, an animated preview."""

from __future__ import annotations

from typing import Literal

from mediaframe.model.argument import Quantity, Value, arg
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


class Preview(Operation, takes="video", gives="image"):
    """Show the whole video as a short animation: shots from all over it, one after the other.

    Each shot stands for an equal share of the playing time and begins at the last key frame before the middle of it, or
    at the middle where its share has no key frame before that. A video that plays no longer than the preview is shown
    whole. `gif`, `webp`, `avif` and `apng` write it as an animation, other formats its first frame. Frames are not
    enlarged. All of them are held at once: `Limits.frames` (300) and `Limits.total_pixels` hold.

    >>> mf.video.preview().webp(quality=60), mf.video.preview(seconds=3, shots=1, fps=12).gif()
    (video.preview().webp(quality=60), video.preview(seconds=3.0, shots=1, fps=12.0).gif())
    """

    seconds: Quantity[float] = arg(default=6.0, unit="s", ge=0.1, le=60, doc="How long it plays.")
    shots: Value[int] = arg(default=6, ge=1, le=60, doc="How many shots it is made of.")
    fps: Value[float] = arg(default=10.0, unit="frames/s", ge=0.5, le=30, doc="Frames in a second.")
    width: Value[int] = arg(default=320, unit="px", ge=16, le=1920, doc="Width of the frames.")
    loop: Value[int] = arg(default=0, ge=0, le=65_535, doc="How often it is played; 0 goes on forever.")

    @property
    def most(self) -> int:
        """Say how many frames there are at the most."""
        return self.shots * max(1, round(self.seconds / self.shots * self.fps))

    def plan(self, length: float) -> tuple[int, int]:
        """Say how many shots there are, and of how many frames each, of a video that plays so long."""
        if length <= self.seconds:
            return 1, max(1, round(length * self.fps))
        return self.shots, max(1, round(self.seconds / self.shots * self.fps))

    def frame(self, width: int, height: int) -> tuple[int, int]:
        """Say the size of the frames for a video of this size."""
        across = min(self.width, width)
        return across, max(1, round(height * across / width))

    def infer(self, shape: Shape) -> Shape:
        """Say the size; how many frames there are is known by the file alone."""
        width, height = self.frame(*shape.size) if shape.size else (None, None)
        return Shape("image", width, height, alpha=False)
