"""Levels: pictures of 8 and of 16 bits, and the steps that work on both."""

from __future__ import annotations

import pyvips

from mediaframe.engines.vips.notes import noted
from mediaframe.model.operation import Operation
from mediaframe.ops.image.canvas import Border, Pad, RoundCorners
from mediaframe.ops.image.color import Color
from mediaframe.ops.image.describe import Describe
from mediaframe.ops.image.effects import Blur, Median, Pixelate, Sharpen, Vignette
from mediaframe.ops.image.geometry import AutoOrient, Crop, Extend, Flip, Flop, Mode, Resize, Rotate, Trim
from mediaframe.ops.image.overlay import Text, Watermark
from mediaframe.ops.image.pages import Page
from mediaframe.ops.image.shapes import Shape
from mediaframe.ops.image.tone import (
    Brightness,
    Contrast,
    Flatten,
    Gamma,
    Grayscale,
    Hue,
    Normalize,
    Saturation,
    Sepia,
    Tint,
)

DEEP: frozenset[type[Operation]] = frozenset(
    {
        AutoOrient, Blur, Border, Brightness, Color, Contrast, Crop, Describe, Extend, Flatten, Flip, Flop, Gamma,
        Grayscale, Hue, Median, Mode, Normalize, Pad, Page, Pixelate, Resize, Rotate, RoundCorners, Saturation, Sepia,
        Shape, Sharpen, Text, Tint, Trim, Vignette, Watermark,
    }
)  # fmt: skip
"""The steps that work on 16 bits. Before any other a picture is rounded to 8, and its row says so."""

_SCALE = 257
"""How many levels of 16 bits make one of 8: 65535 / 255, so that white is white in both."""


def is_deep(image: pyvips.Image) -> bool:
    """Whether the picture has 16 bits."""
    return bool(image.format == "ushort")


def to_eight(image: pyvips.Image) -> pyvips.Image:
    """Round 16 bits to the nearest of 8, alpha as well."""
    if not is_deep(image):
        return image
    # libvips' own way (`colourspace`) cuts off, and takes alpha one level down. 257 is odd: there are no ties.
    return image.linear(1 / _SCALE, 0.5, uchar=True).copy(interpretation=_space(image, "b-w", "srgb"))


def to_sixteen(image: pyvips.Image) -> pyvips.Image:
    """Give 8 bits as 16: the same colors, white as white."""
    if is_deep(image):
        return image
    return (image * _SCALE).cast("ushort").copy(interpretation=_space(image, "grey16", "rgb16"))


def to_levels(image: pyvips.Image, like: pyvips.Image) -> pyvips.Image:
    """Round what was computed to the levels of the picture that it was computed from."""
    if image.format != like.format:
        image = (image.rint() if image.format in ("float", "double") else image).cast(like.format)
    return image if image.interpretation == like.interpretation else image.copy(interpretation=like.interpretation)


def ready_for_step(image: pyvips.Image, operation: Operation) -> pyvips.Image:
    """Give the picture in levels that the step works on."""
    if not is_deep(image) or type(operation) in DEEP:
        return image
    text = f"{operation.word} works on 8 bits: the picture was rounded before it"
    return noted(to_eight(image), "W_DEPTH_REDUCED", text)


def _space(image: pyvips.Image, gray: str, color: str) -> str:
    return gray if image.bands < 3 else color
