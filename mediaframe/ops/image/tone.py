"""Operations that change colors: grayscale, flatten, brightness, contrast, saturation, hue, gamma, normalize, tint."""

from __future__ import annotations

from mediaframe.errors import RecipeError
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


class Brightness(Operation, takes="image"):
    """Make the picture brighter or darker.

    Every level times `amount`: 1 leaves it as it is, 0 is black. Alpha is untouched.

    Source: `brightness()` of the W3C Filter Effects, as in CSS.

    >>> mf.image.brightness(1.2).jpeg()
    image.brightness(amount=1.2).jpeg()
    """

    amount: Value[float] = arg(ge=0, le=10, doc="How many times as bright.")


class Contrast(Operation, takes="image"):
    """Make differences larger or smaller.

    Every level's distance to middle gray (127.5) times `amount`: 1 leaves it as it is, 0 is gray. Alpha is untouched.

    Source: `contrast()` of the W3C Filter Effects, as in CSS.

    >>> mf.image.contrast(1.15).jpeg()
    image.contrast(amount=1.15).jpeg()
    """

    amount: Value[float] = arg(ge=0, le=10, doc="How many times as different.")


class Saturation(Operation, takes="image"):
    """Make colors stronger or weaker.

    1 leaves them as they are, 0 takes them away. Gray stays gray, alpha is untouched.

    Source: the `saturate` matrix of the W3C Filter Effects, as in CSS; on sRGB levels.

    >>> mf.image.saturation(1.3).jpeg()
    image.saturation(amount=1.3).jpeg()
    """

    amount: Value[float] = arg(ge=0, le=10, doc="How many times as colorful.")


class Hue(Operation, takes="image"):
    """Turn all colors around the color wheel.

    120 makes red green, and green blue. Gray stays gray, alpha is untouched.

    Source: the `hueRotate` matrix of the W3C Filter Effects, as CSS `hue-rotate()`; on sRGB levels.

    >>> mf.image.hue(90).jpeg()
    image.hue(angle=90.0).jpeg()
    """

    angle: Value[float] = arg(unit="degrees", ge=-360, le=360, doc="How far the wheel is turned.")


class Gamma(Operation, takes="image"):
    """Lift or lower the middle tones; black and white stay.

    The level, as a share of white, to the power of 1 / `value`: over 1 it becomes lighter, 1 leaves it as it is. Alpha
    is untouched.

    Source: ImageMagick's `-gamma`, libvips `gamma`.

    >>> mf.image.gamma(1.4).jpeg()
    image.gamma(value=1.4).jpeg()
    """

    value: Value[float] = arg(default=2.2, ge=0.1, le=10, doc="The gamma.")


class Normalize(Operation, takes="image"):
    """Stretch the lightness so that it reaches from black to white.

    The lightness (L* of CIELAB) at the percentile `low` becomes black, that at `high` white; hues stay. The defaults
    are those of sharp: one pixel in a hundred may become all black, one all white. Pixels count by their alpha, which
    is untouched; a picture of one lightness stays as it is.

    Source: sharp's `normalise`.

    >>> mf.image.normalize().jpeg()
    image.normalize().jpeg()
    """

    low: Value[float] = arg(default=1.0, unit="percent", ge=0, le=99, doc="The percentile that becomes black.")
    high: Value[float] = arg(default=99.0, unit="percent", ge=1, le=100, doc="The percentile that becomes white.")

    def check(self) -> None:
        """Hold the two against one another."""
        if self.settled("low", "high") and self.low >= self.high:
            raise RecipeError(f"normalize: expected low < high, got low={self.low:g} and high={self.high:g}")


class Tint(Operation, takes="image"):
    """Give the picture the tones of one color; black stays black and white stays white.

    The lightness stays; of the color it takes a* and b* of CIELAB, most in the middle tones. Alpha is untouched.

    Source: sharp's `tint`: a* and b* of the color times 1 - 4 (L* / 100 - 0.5)^2.

    >>> mf.image.tint("#704214").jpeg()
    image.tint(color='#704214').jpeg()
    """

    color: Value[str] = arg(unit="color", doc="The color; its transparency is not looked at.")

    def infer(self, shape: Shape) -> Shape:
        """Say that it has colors."""
        return shape.but(gray=False)


class Sepia(Operation, takes="image"):
    """Give the picture the brown of old photographs.

    0 leaves the colors as they are, 1 is all sepia. Alpha is untouched.

    Source: the matrix of `sepia()` of the W3C Filter Effects, as in CSS; on sRGB levels.

    >>> mf.image.sepia(0.8).jpeg()
    image.sepia(amount=0.8).jpeg()
    """

    amount: Value[float] = arg(default=1.0, ge=0, le=1, doc="How much.")

    def infer(self, shape: Shape) -> Shape:
        """Say that it has colors."""
        return shape.but(gray=False)
