"""What players read first: playlists of HLS (RFC 8216), the MPD of DASH (ISO/IEC 23009-1), over the same segments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.sax.saxutils import escape, quoteattr

from mediaframe.engines.av.fragments import Segment
from mediaframe.model.language import UNKNOWN


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
    language: str | None = None
    """The tag of BCP 47 of a sound; None where it is not known."""
    title: str | None = None
    default: bool = False

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return sum(one.ticks for one in self.segments) / self.units

    @property
    def lasts(self) -> list[float]:
        """How long each segment plays."""
        return [one.ticks / self.units for one in self.segments]

    @property
    def keys_peak(self) -> int:
        """Bits in a second of the densest key frame, over the time until the next one."""
        return max(round(one.key * 8 * self.units / max(1, one.ticks)) for one in self.segments)


@dataclass(frozen=True, slots=True)
class Captions:
    """A text track that goes along."""

    language: str
    folder: str = "captions"
    file: str = "captions.vtt"
    """Its name below the folder."""
    title: str | None = None
    forced: bool = False


KEYS = "keys.m3u8"
"""The playlist of the key frames of a size, by which players show pictures while one winds on."""
_TEXTS, _SOUND = "captions", "audio"


def target(made: Sequence[Rendition]) -> int:
    """Say how long a segment of any rendition plays at the most, in whole seconds.

    Each is rounded to the nearest (RFC 8216, 4.3.3.1); all renditions say the same (RFC 8216bis, 6.2.4).
    """
    return _target([last for one in made for last in one.lasts])


def media_playlist(made: Rendition, target: int) -> bytes:
    """Write the playlist of one rendition."""
    lasts = made.lasts
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{target}", "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS", '#EXT-X-MAP:URI="init.mp4"',
    ]  # fmt: skip
    for number, seconds in enumerate(lasts, 1):
        lines += [f"#EXTINF:{seconds:.6f},", f"{number:05d}.m4s"]
    return _text([*lines, "#EXT-X-ENDLIST"])


def keys_playlist(made: Rendition, target: int) -> bytes:
    """Write the playlist of the key frames: the part of each segment up to the end of its first sample."""
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{target}", "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-I-FRAMES-ONLY", '#EXT-X-MAP:URI="init.mp4"',
    ]  # fmt: skip
    for number, one in enumerate(made.segments, 1):
        lines += [f"#EXTINF:{one.ticks / made.units:.6f},", f"#EXT-X-BYTERANGE:{one.key}@0", f"{number:05d}.m4s"]
    return _text([*lines, "#EXT-X-ENDLIST"])


def captions_playlist(captions: Captions, seconds: float) -> bytes:
    """Write the playlist of a text track, which is one segment."""
    lines = [
        "#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{_target([seconds])}", "#EXT-X-MEDIA-SEQUENCE:1",
        "#EXT-X-PLAYLIST-TYPE:VOD", f"#EXTINF:{seconds:.6f},", captions.file, "#EXT-X-ENDLIST",
    ]  # fmt: skip
    return _text(lines)


def main_playlist(pictures: Sequence[Rendition], sounds: Sequence[Rendition], captions: Sequence[Captions]) -> bytes:
    """Write the playlist that names all others: the sizes, the sounds, which can be had alone, and the captions."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    groups = []
    names = _names([one.title or one.language or "Audio" for one in sounds])
    for one, name in zip(sounds, names, strict=True):
        default = "YES" if one.default else "NO"
        spoken = f"LANGUAGE={_quoted(one.language)}," if one.language else ""
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{_SOUND}",NAME={_quoted(name)},{spoken}DEFAULT={default},'
            f'AUTOSELECT=YES,CHANNELS="{one.channels}",URI="{one.name}/index.m3u8"'
        )
    if sounds:
        groups.append(f'AUDIO="{_SOUND}"')
    for text, name in zip(captions, _names([one.title or one.language for one in captions]), strict=True):
        spoken = f"LANGUAGE={_quoted(text.language)}," if text.language != UNKNOWN else ""
        lines.append(
            f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="{_TEXTS}",NAME={_quoted(name)},{spoken}DEFAULT=NO,AUTOSELECT=YES,'
            f'FORCED={"YES" if text.forced else "NO"},URI="{text.folder}/index.m3u8"'
        )
    groups += [f'SUBTITLES="{_TEXTS}"'] if captions else []
    groups.append("CLOSED-CAPTIONS=NONE")
    for made in pictures:
        lines += _variant(made, sounds, groups)
    if sounds:
        lines += _variant(next(one for one in sounds if one.default), sounds, groups)
    lines += [
        f"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={one.keys_peak},CODECS={_quoted(one.codec)},"
        f'RESOLUTION={one.size[0]}x{one.size[1]},URI="{one.name}/{KEYS}"'
        for one in pictures
        if one.size is not None
    ]
    return _text(lines)


def _names(wanted: Sequence[str]) -> list[str]:
    """Give each of a group a name of its own (RFC 8216, 4.3.4.1.1)."""
    found = list[str]()
    for one in wanted:
        again, name = 1, one
        while name in found:
            again += 1
            name = f"{one} {again}"
        found.append(name)
    return found


def _quoted(text: str | None) -> str:
    """Write a quoted string, which holds neither quotation marks nor line ends (RFC 8216, 4.2)."""
    plain = "".join(" " if one in '"\r\n' else one for one in text or "")
    return f'"{plain}"'


def _variant(made: Rendition, sounds: Sequence[Rendition], groups: Sequence[str]) -> Iterator[str]:
    heard = [one for one in sounds if made.size is not None or one is made]
    shown = [made] if made.size is not None else []
    codecs = dict.fromkeys(one.codec for one in (*shown, *heard))
    told = [
        f"BANDWIDTH={sum(one.peak for one in shown) + max((one.peak for one in heard), default=0)}",
        f"AVERAGE-BANDWIDTH={sum(one.mean for one in shown) + max((one.mean for one in heard), default=0)}",
        f'CODECS="{",".join(codecs)}"',
    ]
    if made.size is not None:
        told.append(f"RESOLUTION={made.size[0]}x{made.size[1]}")
    if made.rate is not None:
        told.append(f"FRAME-RATE={float(made.rate):.3f}")
    yield "#EXT-X-STREAM-INF:" + ",".join([*told, *groups])
    yield f"{made.name}/index.m3u8"


def manifest(
    pictures: Sequence[Rendition], sounds: Sequence[Rendition], captions: Sequence[Captions], segment_seconds: float
) -> bytes:
    """Write the MPD, of the profile isoff-live, with a timeline of the segments."""
    seconds = max(one.seconds for one in (*pictures, *sounds))
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
        *(line for at, one in enumerate(sounds, 2) for line in _sound(one, at)),
        *(line for at, one in enumerate(captions, 2 + len(sounds)) for line in _captions(one, at)),
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


_ROLES = "urn:mpeg:dash:role:2011"


def _sound(made: Rendition, number: int) -> Iterator[str]:
    spoken = f" lang={quoteattr(made.language)}" if made.language else ""
    yield (
        f'    <AdaptationSet id="{number}" contentType="audio" mimeType="audio/mp4"{spoken} segmentAlignment="true" '
        'startWithSAP="1">'
    )
    if made.title:
        yield f"      <Label>{escape(made.title)}</Label>"
    yield f'      <Role schemeIdUri="{_ROLES}" value="{"main" if made.default else "alternate"}"/>'
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


def _captions(captions: Captions, number: int) -> Iterator[str]:
    yield (
        f'    <AdaptationSet id="{number}" contentType="text" mimeType="text/vtt" lang={quoteattr(captions.language)}>'
    )
    if captions.title:
        yield f"      <Label>{escape(captions.title)}</Label>"
    yield f'      <Role schemeIdUri="{_ROLES}" value="{"forced-subtitle" if captions.forced else "caption"}"/>'
    yield f'      <Representation id="{captions.folder}" bandwidth="256">'
    yield f"        <BaseURL>{captions.folder}/{captions.file}</BaseURL>"
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
    return max(1, *(math.floor(one + 0.5) for one in lasts))


def _length(seconds: float) -> str:
    return f"PT{seconds:.3f}S"


def _text(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
