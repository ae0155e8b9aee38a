"""Subtitles of the source: read once, as packets and as text, for whatever container they go into."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from mediaframe.engines.av import demux
from mediaframe.engines.av.choosing import title_of
from mediaframe.engines.av.cues import Cue
from mediaframe.engines.av.medium import Medium

_MOST = 64 << 20
"""Bytes of subtitles that are held; those of a film are a tenth of a megabyte, as pictures some tens."""
_LONGEST = 30.0
"""Seconds that a text is shown whose packet does not say how long."""
_WORD = 2_000
"""Packets between two words that reading goes on."""


@dataclass(slots=True)
class Subtitles:
    """One stream of subtitles, whole; times are seconds of the source."""

    index: int
    codec: str
    language: str | None
    title: str | None
    disposition: Disposition
    packets: list[Packet[Any]] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)

    @property
    def forced(self) -> bool:
        """Whether it translates what is foreign in the pictures alone."""
        return bool(self.disposition & Disposition.forced)

    @property
    def named(self) -> str:
        """What is said of it where it is left out."""
        return f"{self.language or 'no language'}, {self.codec}"


def subtitles(medium: Medium) -> list[Subtitles]:
    """Give the subtitles that are taken, read once for all that is made of a source."""
    if not medium.texts_at:
        return []
    memo, key = medium.source.memo, f"subtitles {medium.texts_at}"
    if key not in memo:
        with demux.faults("its subtitles cannot be read"), demux.opened(medium.source, medium.task) as source:
            memo[key] = _read(medium, source)
    found: list[Subtitles] = memo[key]
    return found


def _read(medium: Medium, source: InputContainer) -> list[Subtitles]:
    at = {one.index: one for one in source.streams.subtitles if one.index in medium.texts_at}
    made = {index: _opened(stream) for index, stream in at.items()}
    origin, held = source.start_time / 1_000_000 if source.start_time else 0.0, 0
    for packet in _packets(medium, source, list(at.values())):
        held += packet.size
        if held > _MOST:
            break
        one = made[packet.stream_index]
        one.packets.append(packet)
        one.cues += _cues(at[packet.stream_index], packet, origin)
    return [made[index] for index in medium.texts_at]


def _opened(stream: SubtitleStream) -> Subtitles:
    codec = demux.codec(stream) if stream.codec_context is not None else "unknown"
    return Subtitles(stream.index, codec, stream.language, title_of(stream), stream.disposition)


def _packets(medium: Medium, source: InputContainer, wanted: list[SubtitleStream]) -> Iterator[Packet[Any]]:
    """Give the packets of subtitles. An index passes the others by; else they are read, and that is told."""
    indexed = source.format.name == demux.INDEXED
    try:
        for number, packet in enumerate(demux.packets(source, wanted if indexed else source.streams)):
            if not number % _WORD:
                medium.task.tell(0.0)
            if packet.size and packet.pts is not None and any(packet.stream_index == one.index for one in wanted):
                yield packet
    except FFmpegError:
        return  # a file that is cut ends here; what is read is shown


def _cues(stream: SubtitleStream, packet: Packet[Any], origin: float) -> Iterator[Cue]:
    """Decode what a packet says; what does not decode says nothing."""
    try:
        found = stream.codec_context.decode2(packet) if stream.codec_context is not None else None
    except (FFmpegError, ValueError):
        return
    start = float((packet.pts or 0) * packet.time_base) - origin
    lasts = float((packet.duration or 0) * packet.time_base) or _LONGEST
    for one in found or ():
        text = plain(one.ass.decode("utf-8", "replace")) if isinstance(one, AssSubtitle) else ""
        if text:
            yield Cue(start, start + lasts, text)


_DRAWN = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}.*?(?=\{[^{}]*\\p0[^{}]*\}|$)", re.DOTALL)
_MARKS = re.compile(r"\{[^{}]*\}")


def plain(event: str) -> str:
    r"""Give the text of an event of ASS, whose ninth field it is, without styles and drawings.

    >>> plain(r"0,0,Default,,0,0,0,,Hello {\i1}you{\i0},\Nall")
    'Hello you,\nall'
    """
    text = event.split(",", 8)[-1]
    text = _MARKS.sub("", _DRAWN.sub("", text)).replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ")
    return "\n".join(line for one in text.splitlines() if (line := one.strip()))
