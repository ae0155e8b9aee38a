"""How animations are written where no still format does it as well: gif, apng."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.finish import Format


class Gif(Format, takes="image", media_type="image/gif", extension="gif", animates=True):
    """Write a GIF: animations that show everywhere, with up to 256 colors for each frame and no half transparency.

    A GIF counts time in hundredths of a second. The moment at which a frame begins is rounded to that, so that a long
    animation does not drift; a frame that was longer than 10 ms stays at 20 ms or more, since browsers show shorter
    ones for 100 ms. Every frame is kept, those that equal their neighbor too.

    Source: libimagequant and cgif through libvips `gifsave`.

    >>> mf.image.resize(320).gif()
    image.resize(width=320).gif()
    """

    effort: Value[int] = arg(default=7, ge=1, le=10, doc="How hard to look for the colors.")
    dither: Value[float] = arg(default=1.0, ge=0, le=1, doc="How much of the error of a color is spread around it.")
    bitdepth: Value[int] = arg(default=8, ge=1, le=8, doc="Bits of a color's number: 8 for 256 colors, 4 for 16.")
    interframe_maxerror: Value[float] = arg(
        default=0.0, ge=0, le=32, doc="How far a pixel may be off to stay as in the frame before; more is smaller."
    )
    interpalette_maxerror: Value[float] = arg(
        default=3.0, ge=0, le=256, doc="How far the colors of a frame may be off to be those of the frame before."
    )
    progressive: Value[bool] = arg(default=False, doc="Whether it is interlaced.")


class Apng(Format, takes="image", media_type="image/apng", extension="apng", animates=True):
    """Write an animated PNG: every pixel, color and delay as it is, with transparency; large files.

    Only the part of a frame that differs from the one before is stored. Programs that know no animations show the first
    frame.

    Source: libpng through libvips `pngsave`, chunks as in Portable Network Graphics (PNG) Specification, 3rd edition.

    >>> mf.image.resize(320).apng()
    image.resize(width=320).apng()
    """

    effort: Value[int] = arg(default=6, ge=0, le=9, doc="How hard to compress (zlib level).")
