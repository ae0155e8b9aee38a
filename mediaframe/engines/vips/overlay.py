"""What is put on a picture: a watermark, text."""

from __future__ import annotations

import math

import pyvips

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.composite import Box, bare, placed, put, turned
from mediaframe.engines.vips.geometry import scaled
from mediaframe.engines.vips.handle import Handle, has_alpha, of, ready_for
from mediaframe.engines.vips.lettering import Font, letters
from mediaframe.engines.vips.library import complaints
from mediaframe.engines.vips.opening import open_picture, read_header
from mediaframe.engines.vips.sheet import Sheet
from mediaframe.errors import AssetError
from mediaframe.model.input import Input
from mediaframe.model.quantity import pixels
from mediaframe.model.sizing import nearest
from mediaframe.ops.image.overlay import Text, Watermark


@engine.implements(Watermark)
def watermark(handle: Handle, op: Watermark) -> Handle:
    """Put another picture on this one."""
    base = handle.image
    source = content(op.image)
    side = min(base.width, base.height)
    key = f"{op!r} on {base.width}x{base.height}"
    mark = source.memo.get(key)
    if mark is None:  # Once for all frames of an animation.
        mark = source.memo[key] = _mark(source, op, base.width, base.height)
    box = placed((mark.width, mark.height), (base.width, base.height), op.gravity, pixels(op.margin, side))
    if op.tile:
        mark, box = _tiled(mark, box, round(pixels(op.spacing, side)), base)
    return of(put(base, mark, box, op.opacity))


@engine.implements(Text)
def text(handle: Handle, op: Text) -> Handle:
    """Write text."""
    base = handle.image
    for color in op.colors:
        base, _ = ready_for(base, color[:7])
    side = min(base.width, base.height)
    size, margin = max(1.0, pixels(op.size, side)), pixels(op.margin, side)
    align = op.align or _ALIGNED.get(op.gravity[-4:], "center")
    found = letters(op.text, _font(op), size, pixels(op.width, base.width - 2 * margin), align)
    if found is None:
        return of(base)
    sheet, onto = Sheet(found, op, size), (base.width, base.height)
    if op.rotation % 360 != 0:
        drawn = turned(sheet.drawn(sheet.whole), op.rotation)
        box = placed(_turned(sheet.box, op.rotation), onto, op.gravity, margin)
        return of(put(base, drawn, _around(box, drawn), op.opacity))
    box, reach = placed(sheet.box, onto, op.gravity, margin), sheet.reach
    whole = Box(box.left - reach, box.top - reach, sheet.whole.width, sheet.whole.height)
    seen = whole.within(*onto, more=reach)
    if seen is None:
        return of(base)
    part = Box(seen.left - whole.left, seen.top - whole.top, seen.width, seen.height)
    return of(put(base, sheet.drawn(part), seen, op.opacity))


_ALIGNED = {"west": "left", "east": "right"}


def _font(op: Text) -> Font:
    if op.font is None:
        return Font.built_in(bold=op.bold)
    try:
        return Font.of(content(op.font), op.font.sha256, op.face)
    except AssetError as error:
        raise AssetError(f"text(font={op.font}): {error.message}", code=error.code) from None


def _turned(size: tuple[int, int], angle: float) -> tuple[int, int]:
    """Give the size of a box once it is turned."""
    across, down = abs(math.cos(math.radians(angle))), abs(math.sin(math.radians(angle)))
    return nearest(size[0] * across + size[1] * down), nearest(size[0] * down + size[1] * across)


def _around(box: Box, image: pyvips.Image) -> Box:
    """Give the place of a picture that has the middle of a box."""
    left, top = box.left + (box.width - image.width) // 2, box.top + (box.height - image.height) // 2
    return Box(left, top, image.width, image.height)


def content(one: Input) -> Source:
    """Give the content of an input."""
    if not isinstance(one.data, Source):
        raise AssetError(f"{one}: the engine was not given this file", code="E_INTERNAL")
    return one.data


def _mark(source: Source, op: Watermark, width: int, height: int) -> pyvips.Image:
    """Open, scale and turn a watermark for a picture of this size."""
    try:
        with complaints("E_CORRUPT", "picture"):
            return bare(turned(_opened(source, op, width, height), op.rotation).copy_memory())
    except AssetError as error:
        raise AssetError(f"watermark({op.image}): {error.message}", code="E_INPUT") from None


def _opened(source: Source, op: Watermark, width: int, height: int) -> pyvips.Image:
    task = Task(limits=source.limits)
    header = read_header(source, task)
    own = (header.height, header.width) if header.turned else (header.width, header.height)
    if op.scale is None:
        return open_picture(source, task).image
    share = min(width * op.scale / own[0], height * op.scale / own[1])
    size = nearest(own[0] * share), nearest(own[1] * share)
    drawn = header.format in ("svg", "svgz") and size[0] * size[1] <= source.limits.svg_pixels
    if not drawn:
        return scaled(open_picture(source, task).image, *size)
    # A drawing is drawn at its size, not scaled as a picture.
    data = source.memo.get("drawing") or source.view()
    return scaled(pyvips.Image.svgload_buffer(data, scale=share).copy_memory(), *size)


def _tiled(mark: pyvips.Image, box: Box, spacing: int, base: pyvips.Image) -> tuple[pyvips.Image, Box]:
    """Repeat a mark over a whole picture, such that one of the tiles stands in the box."""
    across, down = mark.width + spacing, mark.height + spacing
    if spacing:
        mark = mark if has_alpha(mark) else mark.addalpha()
        mark = mark.embed(0, 0, across, down, extend="background", background=[0] * mark.bands)
    left, top = -(-box.left % across), -(-box.top % down)
    many = math.ceil((base.width - left) / across), math.ceil((base.height - top) / down)
    return mark.replicate(*many), Box(left, top, across * many[0], down * many[1])
