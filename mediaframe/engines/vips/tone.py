"""Colors: the space they are numbers of, grayscale, flatten."""

from __future__ import annotations

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.depth import is_deep, to_levels
from mediaframe.engines.vips.handle import Handle, has_alpha, ready_for
from mediaframe.engines.vips.linear import luminance
from mediaframe.engines.vips.metadata.policy import describe
from mediaframe.engines.vips.profiles import profile_of
from mediaframe.model.quantity import color_bands
from mediaframe.ops.image.color import Color
from mediaframe.ops.image.describe import Describe
from mediaframe.ops.image.pages import Page
from mediaframe.ops.image.tone import Flatten, Grayscale


@engine.implements(Color)
def color(handle: Handle, op: Color) -> Handle:
    """Do nothing: opening has given the picture in this space."""
    return handle


@engine.implements(Page)
def page(handle: Handle, op: Page) -> Handle:
    """Do nothing: opening has given the page."""
    return handle


@engine.implements(Describe)
def said(handle: Handle, op: Describe) -> Handle:
    """Keep in mind what is said of it, for the file."""
    given = {name: list(one) if isinstance(one, tuple) else one for name, one in op.values.items() if one is not None}
    return Handle(describe(handle.image, given), handle.width, handle.height)


@engine.implements(Grayscale)
def grayscale(handle: Handle, op: Grayscale) -> Handle:
    """Take the colors away."""
    image = handle.image
    gray = luminance(image) if profile_of(image) else image.colourspace("grey16" if is_deep(image) else "b-w")
    return Handle(gray, handle.width, handle.height)


@engine.implements(Flatten)
def flatten(handle: Handle, op: Flatten) -> Handle:
    """Put it on a background; a color with transparency counts as opaque."""
    if not has_alpha(handle.image):
        return handle
    red, green, blue, _ = color_bands(op.background)
    image, color = ready_for(handle.image, f"#{red:02x}{green:02x}{blue:02x}")
    # In whole numbers libvips cuts off: half a level too dark on the whole.
    most = 65535 if is_deep(image) else 255
    flat = image.cast("float").flatten(background=color[:-1], max_alpha=most)
    return Handle(to_levels(flat, image), handle.width, handle.height)
