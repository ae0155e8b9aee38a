"""Kinds of media, and Shape: what is known of a medium before its pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from mediaframe.model.quantity import color_bands

Kind = Literal["image", "video", "audio", "document", "archive"]

KINDS: tuple[Kind, ...] = ("image", "video", "audio", "document", "archive")


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a medium before the pixels; None means not known.

    Width and height are as displayed, after orientation.
    """

    kind: Kind
    width: int | None = None
    height: int | None = None
    alpha: bool | None = None
    gray: bool | None = None
    frames: int | None = None
    pages: int | None = None
    seconds: float | None = None

    def but(self, **changes: Any) -> Shape:
        """Give the same shape with some facts changed."""
        return replace(self, **changes)

    def painted(self, color: str) -> Shape:
        """Give the shape once a color is put somewhere: a color ends gray, a transparent one brings alpha."""
        red, green, blue, alpha = color_bands(color)
        return self.but(gray=self.gray if red == green == blue else False, alpha=True if alpha < 255 else self.alpha)

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height where both are known."""
        if self.width is None or self.height is None:
            return None
        return self.width, self.height
