"""Effects that look at a pixel's neighbors: blur, sharpen."""

from __future__ import annotations

import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.depth import to_levels
from mediaframe.engines.vips.handle import Handle, has_alpha, of
from mediaframe.ops.image.effects import Blur, Sharpen


@engine.implements(Blur)
def blur(handle: Handle, op: Blur) -> Handle:
    """Blur, premultiplied, so that transparent pixels lend no color."""
    image = handle.image
    if not has_alpha(image):
        return of(_gauss(image, op.sigma))
    soft = _gauss(image.premultiply(), op.sigma)
    return of(to_levels(soft.unpremultiply(), image))


@engine.implements(Sharpen)
def sharpen(handle: Handle, op: Sharpen) -> Handle:
    """Sharpen the lightness."""
    return of(handle.image.sharpen(sigma=op.sigma, x1=2, y2=10, y3=20, m1=op.flat, m2=op.jagged))


_FINE = 3.0


def _gauss(image: pyvips.Image, sigma: float) -> pyvips.Image:
    # The default mask ends at 0.2 of its middle and has whole numbers of 20 at the most: up to 41 levels off a true
    # Gaussian. This one is at most 4 off; whole numbers take a tenth of the time, and are fine once the mask is wide.
    if sigma < _FINE:
        return to_levels(image.gaussblur(sigma, min_ampl=0.02, precision="float"), image)
    return image.gaussblur(sigma, min_ampl=0.02, precision="integer")
