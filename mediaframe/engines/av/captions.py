"""Text that goes along with a package, as WebVTT: captions that are given, those of a step, subtitles of the source."""

from __future__ import annotations

import re

from mediaframe.engines.av.cues import Cue, clock, decoded, escaped
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.playlists import Captions
from mediaframe.engines.av.subtitles import subtitles
from mediaframe.engines.av.tracks import placed, track_of
from mediaframe.engines.base import Source
from mediaframe.errors import AssetError
from mediaframe.formats.streaming import Streaming
from mediaframe.model import language
from mediaframe.model.input import Input

_CUE = re.compile(r"^(\d{1,2}:\d\d:\d\d),(\d{3})[ \t]*-->[ \t]*(\d{1,2}:\d\d:\d\d),(\d{3}).*$", re.MULTILINE)
_MAP = "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000"
"""Says that times count from the beginning, as those of the segments (RFC 8216, 3.5)."""


def gathered(medium: Medium, format: Streaming) -> tuple[list[tuple[Captions, bytes]], list[str]]:
    """Give all texts that go along, and in words the subtitles that are none."""
    found = list[tuple[Captions, bytes]]()

    def add(spoken: str, text: bytes, title: str | None = None, *, forced: bool = False) -> None:
        folder = f"captions-{len(found) + 1}" if found else "captions"
        found.append((Captions(spoken, folder, title=title, forced=forced), text))

    if format.captions is not None:
        add(format.captions_language, read(format.captions))
    for track in medium.tracks:
        add(language.tag(track.language), written(placed(medium, track.cues)), track.title)
    given = subtitles(medium)
    for one in given:
        if one.cues:
            text = written(placed(medium, track_of(one).cues))
            add(language.tag(one.language), text, one.title, forced=one.forced)
    return found, [one.named for one in given if one.packets and not one.cues]


def read(given: Input) -> bytes:
    """Give the text as WebVTT; E_INPUT where it is neither that nor SubRip."""
    assert isinstance(given.data, Source)  # noqa: S101  # the child puts the content there
    text = decoded(bytes(given.data.view())).replace("\r\n", "\n").replace("\r", "\n")
    if re.match(r"WEBVTT([ \t\n]|$)", text):
        return _mapped(text)
    if _CUE.search(text) is None:
        raise AssetError(f"captions {given.told!r}: expected WebVTT or SubRip", code="E_INPUT")
    return _mapped("WEBVTT\n\n" + _CUE.sub(r"\1.\2 --> \3.\4", text))


def _mapped(text: str) -> bytes:
    """Say by which clock the times count; what was said of another package does not hold here."""
    first, _, rest = re.sub(r"^X-TIMESTAMP-MAP=.*\n", "", text, count=1, flags=re.MULTILINE).partition("\n")
    return f"{first}\n{_MAP}\n{rest}".encode()


def written(cues: list[Cue]) -> bytes:
    """Write cues as WebVTT."""
    blocks = (f"{clock(one.start)} --> {clock(one.end)}\n{escaped(one.text)}\n" for one in cues)
    return "\n".join([f"WEBVTT\n{_MAP}\n", *blocks]).encode()
