"""Where pixels stand: resize, crop, extend, rotate, flip, trim, orientation."""

from __future__ import annotations

import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.choose import half_up, place
from mediaframe.engines.vips.depth import is_deep, to_eight, to_levels
from mediaframe.engines.vips.handle import Handle, alpha_apart, colors, has_alpha, of, ready_for
from mediaframe.engines.vips.linear import scaled_in_light
from mediaframe.errors import AssetError
from mediaframe.model.sizing import ANCHORS, Point
from mediaframe.ops.image.geometry import (
    AutoOrient,
    Crop,
    Extend,
    Flip,
    Flop,
    Mode,
    Resize,
    Rotate,
    Trim,
)


@engine.implements(AutoOrient)
def auto_orient(handle: Handle, op: AutoOrient) -> Handle:
    """Do nothing: opening has turned the picture, or left it."""
    return handle


@engine.implements(Resize)
def resize(handle: Handle, op: Resize) -> Handle:
    """Scale to the planned size, then crop or pad to the box."""
    plan = op.plan(handle.width, handle.height)
    image = (scaled_in_light if op.linear else scaled)(handle.image, *plan.scaled)
    if op.fit == "contain" and plan.final != plan.scaled:
        return of(on_canvas(image, *plan.final, ANCHORS[op.gravity], op.background))
    if plan.final != plan.scaled:
        image = _cut(image, *plan.final, op.gravity, op.focus)
    return of(image)


@engine.implements(Mode)
def mode(handle: Handle, op: Mode) -> Handle:
    """Do the resize of the mode."""
    return handle if op.resize is None else resize(handle, op.resize)


@engine.implements(Crop)
def crop(handle: Handle, op: Crop) -> Handle:
    """Cut out a box."""
    image = handle.image
    left, top = op.left or 0, op.top or 0
    if left >= image.width or top >= image.height:
        raise AssetError(
            f"crop: the box starts at {left},{top}, outside of a picture of {image.width}x{image.height}; "
            f"start within it",
            code="E_PARAM",
        )
    width, height = op.plan(image.width, image.height)
    if op.left is not None:
        return of(image.crop(left, top, width, height))
    return of(_cut(image, width, height, op.gravity, op.focus))


@engine.implements(Extend)
def extend(handle: Handle, op: Extend) -> Handle:
    """Add a margin."""
    image, color = ready_for(handle.image, op.background)
    width, height = image.width + op.left + op.right, image.height + op.top + op.bottom
    return of(image.embed(op.left, op.top, width, height, extend="background", background=color))


@engine.implements(Rotate)
def rotate(handle: Handle, op: Rotate) -> Handle:
    """Turn clockwise."""
    angle = op.angle % 360
    if angle % 90 == 0:
        image = handle.image.rot(f"d{angle:.0f}") if angle else handle.image
        swap = angle % 180 != 0
        return Handle(image, *((handle.height, handle.width) if swap else (handle.width, handle.height)))
    image, color = ready_for(handle.image, op.background)
    cubic = pyvips.Interpolate.new("bicubic")
    if not has_alpha(image):
        return of(to_levels(image.rotate(angle, interpolate=cubic, background=color), image))
    # The corners are premultiplied as the picture is, so that no color leaks from transparent pixels.
    share = color[-1] / (65535 if is_deep(image) else 255)
    behind = [*(band * share for band in color[:-1]), color[-1]]
    turned = image.premultiply().rotate(angle, interpolate=cubic, background=behind)
    return of(to_levels(turned.unpremultiply(), image))


@engine.implements(Flip)
def flip(handle: Handle, op: Flip) -> Handle:
    """Mirror top to bottom."""
    return Handle(handle.image.flipver(), handle.width, handle.height)


@engine.implements(Flop)
def flop(handle: Handle, op: Flop) -> Handle:
    """Mirror left to right."""
    return Handle(handle.image.fliphor(), handle.width, handle.height)


@engine.implements(Trim)
def trim(handle: Handle, op: Trim) -> Handle:
    """Cut away the border."""
    box = trim_box(handle.image, op, border_color(handle.image, op))
    return of(handle.image if box is None else handle.image.crop(*box))


def border_color(image: pyvips.Image, op: Trim) -> list[float]:
    """Give the color of the border, without alpha: the one that is named, or that of the top left pixel."""
    image = to_eight(image)
    if op.background is None:
        color: list[float] = image.getpoint(0, 0)
    else:
        image, color = ready_for(image, op.background)
    return color[: colors(image)]


def trim_box(image: pyvips.Image, op: Trim, color: list[float]) -> tuple[int, int, int, int] | None:
    """Give left, top, width and height of what is not border, or None where all of it is."""
    image = to_eight(image)
    if op.by == "alpha":
        _, alpha = alpha_apart(image)
        if alpha is None:
            return None
        left, top, width, height = alpha.find_trim(threshold=op.threshold, background=[0], line_art=True)
        return (left, top, width, height) if width and height else None
    if op.background is not None:
        image, _ = ready_for(image, op.background)
    # Specks of one pixel are taken out first, by a median of 3x3, where there is room for it.
    thin = min(image.width, image.height) < 3
    left, top, width, height = image.find_trim(threshold=op.threshold, background=color, line_art=thin)
    return (left, top, width, height) if width and height else None


def scaled(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Scale to an exact size with lanczos3; transparent pixels lend no color to their neighbors."""
    if (image.width, image.height) == (width, height):
        return image
    across, down = width / image.width, height / image.height
    if not has_alpha(image):
        return image.resize(across, vscale=down)
    small = image.premultiply().resize(across, vscale=down)
    return to_levels(small.unpremultiply(), image)


def _cut(image: pyvips.Image, width: int, height: int, gravity: str, focus: Point | None) -> pyvips.Image:
    if (image.width, image.height) == (width, height):
        return image
    return image.crop(*place(image, width, height, gravity, focus), width, height)


def on_canvas(image: pyvips.Image, width: int, height: int, anchor: Point, background: str) -> pyvips.Image:
    """Put a picture on a larger ground."""
    image, color = ready_for(image, background)
    left, top = half_up((width - image.width) * anchor[0]), half_up((height - image.height) * anchor[1])
    return image.embed(left, top, width, height, extend="background", background=color)
