"""Operations that change colors: grayscale, flatten."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation


class Grayscale(Operation, takes="image"):
    """Take the colors away and keep the lightness.

    Source: libvips `colourspace` to b-w, from sRGB; Rec. 709 luminance in linear light.

    >>> mf.image.grayscale().jpeg()
    image.grayscale().jpeg()
    """

    def infer(self, shape: Shape) -> Shape:
        """Say that it is gray."""
        return shape.but(gray=True)


class Flatten(Operation, takes="image"):
    """Put the picture on a background and take the transparency away.

    Source: libvips `flatten`.

    >>> mf.image.flatten("#f80").jpeg()
    image.flatten(background='#ff8800').jpeg()
    """

    background: Value[str] = arg(default="#ffffff", unit="color", doc="The color behind.")

    def infer(self, shape: Shape) -> Shape:
        """Say that it is opaque."""
        if shape.alpha is False:
            return shape
        gray = shape.painted(self.background).gray
        return shape.but(alpha=False, gray=gray if shape.alpha or gray == shape.gray else None)
