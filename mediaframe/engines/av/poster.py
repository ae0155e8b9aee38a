"""Posters: the frame at a moment, the key frame before it, or the sharpest of several that show something."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av.video.frame import VideoFrame

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.prints import Levels, inside, pictures, plain, playing, printed
from mediaframe.engines.av.still import Pictures
from mediaframe.engines.base import Pixels
from mediaframe.ops.video import Frame

_DEFAULT = "10%"
_LOOKED_AT = 320
"""Pixels of the width at which candidates are compared."""
_BLACK, _BLANK = 20.0, 6.0
"""The mean level under which a picture is black, and the deviation of levels under which it is blank, of 255."""
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


@engine.implements(Frame)
def frame(medium: Medium, op: Frame) -> Pixels:
    """Take one picture."""
    reel = pictures(medium)
    if op.pick == "best":
        found = best(medium, reel, op.candidates)
    else:
        moment = medium.moment(_moment(medium, str(op.at or _DEFAULT)))
        found = near(medium, reel, moment) if op.pick == "keyframe" else reel.at(moment)
    return plain(printed(medium, found))


def near(medium: Medium, reel: Pictures, moment: float) -> VideoFrame:
    """Give the key frame at or before a moment of the source, or the exact picture where the part has none there."""
    return reel.key(moment, since=medium.start) or reel.at(moment)


def spread(medium: Medium, count: int, what: str) -> list[float]:
    """Give the moments of the source in the middle of so many equal parts of the playing time."""
    length = playing(medium, what)
    return [medium.moment((number + 0.5) * length / count) for number in range(count)]


def best(medium: Medium, reel: Pictures, count: int) -> VideoFrame:
    """Give the sharpest candidate that shows something; the first of equal ones, the sharpest of all if none does."""
    size, most, found = inside(medium, _LOOKED_AT), None, None
    for one in _told(medium, reel, count):
        value = worth(printed(medium, one, size))
        if most is None or value > most:
            most, found = value, one
    assert found is not None  # noqa: S101  # there is a candidate for each moment
    return found


def _told(medium: Medium, reel: Pictures, count: int) -> Iterator[VideoFrame]:
    known = None
    for moment in spread(medium, count, "frame(pick='best')"):
        found = near(medium, reel, moment)
        if found.pts != known or known is None:
            yield found
        known = found.pts


def worth(levels: Levels) -> tuple[bool, float]:
    """Say whether a picture shows something, and how sharp it is."""
    gray = levels.astype(np.float32) @ _LUMA
    shows = float(gray.mean()) >= _BLACK and float(gray.std()) >= _BLANK
    if min(gray.shape) < 3:
        return shows, 0.0
    around = sum(
        gray[1 + down : gray.shape[0] - 1 + down, 1 + across : gray.shape[1] - 1 + across]
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
    )
    return shows, float((9 * gray[1:-1, 1:-1] - around).var())


def _moment(medium: Medium, text: str) -> float:
    """Read a moment of the result."""
    if text.endswith("%"):
        return playing(medium, f"frame(at={text!r})") * float(text[:-1]) / 100
    at = float(text.removesuffix("s"))
    return at if medium.seconds is None else min(at, medium.seconds)
