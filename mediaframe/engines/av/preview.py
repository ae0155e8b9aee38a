"""Animated previews: short shots from all over a video."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate, pairwise

from av.video.frame import VideoFrame

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.medium import Medium, displayed, seen
from mediaframe.engines.av.prints import pictures, plain, playing, printed
from mediaframe.engines.av.still import Pictures
from mediaframe.engines.base import Film, Pixels
from mediaframe.errors import AssetError
from mediaframe.ops.stills import Preview


@engine.implements(Preview)
def preview(medium: Medium, op: Preview) -> Film:
    """Take the frames of all shots, as large as they are shown."""
    length = playing(medium, "preview()")
    shots, each = op.plan(length)
    reel, made = pictures(medium), list[Pixels]()
    for begin in begins(reel, medium, op, shots):
        for frame in _shot(reel, medium, op, begin, each):
            if not made:
                seen(medium, frame)
                _hold(medium, op, shots * each)
            made.append(plain(printed(medium, frame, op.frame(*displayed(medium)))))
            if len(made) % 10 == 0:
                medium.task.tell(len(made) / (shots * each))
    moments = [round(number * 1000 / op.fps) for number in range(len(made) + 1)]
    return Film(tuple(made), tuple(end - start for start, end in pairwise(moments)), op.loop)


def begins(reel: Pictures, medium: Medium, op: Preview, shots: int) -> Iterator[float]:
    """Say at which moments of the source the shots begin."""
    share = playing(medium, "preview()") / shots
    if shots == 1 and share <= op.seconds:
        yield medium.start
        return
    lasts = op.seconds / shots
    for start in accumulate([share] * (shots - 1), initial=0.0):
        middle = medium.moment(start + max(0.0, (share - lasts) / 2))
        key = reel.key_packet(middle, medium.moment(start))
        yield middle if key is None else reel.shown_at(key)


def _shot(reel: Pictures, medium: Medium, op: Preview, begin: float, count: int) -> Iterator[VideoFrame]:
    return reel.run([begin + number * medium.speed / op.fps for number in range(count)])


def _hold(medium: Medium, op: Preview, count: int) -> None:
    """Hold all frames against the limits before they are there."""
    limits, (width, height) = medium.task.limits, op.frame(*displayed(medium))
    if count > limits.frames:
        raise AssetError(
            f"preview: {count} frames are over the limit of {limits.frames}; ask for fewer seconds or a lower fps, or "
            "see Limits.frames",
            code="E_LIMIT_FRAMES",
        )
    if count * width * height > limits.total_pixels:
        raise AssetError(
            f"preview: {count} frames of {width}x{height} are {count * width * height / 1e6:.0f} megapixels, over the "
            f"limit of {limits.total_pixels / 1e6:.0f}; ask for a smaller width, or see Limits.total_pixels",
            code="E_LIMIT_PIXELS",
        )
