"""Light: resizing where light is mixed, not the numbers that stand for it."""

from __future__ import annotations

from functools import cache

import pyvips

from mediaframe.engines.vips.depth import is_deep, to_levels
from mediaframe.engines.vips.handle import alpha_apart
from mediaframe.engines.vips.profiles import RELATIVE, Rendering, built_in, profile_of, with_profile


def scaled_in_light(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Scale to an exact size with lanczos3, in linear light; transparent pixels lend no color to their neighbors."""
    if (image.width, image.height) == (width, height):
        return image
    across, down = width / image.width, height / image.height
    most = 65535.0 if is_deep(image) else 255.0
    plain, alpha = alpha_apart(image)
    light = _light(plain)
    if alpha is None:
        return _numbers(light.resize(across, vscale=down), image)
    share = alpha / most
    small = (light * share).bandjoin(share).resize(across, vscale=down)
    share = _between(small.extract_band(small.bands - 1), 1.0)
    # Where nothing is to be seen there is no color: black, as libvips' unpremultiply has it.
    light = (share > 0).ifthenelse(small.extract_band(0, n=small.bands - 1) / share, 0.0)
    color = _numbers(light, plain)
    return color.bandjoin(to_levels(share * most, alpha)).copy(interpretation=image.interpretation)


def luminance(image: pyvips.Image, rendering: Rendering = RELATIVE) -> pyvips.Image:
    """Give the gray of what carries a profile: its luminance, in the curve of sRGB."""
    plain, alpha = alpha_apart(image)
    gray = "grey16" if is_deep(image) else "b-w"
    # By Lab, which is finer than XYZ in the dark, where LittleCMS interpolates the curves of gray profiles.
    lab = plain.icc_import(
        embedded=True, intent=rendering.intent, black_point_compensation=rendering.black_point, pcs="lab"
    )
    level = (lab.extract_band(0) + 16) / 116
    light = (level > 6 / 29).ifthenelse(level**3, (level - 4 / 29) * (108 / 841))
    numbers = (_srgb_curve(light) * (65535.0 if is_deep(image) else 255.0)).rint().cast(image.format)
    numbers = numbers if alpha is None else numbers.bandjoin(alpha)
    return with_profile(numbers.copy(interpretation=gray), b"")


def _light(plain: pyvips.Image) -> pyvips.Image:
    """Give floating point light: 0 to 1 for the curve of sRGB, XYZ for other profiles."""
    if _has_srgb_curve(plain):
        return plain.maplut(_lut(deep=is_deep(plain)))
    return plain.icc_import(embedded=True, intent="relative", pcs="xyz")


def _numbers(light: pyvips.Image, like: pyvips.Image) -> pyvips.Image:
    """Turn light into the numbers of a picture."""
    if _has_srgb_curve(like):
        return to_levels(_srgb_curve(light) * (65535.0 if is_deep(like) else 255.0), like)
    xyz = light.copy(interpretation="xyz")
    return to_levels(xyz.icc_export(intent="relative", pcs="xyz", depth=16 if is_deep(like) else 8), like)


def _has_srgb_curve(image: pyvips.Image) -> bool:
    return profile_of(image) in (b"", built_in("p3"))


def _between(image: pyvips.Image, most: float) -> pyvips.Image:
    return (image < 0).ifthenelse(0.0, (image > most).ifthenelse(most, image))


def _srgb_curve(light: pyvips.Image) -> pyvips.Image:
    """Give the numbers, 0 to 1, for light (IEC 61966-2-1)."""
    light = _between(light, 1.0)
    return (light <= 0.0031308).ifthenelse(light * 12.92, light ** (1 / 2.4) * 1.055 - 0.055)


@cache
def _lut(*, deep: bool) -> pyvips.Image:
    """Give the light of all numbers of 8 or 16 bits."""
    number = pyvips.Image.identity(ushort=deep) / (65535.0 if deep else 255.0)
    return (number <= 0.04045).ifthenelse(number / 12.92, ((number + 0.055) / 1.055) ** 2.4).copy_memory()
