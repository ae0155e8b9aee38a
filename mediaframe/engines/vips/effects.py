"""Effects: blur, sharpen, pixelate, median, vignette."""

from __future__ import annotations

import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.depth import is_deep, to_levels
from mediaframe.engines.vips.handle import Handle, alpha_apart, has_alpha, of
from mediaframe.ops.image.effects import Blur, Median, Pixelate, Sharpen, Vignette


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


@engine.implements(Pixelate)
def pixelate(handle: Handle, op: Pixelate) -> Handle:
    """Average squares, and show each as one."""
    image = handle.image
    if op.size == 1:
        return handle
    flat = image.premultiply() if has_alpha(image) else image.cast("float")
    means = _means(flat, op.size)
    if has_alpha(image):
        means = means.unpremultiply()
    small = to_levels(means, image).copy_memory()
    return of(small.zoom(op.size, op.size).crop(0, 0, image.width, image.height))


@engine.implements(Median)
def median(handle: Handle, op: Median) -> Handle:
    """Take the median of each band, premultiplied, so that transparent pixels lend no color."""
    image = handle.image
    if not has_alpha(image):
        return of(_ranked(image, op.size))
    scale = 1 if is_deep(image) else 257
    fine = _ranked((image.premultiply() * scale).rint().cast("ushort"), op.size)
    return of(to_levels((fine / scale).copy(interpretation=image.interpretation).unpremultiply(), image))


@engine.implements(Vignette)
def vignette(handle: Handle, op: Vignette) -> Handle:
    """Darken by the distance from the middle, which is a share of the size: it means the same on a reduced picture."""
    image, alpha = alpha_apart(handle.image)
    middle = [0.5 - image.width / 2, 0.5 - image.height / 2]
    away = (pyvips.Image.xyz(image.width, image.height) + middle) / [image.width / 2, image.height / 2]
    far = ((away.extract_band(0) ** 2 + away.extract_band(1) ** 2) / 2) ** 0.5
    way = (far - op.inner) / (1 - op.inner)
    way = (way > 1).ifthenelse(1, (way < 0).ifthenelse(0, way))
    made = to_levels(image * (1 - way * way * (3 - way * 2) * op.amount), image)
    made = made if alpha is None else made.bandjoin(alpha)
    return Handle(made.copy(interpretation=image.interpretation), handle.width, handle.height)


def _ranked(image: pyvips.Image, size: int) -> pyvips.Image:
    if min(image.width, image.height) >= size:
        return image.median(size)
    # libvips refuses a window that is larger than the picture; beyond its edges it repeats them, and so do we.
    wide = image.embed(size, size, image.width + 2 * size, image.height + 2 * size, extend="copy")
    return wide.median(size).crop(size, size, image.width, image.height)


def _means(image: pyvips.Image, size: int) -> pyvips.Image:
    """Give the mean of each square; what is left over at the right and lower edge is averaged for itself."""
    wide, high = image.width // size * size, image.height // size * size
    rows = []
    for top, height in ((0, high), (high, image.height - high)):
        if height:
            parts = ((0, wide), (wide, image.width - wide))
            row = [
                image.crop(left, top, width, height).shrink(min(size, width), min(size, height))
                for left, width in parts
                if width
            ]
            rows.append(row[0] if len(row) == 1 else row[0].join(row[1], "horizontal"))
    return rows[0] if len(rows) == 1 else rows[0].join(rows[1], "vertical")
