"""Operations on what stands around the picture: pad, border, rounded corners."""

from __future__ import annotations

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation
from mediaframe.model.quantity import aspect_ratio
from mediaframe.model.sizing import Anchor, nearest


class Pad(Operation, takes="image"):
    """Lay the picture on a canvas of at least a size, or of an aspect.

    A side that is as long already stays as it is: nothing is scaled or cut. `extend` adds a number of pixels instead,
    and `resize(fit="contain")` makes the picture fit first.

    Shape: known before the pixels, rounded half up.
    Source: libvips `embed`; the aspect as imgproxy's `extend_aspect_ratio`.

    >>> mf.image.resize(1000, 1000).pad(aspect="1:1").jpeg()
    image.resize(width=1000, height=1000).pad(aspect='1:1').jpeg()
    """

    width: Value[int | None] = arg(default=None, unit="px", ge=1, le=65535, doc="Least width of the canvas.")
    height: Value[int | None] = arg(default=None, unit="px", ge=1, le=65535, doc="Least height of the canvas.")
    aspect: Quantity[str | float | None] = arg(
        default=None, unit="aspect", doc="Width to height, such as '4:5', instead of a size."
    )
    gravity: Value[Anchor] = arg(default="center", doc="Where the picture is laid.")
    background: Value[str] = arg(default="#ffffff", unit="color", doc="Color of the canvas.")

    def check(self) -> None:
        """Ask for a size or an aspect."""
        if not self.settled("width", "height", "aspect"):
            return
        sized = self.width is not None or self.height is not None
        if sized == (self.aspect is not None):
            got = "both" if sized else "neither"
            raise RecipeError(f"pad: expected a size or an aspect, got {got}; say pad(800, 800) or pad(aspect='1:1')")

    def plan(self, width: int, height: int) -> tuple[int, int]:
        """Say the size of the canvas for a picture of this size."""
        if self.aspect is None:
            return max(width, self.width or 1), max(height, self.height or 1)
        ratio = aspect_ratio(str(self.aspect))
        return max(width, nearest(height * ratio)), max(height, nearest(width / ratio))

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        if shape.size is None:
            return shape.but(width=None, height=None, alpha=None, gray=None)
        width, height = self.plan(*shape.size)
        shape = shape.painted(self.background) if (width, height) != shape.size else shape
        return shape.but(width=width, height=height)


class Border(Operation, takes="image"):
    """Draw a border around the picture, outside of it.

    Source: libvips `embed`; as ImageMagick's `-border`.

    >>> mf.image.border(8, "#102030").png()
    image.border(width=8, color='#102030').png()
    """

    width: Value[int] = arg(unit="px", ge=0, le=16384, doc="Width of the border on each side.")
    color: Value[str] = arg(default="#000000", unit="color", doc="Its color.")

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        shape = shape.painted(self.color)
        if shape.size is None:
            return shape
        return shape.but(width=shape.size[0] + 2 * self.width, height=shape.size[1] + 2 * self.width)


class RoundCorners(Operation, takes="image"):
    """Round the corners, with smooth edges.

    What is cut away becomes transparent, or has the color of `background`: say one for formats without transparency
    (`jpeg` otherwise lays the picture on its own background). A radius of `50%` makes a circle of a square. It is at
    most half of the shorter side.

    Source: CSS `border-radius`; a pixel at the edge counts by how far its middle lies within the arc, at most 0.06 off
    the share that is really covered.

    >>> mf.image.resize(400, 400, fit="cover").round_corners("50%").webp()
    image.resize(width=400, height=400, fit='cover').round_corners(radius='50%').webp()
    """

    radius: Quantity[str | float] = arg(unit="length", doc="Pixels, or a share of the shorter side such as '50%'.")
    background: Value[str] = arg(default="#00000000", unit="color", doc="What is behind the corners.")

    def infer(self, shape: Shape) -> Shape:
        """Say that a transparent background brings alpha."""
        return shape.painted(self.background)
