"""What a page shows before the picture is there: dominant colors, ThumbHash, BlurHash, a tiny preview."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.finish import Measure


class DominantColors(Measure, takes="image", gives="strings"):
    """Know the colors that the picture is made of, as a list of `#rrggbb`, the widest first.

    The picture is averaged down to 128 px on its longer side. Its colors are parted by median cut and then gathered by
    k-means, in Oklab, so that a distance is one for the eye. Each group gives the color that holds most of it where
    there is one (the red of a logo stays that red), else its mean. Nothing is random. A picture with fewer colors
    gives fewer, one that cannot be seen gives none; transparent pixels count by their share.

    Source: Heckbert, Color image quantization for frame buffer display, SIGGRAPH 1982; Lloyd, Least squares
    quantization in PCM, 1982; Ottosson, A perceptual color space for image processing, 2020.

    >>> mf.image.dominant_colors(3)
    image.dominant_colors(count=3)
    """

    count: Value[int] = arg(default=5, ge=1, le=64, doc="How many colors at the most.")


class Thumbhash(Measure, takes="image", gives="string", word="thumbhash"):
    """Know the ThumbHash: some 25 bytes, as base64, that a page turns into a blurred picture.

    It holds the proportions, and alpha where there is any. The picture is reduced to 100 px on its longer side.

    Source: Wallace, ThumbHash, 2023, https://evanw.github.io/thumbhash/; equal to the reference on the same pixels.

    >>> mf.image.thumbhash()
    image.thumbhash()
    """


class Blurhash(Measure, takes="image", gives="string", word="blurhash"):
    """Know the BlurHash: some 30 characters that a page turns into a blurred picture.

    It holds no proportions and no alpha: transparent pixels are put on white. The picture is reduced to 100 px on its
    longer side. Where you may choose, `thumbhash` shows more in the same space.

    Source: Wolt, BlurHash, https://github.com/woltapp/blurhash/blob/master/Algorithm.md.

    >>> mf.image.blurhash(across=4, down=4)
    image.blurhash(down=4)
    """

    across: Value[int] = arg(default=4, ge=1, le=9, doc="Components from left to right.")
    down: Value[int] = arg(default=3, ge=1, le=9, doc="Components from top to bottom.")


class Lqip(Measure, takes="image", gives="string"):
    """Know a tiny preview, as a `data:` URI of 100 to 400 characters that a page shows without a script.

    A WebP of a few pixels, which the browser enlarges and smooths (low quality image placeholder).

    >>> mf.image.lqip()
    image.lqip()
    """

    size: Value[int] = arg(default=16, unit="px", ge=4, le=64, doc="Its longer side.")
    quality: Value[int] = arg(default=40, ge=1, le=100, doc="From 1 (smallest) to 100 (best).")
