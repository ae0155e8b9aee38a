"""Operations that put something on a picture: a watermark, text."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import File, Value, arg
from mediaframe.model.input import Input
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation

Place = Literal["center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]

LONGEST = 10_000
"""Characters of one text at the most."""

_OF_SIDE = ". A share is of the shorter side of the picture"
_OF_TEXT = ". A share is of the size of the text"


class Watermark(Operation, takes="image"):
    """Put another picture on this one: a logo, a badge, a pattern.

    The watermark is any picture that can be read, a drawing (SVG) too; it is scaled, then turned, then placed. What
    reaches over the edge is cut. A gray picture gets colors where the watermark has some.

    Source: compositing is the *over* of Porter and Duff (1984), on 8-bit sRGB values, rounded once.

    >>> mf.image.resize(1200).watermark("logo.png", scale=0.2, opacity=0.6).webp()
    image.resize(width=1200).watermark(image='logo.png', scale=0.2, opacity=0.6).webp()
    """

    image: File[Input] = arg(holds="image", doc="The picture: a path or a URL.")
    gravity: Value[Place] = arg(default="southeast", doc="Where it stands.")
    scale: Value[float | None] = arg(
        default=None, ge=0.001, le=10, doc="It fits into this share of width and height; None keeps its own size."
    )
    opacity: Value[float] = arg(default=1.0, ge=0, le=1, doc="How opaque it is.")
    rotation: Value[float] = arg(default=0.0, unit="degrees", ge=-360, le=360, doc="Clockwise degrees.")
    margin: Value[str | float] = arg(default="0px", unit="length", doc="Distance from the edges" + _OF_SIDE + ".")
    tile: Value[bool] = arg(default=False, doc="Whether it is repeated over the whole picture.")
    spacing: Value[str | float] = arg(default="0px", unit="length", doc="Distance between tiles" + _OF_SIDE + ".")

    def infer(self, shape: Shape) -> Shape:
        """Say that a gray picture may get colors."""
        return shape.but(gray=False if shape.gray is False else None)


class Text(Operation, takes="image"):
    r"""Write text on the picture.

    Long lines wrap, and `\n` begins a new line. The text is taken literally: markup, control characters and emoji in a
    column do no harm. Right-to-left scripts are laid out as they are read. A character that the font has no glyph for
    is drawn as a box with its number. The font is DejaVu Sans, which comes along, unless a font file is named; fonts of
    the machine are never used.

    Source: Pango and HarfBuzz by libvips `text`.

    >>> mf.image.resize(1200).text("Summer sale", size="8%", gravity="north", stroke="black").webp()
    image.resize(width=1200).text(text='Summer sale', size='8%', gravity='north', stroke='#000000').webp()
    """

    text: Value[str] = arg(doc=f"What is written, {LONGEST:,} characters at the most.")
    font: File[Input | None] = arg(
        default=None, holds="font", doc="A font file: TrueType or OpenType, or a collection of such."
    )
    bold: Value[bool] = arg(default=False, doc="Whether the font that comes along is bold.")
    size: Value[str | float] = arg(default="5%", unit="length", doc="Size of the font (its em)" + _OF_SIDE + ".")
    color: Value[str] = arg(default="#ffffff", unit="color", doc="Color of the letters.")
    gravity: Value[Place] = arg(default="south", doc="Where it stands.")
    margin: Value[str | float] = arg(default="3%", unit="length", doc="Distance from the edges" + _OF_SIDE + ".")
    width: Value[str | float] = arg(
        default="100%", unit="length", doc="Where lines wrap; a share is of the width of the picture, less the margins."
    )
    align: Value[Literal["left", "center", "right"] | None] = arg(
        default=None, doc="How lines stand below one another; None as gravity has it. Right-to-left lines are mirrored."
    )
    stroke: Value[str | None] = arg(default=None, unit="color", doc="Color of an outline around the letters.")
    stroke_width: Value[str | float] = arg(default="6%", unit="length", doc="Width of the outline" + _OF_TEXT + ".")
    shadow: Value[str | None] = arg(default=None, unit="color", doc="Color of a shadow.")
    shadow_offset: Value[str | float] = arg(
        default="6%", unit="length", doc="How far right and down it falls" + _OF_TEXT + "."
    )
    shadow_blur: Value[str | float] = arg(default="5%", unit="length", doc="Sigma of its blur" + _OF_TEXT + ".")
    background: Value[str | None] = arg(default=None, unit="color", doc="Color of a box behind the text.")
    padding: Value[str | float] = arg(
        default="30%", unit="length", doc="Room between text and edge of the box" + _OF_TEXT + "."
    )
    opacity: Value[float] = arg(default=1.0, ge=0, le=1, doc="How opaque all of it is.")
    rotation: Value[float] = arg(default=0.0, unit="degrees", ge=-360, le=360, doc="Clockwise degrees.")
    face: Value[int] = arg(default=1, ge=1, le=256, doc="Which font of a collection (.ttc) it is.")

    def check(self) -> None:
        """Bound the length, and refuse what a font file decides."""
        if self.settled("font", "face") and self.font is None and self.face != 1:
            raise RecipeError("text(face=...): the fonts that come along are no collection; name a file with font=")
        if self.settled("text") and len(self.text) > LONGEST:
            raise RecipeError(f"text(text=...): expected {LONGEST:,} characters at the most, got {len(self.text):,}")
        if self.settled("font", "bold") and self.font is not None and self.bold:
            raise RecipeError("text(bold=...): a font file is as bold as it is; name that of the bold font")

    @property
    def colors(self) -> tuple[str, ...]:
        """The colors that are drawn."""
        return tuple(one for one in (self.background, self.shadow, self.stroke, self.color) if one is not None)

    def infer(self, shape: Shape) -> Shape:
        """Say that colors end gray."""
        for color in self.colors:
            shape = shape.painted(color[:7])
        return shape
