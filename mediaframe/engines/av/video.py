"""What is done to videos: each step adds filters or moves the ends; nothing is decoded yet."""

from __future__ import annotations

from fractions import Fraction

from mediaframe.engines.av import demux
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.graph import Node
from mediaframe.engines.av.medium import Medium, displayed
from mediaframe.engines.av.seeking import key_before
from mediaframe.errors import AssetError
from mediaframe.model.sizing import ANCHORS
from mediaframe.ops.video import Clip, Crop, Mode, Mute, Pad, Rate, Resize, Rotate, Soundtrack, Speed


@engine.implements(Clip)
def clip(medium: Medium, op: Clip) -> Medium:
    """Keep a part of what the steps before left; a key frame is looked for where it may begin at one."""
    if op.cut == "exact" or medium.stream is None:
        return medium.part(op.start, op.end)
    start = max(medium.start, key_before(medium.container, medium.stream, medium.moment(op.start)))
    earlier = (start - medium.start) / medium.speed
    return medium.part(earlier, op.end, between_packets=True)


@engine.implements(Resize)
def resize(medium: Medium, op: Resize) -> Medium:
    """Scale, then crop or pad to the box."""
    size = displayed(medium)
    plan = op.plan(*size)
    made = medium if plan.scaled == size else medium.drawn(_scale(*plan.scaled), size=plan.scaled)
    if op.fit == "contain":
        return _padded(made, plan.final, op.gravity, op.background)
    return _cut(made, plan.final, op.gravity)


@engine.implements(Mode)
def mode(medium: Medium, op: Mode) -> Medium:
    """Do the resize of the mode."""
    return medium if op.resize is None else resize(medium, op.resize)


@engine.implements(Crop)
def crop(medium: Medium, op: Crop) -> Medium:
    """Cut out a box."""
    width, height = displayed(medium)
    if (op.left or 0) >= width or (op.top or 0) >= height:
        raise AssetError(f"crop(left={op.left}, top={op.top}): outside of a video of {width}x{height}", code="E_PARAM")
    box = op.box(width, height)
    if op.left is None or op.top is None:
        return _cut(medium, box, op.gravity)
    return medium.drawn(Node("crop", f"{box[0]}:{box[1]}:{op.left}:{op.top}:exact=1"), size=box)


@engine.implements(Pad)
def pad(medium: Medium, op: Pad) -> Medium:
    """Put it on a canvas."""
    return _padded(medium, op.canvas(*displayed(medium)), op.gravity, op.background)


_TURNS = {90: ("clock",), 180: ("clock", "clock"), 270: ("cclock",)}


@engine.implements(Rotate)
def rotate(medium: Medium, op: Rotate) -> Medium:
    """Turn by quarter turns."""
    width, height = displayed(medium)
    turned = (height, width) if op.angle % 180 else (width, height)
    return medium.drawn(*(Node("transpose", one) for one in _TURNS.get(op.angle % 360, ())), size=turned)


@engine.implements(Rate)
def rate(medium: Medium, op: Rate) -> Medium:
    """Show so many frames in a second."""
    wanted = Fraction(op.fps).limit_denominator(1001)
    return medium.drawn(Node("fps", str(wanted))).but(rate=wanted)


@engine.implements(Speed)
def speed(medium: Medium, op: Speed) -> Medium:
    """Play faster or slower."""
    tempo, left = list[Node](), op.factor
    while abs(left - 1) > 1e-9:  # atempo keeps the sound whole from 0.5 to 2
        part = min(2.0, max(0.5, left))
        tempo.append(Node("atempo", f"{part:.9g}"))
        left /= part
    rate = medium.rate or demux.rate(medium.stream)
    made = medium.drawn(Node("setpts", f"PTS/{op.factor:.9g}"), Node("fps", str(rate)))
    return made.but(audio=(*medium.audio, *tempo), speed=medium.speed * op.factor, rate=rate)


@engine.implements(Mute)
def mute(medium: Medium, op: Mute) -> Medium:
    """Leave the sound out."""
    return medium.but(muted=True)


@engine.implements(Soundtrack)
def soundtrack(medium: Medium, op: Soundtrack) -> Medium:
    """Take the sound alone."""
    if medium.muted or not medium.sounds:
        raise AssetError("there is no sound in it", code="E_OP")
    return medium


def _scale(width: int, height: int) -> Node:
    return Node("scale", f"{width}:{height}:flags=lanczos+accurate_rnd")


def _cut(medium: Medium, size: tuple[int, int], gravity: str) -> Medium:
    whole = displayed(medium)
    if size == whole:
        return medium
    left, top = _place(whole, size, gravity)
    return medium.drawn(Node("crop", f"{size[0]}:{size[1]}:{left}:{top}:exact=1"), size=size)


def _padded(medium: Medium, canvas: tuple[int, int], gravity: str, background: str) -> Medium:
    inner = displayed(medium)
    if canvas == inner:
        return medium
    left, top = _place(canvas, inner, gravity)
    color = f"0x{background.removeprefix('#')[:6]}"
    return medium.drawn(Node("pad", f"{canvas[0]}:{canvas[1]}:{left}:{top}:color={color}"), size=canvas)


def _place(outer: tuple[int, int], inner: tuple[int, int], gravity: str) -> tuple[int, int]:
    """Say where the inner box begins, on even pixels, where colors of 4:2:0 begin."""
    across, down = ANCHORS[gravity]
    left, top = round((outer[0] - inner[0]) * across), round((outer[1] - inner[1]) * down)
    return left - left % 2, top - top % 2
