"""Resize modes: the boxes that common uses ask for, by name, for pictures and videos alike."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation
from mediaframe.model.sizing import Fit

ModeName = Literal[
    "original", "website", "email", "instagram", "linkedin", "ecommerce", "square", "width", "height"
]  # fmt: skip


class Box(NamedTuple):
    """What a mode resizes to; `cover` keeps what draws the eye where that can be told."""

    width: int | None = None
    height: int | None = None
    fit: Fit = "inside"


BOXES: dict[ModeName, Box] = {
    "website": Box(1920, 1920),
    "email": Box(600),
    "instagram": Box(1080, 1080, "cover"),
    "linkedin": Box(1200, 627, "cover"),
    "ecommerce": Box(1600, 1600, "contain"),
}
"""The boxes of the modes that have one."""
PAPER = "#ffffff"
"""The color around what does not fill its box."""
SIZED: tuple[ModeName, ...] = ("square", "width", "height")
"""The modes that take a size."""


def box_of(name: ModeName, size: int | None) -> Box | None:
    """Give the box of a mode; None for `original`.

    >>> box_of("square", 400), box_of("email", None), box_of("original", None)
    (Box(width=400, height=400, fit='cover'), Box(width=600, height=None, fit='inside'), None)
    """
    if name == "square":
        return Box(size, size, "cover")
    if name in SIZED:
        return Box(size) if name == "width" else Box(height=size)
    return BOXES.get(name)


class Moded(Operation):
    """Base of the steps that resize by a mode; each says what it does for its kind."""

    name: Value[ModeName] = arg(doc="Which mode.")
    size: Value[int | None] = arg(
        default=None, unit="px", ge=1, le=65535, doc="The side, for `square`, `width` and `height`."
    )

    @property
    def box(self) -> Box | None:
        """The box of the mode, once its arguments are settled; nothing for `original`."""
        return box_of(self.name, self.size)

    @property
    def resize(self) -> Operation | None:
        """What it does, once its arguments are settled; nothing for `original`."""
        raise NotImplementedError

    def check(self) -> None:
        """Ask for a size where the mode has none of its own."""
        if not self.settled("name", "size"):
            return
        if self.name in SIZED and self.size is None:
            raise RecipeError(f"mode({self.name!r}): expected a size, such as mode({self.name!r}, 800)")
        if self.name not in SIZED and self.size is not None:
            raise RecipeError(
                f"mode({self.name!r}, size={self.size}): {self.name} takes no size; "
                f"say {', '.join(SIZED)}, or resize({self.size})"
            )

    def identity(self) -> list[Any]:
        """Give what it does rather than its name: another size of a mode is another recipe."""
        if not self.settled("name", "size"):
            return super().identity()
        does = self.resize
        return [self.word, self.revision, does and does.identity()]

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        does = self.resize
        return shape if does is None else does.infer(shape)
