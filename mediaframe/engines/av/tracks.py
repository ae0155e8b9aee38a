"""Captions and subtitles as tracks of their own: 3GPP timed text, SubRip or WebVTT, as the container has it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.subtitles.stream import SubtitleStream

from mediaframe.engines.av.choosing import describe
from mediaframe.engines.av.cues import Cue, escaped, stretches
from mediaframe.engines.av.medium import Medium, Track
from mediaframe.engines.av.subtitles import Subtitles, subtitles
from mediaframe.errors import AssetError

CODECS = {"mp4": "mov_text", "mov": "mov_text", "matroska": "srt", "webm": "webvtt"}
"""FFmpeg's encoders of captions by the containers that hold them."""
_SAME = {
    "mp4": ("mov_text",),
    "mov": ("mov_text",),
    "matroska": ("subrip", "ass", "ssa", "hdmv_pgs_subtitle", "dvd_subtitle"),
    "webm": ("webvtt",),
}
"""What stands in a container as it is, styles and all."""

_CLOCK = Fraction(1, 1000)
_STYLES = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""What FFmpeg's encoders want to know before they open; cues are written by us."""


@dataclass(slots=True)
class TrackLane:
    """A track on its way: its cues wait until the pictures get there."""

    out: SubtitleStream
    waiting: list[tuple[float, Packet[Any]]]

    def until(self, seconds: float) -> Iterator[Packet[Any]]:
        """Give the cues that begin until a moment of the result."""
        while self.waiting and self.waiting[0][0] <= seconds:
            packet = self.waiting.pop(0)[1]
            packet.stream = self.out
            yield packet


def track_lanes(
    medium: Medium, source: InputContainer, out: OutputContainer, muxer: str
) -> tuple[list[TrackLane], list[str]]:
    """Open all tracks of text: captions that steps added, and the subtitles of the source.

    Returns
    -------
    tuple
        The tracks, and in words the subtitles that the container does not hold.
    """
    lanes = [_lane(medium, one, out, muxer) for one in medium.tracks]
    lost = list[str]()
    for one in subtitles(medium):
        if one.codec in _SAME.get(muxer, ()) and medium.speed == 1:
            lanes.append(_copy(medium, one, source, out))
        elif one.cues and muxer in CODECS:
            lanes.append(_lane(medium, track_of(one), out, muxer))
        elif one.packets:
            lost.append(one.named)
    return lanes, lost


def track_of(given: Subtitles) -> Track:
    """Give subtitles as a track of text."""
    return Track(tuple(given.cues), given.language, given.title, given.disposition)


def placed(medium: Medium, cues: tuple[Cue, ...]) -> list[Cue]:
    """Give the cues that lie in the part, by its own clock; those that overlap stand below one another."""
    end = medium.plays or float("inf")
    found = list[Cue]()
    for cue in stretches(cues):
        start, stop = (cue.start - medium.start) / medium.speed, (cue.end - medium.start) / medium.speed
        if start < end and stop > 0:
            found.append(Cue(max(0.0, start), min(end, stop), cue.text))
    return found


def _lane(medium: Medium, track: Track, out: OutputContainer, muxer: str) -> TrackLane:
    """Open a track of cues."""
    word = CODECS.get(muxer)
    if word is None:
        raise AssetError(f"captions(mode='attach'): {muxer} holds no captions", code="E_OP")
    made = out.add_stream(word)
    assert isinstance(made, SubtitleStream)  # noqa: S101  # an encoder of captions gives no other
    made.codec_context.subtitle_header = _STYLES
    made.codec_context.time_base = _CLOCK
    describe(made, track.language, track.title, track.disposition)
    return TrackLane(made, [(cue.start, _packet(cue, word)) for cue in placed(medium, track.cues)])


def _packet(cue: Cue, word: str) -> Packet[Any]:
    text = (escaped(cue.text) if word == "webvtt" else cue.text).encode()
    if word == "mov_text":
        text = text[:65_535].decode(errors="ignore").encode()
        text = struct.pack(">H", len(text)) + text
    packet = Packet(text)
    packet.time_base = _CLOCK
    packet.pts = packet.dts = round(cue.start * 1000)
    packet.duration = round((cue.end - cue.start) * 1000)
    packet.is_keyframe = True
    return packet


def _copy(medium: Medium, given: Subtitles, source: InputContainer, out: OutputContainer) -> TrackLane:
    """Open a track whose packets are those of the source, moved to where the part begins."""
    stream = source.streams[given.index]
    assert isinstance(stream, SubtitleStream)  # noqa: S101  # it was read as one
    made = out.add_stream_from_template(stream, opaque=True)
    made.metadata.clear()
    describe(made, given.language, given.title, given.disposition)
    origin = source.start_time / 1_000_000 if source.start_time else 0.0
    end = medium.plays or float("inf")
    waiting: list[tuple[float, Packet[Any]]] = []
    for one in given.packets:
        moved = _moved(one, medium.start + origin, end)
        if moved is not None:
            waiting.append((float((moved.pts or 0) * moved.time_base), moved))
    return TrackLane(made, waiting)


def _moved(given: Packet[Any], begin: float, lasts: float) -> Packet[Any] | None:
    """Give a packet of subtitles by the clock of a part; None where it is not of it."""
    base, empty = given.time_base, given.size == len(_EMPTY) and bytes(given) == _EMPTY
    start = float((given.pts or 0) * base) - begin
    end = start + float((given.duration or 0) * base)
    if empty or start >= lasts or (start < 0 and end <= 0):
        return None
    packet = Packet(bytes(given))
    for beside in given.iter_sidedata():
        packet.set_sidedata(beside)
    packet.time_base, packet.is_keyframe = base, True
    packet.pts = packet.dts = round(max(start, 0.0) / base)
    packet.duration = round((min(end, lasts) - max(start, 0.0)) / base) if given.duration else None
    return packet


_EMPTY = b"\x00\x00"
"""A sample of timed text that shows nothing, which the muxer writes itself."""
