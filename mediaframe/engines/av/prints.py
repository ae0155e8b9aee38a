"""Decoded pictures made plain: turned as displayed, the steps of the recipe done, as large as asked, in sRGB."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from itertools import chain

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mediaframe.engines.av import color, demux
from mediaframe.engines.av.graph import Chain, Node
from mediaframe.engines.av.lane import drawn
from mediaframe.engines.av.medium import Medium, displayed
from mediaframe.engines.av.still import Pictures
from mediaframe.engines.base import Pixels
from mediaframe.errors import AssetError

Levels = NDArray[np.uint8]
"""Height, width, three bands of sRGB."""

_BT709 = 1
_REDUCED = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""Without the latter two a gray of 20 becomes 18; at 160 px they cost no time, of 1080p at its own size 24 ms."""
_THREADS = 2
"""Threads that decode towards a moment. Of one clip this takes 0.7 of the time; in a full pool 1.05 of it."""
_RATE = "fps"
"""The filter that drops and repeats pictures; one that is chosen by its moment is past it."""


def watched(medium: Medium) -> VideoStream:
    """Give the stream of pictures, or say that there is none."""
    if medium.stream is None:
        raise AssetError("there is no picture in it: it is a sound", code="E_OP")
    return medium.stream


def pictures(medium: Medium) -> Pictures:
    """Give the pictures of the part that is left, by the moments of the source."""
    return Pictures(medium.container, watched(medium), medium.length, medium.end, _THREADS)


def playing(medium: Medium, what: str) -> float:
    """Say how long the result plays, or what to do where that is not known."""
    if not medium.plays:
        raise AssetError(f"{what}: the video does not say how long it plays; give the moment in seconds, or clip() it "
                         "before", code="E_OP")  # fmt: skip
    return medium.plays


def inside(medium: Medium, width: int) -> tuple[int, int]:
    """Give the size of a picture of at most this width, which is not enlarged."""
    whole, down = displayed(medium)
    across = min(width, whole)
    return across, max(1, round(down * across / whole))


def printed(medium: Medium, frame: VideoFrame, size: tuple[int, int] | None = None) -> Levels:
    """Make one picture plain.

    Parameters
    ----------
    medium
        Whose steps are done to it.
    frame
        As it was decoded.
    size
        Width and height as displayed; as it is after the steps if left out.
    """
    turn = frame.rotation if frame.rotation % 90 == 0 else 0
    still = medium.but(video=tuple(one for one in medium.video if one.name != _RATE))
    given, square = color.said(frame), (frame.width, frame.height) == demux.square_size(watched(medium))
    if still.video or given.wide or not square:
        return np.ascontiguousarray(_filtered(still, frame, -turn % 360, size).to_ndarray())
    across, down = size or (None, None)
    if turn % 180:
        across, down = down, across
    # FFmpeg takes colors without a name for those of standard definition; players take HD for BT.709.
    matrix = "ITU709" if given.matrix == _BT709 else None
    rgb = frame.reformat(across, down, "rgb24", matrix, interpolation=_REDUCED if size else None)
    return np.ascontiguousarray(np.rot90(rgb.to_ndarray(), k=turn // 90))


def plain(levels: Levels) -> Pixels:
    """Give levels as they are handed over."""
    height, width, bands = levels.shape
    return Pixels(width, height, bands, levels.tobytes())


def _filtered(medium: Medium, frame: VideoFrame, turn: int, size: tuple[int, int] | None) -> VideoFrame:
    with ExitStack() as held:
        nodes = drawn(medium, watched(medium), frame, turn, held)
        scale = f"{size[0]}:{size[1]}:flags=area+accurate_rnd" if size else f"flags={color.FLAGS}"
        last = Node("scale", f"{scale}+full_chroma_int+full_chroma_inp")
        graph = Chain(frame, [*nodes, last, Node("format", "pix_fmts=rgb24")])
    told, base = frame.pts, frame.time_base or Fraction(1, 90_000)
    try:
        # Filters count from where the part begins, and others may still ask when the picture is shown.
        frame.pts = round((pictures(medium).moment(frame) - medium.start) / base)
        made: VideoFrame = next(chain(graph.push(frame), graph.push(None)))
    finally:
        frame.pts = told
    return made
