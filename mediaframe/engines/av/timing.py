"""How long a medium really plays and how fast its pictures follow: by its index and by packets, nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from mediaframe.engines.av import boxes, demux
from mediaframe.engines.base import Source

_UNDECLARED = {"mpeg", "mpegts", "mpegvideo", "ogg", "amr"}
"""Containers that declare no playing time; FFmpeg takes it from the few times that it finds at the end."""
_MOST_PACKETS = 2_000_000
_LENGTH_WITHIN = 256 << 10
_BEFORE_END = 1.0
"""Seconds before the declared end from where packets are read."""
_SAMPLE = 120
"""Pictures whose times tell whether the frame rate varies: 4 s at 30 in a second."""
_UNEVEN = 0.1
"""The share by which the time between two pictures may differ where the rate is constant."""
OFF, LEAST_OFF = 0.05, 0.1
"""The share, and the seconds, by which a header may be off before that is said: rounding, priming and edit lists."""
_PADDING = 3 * 1152
"""Samples that an MP3 may hold beyond what it declares."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How long it plays and how fast."""

    seconds: float | None
    """By the index or the packets where these contradict the header; None where neither tells."""
    declared: float | None
    """By the header."""
    empty: bool = False
    """Whether not one packet is there."""

    @property
    def lie(self) -> str | None:
        """Say it where it plays another time than declared."""
        if self.seconds is None or self.declared is None or self.seconds == self.declared:
            return None
        return f"it plays {self.seconds:.2f} s, but declares {self.declared:.2f} s"


def timing(container: InputContainer, source: Source) -> Timing:
    """Say how long it plays, and how long its header says."""
    with demux.faults("its length cannot be read"):
        declared = _declared(container, source)
        if container.format.name in demux.ESTIMATED:
            return _counted(container, source, declared)
    return _timing(container, source, _played(container))


def _timing(container: InputContainer, source: Source, played: Sequence[VideoStream | AudioStream]) -> Timing:
    with demux.faults("its length cannot be read"):
        declared = _declared(container, source)
        found = _by_index(container, played, source.size) if container.format.name == demux.INDEXED else None
        if found is None:
            found = _by_packets(container, played, declared)
        if found is None or not found[0]:
            return Timing(None, declared, empty=True)
        end, grain = found
        lies = declared is not None and abs(end - declared) > max(OFF * declared, LEAST_OFF) + grain
        seconds = end if lies or declared is None else declared
        return Timing(seconds, seconds if container.format.name in _UNDECLARED else declared)


def true_length(container: InputContainer, source: Source, streams: Sequence[Stream]) -> float | None:
    """Say how long some streams play, as `timing` does; a container is not read to its end for that."""
    declared = container.duration / 1_000_000 if container.duration else None
    if container.format.name in demux.ESTIMATED:
        return declared
    heard = [one for one in streams if isinstance(one, VideoStream | AudioStream) and one.time_base]
    return _timing(container, source, heard).seconds


def _played(container: InputContainer) -> list[VideoStream | AudioStream]:
    """Give the streams that are looked at: the first of pictures and the first of sound."""
    return [one for one in (demux.picture(container), demux.sound(container)) if one is not None and one.time_base]


def _declared(container: InputContainer, source: Source) -> float | None:
    lengths = [float(one.duration * one.time_base) for one in container.streams if one.duration and one.time_base]
    length = container.duration / 1_000_000 if container.duration else max(lengths, default=None)
    told = boxes.movie_header(source) if container.format.name == demux.INDEXED else None
    # FFmpeg 8 does not look at it, players do. Streams that are not looked at here, subtitles, may go on for longer.
    if told and length and not any(abs(told - one) <= max(OFF * one, LEAST_OFF) for one in (length, *lengths)):
        return told
    return length


# ---- containers without a length ---------------------------------------------------------------------------


def _counted(container: InputContainer, source: Source, declared: float | None) -> Timing:
    """Add all packets up; the container is read to its end."""
    stream = demux.sound(container)
    ticks, time_base = 0, stream.time_base if stream else None
    if stream is not None:
        ticks = sum(packet.duration or 0 for packet in _first(demux.packets(container, [stream]), _MOST_PACKETS))
    counted = float(ticks * time_base) if ticks and time_base else None
    if not has_length(source):
        return Timing(counted, counted, empty=counted is None)
    if counted is None or declared is None:
        return Timing(counted, declared, empty=counted is None)
    # The header counts without the padding of the encoder.
    padding = _PADDING / (stream.rate if stream and stream.rate else 8000)
    lies = abs(counted - declared) > max(OFF * declared, LEAST_OFF, padding)
    return Timing(counted, declared if lies else counted)


def has_length(source: Source) -> bool:
    """Whether an MP3 says how long it is: only those with a Xing, Info or VBRI frame do."""
    head = source.head(_LENGTH_WITHIN)
    return any(mark in head for mark in (b"Xing", b"Info", b"VBRI"))


# ---- the end, by the index or by the last packets ----------------------------------------------------------

_End = tuple[float, float]
"""When the last sample ends, and how long it is taken to be, in seconds."""


def _by_index(container: InputContainer, played: Iterable[VideoStream | AudioStream], size: int) -> _End | None:
    """Say when the last sample that is in the file ends; None where there is no whole index (fragments)."""
    ends = [(0.0, 0.0)]
    for stream in played:
        index = stream.index_entries
        if not stream.frames or len(index) < stream.frames // 2 or stream.time_base is None:
            return None
        there = next((at for at in reversed(range(len(index))) if index[at].pos + index[at].size <= size), None)
        if there is None:
            continue
        # The last sample is taken to be as long as the one before it; pictures before 0 are decoded ahead.
        first = index[0].timestamp if isinstance(stream, VideoStream) else max(0, index[0].timestamp)
        last, lasts = index[there].timestamp, index[there].timestamp - index[there - 1].timestamp if there else 0
        begin, base = _start(stream) - _origin(container), float(stream.time_base)
        ends.append((begin + (last - first + lasts) * base, lasts * base))
    return max(ends)


def _by_packets(
    container: InputContainer, played: Sequence[VideoStream | AudioStream], declared: float | None
) -> _End | None:
    """Say when the last packet ends; from the beginning where there is none near the declared end."""
    starts = [max(0.0, declared - _BEFORE_END)] if declared and declared > 2 * _BEFORE_END else []
    for start in (*starts, 0.0):
        end = _last_end(container, played, start + _origin(container))
        if end is not None:
            return end - _origin(container), 0.0
    return None


def _last_end(container: InputContainer, played: Sequence[VideoStream | AudioStream], start: float) -> float | None:
    try:
        container.seek(int(start * 1_000_000), backward=True)
    except FFmpegError:
        container.seek(0)  # no index: from the beginning
    bases = {one.index: float(one.time_base or 0) for one in played}
    end, total = None, dict.fromkeys(bases, 0.0)
    for packet in _first(demux.packets(container, played), _MOST_PACKETS):
        base = bases[packet.stream_index]
        lasts = ticks_of(packet) * base
        total[packet.stream_index] += lasts
        time = packet.pts if packet.pts is not None else packet.dts
        if time is not None:
            end = max(end or 0.0, time * base + lasts)
    return end if end is not None else max(total.values(), default=0.0) or None


def ticks_of(packet: Packet[Any]) -> int:
    """Say how long a packet plays; where the last one of an Ogg is cut short, FFmpeg 8 gives 2**32 less something."""
    lasts = packet.duration or 0
    return lasts if lasts < 1 << 31 else lasts - (1 << 32)


def _first(packets: Iterator[Packet[Any]], count: int) -> Iterator[Packet[Any]]:
    """Give the first packets that hold anything, until one cannot be read."""
    try:
        for number, packet in enumerate(packets):
            if number >= count:
                return
            if packet.size:
                yield packet
    except FFmpegError:
        return


def _origin(container: InputContainer) -> float:
    return container.start_time / 1_000_000 if container.start_time else 0.0


def _start(stream: VideoStream | AudioStream) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time and stream.time_base else 0.0


# ---- the frame rate ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast pictures follow each other."""

    rate: float | None
    """Pictures in a second, on the mean."""
    variable: bool | None
    """Whether the time between two of them varies; None where too few are there to tell."""


def pace(container: InputContainer, stream: VideoStream) -> Pace:
    """Look at the times of the first pictures."""
    told = stream.average_rate or stream.guessed_rate
    rate = float(told) if told else None
    times, tick = _times(container, stream), float(stream.time_base or 0)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    if len(gaps) < 2 or not tick:  # of one gap nothing can be said
        return Pace(rate, None)
    usual = median(gaps)
    variable = any(abs(gap - usual) > max(_UNEVEN * usual, 1.01) for gap in gaps)
    seen = 1 / (tick * sum(gaps) / len(gaps))
    if rate is None or (variable and container.format.name != demux.INDEXED):
        return Pace(seen, variable)
    if variable or abs(seen - rate) <= 0.02 * seen:
        return Pace(rate, variable)
    guessed = float(stream.guessed_rate or 0)  # MPEG: the mean of FFmpeg 8 is wrong there
    return Pace(guessed if abs(seen - guessed) <= 0.02 * seen else seen, variable)


def _times(container: InputContainer, stream: VideoStream) -> list[int]:
    """Give the times of the first pictures in ticks, in order, each once."""
    index = stream.index_entries
    if container.format.name == demux.INDEXED and len(index) > 1:
        return [index[at].timestamp for at in range(min(len(index), _SAMPLE))]
    with demux.faults("its packets cannot be read"):
        container.seek(0)
        packets = list(_first(demux.packets(container, [stream]), _SAMPLE))
    delay = 0 if len(packets) < _SAMPLE else 16  # pictures that come later in the file may be shown before the last
    times = {packet.pts for packet in packets if packet.pts is not None}
    return sorted(times)[: len(times) - delay]
