"""Operations that change where pixels stand: resize, resize modes, crop, extend, rotate, flip, trim, orientation."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.detector import needed_detectors
from mediaframe.model.kind import Shape
from mediaframe.model.mode import BOXES, PAPER, Box, Moded, ModeName
from mediaframe.model.operation import Operation
from mediaframe.model.quantity import aspect_ratio
from mediaframe.model.sizing import Fit, Plan, Point, nearest, plan

Gravity = Literal[
    "center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest",
    "attention", "entropy", "face",
]  # fmt: skip
_FINDS = ("attention", "entropy", "face")


class AutoOrient(Operation, takes="image", opening=True):
    """Turn the picture as its EXIF orientation says, or leave it as stored.

    Every recipe does so by default; `auto_orient(enabled=False)` as the first step leaves the pixels as stored.

    >>> mf.image.auto_orient(enabled=False).png()
    image.auto_orient(enabled=False).png()
    """

    enabled: Value[bool] = arg(default=True, doc="Whether to turn the picture.")


class Resize(Operation, takes="image"):
    """Make the picture smaller (or larger, when told) to fit a width, a height or both.

    `inside` fits within the box, `outside` covers it without cropping, `cover` covers it and crops, `contain` fits
    within and pads to the box, `fill` stretches. One side alone keeps the proportions. Nothing is enlarged unless
    `enlarge=True`: the box is then only as large as the picture allows. `gravity="face"` keeps faces in view, where a
    detector is installed (see the how-to page), and what draws attention where there is none in the picture.

    Shape: known before the pixels, rounded half up.
    Source: libvips `resize` with lanczos3, `smartcrop` for attention and entropy; fits as in CSS and sharp; `dpr` as
    in imgproxy.

    >>> mf.image.resize(320, 320, fit="cover").webp()
    image.resize(width=320, height=320, fit='cover').webp()
    """

    width: Value[int | None] = arg(default=None, unit="px", ge=1, le=65535, doc="Width of the box.")
    height: Value[int | None] = arg(default=None, unit="px", ge=1, le=65535, doc="Height of the box.")
    fit: Value[Fit] = arg(default="inside", doc="How the picture meets the box.")
    gravity: Value[Gravity] = arg(default="center", doc="What `cover` keeps, and where `contain` holds.")
    focus: Quantity[Point | None] = arg(
        default=None, unit="point", doc="The point that `cover` keeps in view, as shares; wins over gravity."
    )
    enlarge: Value[bool] = arg(default=False, doc="Whether the picture may grow.")
    background: Value[str] = arg(default="#ffffff", unit="color", doc="Color of the padding of `contain`.")
    linear: Value[bool] = arg(
        default=False,
        doc="Whether light is mixed instead of the numbers that stand for it: slower, right for fine detail.",
    )
    dpr: Value[float] = arg(default=1.0, ge=1, le=4, doc="Pixels of a screen for each pixel of the box.")

    def check(self) -> None:
        """Ask for a side at least."""
        if self.settled("width", "height") and self.width is None and self.height is None:
            raise RecipeError("resize: expected a width, a height or both, got neither; say resize(1600)")
        if self.settled("gravity", "fit") and self.fit == "contain" and self.gravity in _FINDS:
            raise RecipeError(f"resize(gravity=...): contain pads and takes an anchor, got {self.gravity!r}")
        needed_detectors(self.gravity)

    def identity(self) -> list[Any]:
        """Give the detector too, where faces are kept."""
        return [*super().identity(), *needed_detectors(self.gravity)]

    def plan(self, width: int, height: int) -> Plan:
        """Say the sizes for a picture of this size."""
        box = (one and nearest(one * self.dpr) for one in (self.width, self.height))
        across, down = box
        return plan((width, height), (across, down), self.fit, enlarge=self.enlarge)

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        if shape.size is None:
            shape = shape.but(alpha=None, gray=None) if self.fit == "contain" else shape
            return shape.but(width=None, height=None)
        plan = self.plan(*shape.size)
        padded = self.fit == "contain" and plan.final != plan.scaled
        shape = shape.painted(self.background) if padded else shape
        return shape.but(width=plan.final[0], height=plan.final[1])


class ModeFacts(NamedTuple):
    """What a resize mode is for, what it does, and where its size comes from."""

    purpose: str
    does: Resize | None
    """Nothing for `original` and for the modes that take a size."""
    why: str


def _boxed(box: Box) -> Resize:
    gravity: Gravity = "attention" if box.fit == "cover" else "center"
    return Resize(box.width, box.height, fit=box.fit, gravity=gravity, background=PAPER)


MODES: dict[ModeName, ModeFacts] = {
    "original": ModeFacts("Only another format or compression.", None, "The size stays."),
    "website": ModeFacts(
        "Large pictures of pages.",
        _boxed(BOXES["website"]),
        "The width of a full HD screen, the most common one of desktops (StatCounter); neither side is longer.",
    ),
    "email": ModeFacts(
        "Newsletters.",
        _boxed(BOXES["email"]),
        "Templates are 600 px wide (Mailchimp, About Template Images), and Outlook shows what is wider as it is.",
    ),
    "instagram": ModeFacts(
        "Square posts.",
        _boxed(BOXES["instagram"]),
        "Instagram keeps widths up to 1080 px, and takes 4:5 to 1.91:1 (Meta, Instagram content publishing).",
    ),
    "linkedin": ModeFacts(
        "Posts and links shared.",
        _boxed(BOXES["linkedin"]),
        "1200x627 px, 1.91:1 (LinkedIn, image specifications for shared links).",
    ),
    "ecommerce": ModeFacts(
        "Products on marketplaces: whole, on a white square.",
        _boxed(BOXES["ecommerce"]),
        "1600 px is what eBay recommends; Amazon zooms from 1000 px on and asks for pure white behind.",
    ),
    "square": ModeFacts("A square of any size, cut to what draws the eye.", None, "The size is said."),
    "width": ModeFacts("A width; the height follows.", None, "The size is said."),
    "height": ModeFacts("A height; the width follows.", None, "The size is said."),
}
"""The resize modes by name."""


class Mode(Moded, takes="image"):
    """Resize by a mode: the sizes of common uses, by name.

    `original` leaves the size; `website`, `email`, `instagram`, `linkedin` and `ecommerce` know theirs; `square`,
    `width` and `height` take a `size`. A mode is a step: the recipe still needs a format. Nothing is enlarged;
    `ecommerce` pads to its square.

    Shape: known before the pixels, as for `resize`.
    Source: the sizes that the platforms document; `mediaframe presets` lists them.

    >>> mf.image.mode("instagram").jpeg(), mf.image.mode("width", 800).webp()
    (image.mode(name='instagram').jpeg(), image.mode(name='width', size=800).webp())
    """

    @property
    def resize(self) -> Resize | None:
        """What it does, once its arguments are settled; nothing for `original`."""
        return None if self.box is None else _boxed(self.box)


class Crop(Operation, takes="image"):
    """Cut out a box, by its place or by gravity.

    Give `left` and `top` for a place, or neither to let `gravity` (or `focus`) choose. A box that reaches over the
    edge is cut to the picture; a place outside of the picture is that row's error. With an `aspect` instead of a size
    it is the largest box of that aspect. `gravity="face"` needs a detector, as for `resize`.

    Shape: known before the pixels, rounded half up.
    Source: libvips `extract_area`, `smartcrop`; the aspect as imgproxy's `crop_aspect_ratio`.

    >>> mf.image.crop(200, 100, gravity="north").png()
    image.crop(width=200, height=100, gravity='north').png()
    """

    width: Value[int | None] = arg(default=None, unit="px", ge=1, le=65535, doc="Width of the box.")
    height: Value[int | None] = arg(default=None, unit="px", ge=1, le=65535, doc="Height of the box.")
    left: Value[int | None] = arg(default=None, unit="px", ge=0, le=65535, doc="Pixels to the left of the box.")
    top: Value[int | None] = arg(default=None, unit="px", ge=0, le=65535, doc="Pixels above the box.")
    gravity: Value[Gravity] = arg(default="center", doc="What is kept where no place is given.")
    focus: Quantity[Point | None] = arg(default=None, unit="point", doc="The point kept in view, as shares.")
    aspect: Quantity[str | float | None] = arg(
        default=None, unit="aspect", doc="Width to height, such as '4:5', instead of a size."
    )

    def check(self) -> None:
        """Ask for a size or an aspect; for both of left and top, or neither."""
        if self.settled("left", "top") and (self.left is None) != (self.top is None):
            raise RecipeError("crop: expected left and top together, or neither; say crop(200, 100, left=0, top=0)")
        if self.settled("width", "height", "aspect"):
            given = [one is not None for one in (self.width, self.height)]
            if any(given) if self.aspect is not None else not all(given):
                raise RecipeError(
                    "crop: expected a width and a height, or an aspect; say crop(200, 100) or crop(aspect='4:5')"
                )
        if self.settled("left", "aspect") and self.left is not None and self.aspect is not None:
            raise RecipeError(
                "crop: expected a place (left, top) or an aspect, got both; say crop(aspect='4:5', focus=(0.3, 0.5))"
            )
        needed_detectors(self.gravity)

    def identity(self) -> list[Any]:
        """Give the detector too, where faces are kept."""
        return [*super().identity(), *needed_detectors(self.gravity)]

    def plan(self, width: int, height: int) -> tuple[int, int]:
        """Say the size of the box for a picture of this size."""
        if self.aspect is not None:
            ratio = aspect_ratio(str(self.aspect))
            return min(width, nearest(height * ratio)), min(height, nearest(width / ratio))
        across, down = self.width or width, self.height or height
        return max(1, min(across, width - (self.left or 0))), max(1, min(down, height - (self.top or 0)))

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        if shape.size is None:
            return shape.but(width=None, height=None)
        width, height = self.plan(*shape.size)
        return shape.but(width=width, height=height)


class Extend(Operation, takes="image"):
    """Add a margin on each side.

    Source: libvips `embed`.

    >>> mf.image.extend(top=10, bottom=10, background="black").png()
    image.extend(top=10, bottom=10, background='#000000').png()
    """

    top: Value[int] = arg(default=0, unit="px", ge=0, le=16384, doc="Pixels above.")
    right: Value[int] = arg(default=0, unit="px", ge=0, le=16384, doc="Pixels to the right.")
    bottom: Value[int] = arg(default=0, unit="px", ge=0, le=16384, doc="Pixels below.")
    left: Value[int] = arg(default=0, unit="px", ge=0, le=16384, doc="Pixels to the left.")
    background: Value[str] = arg(default="#ffffff", unit="color", doc="Color of the margin.")

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        shape = shape.painted(self.background)
        if shape.size is None:
            return shape
        return shape.but(width=shape.size[0] + self.left + self.right, height=shape.size[1] + self.top + self.bottom)


class Rotate(Operation, takes="image"):
    """Turn the picture clockwise by any angle.

    Quarter turns move pixels and keep them; other angles interpolate and fill the corners.

    Shape: known for quarter turns; otherwise not known before the pixels.
    Source: libvips `rot` and `rotate` (bicubic).

    >>> mf.image.rotate(90).jpeg()
    image.rotate(angle=90.0).jpeg()
    """

    angle: Value[float] = arg(unit="degrees", ge=-360, le=360, doc="Clockwise degrees.")
    background: Value[str] = arg(default="#ffffff", unit="color", doc="Color of the corners.")

    def infer(self, shape: Shape) -> Shape:
        """Say the size for quarter turns."""
        if self.angle % 180 == 0:
            return shape
        if self.angle % 90 == 0:
            return shape.but(width=shape.height, height=shape.width)
        return shape.painted(self.background).but(width=None, height=None)


class Flip(Operation, takes="image"):
    """Mirror the picture top to bottom.

    Source: libvips `flip` vertical.

    >>> mf.image.flip().png()
    image.flip().png()
    """


class Flop(Operation, takes="image"):
    """Mirror the picture left to right.

    Source: libvips `flip` horizontal.

    >>> mf.image.flop().png()
    image.flop().png()
    """


class Trim(Operation, takes="image"):
    """Cut away a border of one color, or what is transparent.

    The color is that of the top left pixel, unless `background` is given. `by="alpha"` cuts rows and columns in which
    no pixel has more alpha than `threshold`, whatever their colors. A picture that is all border stays whole.

    Shape: at most that of the source; not known before the pixels.
    Source: libvips `find_trim`; threshold as in sharp.

    >>> mf.image.trim(threshold=12).png()
    image.trim(threshold=12.0).png()
    """

    threshold: Value[float] = arg(
        default=10.0, unit="levels of 255", ge=0, le=255, doc="How far a border pixel may differ."
    )
    background: Value[str | None] = arg(default=None, unit="color", doc="Color of the border.")
    by: Value[Literal["color", "alpha"]] = arg(default="color", doc="What makes it a border.")

    def check(self) -> None:
        """Hold the color against what is looked at."""
        if self.settled("by", "background") and self.by == "alpha" and self.background is not None:
            raise RecipeError("trim: by='alpha' looks at no color, expected no background")

    def infer(self, shape: Shape) -> Shape:
        """Say that the size is not known."""
        return shape.but(width=None, height=None)
