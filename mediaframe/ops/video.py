"""What can be done to videos."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.mode import PAPER, Moded
from mediaframe.model.operation import Operation
from mediaframe.model.sizing import Anchor, Fit, Plan, nearest, plan

Pick = Literal["exact", "keyframe", "best"]


class Frame(Operation, takes="video", gives="image"):
    """Take one frame as a picture: at a moment, or the best of several.

    A moment is in seconds, or a share of the playing time that the steps before leave; past the end it is the last
    frame. What is picked:

    - `exact`: the first frame at or after the moment, decoded from the key frame before it.
    - `keyframe`: the last key frame at or before the moment, which is decoded alone: much faster, some seconds off.
      Where the part that the steps leave has no key frame there, it is the exact one.
    - `best`: the sharpest of so many `candidates`, the key frames before moments spread evenly over the playing time,
      leaving out those that are black (a mean level under 20 of 255) or blank (levels deviate by less than 6), unless
      all are. Sharpness is the variance of the Laplacian (3x3, eight neighbors) of the levels at 320 px.

    The picture is turned as the video is displayed; steps before it are done to it. `rate` decides nothing here.

    Source: Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.

    >>> mf.video.frame(at="50%").jpeg(), mf.video.frame(at=12.5, pick="keyframe").jpeg()
    (video.frame(at='50%').jpeg(), video.frame(at='12.5s', pick='keyframe').jpeg())
    >>> mf.video.clip(end=60).frame(pick="best").jpeg()
    video.clip(end=60.0).frame(pick='best').jpeg()
    """

    at: Value[str | float | None] = arg(
        default=None, unit="moment", doc="Seconds, or a share such as '50%'; '10%' if left out."
    )
    pick: Value[Pick] = arg(default="exact", doc="Which frame.")
    candidates: Value[int] = arg(default=12, ge=1, le=100, kw_only=True, doc="How many frames `best` compares.")

    def check(self) -> None:
        """Take no moment where the best of all is asked for."""
        if self.settled("at", "pick") and self.pick == "best" and self.at is not None:
            raise RecipeError(
                f"frame(at={self.at!r}, pick='best'): expected no moment, since the best is looked for everywhere; "
                "to look in a part, say clip(10, 20).frame(pick='best')"
            )

    def infer(self, shape: Shape) -> Shape:
        """Say that one frame is left."""
        return Shape("image", shape.width, shape.height, alpha=False, frames=1)


class Clip(Operation, takes="video"):
    """Keep a part of the video, from one moment to another.

    It is cut at the moment itself (`exact`), for which pictures are decoded from the key frame before; or the part
    begins at that key frame (`keyframe`), so that nothing is decoded in vain, and streams can be copied.

    Shape: the seconds that are left, where the playing time is known and the cut is exact.

    >>> mf.video.clip("1.5 s", 4).mp4()
    video.clip(start=1.5, end=4.0).mp4()
    """

    start: Quantity[float] = arg(default=0.0, unit="s", ge=0, doc="Where the part begins.")
    end: Quantity[float | None] = arg(
        default=None, unit="s", ge=0, doc="Where it ends; at the end of the video if left out."
    )
    cut: Value[Literal["exact", "keyframe"]] = arg(
        default="exact", doc="Whether it begins at the moment, or at the key frame at or before it."
    )

    @property
    def leaves(self) -> frozenset[str]:
        """Leave all packets as they are where it is cut between them."""
        return frozenset(("pictures", "sound")) if not self.settled("cut") or self.cut == "keyframe" else frozenset()

    def check(self) -> None:
        """Hold the end behind the start."""
        if self.settled("start", "end") and self.end is not None and self.end <= self.start:
            raise RecipeError(f"clip(start={self.start:g}, end={self.end:g}): expected an end after the start")

    def infer(self, shape: Shape) -> Shape:
        """Say the seconds that are left."""
        if shape.seconds is None or (self.cut == "keyframe" and self.start):
            return shape.but(seconds=None, frames=None)
        end = shape.seconds if self.end is None else min(self.end, shape.seconds)
        return shape.but(seconds=max(0.0, end - self.start), frames=None)


class Resize(Operation, takes="video"):
    """Make the video smaller (or larger, when told) to fit a width, a height or both.

    The fits are those of pictures; sides are even, as 4:2:0 colors want it. Nothing is enlarged unless `enlarge=True`.

    Shape: known before the pictures, rounded to even sides.
    Source: FFmpeg `scale` with lanczos, `crop`, `pad`.

    >>> mf.video.resize(1280, 720).mp4()
    video.resize(width=1280, height=720).mp4()
    """

    width: Value[int | None] = arg(default=None, unit="px", ge=1, le=16384, doc="Width of the box.")
    height: Value[int | None] = arg(default=None, unit="px", ge=1, le=16384, doc="Height of the box.")
    fit: Value[Fit] = arg(default="inside", doc="How the picture meets the box.")
    gravity: Value[Anchor] = arg(default="center", doc="What `cover` keeps, and where `contain` holds.")
    enlarge: Value[bool] = arg(default=False, doc="Whether the picture may grow.")
    background: Value[str] = arg(default="#000000", unit="color", doc="Color of the bars of `contain`.")

    def check(self) -> None:
        """Ask for a side at least."""
        if self.settled("width", "height") and self.width is None and self.height is None:
            raise RecipeError("resize: expected a width, a height or both, got neither; say resize(height=720)")

    def plan(self, width: int, height: int) -> Plan:
        """Say the sizes for a video of this size."""
        return plan((width, height), (self.width, self.height), self.fit, enlarge=self.enlarge, step=2)

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        if shape.size is None:
            return shape
        width, height = self.plan(*shape.size).final
        return shape.but(width=width, height=height)


class Mode(Moded, takes="video"):
    """Resize a video by a mode: the sizes of common uses, by name, as for pictures.

    `original` leaves the size; `website`, `email`, `instagram`, `linkedin` and `ecommerce` know theirs; `square`,
    `width` and `height` take a `size`. Where a mode cuts pictures to what draws the eye, it cuts videos to the middle.
    A mode is a step: the recipe still needs a format. Nothing is enlarged; `ecommerce` pads to its white square.

    Shape: known before the pictures, rounded to even sides.
    Source: the sizes that the platforms document; `mediaframe presets` lists them.

    >>> mf.video.mode("instagram").mp4(), mf.video.mode("height", 720).webm()
    (video.mode(name='instagram').mp4(), video.mode(name='height', size=720).webm())
    """

    @property
    def resize(self) -> Resize | None:
        """What it does, once its arguments are settled; nothing for `original`."""
        box = self.box
        return None if box is None else Resize(box.width, box.height, fit=box.fit, background=PAPER)


class Crop(Operation, takes="video"):
    """Cut out a box, by its place or by an anchor; it is cut to the picture, and its sides are even.

    Source: FFmpeg `crop`.

    >>> mf.video.crop(640, 360, gravity="north").mp4()
    video.crop(width=640, height=360, gravity='north').mp4()
    """

    width: Value[int] = arg(unit="px", ge=1, le=16384, doc="Width of the box.")
    height: Value[int] = arg(unit="px", ge=1, le=16384, doc="Height of the box.")
    left: Value[int | None] = arg(default=None, unit="px", ge=0, le=16384, doc="Pixels to the left of the box.")
    top: Value[int | None] = arg(default=None, unit="px", ge=0, le=16384, doc="Pixels above the box.")
    gravity: Value[Anchor] = arg(default="center", doc="What is kept where no place is given.")

    def check(self) -> None:
        """Ask for both of left and top, or neither."""
        if self.settled("left", "top") and (self.left is None) != (self.top is None):
            raise RecipeError("crop: expected left and top together, or neither; say crop(640, 360, left=0, top=0)")

    def box(self, width: int, height: int) -> tuple[int, int]:
        """Say the size that is cut from a video of this size."""
        across = min(self.width, width - (self.left or 0))
        down = min(self.height, height - (self.top or 0))
        return max(2, across - across % 2), max(2, down - down % 2)

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        if shape.size is None:
            return shape
        width, height = self.box(*shape.size)
        return shape.but(width=width, height=height)


class Pad(Operation, takes="video"):
    """Put the video on a canvas of a size, which is no smaller than the video.

    Source: FFmpeg `pad`.

    >>> mf.video.resize(1080, 1080).pad(1080, 1080).mp4()
    video.resize(width=1080, height=1080).pad(width=1080, height=1080).mp4()
    """

    width: Value[int] = arg(unit="px", ge=1, le=16384, doc="Width of the canvas.")
    height: Value[int] = arg(unit="px", ge=1, le=16384, doc="Height of the canvas.")
    gravity: Value[Anchor] = arg(default="center", doc="Where the video holds.")
    background: Value[str] = arg(default="#000000", unit="color", doc="Color of the canvas.")

    def canvas(self, width: int, height: int) -> tuple[int, int]:
        """Say the size of the canvas for a video of this size."""
        return nearest(max(self.width, width), 2), nearest(max(self.height, height), 2)

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        if shape.size is None:
            return shape
        width, height = self.canvas(*shape.size)
        return shape.but(width=width, height=height)


class Rotate(Operation, takes="video"):
    """Turn the video clockwise by quarter turns; the turn in its metadata is always done before.

    Source: FFmpeg `transpose`.

    >>> mf.video.rotate(90).mp4()
    video.rotate(angle=90).mp4()
    """

    angle: Value[Literal[90, 180, 270]] = arg(unit="degrees", doc="Clockwise degrees.")

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        return shape if self.angle % 180 == 0 else shape.but(width=shape.height, height=shape.width)


class Rate(Operation, takes="video"):
    """Show so many frames in a second: frames are dropped or shown again, the playing time stays.

    Source: FFmpeg `fps`.

    >>> mf.video.rate(25).mp4()
    video.rate(fps=25.0).mp4()
    """

    fps: Value[float] = arg(unit="frames/s", ge=0.1, le=240, doc="Frames in a second.")

    def infer(self, shape: Shape) -> Shape:
        """Say that the number of frames is another."""
        return shape.but(frames=None)


class Speed(Operation, takes="video"):
    """Play faster or slower; the pitch of the sound stays.

    Source: FFmpeg `setpts` and `atempo`.

    >>> mf.video.speed(2).mp4()
    video.speed(factor=2.0).mp4()
    """

    factor: Value[float] = arg(ge=0.1, le=100, doc="2 plays twice as fast.")

    def infer(self, shape: Shape) -> Shape:
        """Say how long it plays."""
        return shape if shape.seconds is None else shape.but(seconds=shape.seconds / self.factor)


class Mute(Operation, takes="video"):
    """Leave the sound out.

    >>> mf.video.mute().mp4()
    video.mute().mp4()
    """

    @property
    def leaves(self) -> frozenset[str]:
        """Leave the pictures as they are."""
        return frozenset(("pictures",))


class Soundtrack(Operation, takes="video", gives="audio"):
    """Take the sound alone.

    Where it begins after the pictures, or has holes, there is silence, so that it stays beside them.

    Shape: the seconds are not known beforehand, since a sound may end before the pictures.

    >>> mf.video.soundtrack().mp3()
    video.soundtrack().mp3()
    """

    def infer(self, shape: Shape) -> Shape:
        """Say that the pictures are gone."""
        return Shape("audio")
