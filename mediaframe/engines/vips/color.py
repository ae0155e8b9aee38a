"""Colors of a source made into those that the recipe works in: sRGB by default, gray where the source is gray."""

from __future__ import annotations

from typing import NamedTuple

import pyvips

from mediaframe.engines.base import Task
from mediaframe.engines.vips.depth import is_deep, to_eight, to_sixteen
from mediaframe.engines.vips.linear import luminance
from mediaframe.engines.vips.profiles import (
    Rendering,
    adobe_profile,
    built_in,
    moves_nothing,
    profile_of,
    transformed,
    with_profile,
)
from mediaframe.ops.image.color import Color

_GRAYS = ("b-w", "grey16")
_ABSOLUTE = ("lab", "lch", "xyz", "labs", "labq", "yxy")
"""What is measured rather than made for a device."""


class Wish(NamedTuple):
    """What a recipe asks of the colors of a source, told from the recipe alone."""

    space: str = "srgb"
    rendering: Rendering = Rendering()
    bits: int = 8

    @property
    def target(self) -> str:
        """The space that is converted to, where something must be."""
        return "p3" if self.space == "p3" else "srgb"


PLAIN = Wish()


def wish(task: Task) -> Wish:
    """Say what a recipe asks for: its color step, and 16 bits where its end writes more than 8."""
    step = next((one for one in task.steps if isinstance(one, Color)), Color())
    bits = 16 if task.end is not None and task.end.values.get("bits", 8) > 8 else 8
    return Wish(step.space, Rendering(step.intent, step.black_point), bits)


def converted(image: pyvips.Image, wish: Wish = PLAIN) -> pyvips.Image:
    """Give gray, or RGB of the space that was asked for; a profile is attached where that is not sRGB."""
    image = _declared(image)
    if image.interpretation in _ABSOLUTE:
        image = _from_lab(image, wish)
    elif image.interpretation == "cmyk":
        image = _by_profile(image, wish)
    else:
        image = _rgb_or_gray(_labeled(image, wish), wish)
    most = 2 if image.interpretation in _GRAYS else 4
    image = image.extract_band(0, n=most) if image.bands > most else image
    return to_sixteen(image) if wish.bits > 8 else to_eight(image)


def is_plain(image: pyvips.Image) -> bool:
    """Whether a picture of 8 bits is gray or sRGB already, or near enough that nothing is converted."""
    image = _declared(image)
    gray, profile = image.interpretation in _GRAYS, profile_of(image)
    if not gray and image.interpretation not in ("srgb", "rgb"):
        return False
    return not profile or moves_nothing(profile, PLAIN.space, PLAIN.rendering, gray=gray, deep=False)


def in_srgb(image: pyvips.Image) -> pyvips.Image:
    """Give 8-bit sRGB or gray, whatever space and levels the picture has."""
    return converted(image) if profile_of(image) or is_deep(image) else image


def _declared(image: pyvips.Image) -> pyvips.Image:
    """Attach the profile of what a camera declares by EXIF alone (DCF 2.0: "R03" stands for Adobe RGB)."""
    name = "exif-ifd4-InteroperabilityIndex"
    if image.bands < 3 or profile_of(image) or not image.get_typeof(name):
        return image
    return with_profile(image, adobe_profile()) if str(image.get(name)).startswith("R03") else image


def _labeled(image: pyvips.Image, wish: Wish) -> pyvips.Image:
    """Give 8 or 16 bits, named as gray or RGB."""
    if image.interpretation == "scrgb":
        return with_profile(image.colourspace("rgb16" if wish.bits > 8 else "srgb"), b"")
    if image.interpretation in ("rgb16", *_GRAYS, "srgb", "rgb"):
        gray = image.interpretation in _GRAYS
    else:
        gray = image.bands < 3  # What says nothing of itself, such as "multiband".
    if image.format == "ushort":
        return image.copy(interpretation="grey16" if gray else "rgb16")
    # Floating point pictures that say nothing else hold 0 to 255, as libvips has it.
    image = image if image.format == "uchar" else image.cast("uchar")
    return image.copy(interpretation="b-w" if gray else "srgb")


def _rgb_or_gray(image: pyvips.Image, wish: Wish) -> pyvips.Image:
    gray, deep = image.interpretation in _GRAYS, wish.bits > 8
    profile = profile_of(image)
    target = "srgb" if gray else wish.target  # sRGB and Display P3 have one curve: gray is the same in both.
    if profile and moves_nothing(profile, target, wish.rendering, gray=gray, deep=deep):
        return with_profile(image, built_in("p3") if target == "p3" else b"")
    if gray:
        return luminance(to_sixteen(image) if deep else image, wish.rendering) if profile else image
    if wish.space == "keep" or (not profile and target == "srgb"):
        return image
    return _by_profile(to_sixteen(image) if deep else image, wish)


def _by_profile(image: pyvips.Image, wish: Wish) -> pyvips.Image:
    depth = 16 if is_deep(image) or wish.bits > 8 else 8
    try:
        turned = transformed(image, wish.target, wish.rendering, depth=depth)
    except pyvips.Error:
        # A profile that does not fit the pixels is no reason to refuse the picture: browsers ignore it as well.
        turned = transformed(with_profile(image, b""), wish.target, wish.rendering, depth=depth)
    return with_profile(turned, built_in("p3") if wish.target == "p3" else b"")


def _from_lab(image: pyvips.Image, wish: Wish) -> pyvips.Image:
    """Give RGB for what is measured: CIE Lab of files has the white of the profile space, D50."""
    lab = with_profile(image.colourspace("lab"), b"")
    turned = lab.icc_export(
        output_profile=wish.target,
        intent=wish.rendering.intent,
        black_point_compensation=wish.rendering.black_point,
        depth=16 if wish.bits > 8 else 8,
    )
    return with_profile(turned, built_in("p3") if wish.target == "p3" else b"")
