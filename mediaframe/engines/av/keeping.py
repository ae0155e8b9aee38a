"""Colors that are kept: ten bits, wide gamuts and high dynamic range, with what HDR10 says of its displays."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from mediaframe.engines.av import color
from mediaframe.engines.av.codecs import PICTURES, Coder, Pictures
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.prints import pictures as reel
from mediaframe.errors import AssetError
from mediaframe.formats.video import Encoded as Format

_DEEP = "yuv420p10le"
_GIVEN = {"h265": "x265-params", "av1": "svtav1-params"}
"""The options by which encoders are told of displays."""


def pictures(medium: Medium, format: Format, word: str) -> Pictures:
    """Give the encoder of a codec, for the colors that are asked for."""
    plain = PICTURES[word]
    if format.color != "keep" or medium.stream is None:
        return plain
    layout = medium.stream.format
    deep = layout is not None and max(part.bits for part in layout.components) > 8
    coder = replace(plain.coder, keeps=True, pixels=_DEEP if deep else plain.coder.pixels)
    if color.said(medium.stream.codec_context).wide and medium.painted:
        raise AssetError(
            f"{format.word}(color='keep'): what is put on pictures is in BT.709, these are in wider colors; leave "
            "watermark, text, fades, pads and burned captions out, or color='keep'",
            code="E_OP",
        )
    if word in _GIVEN and deep:
        told = displays(medium)
        words = told.x265 if word == "h265" else told.svt
        return replace(plain, coder=_told(coder, _GIVEN[word], words), rated=_rated(plain, _GIVEN[word], words))
    return replace(plain, coder=coder)


def _told(coder: Coder, name: str, words: str) -> Coder:
    if not words:
        return coder
    given = coder.options.get(name)
    options: Mapping[str, str] = {**coder.options, name: f"{given}:{words}" if given else words}
    return replace(coder, options=options)


def _rated(plain: Pictures, name: str, words: str) -> Mapping[str, str]:
    """Give the options beside a bit rate, which take the place of the others."""
    given = plain.rated.get(name)
    return plain.rated if given is None or not words else {**plain.rated, name: f"{given}:{words}"}


@dataclass(frozen=True, slots=True)
class Displays:
    """What HDR10 says: colors and nits of the display that it was made on (SMPTE ST 2086), and how bright it becomes.

    Points are x and y of red, green, blue and white; nits those of white and of black.
    """

    points: tuple[float, ...] = ()
    nits: tuple[float, float] | None = None
    light: tuple[int, int] | None = None
    """Nits of the brightest pixel, and of the brightest picture on the mean (CTA-861.3)."""

    @property
    def x265(self) -> str:
        """In the words of x265, which counts in 1/50000 and 1/10000."""
        words = list[str]()
        if self.points and self.nits:
            red, green, blue, white = (
                f"({round(self.points[at] * 50_000)},{round(self.points[at + 1] * 50_000)})" for at in (0, 2, 4, 6)
            )
            nits = f"({round(self.nits[0] * 10_000)},{round(self.nits[1] * 10_000)})"
            words.append(f"master-display=G{green}B{blue}R{red}WP{white}L{nits}")
        if self.light:
            words.append(f"max-cll={self.light[0]},{self.light[1]}")
        return ":".join([*words, "hdr10=1"]) if words else ""

    @property
    def svt(self) -> str:
        """In the words of SVT-AV1, which has plain numbers."""
        words = list[str]()
        if self.points and self.nits:
            red, green, blue, white = (f"({self.points[at]:.5f},{self.points[at + 1]:.5f})" for at in (0, 2, 4, 6))
            nits = f"({self.nits[0]:.4f},{self.nits[1]:.4f})"
            words.append(f"mastering-display=G{green}B{blue}R{red}WP{white}L{nits}")
        if self.light:
            words.append(f"content-light={self.light[0]},{self.light[1]}")
        return ":".join(words)


def displays(medium: Medium) -> Displays:
    """Read what the first picture says of displays."""
    memo, key = medium.source.memo, f"displays {medium.stream.index if medium.stream else None}"
    if key not in memo:
        first = reel(medium).first()
        memo[key] = Displays() if first is None else told_by(first)
    found: Displays = memo[key]
    return found


def told_by(frame: VideoFrame) -> Displays:
    """Read the side data of a frame: AVMasteringDisplayMetadata and AVContentLightMetadata of libavutil."""
    points: tuple[float, ...] = ()
    nits = light = None
    given: Any = frame.side_data  # its stub is that of a dictionary
    beside = {one.type: bytes(one) for one in given}
    display, content = beside.get(Type.MASTERING_DISPLAY_METADATA, b""), beside.get(Type.CONTENT_LIGHT_LEVEL, b"")
    if len(display) >= _DISPLAY.size:
        *numbers, has_points, has_nits = _DISPLAY.unpack_from(display)
        shares = [over / under if under else 0.0 for over, under in zip(numbers[::2], numbers[1::2], strict=True)]
        points = tuple(shares[:8]) if has_points else ()
        nits = (shares[9], shares[8]) if has_nits else None
    if len(content) >= 8:
        most, mean = struct.unpack_from("=II", content)
        light = (most, mean) if most or mean else None
    return Displays(points, nits, light)


_DISPLAY = struct.Struct("=20i2i")
"""Ten fractions (red, green, blue, white, the least and the most light), then whether points and light are there."""
