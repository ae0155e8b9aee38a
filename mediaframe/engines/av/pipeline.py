"""From a source through filters to encoders and a file: one pass, bounded memory, the same bytes each time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.codecs import Target
from mediaframe.engines.av.lane import Lane, audio_lane, lasts, video_lane
from mediaframe.engines.av.medium import Medium, span
from mediaframe.engines.base import Encoded
from mediaframe.errors import AssetError

_SLACK = 1e-6
_SILENCE = 0.5
"""Seconds of the output between two words about the share that is done."""


def write(medium: Medium, target: Target) -> Encoded:
    """Write the medium as a file in the child's own directory."""
    handle, name = tempfile.mkstemp(suffix=target.suffix, dir=Path.cwd())
    os.close(handle)
    path = Path(name)
    try:
        with demux.faults("it cannot be written"):
            made = _Pass(medium, target, path).run()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return made


class _Pass:
    """One reading of the source into one file."""

    def __init__(self, medium: Medium, target: Target, path: Path) -> None:
        self.medium, self.target, self.path = medium, target, path
        self.told = 0.0
        self.frames = 0
        self.last = 0.0

    def run(self) -> Encoded:
        options = {"fflags": "+bitexact", **self.target.mux_options}
        with (
            demux.opened(self.medium.source, self.medium.task) as source,
            av.open(str(self.path), "w", format=self.target.muxer, options=options) as out,
        ):
            lanes = self._lanes(source, out)
            if self.target.tags:
                _keep_tags(source, out, lanes)
            if not lanes:
                raise AssetError(f"there is nothing in it that {self.target.muxer} holds", code="E_OP")
            self._copy(source, out, lanes)
        return Encoded(self.path, *self._size(lanes), seconds=round(self.last, 3))

    def _size(self, lanes: list[Lane]) -> tuple[int | None, int | None]:
        for lane in lanes:
            if isinstance(lane.out, VideoStream):
                return lane.out.width, lane.out.height
        return None, None

    def _lanes(self, source: InputContainer, out: OutputContainer) -> list[Lane]:
        picture, sound = demux.picture(source), demux.sound(source)
        lanes = list[Lane]()
        if picture is not None and self.target.video:
            lanes.append(video_lane(self.medium, self.target, picture, out))
        if sound is not None and self.target.audio and not self.medium.muted:
            lanes.append(audio_lane(self.medium, self.target, sound, out))
        return lanes

    def _copy(self, source: InputContainer, out: OutputContainer, lanes: list[Lane]) -> None:
        begin, end = span(self.medium, source)
        if self.medium.start:
            source.seek(int(begin * 1_000_000), backward=True)
        by_stream = {lane.source.index: lane for lane in lanes}
        for packet in source.demux([lane.source for lane in lanes]):
            if not packet.size:  # The end: such packets all say stream 0.
                continue
            lane = by_stream[packet.stream_index]
            if not lane.over:
                self._take_all(out, lane, packet.decode(), begin, end)
            elif all(one.over for one in lanes):
                break
        for lane in lanes:
            if not lane.over:
                self._take_all(out, lane, lane.source.decode(None), begin, end)
        for lane in lanes:
            self._mux(out, lane, lane.push(None))
            out.mux(lane.out.encode(None))

    def _take_all(
        self, out: OutputContainer, lane: Lane, frames: Iterable[Any], begin: float, end: float | None
    ) -> None:
        for frame in frames:
            frame.time_base = frame.time_base or lane.source.time_base  # the last ones do not say it
            if frame.pts is not None:
                self._take(out, lane, frame, begin, end)

    def _take(
        self, out: OutputContainer, lane: Lane, frame: VideoFrame | AudioFrame, begin: float, end: float | None
    ) -> None:
        """Have one frame filtered and written, if it lies in the part; sound is cut within its frame."""
        time = frame.time or 0.0
        if end is not None and time >= end - _SLACK:
            lane.over = True
        elif time + (lasts(frame) if isinstance(frame, AudioFrame) else _SLACK) > begin:
            frame.pts = round((time - begin) / (frame.time_base or Fraction(1, 90_000)))
            self._mux(out, lane, lane.push(frame))

    def _mux(self, out: OutputContainer, lane: Lane, frames: Iterator[VideoFrame | AudioFrame]) -> None:
        for frame in frames:
            if isinstance(frame, VideoFrame):
                frame.pict_type = 0  # the encoder chooses anew
            out.mux(lane.out.encode(frame))  # type: ignore[arg-type]  # a lane's frames are of its stream's kind
            self.last = max(self.last, (frame.time or 0.0) + lasts(frame))
        if self.last - self.told >= _SILENCE and self.medium.seconds:
            self.told = self.last
            self.medium.task.tell(min(1.0, self.last / self.medium.seconds))


def _keep_tags(source: InputContainer, out: OutputContainer, lanes: list[Lane]) -> None:
    """Copy what is told of the whole; Ogg and Opus tell it of their stream."""
    told = dict(source.metadata)
    for lane in lanes:
        if isinstance(lane.source, AudioStream) and not told:
            told = dict(lane.source.metadata)
    out.metadata.update({name: text for name, text in told.items() if name.lower() not in _OWN_TAGS})


_OWN_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "creation_time"})
"""Tags of the file itself, not of what is in it."""
