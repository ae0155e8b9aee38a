"""What players read first: playlists of HLS (RFC 8216), the MPD of DASH (ISO/IEC 23009-1), over the same segments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.sax.saxutils import quoteattr

from mediaframe.engines.av.fragments import Segment


@dataclass(frozen=True, slots=True)
class Rendition:
    """One size, or the sound, as it was cut."""

    name: str
    """Its folder below that of the package."""
    codec: str
    units: int
    segments: tuple[Segment, ...]
    peak: int
    mean: int
    size: tuple[int, int] | None = None
    rate: Fraction | None = None
    channels: int = 0
    hz: int = 0

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return sum(one.ticks for one in self.segments) / self.units


@dataclass(frozen=True, slots=True)
class Captions:
    """A text track that goes along."""

    language: str
    file: str = "captions.vtt"
    """Its name below `FOLDER`."""


FOLDER = "captions"
_SOUND = "audio"


def media_playlist(made: Rendition) -> bytes:
    """Write the playlist of one rendition."""
    lasts = [one.ticks / made.units for one in made.segments]
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{_target(lasts)}", "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS", '#EXT-X-MAP:URI="init.mp4"',
    ]  # fmt: skip
    for number, seconds in enumerate(lasts, 1):
        lines += [f"#EXTINF:{seconds:.6f},", f"{number:05d}.m4s"]
    return _text([*lines, "#EXT-X-ENDLIST"])


def captions_playlist(captions: Captions, seconds: float) -> bytes:
    """Write the playlist of a text track, which is one segment."""
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{_target([seconds])}", "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD", f"#EXTINF:{seconds:.6f},", captions.file, "#EXT-X-ENDLIST",
    ]  # fmt: skip
    return _text(lines)


def main_playlist(pictures: Sequence[Rendition], sound: Rendition | None, captions: Captions | None) -> bytes:
    """Write the playlist that names all others: the sizes, the sound, which can be had alone, and the captions."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    groups = []
    if sound is not None:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{_SOUND}",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,'
            f'CHANNELS="{sound.channels}",URI="{sound.name}/index.m3u8"'
        )
        groups.append(f'AUDIO="{_SOUND}"')
    if captions is not None:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{FOLDER}",NAME="{captions.language}",DEFAULT=NO,AUTOSELECT=YES,'
            f'FORCED=NO,LANGUAGE="{captions.language}",URI="{FOLDER}/index.m3u8"'
        )
        groups.append(f'SUBTITLES="{FOLDER}"')
    for made in pictures:
        lines += _variant(made, sound, groups)
    if sound is not None:
        lines += _variant(sound, None, groups)
    return _text(lines)


def _variant(made: Rendition, sound: Rendition | None, groups: Sequence[str]) -> Iterator[str]:
    both = [made, *([sound] if sound is not None else [])]
    told = [
        f"BANDWIDTH={sum(one.peak for one in both)}",
        f"AVERAGE-BANDWIDTH={sum(one.mean for one in both)}",
        f'CODECS="{",".join(one.codec for one in both)}"',
    ]
    if made.size is not None:
        told.append(f"RESOLUTION={made.size[0]}x{made.size[1]}")
    if made.rate is not None:
        told.append(f"FRAME-RATE={float(made.rate):.3f}")
    yield "#EXT-X-STREAM-INF:" + ",".join([*told, *groups])
    yield f"{made.name}/index.m3u8"


def manifest(
    pictures: Sequence[Rendition], sound: Rendition | None, captions: Captions | None, segment_seconds: float
) -> bytes:
    """Write the MPD, of the profile isoff-live, with a timeline of the segments."""
    seconds = max(one.seconds for one in (*pictures, *([sound] if sound is not None else [])))
    longest = max(one.ticks / made.units for made in pictures for one in made.segments)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        (
            '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" '
            f'mediaPresentationDuration="{_length(seconds)}" maxSegmentDuration="{_length(longest)}" '
            f'minBufferTime="{_length(segment_seconds)}">'
        ),
        f'  <Period id="1" start="PT0S" duration="{_length(seconds)}">',
        *_pictures(pictures),
        *(_sound(sound) if sound is not None else ()),
        *(_captions(captions) if captions is not None else ()),
        "  </Period>",
        "</MPD>",
    ]
    return _text(lines)


def _pictures(made: Sequence[Rendition]) -> Iterator[str]:
    first = made[0]
    yield (
        '    <AdaptationSet id="1" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1" '
        f'maxWidth="{max(one.size[0] for one in made if one.size)}" '
        f'maxHeight="{max(one.size[1] for one in made if one.size)}">'
    )
    yield from _template(first)
    for one in made:
        assert one.size is not None  # noqa: S101  # pictures have one
        rate = f' frameRate="{one.rate}"' if one.rate is not None else ""
        yield (
            f'      <Representation id="{one.name}" codecs="{one.codec}" bandwidth="{one.peak}" '
            f'width="{one.size[0]}" height="{one.size[1]}"{rate}/>'
        )
    yield "    </AdaptationSet>"


def _sound(made: Rendition) -> Iterator[str]:
    yield (
        '    <AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" segmentAlignment="true" startWithSAP="1">'
    )
    yield from _template(made)
    yield (
        f'      <Representation id="{made.name}" codecs="{made.codec}" bandwidth="{made.peak}" '
        f'audioSamplingRate="{made.hz}">'
    )
    yield (
        '        <AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" '
        f'value="{made.channels}"/>'
    )
    yield "      </Representation>"
    yield "    </AdaptationSet>"


def _captions(captions: Captions) -> Iterator[str]:
    yield f'    <AdaptationSet id="3" contentType="text" mimeType="text/vtt" lang={quoteattr(captions.language)}>'
    yield '      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="caption"/>'
    yield f'      <Representation id="{FOLDER}" bandwidth="256">'
    yield f"        <BaseURL>{FOLDER}/{captions.file}</BaseURL>"
    yield "      </Representation>"
    yield "    </AdaptationSet>"


def _template(made: Rendition) -> Iterator[str]:
    """Give the names and times of segments; runs of equal length are one line."""
    yield (
        f'      <SegmentTemplate timescale="{made.units}" initialization="$RepresentationID$/init.mp4" '
        'media="$RepresentationID$/$Number%05d$.m4s" startNumber="1">'
    )
    yield "        <SegmentTimeline>"
    at = 0
    while at < len(made.segments):
        first, follow = made.segments[at], at + 1
        while follow < len(made.segments) and made.segments[follow].ticks == first.ticks:
            follow += 1
        again = f' r="{follow - at - 1}"' if follow - at > 1 else ""
        yield f'          <S t="{first.start}" d="{first.ticks}"{again}/>'
        at = follow
    yield "        </SegmentTimeline>"
    yield "      </SegmentTemplate>"


def _target(lasts: Sequence[float]) -> int:
    """Say how long a segment plays at the most, in whole seconds, each rounded to the nearest (RFC 8216, 4.3.3.1)."""
    return max(1, *(math.floor(one + 0.5) for one in lasts))


def _length(seconds: float) -> str:
    return f"PT{seconds:.3f}S"


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
