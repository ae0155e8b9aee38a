"""A text with its outline, shadow and background, drawn on a clear sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pyvips

from mediaframe.engines.vips.composite import Box, over, tinted
from mediaframe.engines.vips.handle import colors
from mediaframe.engines.vips.lettering import Letters, thickened
from mediaframe.errors import AssetError
from mediaframe.model.quantity import pixels
from mediaframe.ops.image.overlay import Text

_WORK = 4e9
"""Pixels of an outline times its width at the most: some seconds."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A text, and the room that it takes. What gravity places is the box: lines, outline, padding; a shadow falls out
    of it.
    """  # noqa: D205

    letters: Letters
    op: Text
    size: float
    """Pixels of the font."""

    @property
    def outline(self) -> float:
        """Pixels of the outline."""
        return pixels(self.op.stroke_width, self.size) if self.op.stroke else 0.0

    @property
    def inset(self) -> int:
        """Pixels between the edge of the box and the lines."""
        return math.ceil(self.outline) + (round(pixels(self.op.padding, self.size)) if self.op.background else 0)

    @property
    def box(self) -> tuple[int, int]:
        """Width and height of the box."""
        return self.letters.mask.width + 2 * self.inset, self.letters.height + 2 * self.inset

    @property
    def fall(self) -> int:
        """Pixels that the shadow falls to the right and down."""
        return round(pixels(self.op.shadow_offset, self.size)) if self.op.shadow else 0

    @property
    def blur(self) -> float:
        """Sigma of the blur of the shadow."""
        return min(200.0, pixels(self.op.shadow_blur, self.size)) if self.op.shadow else 0.0

    @property
    def reach(self) -> int:
        """Pixels around the box that something may be drawn on."""
        ink = max(0, -self.letters.top, self.letters.top + self.letters.mask.height - self.letters.height)
        return self.fall + math.ceil(3 * self.blur + self.outline) + int(ink) + 2

    @property
    def whole(self) -> Box:
        """The sheet with all that is drawn, from its own corner."""
        return Box(0, 0, self.box[0] + 2 * self.reach, self.box[1] + 2 * self.reach)

    def drawn(self, part: Box) -> pyvips.Image:
        """Draw a part of the sheet."""
        painted = None
        for mask, color in self._layers(part):
            layer = tinted(mask, color)
            if painted is not None and colors(painted) != colors(layer):
                painted, layer = painted.colourspace("srgb"), layer.colourspace("srgb")
            painted = layer if painted is None else over(painted, layer)
        return painted

    def _layers(self, part: Box) -> Iterator[tuple[pyvips.Image, str]]:
        """Give masks and their colors from the back to the front."""
        op, at = self.op, self.reach + self.inset
        ink = _shown(self.letters.mask, at, at + self.letters.top, part)
        thick = self._outlined(ink)
        if op.background:
            box = (pyvips.Image.black(*self.box) + 255).cast("uchar")
            yield _shown(box, self.reach, self.reach, part), op.background
        if op.shadow:
            fallen = _shown(thick, self.fall, self.fall, Box(0, 0, part.width, part.height))
            yield (fallen.gaussblur(self.blur, min_ampl=0.02) if self.blur >= 0.3 else fallen), op.shadow
        if op.stroke:
            yield thick, op.stroke
        yield ink, op.color

    def _outlined(self, ink: pyvips.Image) -> pyvips.Image:
        if ink.width * ink.height * self.outline > _WORK:
            raise AssetError("text: the outline is too wide for so large a text; make it thinner", code="E_PARAM")
        return thickened(ink, self.outline)


def _shown(mask: pyvips.Image, left: int, top: int, part: Box) -> pyvips.Image:
    """Give what a part of the sheet shows of a mask that stands at a place, which may be beyond it."""
    if Box(left - part.left, top - part.top, mask.width, mask.height).within(part.width, part.height) is None:
        return pyvips.Image.black(part.width, part.height)
    return mask.embed(left - part.left, top - part.top, part.width, part.height)
