"""From a source through filters to encoders and a file: one pass, bounded memory, the same bytes each time."""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.choosing import name_tracks
from mediaframe.engines.av.codecs import COPY, Coder, Target
from mediaframe.engines.av.copying import CopyLane, copy_lane
from mediaframe.engines.av.lane import Lane, audio_lane, video_lane
from mediaframe.engines.av.medium import Medium, displayed, span
from mediaframe.engines.av.notes import left_out, reduced, shortfall
from mediaframe.engines.av.tags import add_cover, dropped_cover, write_tags
from mediaframe.engines.av.telling import Telling
from mediaframe.engines.av.tracks import TrackLane, track_lanes
from mediaframe.engines.base import Encoded, Origin
from mediaframe.errors import AssetError


def write(medium: Medium, target: Target) -> Encoded:
    """Write the medium as a file in the child's own directory."""
    path = empty_file(target.suffix)
    try:
        with demux.faults("it cannot be written"):
            made = _Pass(medium, target, path).run()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return made


def empty_file(suffix: str) -> Path:
    """Make a file in the child's own directory."""
    handle, name = tempfile.mkstemp(suffix=suffix, dir=Path.cwd())
    os.close(handle)
    return Path(name)


class _Pass:
    """One reading of the source into one file."""

    def __init__(self, medium: Medium, target: Target, path: Path) -> None:
        self.medium, self.target, self.path = medium, target, path
        self.telling = Telling(medium)
        self.written = set[int]()
        """The streams of the source of which something was written."""

    def run(self) -> Encoded:
        options = {"fflags": "+bitexact", **self.target.mux_options}
        with (
            demux.opened(self.medium.source, self.medium.task) as source,
            av.open(str(self.path), "w", format=self.target.muxer, options=options) as out,
        ):
            lanes = self._lanes(source, out)
            write_tags(self.medium, self.target, source, out, lanes)
            cover = add_cover(self.medium, self.target, out) if lanes else None
            if not lanes:
                raise AssetError(f"there is nothing in it that {self.target.muxer} holds", code="E_OP")
            tracks, lost = track_lanes(self.medium, source, out, self.target.muxer) if self.target.texts else ([], [])
            self._run(source, out, lanes, tracks, cover)
        origin: Origin = "repacked" if isinstance(lanes[0], CopyLane) else "encoded"
        return Encoded(
            self.path,
            *self._size(lanes),
            seconds=round(max(lane.last for lane in lanes), 3),
            origin=origin,
            notes=(
                *(reduced(self.medium) if isinstance(self.target.video, Coder) and not self.target.video.keeps else ()),
                *shortfall(self.medium, max(lane.last for lane in lanes)),
                *left_out(self.medium, sounds=None if self.target.video else 1, texts=lost),
                *dropped_cover(self.medium, self.target),
            ),
        )

    def _size(self, lanes: list[Lane | CopyLane]) -> tuple[int | None, int | None]:
        for lane in lanes:
            if isinstance(lane, CopyLane) and isinstance(lane.out, VideoStream):
                return displayed(self.medium)
            if isinstance(lane.out, VideoStream):
                return lane.out.width, lane.out.height
        return None, None

    def _lanes(self, source: InputContainer, out: OutputContainer) -> list[Lane | CopyLane]:
        picture, sounds = self.medium.picture_in(source), self.medium.sounds_in(source)
        medium, target = self.medium, self.target
        lanes = list[Lane | CopyLane]()
        if picture is not None and target.video == COPY:
            lanes.append(copy_lane(picture, out, tags=target.tags))
        elif picture is not None and isinstance(target.video, Coder):
            lanes.append(video_lane(medium, target, picture, out))
        heard = list[Lane | CopyLane]()
        for sound in sounds if target.video else sounds[:1]:
            if sound.index in target.copied:
                heard.append(copy_lane(sound, out, tags=target.tags))
            elif target.audio is not None:
                heard.append(audio_lane(medium, target, sound, out))
        if target.video:
            name_tracks([(lane.source, lane.out) for lane in heard if lane.out is not None])
        return lanes + heard

    def _run(
        self,
        source: InputContainer,
        out: OutputContainer,
        lanes: list[Lane | CopyLane],
        tracks: list[TrackLane],
        cover: Packet[Any] | None,
    ) -> None:
        begin, end = span(self.medium, source)
        if self.medium.start:
            source.seek(int(begin * 1_000_000), backward=True)
        by_stream = {lane.source.index: lane for lane in lanes}
        for packet in demux.packets(source, [lane.source for lane in lanes]):
            if not packet.size:  # The end: such packets all say stream 0.
                continue
            lane = by_stream[packet.stream_index]
            for made in lane.take(packet, begin, end):
                self._count(lane, made)
                out.mux(made)
            for track in tracks:
                out.mux(list(track.until(lane.last)))
            self.telling.at(lane.last)
            if lane.over and all(one.over for one in lanes):
                break
        for lane in lanes:
            for made in lane.take(None, begin, end):
                self._count(lane, made)
                out.mux(made)
        seen = {lane.source.index for lane in lanes if isinstance(lane.out, VideoStream)}
        if not self.written or seen - self.written:
            raise self._nothing()
        for track in tracks:
            out.mux(list(track.until(math.inf)))
        if cover is not None:
            out.mux(cover)

    def _count(self, lane: Lane | CopyLane, made: Packet[Any]) -> None:
        if made.size:  # FLAC ends with a packet that only mends its header.
            self.written.add(lane.source.index)

    def _nothing(self) -> AssetError:
        """Say why there is nothing in the result, or no picture."""
        start, length = self.medium.start, self.medium.length
        if length is not None and start >= length:
            return AssetError(f"the part begins at {start:g} s, but it plays {length:.2f} s", code="E_OP")
        left = self.medium.seconds
        if self.medium.rate and left is not None and left * self.medium.rate < 1:
            few = (
                f"none of its pictures is left at {float(self.medium.rate):g} in a second, since it plays {left:.2f} s"
            )
            return AssetError(few, code="E_OP")
        if self.written and (start or self.medium.end is not None):
            return AssetError("there is no picture in this part; soundtrack() gives its sound alone", code="E_OP")
        return AssetError("no picture in it decodes" if self.written else "nothing in it decodes", code="E_CORRUPT")
