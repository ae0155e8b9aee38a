"""Operations that look at a pixel's neighbors: blur, sharpen."""

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
