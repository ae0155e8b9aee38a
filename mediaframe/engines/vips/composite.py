"""One picture put over another: where it stands, what of it is seen, how the two are mixed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pyvips

from mediaframe.engines.vips.depth import is_deep, to_levels, to_sixteen
from mediaframe.engines.vips.handle import alpha_apart, colors, has_alpha, to_byte
from mediaframe.engines.vips.profiles import built_in, profile_of, with_profile
from mediaframe.model.quantity import color_bands
from mediaframe.model.sizing import ANCHORS


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels; it may reach over the edges of the picture it is meant for."""

    left: int
    top: int
    width: int
    height: int

    def within(self, width: int, height: int, more: int = 0) -> Box | None:
        """Give the part that a picture of this size shows, and so many pixels around; None where there is none."""
        left, top = max(self.left, -more), max(self.top, -more)
        right = min(self.left + self.width, width + more)
        bottom = min(self.top + self.height, height + more)
        return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


def placed(size: tuple[int, int], onto: tuple[int, int], gravity: str, margin: float) -> Box:
    """Say where something of one size stands on something of another; what is larger keeps the edge of its gravity."""
    across, down = ANCHORS[gravity]
    edge = round(margin)
    left = _at(onto[0] - size[0], across, edge)
    return Box(left, _at(onto[1] - size[1], down, edge), *size)


def _at(room: int, share: float, edge: int) -> int:
    inset = edge if share == 0 else -edge if share == 1 else 0
    return math.floor(room * share + 0.5) + inset


def put(base: pyvips.Image, above: pyvips.Image, box: Box, opacity: float = 1.0) -> pyvips.Image:
    """Put a picture over another at a place.

    Parameters
    ----------
    base
        The picture below.
    above
        What is put over it, with alpha or without. Where it has colors, a gray picture gets some.
    box
        Where it stands; what is beyond the edges is cut.
    opacity
        How opaque it is.
    """
    seen = box.within(base.width, base.height)
    if colors(above) > colors(base):
        base = base.colourspace("rgb16" if is_deep(base) else "srgb")
    if seen is None or opacity == 0:
        return base
    above = _matched(above.crop(seen.left - box.left, seen.top - box.top, seen.width, seen.height), base)
    if (seen.width, seen.height) == (base.width, base.height):
        return over(base, above, opacity)
    patch = over(base.crop(seen.left, seen.top, seen.width, seen.height), above, opacity)
    return base.insert(patch, seen.left, seen.top)


def bare(image: pyvips.Image) -> pyvips.Image:
    """Give the pixels alone: what a file says of itself is not to be said of the picture that it is put on."""
    plain = image.copy()
    for field in image.get_fields():
        plain.remove(field)  # Size and format are no fields that can be taken away.
    return plain


def _matched(above: pyvips.Image, base: pyvips.Image) -> pyvips.Image:
    """Give 8-bit sRGB or gray in the space and the levels of the picture below."""
    if colors(above) < colors(base):
        above = above.colourspace("srgb")
    profile = profile_of(base)
    if not profile:
        return to_sixteen(above) if is_deep(base) else above
    bands, alpha = alpha_apart(above)
    lab = with_profile(bands, built_in("srgb")).icc_import(embedded=True, intent="relative", pcs="lab")
    bands = with_profile(lab, profile).icc_export(intent="relative", depth=16 if is_deep(base) else 8)
    if alpha is not None:
        bands = bands.bandjoin((alpha * 257).cast("ushort") if is_deep(base) else alpha)
    return bare(bands)


def over(below: pyvips.Image, above: pyvips.Image, opacity: float = 1.0) -> pyvips.Image:
    """Mix two pictures of one size, space and depth by Porter and Duff's *over*, rounded once.

    libvips' own `composite` cuts off instead of rounding: up to a level, half a level on average, too dark.
    """
    most = 65535 if is_deep(below) else 255
    bands, cover = alpha_apart(above)
    under, veil = alpha_apart(below)
    share = opacity if cover is None else cover * (opacity / most)
    if veil is None:
        return to_levels(under + (bands - under) * share, below)
    rest = veil * (1 / most) * (1 - share)
    alpha = rest + share
    mixed = (under * rest + bands * share) / alpha  # libvips gives 0 for what is divided by 0
    return to_levels(mixed.bandjoin(alpha * most), below)


def tinted(mask: pyvips.Image, color: str) -> pyvips.Image:
    """Give a color seen through a mask, with alpha; gray where the color is gray."""
    red, green, blue, alpha = color_bands(color)
    bands = [red] if red == green == blue else [red, green, blue]
    plain = (mask * 0 + bands).cast("uchar").copy(interpretation="b-w" if len(bands) == 1 else "srgb")
    return plain.bandjoin(mask if alpha == 255 else to_byte(mask * (alpha / 255)))


def turned(image: pyvips.Image, angle: float) -> pyvips.Image:
    """Turn a picture clockwise; what appears in the corners is transparent."""
    if angle % 360 == 0:
        return image
    if angle % 90 == 0:
        return image.rot(f"d{angle % 360:.0f}")
    image = image if has_alpha(image) else image.addalpha()
    cubic = pyvips.Interpolate.new("bicubic")
    # A clear edge all around, so that the sides are as smooth as what is within.
    wide = image.embed(2, 2, image.width + 4, image.height + 4, extend="background", background=[0] * image.bands)
    spun = wide.premultiply().rotate(angle, interpolate=cubic, background=[0] * image.bands)
    return to_byte(spun.unpremultiply().copy(interpretation=image.interpretation))
