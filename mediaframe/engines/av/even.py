"""The pictures of a medium as its steps leave them, at an even rate, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction

from av.video.frame import VideoFrame

from mediaframe.engines.av import color, demux
from mediaframe.engines.av.graph import Chain, Node, kind_of
from mediaframe.engines.av.lane import drawn
from mediaframe.engines.av.medium import Medium, displayed, turn_of
from mediaframe.engines.av.prints import pictures, watched
from mediaframe.errors import AssetError


def watch(medium: Medium, fps: Fraction, *nodes: Node) -> Iterator[VideoFrame]:
    """Give the pictures of a medium after its steps, so many in a second, and further filters; one at a time."""
    stream, size = watched(medium), displayed(medium)
    reel = pictures(medium)
    last = (Node("fps", str(fps)), Node("scale", f"{size[0]}:{size[1]}:flags={color.FLAGS}"), *nodes)

    def chained(frame: VideoFrame) -> Chain:
        with ExitStack() as held:
            return Chain(frame, [*drawn(medium, stream, frame, turn_of(medium), held), *last])

    chain: Chain | None = None
    with demux.faults("the pictures do not decode"):
        for frame in reel.since(medium.start):
            frame.pts = round((reel.moment(frame) - medium.start) / (frame.time_base or Fraction(1, 90_000)))
            if chain is not None and kind_of(frame) != chain.kind:
                yield from chain.push(None)
                chain = None
            chain = chain or chained(frame)
            yield from chain.push(frame)
        if chain is None:
            raise AssetError("there is no picture in this part", code="E_OP")
        yield from chain.push(None)


def even(medium: Medium, fps: float, word: str) -> Fraction:
    """Give the rate at which pictures come, at least one; more than an animation may have are refused."""
    length, most = medium.seconds, medium.task.limits.frames
    if not length:
        raise AssetError(f"{word}: the video does not say how long it plays; clip() it before", code="E_OP")
    if round(length * fps) > most:
        raise AssetError(
            f"{word}: {round(length * fps)} frames ({length:.1f} s at {fps:g} in a second) are over the limit of "
            f"{most}; take a part by clip(), lower fps, or see Limits.frames",
            code="E_LIMIT_FRAMES",
        )
    return Fraction(max(fps, 1 / length)).limit_denominator(1001)
