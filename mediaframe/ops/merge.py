"""What can be made of many pictures: animate, contact_sheet, to_pdf."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from mediaframe.errors import RecipeError, expected
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format
from mediaframe.model.kind import Shape
from mediaframe.model.merge import Merge
from mediaframe.model.quantity import color_bands, page_points

Placing = Literal["contain", "cover", "fill"]
Orientation = Literal["auto", "portrait", "landscape"]


class Animate(Merge, takes="image"):
    """Show pictures one after the other.

    The animation is as wide as the widest and as high as the highest of them; smaller ones stand in the middle of the
    background. A recipe that makes all of one size, such as `resize(320, 240, fit="cover")`, leaves none of it.
    """

    delay: Quantity[float] = arg(default=0.1, unit="s", ge=0, le=600, doc="How long each picture is shown.")
    loop: Value[int] = arg(default=0, ge=0, le=65535, doc="How often it is played in all; 0 goes on forever.")
    background: Value[str] = arg(default="#ffffff", unit="color", doc="The color around smaller pictures.")

    @property
    def milliseconds(self) -> int:
        """The delay in milliseconds."""
        return round(self.delay * 1000)

    @classmethod
    def fits(cls, format: type[Format]) -> bool:
        """Whether a format holds animations."""
        return format.animates

    def infer(self, pieces: Sequence[Shape]) -> Shape:
        """Say the size, the frames and the playing time."""
        sizes = [piece.size or (1, 1) for piece in pieces]
        width, height = max(size[0] for size in sizes), max(size[1] for size in sizes)
        seconds = len(sizes) * self.milliseconds / 1000 if len(sizes) > 1 else None
        return Shape("image", width, height, frames=len(sizes), seconds=seconds)


class ContactSheet(Merge, takes="image"):
    """Show pictures beside and below one another, in rows of tiles of one size.

    Tiles stand close: there is none for a picture that failed. The last row may be shorter; its rest is background.
    """

    in_row: Value[int | None] = arg(
        default=None, ge=1, le=1000, doc="Tiles of a row; without it as many as make the sheet about square."
    )
    tile: Value[tuple[int, int]] = arg(default=(256, 256), doc="Width and height of a tile in pixels.")
    fit: Value[Placing] = arg(default="contain", doc="How a picture meets its tile; none is enlarged.")
    gap: Value[int] = arg(default=8, unit="px", ge=0, le=10_000, doc="Room between tiles.")
    margin: Value[int] = arg(default=8, unit="px", ge=0, le=10_000, doc="Room around all tiles.")
    background: Value[str] = arg(default="#ffffff", unit="color", doc="The color around and behind pictures.")
    label: Value[str | None] = arg(default=None, doc="What is written below a picture, on one line.")
    label_size: Value[int] = arg(default=14, unit="px", ge=6, le=200, doc="Size of the font of labels.")
    label_color: Value[str | None] = arg(
        default=None, unit="color", doc="Color of labels; without it black or white, whichever the background is not."
    )

    def check(self) -> None:
        """Ask for a tile that there can be."""
        if self.settled("tile") and not all(1 <= side <= 10_000 for side in self.tile):
            raise RecipeError(expected("contact_sheet(tile=...)", "width and height of 1 to 10000 px", self.tile))

    @classmethod
    def fits(cls, format: type[Format]) -> bool:
        """Whether a format holds a large picture; an icon does not."""
        return format.word != "ico"

    @property
    def room(self) -> int:
        """Pixels below a tile for its label."""
        return 0 if self.label is None else round(self.label_size * 1.6)

    @property
    def ink(self) -> str:
        """The color of labels."""
        red, green, blue, alpha = color_bands(self.background)
        dark = alpha > 127 and 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128
        return self.label_color or ("#ffffff" if dark else "#000000")

    def across(self, count: int) -> int:
        """Say how many tiles stand in a row.

        >>> ContactSheet(tile=(200, 100)).across(8), ContactSheet(in_row=5).across(3)
        (2, 3)
        """
        across, down = self.tile[0] + self.gap, self.tile[1] + self.room + self.gap
        return min(count, self.in_row or max(1, round(math.sqrt(count * down / across))))

    def corner(self, number: int, count: int) -> tuple[int, int]:
        """Say where the left top pixel of a tile stands, the first being 0."""
        row, column = divmod(number, self.across(count))
        across, down = self.tile[0] + self.gap, self.tile[1] + self.room + self.gap
        return self.margin + column * across, self.margin + row * down

    def infer(self, pieces: Sequence[Shape]) -> Shape:
        """Say the size."""
        count = len(pieces)
        columns = self.across(count)
        rows = math.ceil(count / columns)
        width = 2 * self.margin + columns * (self.tile[0] + self.gap) - self.gap
        height = 2 * self.margin + rows * (self.tile[1] + self.room + self.gap) - self.gap
        return Shape("image", width, height)


class Box(NamedTuple):
    """A rectangle on a page: points from its left and lower edges."""

    left: float
    bottom: float
    width: float
    height: float


class Placed(NamedTuple):
    """A picture on its page, in points; what is outside of `seen` does not show."""

    page: tuple[float, float]
    box: Box
    seen: Box


class ToPdf(Merge, takes="image"):
    """Put each picture on a page of its own."""

    page: Quantity[str] = arg(default="a4", unit="page", doc="The sheet, or `fit`: as large as the picture.")
    orientation: Value[Orientation] = arg(
        default="auto", doc="How the sheet lies; `auto` turns it as the picture is. Of no use with `fit`."
    )
    margin: Quantity[float] = arg(default=0.0, unit="points", doc="Room on all four sides of the page.")
    fit: Value[Placing] = arg(default="contain", doc="How a picture meets the page within its margins.")
    dpi: Value[float | None] = arg(
        default=None, ge=10, le=2400, doc="With `fit`: pixels of a picture for each inch of the page; 150 without it."
    )

    def check(self) -> None:
        """Leave room between the margins; hold dpi against the page."""
        if not self.settled("page", "margin", "dpi"):
            return
        if self.page != "fit" and 2 * self.margin >= min(page_points(self.page)) - 1:
            half = min(page_points(self.page)) / 2
            raise RecipeError(expected("to_pdf(margin=...)", f"less than half of the page, {half:g}", self.margin))
        if self.page != "fit" and self.dpi is not None:
            raise RecipeError(
                f"to_pdf(dpi={self.dpi:g}): expected page='fit' with it, got page={self.page!r}, on which pictures "
                "are as large as there is room; resize them in the recipe for fewer pixels"
            )

    @classmethod
    def fits(cls, format: type[Format]) -> bool:
        """Whether a format has pages of paper."""
        return format.word == "pdf"

    def placed(self, width: int, height: int) -> Placed:
        """Say where a picture of so many pixels stands.

        >>> ToPdf("letter", margin="1 in").placed(1000, 1000).box
        Box(left=72.0, bottom=162.0, width=468.0, height=468.0)
        """
        if self.page == "fit":
            across, down = (_points(side, self.dpi or 150.0) for side in (width, height))
            box = Box(self.margin, self.margin, across, down)
            return Placed((across + 2 * self.margin, down + 2 * self.margin), box, box)
        page = page_points(self.page)
        if self.orientation != "auto" or width != height:
            lying = width > height if self.orientation == "auto" else self.orientation == "landscape"
            page = (max(page), min(page)) if lying else (min(page), max(page))
        room = Box(self.margin, self.margin, page[0] - 2 * self.margin, page[1] - 2 * self.margin)
        scales = room.width / width, room.height / height
        if self.fit != "fill":
            scales = (min(scales),) * 2 if self.fit == "contain" else (max(scales),) * 2
        across, down = width * scales[0], height * scales[1]
        box = Box(room.left + (room.width - across) / 2, room.bottom + (room.height - down) / 2, across, down)
        return Placed(page, box, room if self.fit == "cover" else box)

    def infer(self, pieces: Sequence[Shape]) -> Shape:
        """Say the pages; pictures are copied as they are packed, so that their pixels take no memory."""
        return Shape("image", pages=len(pieces))


_POINTS = 72.0
_TRACE = 0.0002


def _points(side: int, dpi: float) -> float:
    """Give a side in points, a trace less: renderers round up, and must not add a line for a rounding."""
    return side if dpi == _POINTS else side * _POINTS / dpi - _TRACE
