"""How pictures are written: jpeg, png, webp, avif."""

from __future__ import annotations

from typing import ClassVar, Literal

from mediaframe.errors import RecipeError, expected
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.wishes import (
    ALLOW_RESIZE,
    LOSSLESS,
    MAX_BYTES,
    METADATA,
    NEVER_GROW,
    ON_MISS,
    QUALITY,
    TARGET,
    Metadata,
    OnMiss,
    Wished,
)

Chroma = Literal["auto", "420", "444"]

_BITS_OF_PNG = "Bits of each number, 8 or 16; with 16 the whole recipe works on 16."
_BITS_OF_AVIF = "Bits of each number, 8, 10 or 12; above 8 the whole recipe works on 16."
_PALETTE = "None is lossless; 1 to 100 reduces to a palette whose colors are that near to the picture's."
_OPTIMIZE = (
    "Whether all filters and exact palettes are tried and the smallest file is written, whatever `effort` says: a "
    "tenth to a half smaller, ten times the time, the same pixels."
)
_COLORS = "A palette of at most so many colors: 2, 4, 16 or 256."
_DITHER = "How much the error of a palette is spread: 0 gives bands, 1 grain."
_MAX_BYTES_PNG = "Lossless where that is no larger than this, else the best palette up to `quality` that is."
_CHROMA = (
    "The resolution of colors: halved (420), whole (444), or halved under quality 90 and whole from there (auto; with "
    "`target`, whole where no halved one hits it)."
)
_REPACK = (
    "Whether the picture data of a JPEG are kept as they are and packed smaller, without a change of any pixel; a "
    "row's error where the steps change pixels or the source is no JPEG; `on_miss='best_effort'` encodes those."
)

_TRELLIS = (
    "Whether coefficients are chosen for what they cost (mozjpeg's trellis and tables): 9 to 11 % smaller at equal "
    "looks under quality 75, none above 85, for three times the CPU; a quality looks a little worse than without."
)


class Jpeg(Wished, takes="image", media_type="image/jpeg", extension="jpg"):
    """Write a JPEG: photographs, readable everywhere; transparency is put on the background.

    Source: mozjpeg through libvips `jpegsave`, with optimized tables.

    >>> mf.image.resize(1600).jpeg(quality=80)
    image.resize(width=1600).jpeg()
    """

    repacks: ClassVar[bool] = True

    quality: Value[int] = arg(default=80, ge=1, le=100, doc=QUALITY)
    progressive: Value[bool] = arg(default=True, doc="Whether it shows coarse first; smaller as well.")
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=MAX_BYTES)
    background: Value[str] = arg(default="#ffffff", unit="color", doc="The color behind transparent pixels.")
    metadata: Value[Metadata] = arg(default="strip", doc=METADATA)
    target: Value[float | None] = arg(default=None, ge=0, le=100, kw_only=True, doc=TARGET)
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    allow_resize: Value[bool] = arg(default=False, kw_only=True, doc=ALLOW_RESIZE)
    chroma: Value[Chroma] = arg(default="auto", kw_only=True, doc=_CHROMA)
    never_grow: Value[bool] = arg(default=False, kw_only=True, doc=NEVER_GROW)
    lossless: Value[bool] = arg(default=False, kw_only=True, doc=_REPACK)
    trellis: Value[bool] = arg(default=False, kw_only=True, doc=_TRELLIS)


class Png(Wished, takes="image", media_type="image/png", extension="png"):
    """Write a PNG: lossless, with transparency.

    With `quality` or `colors` it is reduced to a palette, which is lossy: drawings and screens become three to five
    times smaller.

    Source: libpng through libvips `pngsave`; libimagequant for palettes. The default filter is chosen by measurement:
    on photographs it gives files a quarter smaller than none, for a quarter more time.

    >>> mf.image.png(effort=9)
    image.png(effort=9)
    >>> mf.image.png(colors=16)
    image.png(colors=16)
    """

    effort: Value[int] = arg(default=6, ge=0, le=9, doc="How hard to compress (zlib level).")
    progressive: Value[bool] = arg(default=False, doc="Whether it is interlaced.")
    metadata: Value[Metadata] = arg(default="strip", doc=METADATA)
    bits: Value[int] = arg(default=8, ge=8, le=16, doc=_BITS_OF_PNG)
    quality: Value[int | None] = arg(default=None, ge=1, le=100, kw_only=True, doc=_PALETTE)
    optimize: Value[bool] = arg(default=False, kw_only=True, doc=_OPTIMIZE)
    colors: Value[int | None] = arg(default=None, ge=2, le=256, kw_only=True, doc=_COLORS)
    dither: Value[float] = arg(default=1.0, ge=0, le=1, kw_only=True, doc=_DITHER)
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, kw_only=True, doc=_MAX_BYTES_PNG)
    target: Value[float | None] = arg(default=None, ge=0, le=100, kw_only=True, doc=TARGET)
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    allow_resize: Value[bool] = arg(default=False, kw_only=True, doc=ALLOW_RESIZE)
    never_grow: Value[bool] = arg(default=False, kw_only=True, doc=NEVER_GROW)

    def check(self) -> None:
        """Ask for bits and colors that there are; hold the wishes against one another."""
        _one_of(self, 8, 16)
        if self.settled("colors") and self.colors not in (None, 2, 4, 16, 256):
            raise RecipeError(expected("png(colors=...)", "2, 4, 16 or 256, as many as whole bits hold", self.colors))
        lossy = [one for one in ("quality", "colors", "max_bytes", "target") if self.values[one] is not None]
        lossy += ["optimize"] if self.optimize is True else []
        if self.settled("bits") and self.bits > 8 and lossy:
            raise RecipeError(f"png: expected bits=16 or {lossy[0]}, got both; palettes have 8 bits")
        super().check()


class Webp(Wished, takes="image", media_type="image/webp", extension="webp", animates=True):
    """Write a WebP: smaller than JPEG, with transparency, readable in all browsers.

    Source: libwebp through libvips `webpsave`. Effort 2 takes less than half the time of libwebp's own default of 4; at
    the same quality its files are 4 % larger and score 0.3 points of SSIMULACRA 2 less, half a step of quality.
    Say `effort=4` where bytes count more than time.
    An animation stays one; frames that look equal to their neighbor become one with it.

    >>> mf.image.resize(320, 320, fit="cover").webp(max_bytes="20 kB")
    image.resize(width=320, height=320, fit='cover').webp(max_bytes=20000)
    """

    revision = 2  # An animation stays one.

    quality: Value[int] = arg(default=80, ge=1, le=100, doc=QUALITY)
    lossless: Value[bool] = arg(default=False, doc=LOSSLESS)
    effort: Value[int] = arg(default=2, ge=0, le=6, doc="How hard to compress.")
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=MAX_BYTES)
    metadata: Value[Metadata] = arg(default="strip", doc=METADATA)
    target: Value[float | None] = arg(default=None, ge=0, le=100, kw_only=True, doc=TARGET)
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    allow_resize: Value[bool] = arg(default=False, kw_only=True, doc=ALLOW_RESIZE)
    never_grow: Value[bool] = arg(default=False, kw_only=True, doc=NEVER_GROW)


class Avif(Wished, takes="image", media_type="image/avif", extension="avif", animates=True):
    """Write an AVIF: the smallest files for the web, with transparency, slower to make.

    Source: aom through libvips `heifsave`. Effort 2 takes a tenth of the time of libvips' default of 4 for a tenth
    more bytes. An animation stays one, written by aom through Pillow; a delay of 0 becomes 1 ms.

    >>> mf.image.resize(1600).avif(quality=60)
    image.resize(width=1600).avif(quality=60)
    """

    revision = 2  # An animation stays one.

    quality: Value[int] = arg(default=50, ge=1, le=100, doc=QUALITY)
    lossless: Value[bool] = arg(default=False, doc=LOSSLESS)
    effort: Value[int] = arg(default=2, ge=0, le=9, doc="How hard to compress.")
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=MAX_BYTES)
    metadata: Value[Metadata] = arg(default="strip", doc=METADATA)
    bits: Value[int] = arg(default=8, ge=8, le=12, doc=_BITS_OF_AVIF)
    target: Value[float | None] = arg(default=None, ge=0, le=100, kw_only=True, doc=TARGET)
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    allow_resize: Value[bool] = arg(default=False, kw_only=True, doc=ALLOW_RESIZE)
    chroma: Value[Chroma] = arg(default="auto", kw_only=True, doc=_CHROMA)
    never_grow: Value[bool] = arg(default=False, kw_only=True, doc=NEVER_GROW)

    def check(self) -> None:
        """Ask for bits that there are; hold the wishes against one another."""
        _one_of(self, 8, 10, 12)
        super().check()


def _one_of(spec: Png | Avif, *allowed: int) -> None:
    if spec.settled("bits") and spec.bits not in allowed:
        *others, last = allowed
        raise RecipeError(expected(f"{spec.word}(bits=...)", f"{', '.join(map(str, others))} or {last}", spec.bits))
