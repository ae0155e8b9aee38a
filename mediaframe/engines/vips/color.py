"""Colors of a source made into 8-bit sRGB or gray."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pyvips

_PROFILE = "icc-profile-data"
_GRAYS = ("b-w", "grey16")


def to_srgb(image: pyvips.Image) -> pyvips.Image:
    """Give 8-bit sRGB, or 8-bit gray where the source is gray.

    An embedded profile is honored (relative intent with black point compensation); without one, numbers are taken as
    sRGB. CMYK without a profile is read with libvips' own.
    """
    if image.interpretation in ("cmyk", "lab", "lch", "xyz") or _has_profile(image):
        image = _by_profile(image)
    return _eight_bits(image)


def _has_profile(image: pyvips.Image) -> bool:
    return bool(image.get_typeof(_PROFILE))


def _by_profile(image: pyvips.Image) -> pyvips.Image:
    gray = image.interpretation in _GRAYS
    if image.interpretation in ("lab", "lch", "xyz"):
        return image.colourspace("srgb")
    profile: bytes = image.get(_PROFILE) if _has_profile(image) else b""
    if image.interpretation in ("srgb", "rgb", "rgb16", *_GRAYS) and _is_srgb(profile, gray=gray):
        return image
    try:
        turned = image.icc_transform(
            "srgb",
            embedded=bool(profile),
            input_profile="cmyk",
            intent="relative",
            black_point_compensation=True,
        )
    except pyvips.Error:
        # A profile that does not fit the pixels is no reason to refuse the picture: browsers ignore it as well.
        return image.colourspace("srgb") if image.interpretation == "cmyk" else image
    if gray:
        turned = (
            turned.extract_band(0).bandjoin(turned.extract_band(3)) if turned.bands == 4 else turned.extract_band(0)
        )
        turned = turned.copy(interpretation="b-w")
    return turned


@lru_cache(maxsize=32)
def _is_srgb(profile: bytes, *, gray: bool) -> bool:
    """Whether a profile moves no color by more than one level, so that the transform can be saved.

    Most cameras embed sRGB; 729 colors take 1 ms, a transform of 4 megapixels 90.
    """
    steps = [*range(0, 256, 32), 255]
    if gray:
        colors: list[list[Any]] = [[(value,) for value in range(256)]]
    else:
        colors = [[(red, green, blue) for red in steps for green in steps for blue in steps]]
    plain = pyvips.Image.new_from_memory(
        bytes(band for color in colors[0] for band in color), len(colors[0]), 1, 1 if gray else 3, "uchar"
    ).copy(interpretation="b-w" if gray else "srgb")
    carrier = plain.copy()
    carrier.set_type(pyvips.GValue.blob_type, _PROFILE, profile)
    try:
        turned = carrier.icc_transform("srgb", embedded=True, intent="relative", black_point_compensation=True)
    except pyvips.Error:
        return True
    return bool((turned.extract_band(0, n=plain.bands) - plain).abs().max() <= 1)


def _eight_bits(image: pyvips.Image) -> pyvips.Image:
    if image.interpretation not in ("srgb", "rgb", "b-w", "rgb16", "grey16", "scrgb", "cmyk"):
        # What says nothing of itself, such as "multiband", is taken for sRGB or gray by its bands.
        image = image.copy(interpretation="srgb" if image.bands >= 3 else "b-w")
    gray = image.interpretation in _GRAYS
    if image.format == "ushort":
        # libvips' own way to 8 bits takes alpha one level down.
        image = (image >> 8).cast("uchar").copy(interpretation="b-w" if gray else "srgb")
    elif image.interpretation not in ("srgb", "b-w"):
        image = image.colourspace("srgb")
    most = 2 if gray else 4
    image = image.extract_band(0, n=most) if image.bands > most else image
    # Floating point pictures that say nothing else hold 0 to 255, as libvips has it.
    return image if image.format == "uchar" else image.cast("uchar")
