"""Colors: grayscale, flatten."""

from __future__ import annotations

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.handle import Handle, has_alpha, ready_for
from mediaframe.model.quantity import color_bands
from mediaframe.ops.image.tone import Flatten, Grayscale


@engine.implements(Grayscale)
def grayscale(handle: Handle, op: Grayscale) -> Handle:
    """Take the colors away."""
    return Handle(handle.image.colourspace("b-w"), handle.width, handle.height)


@engine.implements(Flatten)
def flatten(handle: Handle, op: Flatten) -> Handle:
    """Put it on a background; a color with transparency counts as opaque."""
    if not has_alpha(handle.image):
        return handle
    red, green, blue, _ = color_bands(op.background)
    image, color = ready_for(handle.image, f"#{red:02x}{green:02x}{blue:02x}")
    return Handle(image.flatten(background=color[:-1]), handle.width, handle.height)
