"""What of a medium does not decode: every packet is decoded, and what FFmpeg complains of is put in its place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import av.logging
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.telling import Telling
from mediaframe.engines.av.timing import has_length, ticks_of
from mediaframe.measures import container as measures

_CHECKED = {"flac": "crccheck", "hevc": "crccheck"}
"""Codecs whose checksums FFmpeg compares only when it is told to. Those of MP3 are wrong in many sound files."""
_NEAR = 1.0
"""Seconds between two faults of one stream under which they are told as one."""
_MOST = 1_000
_SLACK = 0.1

Played = VideoStream | AudioStream


@engine.implements(measures.VideoDamage)
@engine.implements(measures.AudioDamage)
def damage(medium: Medium, measure: measures.Damage) -> list[dict[str, Any]]:
    """Decode all of it, and say which stretches do not."""
    with demux.opened(medium.source, medium.task) as container, _heard() as logs:
        tracks = {one.index: _Track(one) for one in _played(container)}
        telling = Telling(medium)
        for packet in _packets(container, [one.stream for one in tracks.values()], tracks, logs):
            track = tracks[packet.stream_index]
            track.take(packet, logs)
            telling.at(track.end)
        for track in tracks.values():
            track.close(logs)
        return _listed(container, list(tracks.values()), _end(container, medium))


def _played(container: InputContainer) -> list[Played]:
    """Give all streams of pictures and sound, covers left out."""
    found = list[Played]()
    streams: tuple[Played, ...] = (*container.streams.video, *container.streams.audio)
    for stream in streams:
        if stream.codec_context is None or stream.disposition & Disposition.attached_pic:
            continue
        stream.codec_context.thread_count = 1  # what a decoder says is heard in the thread that asked it
        checks = _CHECKED.get(demux.codec(stream))
        if checks:
            stream.codec_context.options = {"err_detect": checks}
        found.append(stream)
    return found


@contextmanager
def _heard() -> Iterator[list[tuple[int, str, str]]]:
    """Listen to FFmpeg's errors, each one."""
    level, skip = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture(local=True) as logs:
            yield logs
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(skip)


def _packets(
    container: InputContainer, streams: list[Played], tracks: dict[int, _Track], logs: list[tuple[int, str, str]]
) -> Iterator[Packet[Any]]:
    """Give the packets; where the container complains, what is missing lies before the next packet of each stream."""
    packets = demux.packets(container, streams)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError as error:
            logs.append((0, "", error.strerror or "it cannot be read on"))
            packet = None
        said = _said(logs)
        for track in tracks.values():
            track.gap = track.gap or said
        if packet is None:
            return
        if packet.size:
            yield packet


def _said(logs: list[tuple[int, str, str]]) -> str | None:
    """Take what was said since, and give the first of it."""
    said = next((": ".join(part.strip() for part in one[1:] if part.strip()) for one in logs), None)
    logs.clear()
    return said


@dataclass(slots=True)
class _Track:
    """One stream on its way through the decoder."""

    stream: Played
    faults: list[tuple[float, float, str]] = field(default_factory=list)
    gap: str | None = None
    """What the container complained of since the last packet."""
    end: float = 0.0
    """Where the last packet ended."""
    begun: float = 0.0
    lasts: float = 0.0
    frames: int = 0

    def take(self, packet: Packet[Any], logs: list[tuple[int, str, str]]) -> None:
        """Decode one packet."""
        base = float(self.stream.time_base or 0)
        time = packet.pts if packet.pts is not None else packet.dts
        begin = self.end if time is None else time * base
        if self.gap is not None:
            self.note(min(self.end, begin), begin, self.gap)
            self.gap = None
        self.lasts = max(0.0, ticks_of(packet) * base) or max(0.0, begin - self.begun)  # ASF tells no durations
        self.begun = begin
        self._decode(packet, logs, begin, begin + self.lasts)
        self.end = max(self.end, begin + self.lasts)

    def close(self, logs: list[tuple[int, str, str]]) -> None:
        """Take the last frames out of the decoder."""
        self._decode(None, logs, self.end, self.end)
        if self.gap is not None:
            self.note(self.end, self.end, self.gap)

    def _decode(self, packet: Packet[Any] | None, logs: list[tuple[int, str, str]], begin: float, end: float) -> None:
        corrupt, said = packet is not None and packet.is_corrupt, None
        try:
            for frame in self.stream.decode(packet):
                self.frames += 1
                corrupt = corrupt or frame.is_corrupt
        except FFmpegError as error:
            said = error.strerror or type(error).__name__
        said = _said(logs) or said or ("it is damaged" if corrupt else None)
        if said is not None:
            self.note(begin, end, said)

    def note(self, begin: float, end: float, said: str) -> None:
        """Add a fault, or make the last one longer."""
        if self.faults and begin <= self.faults[-1][1] + _NEAR:
            first = self.faults[-1]
            self.faults[-1] = (min(first[0], begin), max(first[1], end), first[2])
        elif len(self.faults) < _MOST:
            self.faults.append((begin, end, said))


def _end(container: InputContainer, medium: Medium) -> float | None:
    """Say when the header says that all is over; None where it does not, and FFmpeg estimates."""
    if container.format.name in demux.ESTIMATED and not has_length(medium.source):
        return None
    return _origin(container) + container.duration / 1_000_000 if container.duration else None


def _origin(container: InputContainer) -> float:
    return container.start_time / 1_000_000 if container.start_time else 0.0


def _listed(container: InputContainer, tracks: list[_Track], over: float | None) -> list[dict[str, Any]]:
    origin, longest = _origin(container), max(tracks, key=lambda one: one.end, default=None)
    for track in tracks:
        declared = _declared(track.stream) if container.format.name in _BY_STREAM else None
        end = declared if declared is not None else over if track is longest else None
        if not track.frames:
            track.faults = [(origin, max(origin, track.end, end or 0.0), "nothing of it decodes")]
        elif end is not None and end - track.end > _SLACK + 3 * track.lasts:
            track.note(track.end, end, "missing")
    return [
        {
            "stream": track.stream.index,
            "start": round(max(0.0, begin - origin), 3),
            "end": round(max(0.0, end - origin), 3),
            "error": said,
        }
        for track in tracks
        for begin, end, said in track.faults
    ]


_BY_STREAM = {"mov,mp4,m4a,3gp,3g2,mj2", "avi"}
"""Containers that declare the length of each stream; elsewhere it is that of the longest one."""


def _declared(stream: Played) -> float | None:
    if not stream.duration or not stream.time_base:
        return None
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
