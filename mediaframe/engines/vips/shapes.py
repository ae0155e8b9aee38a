"""Shapes drawn on a picture: masks by librsvg, in their colors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.composite import Box, over, placed, put, tinted
from mediaframe.engines.vips.handle import Handle, colors, of, ready_for
from mediaframe.model.quantity import pixels
from mediaframe.ops.image.shapes import Shape


@engine.implements(Shape)
def shape(handle: Handle, op: Shape) -> Handle:
    """Draw a shape."""
    base = handle.image
    for color in op.colors:
        base, _ = ready_for(base, color[:7])
    box = _box(op, base.width, base.height)
    pen = max(0.0, pixels(op.stroke_width, min(base.width, base.height)))
    outline = _Outline(op, box, pen)
    seen = outline.reach.within(base.width, base.height)
    drawn = _drawn(outline, seen) if seen is not None else None
    return of(base if drawn is None or seen is None else put(base, drawn, seen, op.opacity))


def _box(op: Shape, width: int, height: int) -> Box:
    """Say where the box stands, in whole pixels; a line may be level, so that its box has no height."""
    least = 0 if op.form == "line" else 1
    size = (
        max(least, math.floor(pixels(op.width, width) + 0.5)), max(least, math.floor(pixels(op.height, height) + 0.5))
    )  # fmt: skip
    box = placed(size, (width, height), op.gravity, pixels(op.margin, min(width, height)))
    left = box.left if op.left is None else _whole(pixels(op.left, width))
    top = box.top if op.top is None else _whole(pixels(op.top, height))
    return Box(left, top, *size)


def _whole(value: float) -> int:
    """Round half up."""
    return math.floor(value + 0.5)


@dataclass(frozen=True, slots=True)
class _Outline:
    """A shape in its box, and the pen that draws its outline."""

    op: Shape
    box: Box
    pen: float

    @property
    def reach(self) -> Box:
        """Where something may be drawn: of a line also beside its box."""
        more = math.ceil(self.pen / 2) + 1 if self.op.form == "line" else 0
        box = self.box
        return Box(box.left - more, box.top - more, box.width + 2 * more, box.height + 2 * more)

    def layers(self) -> Iterator[tuple[str, str]]:
        """Give SVG and its color, from the back to the front."""
        op = self.op
        if op.form == "line":
            for color in op.colors:
                yield self._element("line", self.pen), color
            return
        pen = min(self.pen, min(self.box.width, self.box.height) / 2) if op.stroke else 0.0
        # The filling ends in the middle of the outline, so that nothing of it shines through at the edge.
        if op.fill:
            yield self._element(op.form, 0.0, inset=pen / 2), op.fill
        if op.stroke and pen:
            yield self._element(op.form, pen, inset=pen / 2), op.stroke

    def _element(self, form: str, pen: float, inset: float = 0.0) -> str:
        left, top, width, height = self.box.left, self.box.top, self.box.width, self.box.height
        paint = f'fill="none" stroke="#fff" stroke-width="{pen:.6f}"' if pen or form == "line" else 'fill="#fff"'
        if form == "line":
            start, end = (top + height, top) if self.op.rising else (top, top + height)
            return f'<line x1="{left}" y1="{start}" x2="{left + width}" y2="{end}" {paint}/>'
        across, down = width - 2 * inset, height - 2 * inset
        if form == "ellipse":
            return (
                f'<ellipse cx="{left + width / 2}" cy="{top + height / 2}" rx="{across / 2:.6f}" ry="{down / 2:.6f}" '
                f"{paint}/>"
            )
        curve = max(0.0, min(pixels(self.op.radius, min(width, height)), min(width, height) / 2) - inset)
        return (
            f'<rect x="{left + inset:.6f}" y="{top + inset:.6f}" width="{across:.6f}" height="{down:.6f}" '
            f'rx="{curve:.6f}" {paint}/>'
        )


def _drawn(outline: _Outline, seen: Box) -> pyvips.Image | None:
    """Draw what is seen of a shape; None where it has no colors."""
    painted = None
    for element, color in outline.layers():
        layer = tinted(_mask(element, seen), color)
        if painted is not None and colors(painted) != colors(layer):
            painted, layer = painted.colourspace("srgb"), layer.colourspace("srgb")
        painted = layer if painted is None else over(painted, layer)
    return painted


def _mask(element: str, seen: Box) -> pyvips.Image:
    """Give how far a shape covers each pixel of a part of the picture."""
    view = f"{seen.left} {seen.top} {seen.width} {seen.height}"
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{seen.width}" height="{seen.height}" viewBox="{view}">'
        f"{element}</svg>"
    )
    drawn = pyvips.Image.svgload_buffer(text.encode())
    return drawn.extract_band(3).copy(interpretation="b-w").copy_memory()
