"""What stands around a picture: pad, border, rounded corners."""

from __future__ import annotations

import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.depth import to_levels
from mediaframe.engines.vips.geometry import on_canvas
from mediaframe.engines.vips.handle import Handle, alpha_apart, has_alpha, of, ready_for
from mediaframe.model.quantity import pixels
from mediaframe.model.sizing import ANCHORS
from mediaframe.ops.image.canvas import Border, Pad, RoundCorners


@engine.implements(Pad)
def pad(handle: Handle, op: Pad) -> Handle:
    """Lay it on a larger canvas."""
    width, height = op.plan(handle.width, handle.height)
    if (width, height) == (handle.width, handle.height):
        return handle
    return of(on_canvas(handle.image, width, height, ANCHORS[op.gravity], op.background))


@engine.implements(Border)
def border(handle: Handle, op: Border) -> Handle:
    """Draw the border."""
    image, color = ready_for(handle.image, op.color)
    width, height = image.width + 2 * op.width, image.height + 2 * op.width
    return of(image.embed(op.width, op.width, width, height, extend="background", background=color))


@engine.implements(RoundCorners)
def round_corners(handle: Handle, op: RoundCorners) -> Handle:
    """Lay what is within the arcs on the background."""
    image, color = ready_for(handle.image, op.background)
    side = min(image.width, image.height)
    radius = min(pixels(op.radius, side), side / 2)
    share = _within(image.width, image.height, radius)
    if not has_alpha(image):
        behind = pyvips.Image.new_from_image(image, color)
        return of(_mixed(image, behind, share))
    bands, alpha = alpha_apart(image)
    assert alpha is not None  # noqa: S101  # it has alpha
    if not color[-1]:
        return of(bands.bandjoin(to_levels(alpha * share, alpha)).copy(interpretation=image.interpretation))
    behind = pyvips.Image.new_from_image(image, color)
    mixed = _mixed(image.premultiply(), behind.premultiply(), share).unpremultiply()
    return of(to_levels(mixed, image))


def _within(width: int, height: int, radius: float) -> pyvips.Image:
    """Give how far each pixel lies within the rounded box, 0 to 1."""
    middle = [0.5 - width / 2, 0.5 - height / 2]
    # Distances of the pixels' middles to the box that the middles of the arcs span.
    far = (pyvips.Image.xyz(width, height) + middle).abs() - [width / 2 - radius, height / 2 - radius]
    far = (far > 0).ifthenelse(far, 0)
    away = (far.extract_band(0) ** 2 + far.extract_band(1) ** 2) ** 0.5
    share = radius + 0.5 - away
    return (share > 1).ifthenelse(1, (share < 0).ifthenelse(0, share))


def _mixed(image: pyvips.Image, behind: pyvips.Image, share: pyvips.Image) -> pyvips.Image:
    mixed = image * share + behind * (1 - share)
    return to_levels(mixed, image)
