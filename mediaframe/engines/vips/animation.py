"""The time of animations: one frame, some frames, speed, delay, loop; and what is decided once for all frames."""

from __future__ import annotations

from dataclasses import replace

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.choose import FINDS, place
from mediaframe.engines.vips.curves import extent, stretched
from mediaframe.engines.vips.geometry import border_color, scaled, trim_box
from mediaframe.engines.vips.handle import Handle, of
from mediaframe.engines.vips.reel import Animation, Change, timed
from mediaframe.errors import AssetError
from mediaframe.ops.image.animation import Delay, Frame, Frames, Loop, Speed
from mediaframe.ops.image.geometry import Crop, Mode, Resize, Trim
from mediaframe.ops.image.tone import Normalize

Picture = Handle | Animation


@engine.implements(Frame)
def frame(picture: Picture, op: Frame) -> Handle:
    """Take one frame."""
    count = _count(picture)
    if op.number > count:
        raise AssetError(f"frame: expected a number up to {count}, the frames there are, got {op.number}",
                         code="E_PARAM")  # fmt: skip
    if isinstance(picture, Handle):
        return picture
    return picture.choose(range(op.number - 1, op.number)).first


@engine.implements(Frames)
def frames(picture: Picture, op: Frames) -> Picture:
    """Keep some frames."""
    numbers = op.chosen(_count(picture))
    if not numbers:
        raise AssetError(
            f"frames: expected a range that begins with a frame up to {_count(picture)}, got {op.first}", code="E_PARAM"
        )
    return picture if isinstance(picture, Handle) else picture.choose(numbers)


@engine.implements(Speed)
def speed(picture: Picture, op: Speed) -> Picture:
    """Play faster or slower."""
    return picture if isinstance(picture, Handle) else replace(picture, delays=timed(picture.delays, op.factor))


@engine.implements(Delay)
def delay(picture: Picture, op: Delay) -> Picture:
    """Show all frames for the same time."""
    if isinstance(picture, Handle):
        return picture
    return replace(picture, delays=(op.milliseconds,) * len(picture.delays))


@engine.implements(Loop)
def loop(picture: Picture, op: Loop) -> Picture:
    """Play so often."""
    return picture if isinstance(picture, Handle) else replace(picture, loop=op.count)


@engine.decides(Trim)
def trim(animation: Animation, op: Trim) -> Change:
    """Keep what any frame shows: the smallest box around the boxes of all frames, by the color of the first."""
    color = border_color(animation.first.image, op)
    boxes = [box for frame in animation.frames() if (box := trim_box(frame.image, op, color)) is not None]
    if not boxes:
        return lambda frame: of(frame.image)
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return lambda frame: of(frame.image.crop(left, top, right - left, bottom - top))


@engine.decides(Resize)
def resize(animation: Animation, op: Resize) -> Change | None:
    """Look in the first frame alone for what is worth keeping."""
    plan = op.plan(animation.width, animation.height)
    if op.fit != "cover" or op.focus is not None or op.gravity not in FINDS:
        return None
    left, top = place(scaled(animation.first.image, *plan.scaled), *plan.final, op.gravity, op.focus)
    return lambda frame: of(scaled(frame.image, *plan.scaled).crop(left, top, *plan.final))


@engine.decides(Mode)
def mode(animation: Animation, op: Mode) -> Change | None:
    """Do as the resize of the mode does."""
    return None if op.resize is None else resize(animation, op.resize)


@engine.decides(Crop)
def crop(animation: Animation, op: Crop) -> Change | None:
    """Look in the first frame alone for what is worth keeping."""
    if op.left is not None or op.focus is not None or op.gravity not in FINDS:
        return None
    width, height = op.plan(animation.width, animation.height)
    left, top = place(animation.first.image, width, height, op.gravity, op.focus)
    return lambda frame: of(frame.image.crop(left, top, width, height))


@engine.decides(Normalize)
def normalize(animation: Animation, op: Normalize) -> Change:
    """Stretch all frames alike, between the darkest and the lightest that any of them asks for."""
    extents = [extent(frame.image, op) for frame in animation.frames()]
    between = min(low for low, _ in extents), max(high for _, high in extents)
    return lambda frame: stretched(frame, between)


def _count(picture: Picture) -> int:
    return len(picture.delays) if isinstance(picture, Animation) else 1
