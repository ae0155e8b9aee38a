"""The operation that draws a shape on a picture: a rectangle, an ellipse, a line."""

from __future__ import annotations

from typing import Literal

from mediaframe.model import kind
from mediaframe.model.argument import Value, arg
from mediaframe.model.operation import Operation
from mediaframe.model.sizing import Anchor

Form = Literal["rectangle", "ellipse", "line"]


class Shape(Operation, takes="image"):
    """Draw a rectangle, an ellipse or a line on the picture: a banner behind text, a frame, a rule, a mark.

    It fills a box, which stands where gravity says, or with its corner at `left` and `top`. The outline lies within
    the box. A line goes from corner to corner of its box, in the color of the outline, else of the filling, and ends
    there squarely. What reaches over the edge of the picture is cut.

    Source: SVG 1.1 shapes, by librsvg; mixed as a watermark is.

    >>> mf.image.shape("ellipse", width="20%", height="20%", fill="#c00").text("New").webp()
    image.shape(form='ellipse', width='20%', height='20%', fill='#cc0000').text(text='New').webp()
    """

    form: Value[Form] = arg(default="rectangle", doc="What is drawn.")
    width: Value[str | float] = arg(default="50%", unit="length", doc="Width of the box; a share is of the picture's.")
    height: Value[str | float] = arg(
        default="50%", unit="length", doc="Height of the box; a share is of the picture's."
    )
    gravity: Value[Anchor] = arg(default="center", doc="Where the box stands.")
    margin: Value[str | float] = arg(
        default="0px", unit="length", doc="Distance from the edges. A share is of the shorter side of the picture."
    )
    left: Value[str | float | None] = arg(
        default=None, unit="length", doc="Left edge of the box instead; a share is of the picture's width."
    )
    top: Value[str | float | None] = arg(
        default=None, unit="length", doc="Top edge of the box instead; a share is of the picture's height."
    )
    fill: Value[str | None] = arg(default="#ffffff", unit="color", doc="Color within; None leaves it open.")
    stroke: Value[str | None] = arg(default=None, unit="color", doc="Color of the outline.")
    stroke_width: Value[str | float] = arg(
        default="2px", unit="length", doc="Width of the outline or line. A share is of the shorter side of the picture."
    )
    radius: Value[str | float] = arg(
        default="0px", unit="length", doc="Of the corners of a rectangle. A share is of the shorter side of the box."
    )
    rising: Value[bool] = arg(default=False, doc="Whether a line goes from the lower left, not from the upper left.")
    opacity: Value[float] = arg(default=1.0, ge=0, le=1, doc="How opaque all of it is.")

    @property
    def colors(self) -> tuple[str, ...]:
        """The colors that are drawn."""
        found = [one for one in (self.stroke, self.fill) if one is not None]
        return tuple(found[:1] if self.form == "line" else found)

    def infer(self, shape: kind.Shape) -> kind.Shape:
        """Say that colors end gray."""
        for color in self.colors:
            shape = shape.painted(color[:7])
        return shape
