"""Watching: the pictures of a medium as its steps leave them, for what is measured over time and not written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from av.video.frame import VideoFrame

from mediaframe.engines.av import demux
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.codecs import THREADS
from mediaframe.engines.av.graph import Chain, Node
from mediaframe.engines.av.lane import Lane, drawn, lasts
from mediaframe.engines.av.medium import Medium, span, turn_of
from mediaframe.engines.av.telling import Telling
from mediaframe.errors import AssetError
from mediaframe.measures import video as measures


@engine.implements(measures.Black)
def black(medium: Medium, measure: measures.Black) -> list[dict[str, float]]:
    """Gather the stretches that FFmpeg marks; one that reaches the end is not closed by a mark."""
    found, begun, over = list[dict[str, float]](), None, 0.0
    for frame in watch(medium, Node("blackdetect", f"d=0:pic_th={measure.share:.9g}:pix_th={measure.level:.9g}")):
        told = frame.metadata
        over = (frame.time or 0.0) + lasts(frame)
        if begun is not None and "lavfi.black_end" in told:
            found.append({"start": begun, "end": float(told["lavfi.black_end"])})
            begun = None
        if "lavfi.black_start" in told:
            begun = float(told["lavfi.black_start"])
    if begun is not None:
        found.append({"start": begun, "end": over})
    return [_rounded(one) for one in found if one["end"] - one["start"] >= measure.least - _SLACK]


_SLACK = 1e-6


def _rounded(stretch: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in stretch.items()}


@engine.implements(measures.Scenes)
def scenes(medium: Medium, measure: measures.Scenes) -> list[float]:
    """Gather the moments of pictures whose score FFmpeg finds high enough."""
    marked = watch(medium, Node("scdet", f"threshold={measure.threshold:.9g}"))
    return [round(float(one.metadata["lavfi.scd.time"]), 3) for one in marked if "lavfi.scd.time" in one.metadata]


def watch(medium: Medium, *nodes: Node) -> Iterator[VideoFrame]:
    """Give the pictures of a medium after its steps and further filters, without writing anything."""
    turn = turn_of(medium)
    with demux.faults("the pictures do not decode"), demux.opened(medium.source, medium.task) as source:
        stream = medium.picture_in(source)
        if stream is None:
            raise AssetError("there is no picture in it: it is a sound", code="E_OP")
        stream.thread_type, stream.codec_context.thread_count = "AUTO", THREADS

        def chained(frame: VideoFrame) -> Chain:
            with ExitStack() as held:
                return Chain(frame, [*drawn(medium, stream, frame, turn, held), *nodes])

        lane = Lane(stream, None, chained)
        begin, end = span(medium, source)
        if medium.start:
            source.seek(int(begin * 1_000_000), backward=True)
        telling = Telling(medium)
        for packet in demux.packets(source, [stream]):
            if lane.over:
                break
            if packet.size:
                for frame in lane.frames(packet, begin, end):
                    telling.at(frame.time or 0.0)
                    yield frame
        yield from lane.frames(None, begin, end)
