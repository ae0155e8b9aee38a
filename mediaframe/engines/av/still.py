"""One picture out of a video: seek to a key frame, decode forward to the moment, turn it as displayed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av.demux import faults, square_size
from mediaframe.engines.av.display import shown
from mediaframe.engines.base import Pixels
from mediaframe.errors import AssetError

_EARLIER = (0.0, 2.0, 10.0, 60.0)
"""How many seconds before the moment to seek to: containers without an index may land behind it."""
_SLACK = 1e-6


def frame_at(container: InputContainer, stream: VideoStream, moment: float, length: float | None) -> Pixels:
    """Give the first picture at or after a moment; the last one where it is past the end."""
    origin = float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0
    with faults("no picture can be decoded"):
        target = min(moment, length) if length else moment
        for before in (*_EARLIER, target):
            start = max(target - before, 0.0)
            found, gap, reached = _forward(_from(container, stream, start + origin), moment + origin, start <= 0)
            if found is not None:
                if not reached and length:
                    _hold_to_end(found, gap, min(moment, length), length, origin)
                return _pixels(found, square_size(stream))
    raise AssetError("no picture can be decoded", code="E_CORRUPT")


def first_turn(container: InputContainer, stream: VideoStream) -> tuple[int | None, str | None]:
    """Give the clockwise degrees to apply for display, which stand in the first picture; or what is wrong."""
    try:
        with faults("the first picture does not decode"):
            first = next(_from(container, stream, 0.0), None)
    except AssetError as error:
        return None, error.message
    return (-first.rotation % 360, None) if first is not None else (None, "there is no picture")


def _from(container: InputContainer, stream: VideoStream, start: float) -> Iterator[VideoFrame]:
    """Decode from the key frame at or before a moment."""
    if stream.time_base:
        try:
            container.seek(int(start / stream.time_base), stream=stream, backward=True)
        except FFmpegError:
            container.seek(0)  # no index: from the beginning
    return container.decode(stream)


def _forward(
    frames: Iterator[VideoFrame],
    moment: float,
    from_start: bool,  # noqa: FBT001
) -> tuple[VideoFrame | None, float, bool]:
    """Go forward to a moment: the picture, the time between the last two, and whether the moment was reached.

    None where the very first picture is already behind the moment and an earlier start may have a better one.
    """
    last, gap = None, 0.0
    for one in frames:
        time = one.time
        if time is None or time >= moment - _SLACK:
            behind = last is None and time is not None and time > moment + _SLACK
            return (None if behind and not from_start else one), gap, True
        gap = time - last.time if last is not None and last.time is not None else gap
        last = one
    return last, gap, False


def _hold_to_end(last: VideoFrame, gap: float, moment: float, length: float, origin: float) -> None:
    """See that a last picture stands for the moment: a file that was cut ends long before it declares."""
    time_base = last.time_base
    shown = float(last.duration * time_base) if last.duration and time_base else 0.0
    ends = (last.time or 0.0) - origin + max(shown, 3 * gap)
    if moment - ends > max(1.0, 0.02 * length):
        raise AssetError(f"the pictures end at {ends:.1f} s, but the video declares {length:.1f} s", code="E_TRUNCATED")


def _pixels(found: VideoFrame, size: tuple[int, int]) -> Pixels:
    if found.is_corrupt:
        raise AssetError("the picture at this moment is damaged", code="E_CORRUPT")
    rgb = shown(found, size).to_ndarray()
    rows = np.rot90(rgb, k=found.rotation // 90) if found.rotation % 90 == 0 else rgb
    return Pixels(rows.shape[1], rows.shape[0], 3, np.ascontiguousarray(rows).tobytes())
