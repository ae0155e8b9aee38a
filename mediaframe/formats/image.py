"""How pictures are written: jpeg, png, webp, avif."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError, expected
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format

Metadata = Literal["strip", "keep"]

_QUALITY = "From 1 (smallest) to 100 (best)."
_MAX_BYTES = "The best quality up to `quality` whose file is no larger; a row's error where none is."
_BITS_OF_PNG = "Bits of each number, 8 or 16; with 16 the whole recipe works on 16."
_BITS_OF_AVIF = "Bits of each number, 8, 10 or 12; above 8 the whole recipe works on 16."
_METADATA = "Whether EXIF, XMP and IPTC are kept; the orientation is always done, pixels are sRGB."


class Jpeg(Format, takes="image", media_type="image/jpeg", extension="jpg"):
    """Write a JPEG: photographs, readable everywhere; transparency is put on the background.

    Source: mozjpeg through libvips `jpegsave`, with optimized tables.

    >>> mf.image.resize(1600).jpeg(quality=80)
    image.resize(width=1600).jpeg()
    """

    quality: Value[int] = arg(default=80, ge=1, le=100, doc=_QUALITY)
    progressive: Value[bool] = arg(default=True, doc="Whether it shows coarse first; smaller as well.")
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=_MAX_BYTES)
    background: Value[str] = arg(default="#ffffff", unit="color", doc="The color behind transparent pixels.")
    metadata: Value[Metadata] = arg(default="strip", doc=_METADATA)


class Png(Format, takes="image", media_type="image/png", extension="png"):
    """Write a PNG: lossless, with transparency.

    Source: libpng through libvips `pngsave`. The default filter is chosen by measurement: on photographs it gives
    files a quarter smaller than none, for a quarter more time.

    >>> mf.image.png(effort=9)
    image.png(effort=9)
    """

    effort: Value[int] = arg(default=6, ge=0, le=9, doc="How hard to compress (zlib level).")
    progressive: Value[bool] = arg(default=False, doc="Whether it is interlaced.")
    metadata: Value[Metadata] = arg(default="strip", doc=_METADATA)
    bits: Value[int] = arg(default=8, ge=8, le=16, doc=_BITS_OF_PNG)

    def check(self) -> None:
        """Ask for bits that there are."""
        _one_of(self, 8, 16)


class Webp(Format, takes="image", media_type="image/webp", extension="webp"):
    """Write a WebP: smaller than JPEG, with transparency, readable in all browsers.

    Source: libwebp through libvips `webpsave`. Effort 2 takes less than half the time of libwebp's own default of 4; at
    the same quality its files are 4 % larger and a little less exact (SSIM 0.974 against 0.977), at the same SSIM 13 %
    larger. Say `effort=4` where bytes count more than time.

    >>> mf.image.resize(320, 320, fit="cover").webp(max_bytes="20 kB")
    image.resize(width=320, height=320, fit='cover').webp(max_bytes=20000)
    """

    quality: Value[int] = arg(default=80, ge=1, le=100, doc=_QUALITY)
    lossless: Value[bool] = arg(default=False, doc="Whether every pixel is kept as it is.")
    effort: Value[int] = arg(default=2, ge=0, le=6, doc="How hard to compress.")
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=_MAX_BYTES)
    metadata: Value[Metadata] = arg(default="strip", doc=_METADATA)

    def check(self) -> None:
        """Hold lossless against max_bytes."""
        _one_of_two(self)


class Avif(Format, takes="image", media_type="image/avif", extension="avif"):
    """Write an AVIF: the smallest files for the web, with transparency, slower to make.

    Source: aom through libvips `heifsave`. Effort 2 takes a tenth of the time of libvips' default of 4 for a tenth
    more bytes.

    >>> mf.image.resize(1600).avif(quality=60)
    image.resize(width=1600).avif(quality=60)
    """

    quality: Value[int] = arg(default=50, ge=1, le=100, doc=_QUALITY)
    lossless: Value[bool] = arg(default=False, doc="Whether every pixel is kept as it is.")
    effort: Value[int] = arg(default=2, ge=0, le=9, doc="How hard to compress.")
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=_MAX_BYTES)
    metadata: Value[Metadata] = arg(default="strip", doc=_METADATA)
    bits: Value[int] = arg(default=8, ge=8, le=12, doc=_BITS_OF_AVIF)

    def check(self) -> None:
        """Hold lossless against max_bytes; ask for bits that there are."""
        _one_of_two(self)
        _one_of(self, 8, 10, 12)


def _one_of(spec: Png | Avif, *allowed: int) -> None:
    if spec.settled("bits") and spec.bits not in allowed:
        *others, last = allowed
        raise RecipeError(expected(f"{spec.word}(bits=...)", f"{', '.join(map(str, others))} or {last}", spec.bits))


def _one_of_two(spec: Webp | Avif) -> None:
    if spec.settled("lossless", "max_bytes") and spec.lossless and spec.max_bytes is not None:
        raise RecipeError(f"{spec.word}: expected lossless or max_bytes, got both; lossless has no quality to lower")
