"""Captions as a track of their own: 3GPP timed text, SubRip or WebVTT, as the container has it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.container import OutputContainer
from av.packet import Packet
from av.subtitles.stream import SubtitleStream

from mediaframe.engines.av.cues import Cue, stretches
from mediaframe.engines.av.medium import Medium, Track
from mediaframe.errors import AssetError

CODECS = {"mp4": "mov_text", "mov": "mov_text", "matroska": "srt", "webm": "webvtt"}
"""FFmpeg's encoders of captions by the containers that hold them."""

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
    waiting: list[Cue]

    def until(self, seconds: float) -> Iterator[Packet[Any]]:
        """Give the cues that begin until a moment of the result."""
        while self.waiting and self.waiting[0].start <= seconds:
            yield self._packet(self.waiting.pop(0))

    def _packet(self, cue: Cue) -> Packet[Any]:
        text = cue.text.encode()
        if self.out.codec_context.name == "mov_text":
            text = struct.pack(">H", len(text[:65_535])) + text[:65_535]
        packet = Packet(text)
        packet.stream, packet.time_base = self.out, _CLOCK
        packet.pts = packet.dts = round(cue.start * 1000)
        packet.duration = round((cue.end - cue.start) * 1000)
        packet.is_keyframe = True
        return packet


def track_lane(medium: Medium, track: Track, out: OutputContainer, muxer: str) -> TrackLane:
    """Open a track with the cues that lie in the part, by its own clock."""
    word = CODECS.get(muxer)
    if word is None:
        raise AssetError(f"captions(mode='attach'): {muxer} holds no captions", code="E_OP")
    made = out.add_stream(word)
    assert isinstance(made, SubtitleStream)  # noqa: S101  # an encoder of captions gives no other
    made.codec_context.subtitle_header = _STYLES
    made.codec_context.time_base = _CLOCK
    if track.language:
        made.metadata["language"] = track.language
    end = medium.seconds or float("inf")
    inside = [
        Cue(max(0.0, start), min(end, stop), cue.text)
        for cue in stretches(track.cues)
        if (start := (cue.start - medium.start) / medium.speed) < end
        and (stop := (cue.end - medium.start) / medium.speed) > 0
    ]
    return TrackLane(made, inside)
