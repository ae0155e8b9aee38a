"""How pictures are written for print, archives and older programs: tiff, jp2, bmp, ico, pdf."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError, expected
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format
from mediaframe.model.wishes import (
    ALLOW_RESIZE,
    LOSSLESS,
    MAX_BYTES,
    METADATA,
    ON_MISS,
    QUALITY,
    TARGET,
    Metadata,
    OnMiss,
    Wished,
)

Compression = Literal["deflate", "lzw", "jpeg", "packbits", "none"]
Predictor = Literal["horizontal", "none"]

_BACKGROUND = "The color behind transparent pixels."


class Tiff(Format, takes="image", media_type="image/tiff", extension="tif"):
    """Write a TIFF: lossless unless told otherwise, for print and archives.

    `jpeg` is the one compression that loses something and the one that holds no transparency, which is then put on the
    background. The predictor is used by `deflate` and `lzw` alone: photographs get a third smaller by it.
    Errors: `E_ENCODE` over 4 GB.
    Source: TIFF 6.0 (Adobe, 1992) through libvips `tiffsave`.

    >>> mf.image.resize(3000).tiff(compression="lzw", dpi=300)
    image.resize(width=3000).tiff(compression='lzw', dpi=300.0)
    """

    compression: Value[Compression] = arg(default="deflate", doc="How the pixels are packed.")
    predictor: Value[Predictor] = arg(default="horizontal", doc="Whether differences are packed in place of values.")
    quality: Value[int] = arg(default=85, ge=1, le=100, doc=f"Of the compression `jpeg`. {QUALITY}")
    background: Value[str] = arg(default="#ffffff", unit="color", doc=f"{_BACKGROUND} For the compression `jpeg`.")
    dpi: Value[float] = arg(default=72.0, unit="dpi", ge=1, le=10_000, doc="Dots for each inch in print.")
    metadata: Value[Metadata] = arg(default="strip", doc=METADATA)
    bits: Value[int] = arg(
        default=8, ge=8, le=16, doc="Bits of each number, 8 or 16; with 16 the whole recipe works on 16."
    )

    def check(self) -> None:
        """Ask for bits that there are, and that JPEG holds."""
        if not self.settled("bits"):
            return
        if self.bits not in (8, 16):
            raise RecipeError(expected("tiff(bits=...)", "8 or 16", self.bits))
        if self.settled("compression") and self.compression == "jpeg" and self.bits > 8:
            raise RecipeError(expected("tiff(bits=...)", "8 with the compression 'jpeg'", self.bits))


class Jp2(Wished, takes="image", media_type="image/jp2", extension="jp2"):
    """Write a JPEG 2000: for archives and libraries that ask for it; few browsers show it.

    The quality stands for a peak signal-to-noise ratio of 20 dB and a quarter of it: 80 is 40 dB. Metadata are not
    written.
    Source: ISO/IEC 15444-1 by OpenJPEG, through Pillow.

    >>> mf.image.jp2(lossless=True)
    image.jp2(lossless=True)
    """

    quality: Value[int] = arg(default=80, ge=1, le=100, doc=QUALITY)
    lossless: Value[bool] = arg(default=False, doc=LOSSLESS)
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=MAX_BYTES)
    target: Value[float | None] = arg(default=None, ge=0, le=100, kw_only=True, doc=TARGET)
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    allow_resize: Value[bool] = arg(default=False, kw_only=True, doc=ALLOW_RESIZE)


class Bmp(Format, takes="image", media_type="image/bmp", extension="bmp"):
    """Write a BMP: not compressed, for programs that read nothing else.

    Gray pictures have 8 bits for each pixel, colors 24, transparency 32 (version 4 of the header). Metadata are not
    written.
    Source: Microsoft, "Bitmap Storage" (wingdi); written by mediaframe itself.

    >>> mf.image.resize(640).bmp()
    image.resize(width=640).bmp()
    """

    dpi: Value[float] = arg(default=72.0, unit="dpi", ge=1, le=10_000, doc="Dots for each inch in print.")


class Ico(Format, takes="image", media_type="image/x-icon", extension="ico"):
    """Write an icon with several sizes in one file, as web sites have it for `favicon.ico`.

    Holds the picture at 16, 32, 48, 64, 128 and 256 px, up to `largest`, each within a square of that side; sizes above
    the picture's own are left out. The result tells the size of the largest. Make the picture square first where an
    icon must be.
    Source: Microsoft, "Icons" (PNG inside, as since Windows Vista); written by mediaframe itself.

    >>> mf.image.resize(256, 256, fit="contain", background="transparent").ico()
    image.resize(width=256, height=256, fit='contain', background='#00000000').ico()
    """

    largest: Value[int] = arg(default=48, unit="px", ge=16, le=256, doc="The side of the largest picture.")


class Pdf(Wished, takes="image", media_type="application/pdf", extension="pdf"):
    """Write a PDF of one page that is just as large as the picture.

    The page measures the pixels by `dpi`, in points of 1/72 inch: 1500 px at 150 dpi are 720 points, or 10 inches.
    Transparent pixels are put on the background. Metadata are not written, dates neither.
    Errors: `E_ENCODE` where a side is over 14,400 points, which is the most that a page may have.
    Source: ISO 32000-1, 8.9 (images); written by mediaframe itself, the JPEG within by mozjpeg.

    >>> mf.image.resize(1600).pdf(dpi=200)
    image.resize(width=1600).pdf(dpi=200.0)
    """

    quality: Value[int] = arg(default=85, ge=1, le=100, doc=QUALITY)
    lossless: Value[bool] = arg(default=False, doc=LOSSLESS)
    dpi: Value[float] = arg(default=150.0, unit="dpi", ge=10, le=2400, doc="Dots for each inch of the page.")
    background: Value[str] = arg(default="#ffffff", unit="color", doc=_BACKGROUND)
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=MAX_BYTES)
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    allow_resize: Value[bool] = arg(default=False, kw_only=True, doc=ALLOW_RESIZE)
