"""Colors: grayscale and flatten, by their formulas in numpy and by Pillow."""

from __future__ import annotations

import numpy as np
from PIL import Image

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case

LUMA_709 = np.array([0.2126, 0.7152, 0.0722])


def linear(levels: Array) -> Array:
    """Give linear light for sRGB levels (IEC 61966-2-1)."""
    share = levels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def encoded(light: Array) -> Array:
    """Give sRGB levels for linear light."""
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def luminance(picture: Pixels) -> Array:
    """Give the gray levels of Rec. 709 luminance."""
    return encoded(linear(picture[..., :3]) @ LUMA_709)[..., None]


def _over(picture: Pixels) -> Array:
    color = Image.new("RGBA", (picture.shape[1], picture.shape[0]), (255, 136, 0, 255))
    return np.asarray(Image.alpha_composite(color, Image.fromarray(picture)).convert("RGB"))


CASES = [
    Case(
        "grayscale",
        "luminance",
        image.grayscale().png(),
        luminance,
        "numpy, Rec. 709 in linear light",
        1.0,
        pictures=("color", "chart"),
    ),
    Case(
        "flatten",
        "on a color",
        image.flatten("#ff8800").png(),
        _over,
        "Pillow Image.alpha_composite",
        1.0,
        pictures=("alpha", "cutout"),
    ),
]
