"""Resize modes: the boxes that common uses ask for, by name, for pictures and videos alike."""

from __future__ import annotations

from typing import Literal, NamedTuple

from mediaframe.errors import RecipeError
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


def check_size(name: ModeName, size: int | None) -> None:
    """Ask for a size where the mode has none of its own."""
    if name in SIZED and size is None:
        raise RecipeError(f"mode({name!r}): expected a size, such as mode({name!r}, 800)")
    if name not in SIZED and size is not None:
        raise RecipeError(
            f"mode({name!r}, size={size}): {name} takes no size; say {', '.join(SIZED)}, or resize({size})"
        )
