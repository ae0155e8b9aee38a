"""Listening: the sound of a medium as its steps leave it, for what must be known before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from av.audio.frame import AudioFrame

from mediaframe.engines.av import demux
from mediaframe.engines.av.graph import Chain, Node
from mediaframe.engines.av.lane import Lane, lasts, trimmed
from mediaframe.engines.av.medium import Medium, span
from mediaframe.errors import AssetError


def listen(medium: Medium, *nodes: Node) -> Iterator[AudioFrame]:
    """Give the sound of a medium after its steps and further filters, without writing anything."""
    with demux.faults("the sound does not decode"), demux.opened(medium.source, medium.task) as source:
        stream = demux.sound(source)
        if stream is None:
            raise AssetError("there is no sound in it", code="E_OP")
        chained = (trimmed(medium), *medium.audio, *nodes)
        lane = Lane(stream, stream, lambda frame: Chain(frame, chained))
        begin, end = span(medium, source)
        if medium.start:
            source.seek(int(begin * 1_000_000), backward=True)
        for frame in source.decode(stream):
            time = frame.time
            if time is None or time + lasts(frame) <= begin:
                continue
            if end is not None and time >= end:
                break
            frame.pts = round((time - begin) / (frame.time_base or Fraction(1, frame.sample_rate)))
            yield from lane.push(frame)
        yield from lane.push(None)
