"""What the levels of a picture say: exposure, contrast, entropy, colorfulness, the number of colors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.geometry import scaled
from mediaframe.engines.vips.handle import Handle, alpha_apart, colors
from mediaframe.measures.statistics import Colorfulness, Colors, Entropy, Exposure, RmsContrast

_SIDE = 512
Levels = np.ndarray[Any, np.dtype[np.float64]]


@engine.implements(Exposure)
def exposure(handle: Handle, measure: Exposure) -> float | None:
    """Give the mean of the gray levels."""
    gray, weights = _seen(handle, gray=True)
    return _told(_mean(gray[0], weights) / 255) if weights.any() else None


@engine.implements(RmsContrast)
def rms_contrast(handle: Handle, measure: RmsContrast) -> float | None:
    """Give the standard deviation of the gray levels."""
    gray, weights = _seen(handle, gray=True)
    return _told(math.sqrt(_variance(gray[0], weights)) / 255) if weights.any() else None


@engine.implements(Entropy)
def entropy(handle: Handle, measure: Entropy) -> float | None:
    """Give the entropy of the histogram."""
    gray, weights = _seen(handle, gray=True)
    if not weights.any():
        return None
    counts = np.bincount(gray[0].astype(np.intp), weights, minlength=256)
    shares = counts[counts > 0] / counts.sum()
    return _told(-float((shares * np.log2(shares)).sum()))


@engine.implements(Colorfulness)
def colorfulness(handle: Handle, measure: Colorfulness) -> float | None:
    """Give the spread and the mean of opponent colors, weighed as by Hasler and Suesstrunk."""
    if colors(handle.image) == 1:
        _, weights = _seen(handle, gray=True)
        return 0.0 if weights.any() else None
    (red, green, blue), weights = _seen(handle, gray=False)
    if not weights.any():
        return None
    across, down = red - green, (red + green) / 2 - blue
    spread = math.sqrt(_variance(across, weights) + _variance(down, weights))
    return _told(spread + 0.3 * math.hypot(_mean(across, weights), _mean(down, weights)))


@engine.implements(Colors)
def count_colors(handle: Handle, measure: Colors) -> int:
    """Mark each color that is there in a table of all."""
    image, alpha = alpha_apart(handle.image)
    pixels = image.numpy().reshape(-1, image.bands)
    if alpha is not None:
        pixels = pixels[alpha.numpy().reshape(-1) > 0]
    if image.bands == 1:
        return int(np.count_nonzero(np.bincount(pixels[:, 0], minlength=256)))
    there = np.zeros(1 << 24, dtype=bool)
    for part in np.array_split(pixels, max(1, len(pixels) >> 20)):  # A megapixel at a time: numbers take four bytes.
        red, green, blue = part.astype(np.uint32).T
        there[red << 16 | green << 8 | blue] = True
    return int(np.count_nonzero(there))


def _seen(handle: Handle, *, gray: bool) -> tuple[Levels, Levels]:
    """Give the bands of the reduced picture, and how far each pixel can be seen."""
    image = handle.image
    factor = _SIDE / max(handle.width, handle.height)
    if factor < 1:
        size = (max(1, math.floor(side * factor + 0.5)) for side in (handle.width, handle.height))
        image = scaled(image, *size)
    bands, alpha = alpha_apart(image)
    bands = bands.colourspace("b-w") if gray else bands
    levels = _flat(bands)
    return levels, np.ones(levels.shape[1]) if alpha is None else _flat(alpha)[0]


def _flat(image: pyvips.Image) -> Levels:
    """Give one row of levels for each band."""
    levels: Levels = image.numpy().reshape(-1, image.bands).T.astype(np.float64)
    return levels


def _mean(levels: Levels, weights: Levels) -> float:
    return float(np.average(levels, weights=weights))


def _variance(levels: Levels, weights: Levels) -> float:
    return float(np.average((levels - _mean(levels, weights)) ** 2, weights=weights))


def _told(value: float) -> float:
    """Round away what floating point adds, and the minus of zero."""
    return round(value, 6) + 0.0
