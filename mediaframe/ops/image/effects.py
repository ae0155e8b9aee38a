"""Operations that look at a pixel's neighbors or its place: blur, sharpen, pixelate, median, vignette."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.operation import Operation


class Blur(Operation, takes="image"):
    """Blur with a Gaussian.

    Source: libvips `gaussblur`.

    >>> mf.image.blur(2).webp()
    image.blur(sigma=2.0).webp()
    """

    sigma: Value[float] = arg(default=1.5, unit="px", ge=0.3, le=1000, doc="Standard deviation.")


class Sharpen(Operation, takes="image"):
    """Sharpen edges of lightness, and leave flat areas alone.

    Source: libvips `sharpen` (unsharp masking of L in LabS), with x1=2, y2=10, y3=20.

    >>> mf.image.sharpen(sigma=0.8).webp()
    image.sharpen(sigma=0.8).webp()
    """

    sigma: Value[float] = arg(default=0.5, unit="px", ge=0.05, le=10, doc="Width of the mask.")
    flat: Value[float] = arg(default=0.0, ge=0, le=100, doc="Slope in flat areas.")
    jagged: Value[float] = arg(default=3.0, ge=0, le=100, doc="Slope at edges.")


class Pixelate(Operation, takes="image"):
    """Show the picture in large squares, each in the mean of its colors.

    The squares begin at the upper left; those at the other edges may be cut.

    Source: libvips `shrink`; as imgproxy's `pixelate`.

    >>> mf.image.pixelate(12).png()
    image.pixelate(size=12).png()
    """

    size: Value[int] = arg(default=10, unit="px", ge=1, le=4096, doc="Side of a square.")


class Median(Operation, takes="image"):
    """Take specks away: each pixel becomes the median of those around it, band by band.

    Edges stay sharp; what is thinner than half of the window goes.

    Source: libvips `median`, as sharp's.

    >>> mf.image.median(5).png()
    image.median(size=5).png()
    """

    size: Value[int] = arg(default=3, unit="px", ge=1, le=99, doc="Side of the window.")


class Vignette(Operation, takes="image"):
    """Darken the picture toward its corners.

    A pixel's distance from the middle is 0 there and 1 in the corners, on ellipses. Up to `inner` nothing is changed;
    from there to the corners levels fall to 1 - `amount` of what they were, along t^2 (3 - 2 t). Alpha is untouched.

    Source: the smoothstep of Perlin's `hermite` interpolation, as in GLSL.

    >>> mf.image.vignette(0.6).jpeg()
    image.vignette(amount=0.6).jpeg()
    """

    amount: Value[float] = arg(default=0.5, ge=0, le=1, doc="How dark the corners become; 1 is black.")
    inner: Value[float] = arg(default=0.3, ge=0, le=0.99, doc="Share of the way to the corners that stays as it is.")
