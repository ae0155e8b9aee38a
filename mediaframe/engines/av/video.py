"""What is done to videos: each step adds filters or moves the ends; nothing is decoded yet."""

from __future__ import annotations

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.still import frame_at
from mediaframe.engines.base import Pixels
from mediaframe.errors import AssetError
from mediaframe.ops.video import Clip, Frame


@engine.implements(Clip)
def clip(medium: Medium, op: Clip) -> Medium:
    """Keep a part of what the steps before left."""
    end = None if op.end is None else medium.start + op.end
    ends = [one for one in (medium.end, end) if one is not None]
    return medium.but(start=medium.start + op.start, end=min(ends, default=None))


@engine.implements(Frame)
def frame(medium: Medium, op: Frame) -> Pixels:
    """Give the first picture at or after a moment, turned as it is displayed."""
    if medium.stream is None:
        raise AssetError("there is no picture in it: it is a sound", code="E_OP")
    length, moment = medium.seconds, str(op.at)
    if not moment.endswith("%"):
        at = float(moment.removesuffix("s"))
        at = at if length is None else min(at, length)
    elif length is None:
        raise AssetError(
            f"frame(at={moment!r}): the video does not say how long it plays; give the moment in seconds",
            code="E_OP",
        )
    else:
        at = length * float(moment[:-1]) / 100
    return frame_at(medium.container, medium.stream, medium.start + at, medium.length)
