"""Tone and effects on 16 bits: finer than a level of 8, by the references of 8 bits."""

from __future__ import annotations

import imagecodecs
import numpy as np

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case
from tests.fidelity.effects_cases import darkened, mosaic
from tests.fidelity.tone_cases import by_curve, by_matrix, normalized, saturate, sepia, tinted


def deep(picture: Pixels) -> bytes:
    """Write the same picture with 16 bits."""
    return bytes(imagecodecs.png_encode(picture.astype(np.uint16) * 257))


def in_levels(data: bytes) -> Array:
    """Read 16 bits, as levels of 8 with their fractions."""
    found = imagecodecs.png_decode(data)
    assert found.dtype == np.uint16
    return (found if found.ndim == 3 else found[..., None]) / 257


_TRIED = {
    "brightness": (image.brightness(0.7), by_curve(lambda share: share * 0.7), 0.01),
    "contrast": (image.contrast(1.3), by_curve(lambda share: (share - 0.5) * 1.3 + 0.5), 0.01),
    "gamma": (image.gamma(1.7), by_curve(lambda share: share ** (1 / 1.7)), 0.01),
    "saturation": (image.saturation(1.4), by_matrix(saturate(1.4)), 0.01),
    "sepia": (image.sepia(0.8), by_matrix(sepia(0.8)), 0.01),
    "normalize": (image.normalize(), normalized(1, 99), 0.05),
    "tint": (image.tint("#704214"), tinted((112, 66, 20), whole=False), 0.05),
    "vignette": (image.vignette(), darkened(0.5, 0.3), 0.01),
    "pixelate": (image.pixelate(9), mosaic(9), 0.01),
}

CASES = [
    Case(
        word,
        "16 bits",
        recipe.png(bits=16),
        reference,
        "the reference of 8 bits, without rounding",
        tolerance,
        pictures=("color", "chart"),
        file=deep,
        read=in_levels,
    )
    for word, (recipe, reference, tolerance) in _TRIED.items()
]
