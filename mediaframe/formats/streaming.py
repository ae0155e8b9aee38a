"""How videos are written for streaming: HLS and DASH packages, made of one set of CMAF segments."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import File, Quantity, Value, arg
from mediaframe.model.finish import Format
from mediaframe.model.input import Input
from mediaframe.model.kind import Shape
from mediaframe.model.wishes import Preset

Profile = Literal["basic", "standard", "hd", "source_max"]

PROFILES: dict[Profile, tuple[int, ...]] = {
    "basic": (360, 480),
    "standard": (360, 480, 720),
    "hd": (360, 480, 720, 1080),
    "source_max": (360, 480, 720, 1080, 1440, 2160),
}
"""The shorter sides of the pictures, in pixels, that a profile makes at the most."""

_NEAR = 1.15
"""A side that is no larger than the next one by this share is made in its place: players gain nothing by both."""


class Streaming(Format):
    """What all packages for streaming take."""

    profile: Value[Profile] = arg(
        default="standard",
        doc="The sizes that are made, by the shorter side: 360 and 480 (basic), 720 too (standard), 1080 too (hd), "
        "1440 and 2160 too (source_max). None is larger than the source; where it lies between two, its own is made.",
    )
    ladder: Quantity[tuple[int, ...] | None] = arg(
        default=None, unit="sides", doc="Shorter sides of your own in pixels instead of a profile: (240, 540)."
    )
    segment_seconds: Quantity[float] = arg(
        default=6.0, unit="s", ge=2, le=12, doc="How long a segment plays; each begins with a key frame in all sizes."
    )
    crf: Value[int] = arg(
        default=23, ge=0, le=51, doc="Constant rate factor: lower is better and larger; peaks are capped for each size."
    )
    preset: Value[Preset] = arg(default="veryfast", doc="How hard to compress, by x264's words; slower is smaller.")
    audio_bitrate: Quantity[int] = arg(
        default=128_000, unit="bits/s", ge=8_000, doc="Bits in a second of the sound, which is one rendition for all."
    )
    captions: File[Input | None] = arg(
        default=None, holds="text", doc="WebVTT or SubRip: a path or a URL, also from a column."
    )
    captions_language: Value[str] = arg(default="en", doc="The language of the captions, as BCP 47 has it.")
    poster: Quantity[str | None] = arg(
        default=None, unit="moment", doc="The moment of a picture that goes along as poster.jpg: '10%' or '3 s'."
    )

    def check(self) -> None:
        """Hold the language against its form."""
        if self.settled("captions_language"):
            parts = self.captions_language.split("-")
            if not all(part.isalnum() and part.isascii() and len(part) <= 8 for part in parts):
                raise RecipeError(
                    f"{self.word}(captions_language={self.captions_language!r}): expected a tag of BCP 47, such as "
                    "'en' or 'pt-BR'"
                )

    def sides(self, shorter: int) -> tuple[int, ...]:
        """Say the shorter sides that are made of a source, in even pixels, the smallest first.

        >>> Hls("hd").sides(720), Hls("standard").sides(540), Hls("standard").sides(484), Hls("basic").sides(201)
        ((360, 480, 720), (360, 540), (360, 484), (200,))
        """
        most = max(2, shorter - shorter % 2)
        asked = sorted({min(most, side - side % 2) for side in self.ladder or PROFILES[self.profile]})
        kept = [one for one, following in pairwise(asked) if following != most or most > one * _NEAR]
        return (*kept, asked[-1])

    def infer(self, shape: Shape) -> Shape:
        """Say the size of the largest rendition."""
        if shape.size is None or any(type(one) is not int for one in shape.size):
            return Shape("video", seconds=shape.seconds)
        width, height = rung_size(shape.size, self.sides(min(shape.size))[-1])
        return Shape("video", width, height, seconds=shape.seconds)


def rung_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Give width and height for a shorter side, both even.

    >>> rung_size((1920, 1080), 360), rung_size((1080, 1920), 480), rung_size((853, 481), 480)
    ((640, 360), (480, 854), (852, 480))
    """
    width, height = size
    other = max(2, round(max(width, height) * side / min(width, height) / 2) * 2)
    other = min(other, max(width, height) - max(width, height) % 2) if max(width, height) > 1 else 2
    return (side, other) if width <= height else (other, side)


class Hls(Streaming, takes="video", media_type="application/vnd.apple.mpegurl", extension="m3u8", package="index.m3u8"):
    """Write an HLS package: a folder with `index.m3u8`, a playlist for each size, and CMAF segments.

    H.264 and AAC, from one decode; the sound is a rendition of its own, which can be played alone. With `dash=True` a
    `manifest.mpd` names the same segments, so that one package serves all players.
    Shapes: the size told is that of the largest rendition. Errors: `E_LIMIT_OUTPUT` where there would be more segments
    than `Limits.parts`, `E_OP` where there is no picture, `E_INPUT` where captions are neither WebVTT nor SubRip.

    Source: RFC 8216 and Apple's authoring specification for HLS; ISO/IEC 23000-19 (CMAF); libx264 and FFmpeg's aac.

    >>> mf.video.hls("hd", segment_seconds=4)
    video.hls(profile='hd', segment_seconds=4.0)
    """

    dash: Value[bool] = arg(default=False, doc="Whether a DASH manifest of the same segments goes along.")


class Dash(Streaming, takes="video", media_type="application/dash+xml", extension="mpd", package="manifest.mpd"):
    """Write a DASH package: a folder with `manifest.mpd` and CMAF segments.

    As `hls`, which can write both manifests over one set of segments.

    Source: ISO/IEC 23009-1 (DASH), profile isoff-live; ISO/IEC 23000-19 (CMAF); libx264 and FFmpeg's aac.

    >>> mf.video.dash("basic", ladder=(240, 540))
    video.dash(profile='basic', ladder=(240, 540))
    """
