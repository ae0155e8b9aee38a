"""Listening: the sound of a medium as its steps leave it, for what must be known before anything is written."""

from __future__ import annotations

from collections.abc import Iterator

from av.audio.frame import AudioFrame

from mediaframe.engines.av import demux
from mediaframe.engines.av.graph import Chain, Node
from mediaframe.engines.av.lane import Lane, timed, trimmed
from mediaframe.engines.av.medium import Medium, span
from mediaframe.engines.av.telling import Telling
from mediaframe.errors import AssetError


def listen(medium: Medium, *nodes: Node) -> Iterator[AudioFrame]:
    """Give the sound of a medium after its steps and further filters, without writing anything."""
    with demux.faults("the sound does not decode"), demux.opened(medium.source, medium.task) as source:
        stream = next(iter(medium.sounds_in(source)), None)
        if stream is None:
            raise AssetError("there is no sound in it", code="E_OP")
        chained = (trimmed(medium), *timed(medium, medium.filters(stream)), *nodes)
        lane = Lane(stream, None, lambda frame: Chain(frame, chained))
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
