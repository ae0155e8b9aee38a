"""The colors that a picture is made of: median cut, then k-means, in Oklab; nothing random."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.handle import Handle, alpha_apart, colors
from mediaframe.measures.placeholder import DominantColors

Floats = np.ndarray[Any, np.dtype[np.float64]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]

_SIDE = 128
_ROUNDS = 24
"""Of k-means, at the most; on photographs the mean color of a group then moves less than half a level."""

_TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
_TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip


@engine.implements(DominantColors)
def dominant_colors(handle: Handle, measure: DominantColors) -> list[str]:
    """Give the colors, the widest first."""
    pixels, weights = averaged(handle.image, _SIDE)
    found, shares = palette(pixels, weights, measure.count)
    named = [(-share, "#" + color.tobytes().hex()) for color, share in zip(found, shares.tolist(), strict=True)]
    return [color for _, color in sorted(named)]


def averaged(image: pyvips.Image, side: int) -> tuple[Bytes, Floats]:
    """Average a picture down; give its colors, and how much of each is seen (0 to 255)."""
    image, alpha = alpha_apart(image if colors(image) == 3 else image.colourspace("srgb"))
    factor = math.ceil(max(image.width, image.height) / side)
    across, down = min(factor, image.width), min(factor, image.height)
    if alpha is None:
        pixels = _array(image.shrink(across, down, ceil=True)).reshape(-1, 3)
        return pixels.astype(np.uint8), np.full(len(pixels), 255.0)
    seen = _array((image * (alpha / 255)).shrink(across, down, ceil=True)).reshape(-1, 3)
    weights = _array(alpha.cast("float").shrink(across, down, ceil=True)).reshape(-1).astype(np.float64)
    there = weights > 0.5
    bands = seen[there] * (255 / weights[there])[:, None]
    return np.clip(np.floor(bands + 0.5), 0, 255).astype(np.uint8), weights[there]


def palette(pixels: Bytes, weights: Floats, count: int) -> tuple[Bytes, Floats]:
    """Give up to `count` colors for these pixels, and the share of each."""
    packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    known, place = np.unique(packed, return_inverse=True)
    shares = np.bincount(place.ravel(), weights, len(known)).astype(np.float64)
    unpacked = np.stack([known >> 16, known >> 8 & 255, known & 255], axis=1).astype(np.uint8)
    if len(known) <= count:
        return unpacked, shares
    lab = oklab(unpacked)
    group = _gathered(lab, shares, _cut(lab, shares, count))
    return _named(unpacked, shares, group)


def oklab(pixels: Bytes) -> Floats:
    """Give sRGB colors as Oklab."""
    light: Floats = np.cbrt(_times(_TO_LMS, _LINEAR[pixels]))
    return _times(_TO_LAB, light)


def _times(matrix: Floats, colors: Floats) -> Floats:
    # Sums in a fixed order: a library of linear algebra picks its own by the processor.
    red, green, blue = colors[:, 0], colors[:, 1], colors[:, 2]
    return np.stack([row[0] * red + row[1] * green + row[2] * blue for row in matrix], axis=1)


def _cut(lab: Floats, shares: Floats, count: int) -> Floats:
    """Part the colors in boxes, always the one with the widest spread at the mean of its longest side."""
    boxes = [np.arange(len(lab))]
    spreads = [_spread(lab, shares)]
    while len(boxes) < count:
        widest = max(range(len(boxes)), key=lambda one: float(spreads[one].max()))
        if not spreads[widest].max() > 0:
            break
        box, axis = boxes[widest], int(spreads[widest].argmax())
        low = lab[box, axis] <= np.average(lab[box, axis], weights=shares[box])
        if low.all():  # Rounding alone keeps them apart.
            spreads[widest] = np.zeros(3)
            continue
        parts = [box[low], box[~low]]
        boxes[widest : widest + 1] = parts
        spreads[widest : widest + 1] = [_spread(lab[part], shares[part]) for part in parts]
    return np.stack([np.average(lab[box], axis=0, weights=shares[box]) for box in boxes])


def _spread(lab: Floats, shares: Floats) -> Floats:
    mean = np.average(lab, axis=0, weights=shares)
    spread: Floats = ((lab - mean) ** 2 * shares[:, None]).sum(axis=0)
    return spread


def nearest(lab: Floats, centers: Floats) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Say which center is nearest to each color; the first where several are."""
    best = np.full(len(lab), np.inf)
    found = np.zeros(len(lab), np.intp)
    for number, center in enumerate(centers):
        distance = ((lab - center) ** 2).sum(axis=1)
        nearer = distance < best
        best[nearer], found[nearer] = distance[nearer], number
    return found


def _gathered(lab: Floats, shares: Floats, centers: Floats) -> np.ndarray[Any, np.dtype[np.intp]]:
    group = nearest(lab, centers)
    for _ in range(_ROUNDS):
        weight = np.bincount(group, shares, len(centers))
        sums = np.stack([np.bincount(group, shares * lab[:, axis], len(centers)) for axis in range(3)], axis=1)
        centers = np.where(weight[:, None] > 0, sums / np.maximum(weight, 1e-9)[:, None], centers)
        again = nearest(lab, centers)
        if (again == group).all():
            break
        group = again
    return group


def _named(colors: Bytes, shares: Floats, group: np.ndarray[Any, np.dtype[np.intp]]) -> tuple[Bytes, Floats]:
    """Name each group by the color that holds most of it, or by its mean."""
    found, weights = [], []
    for number in np.unique(group):
        inside = group == number
        own, share = colors[inside], shares[inside]
        most = int(share.argmax())
        mean = np.floor(np.average(own.astype(np.float64), axis=0, weights=share) + 0.5)
        found.append(own[most] if share[most] * 2 > share.sum() else mean.astype(np.uint8))
        weights.append(share.sum())
    return np.stack(found), np.array(weights)


def _array(image: pyvips.Image) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = image.numpy()
    return found


def _linear() -> Floats:
    levels = np.arange(256) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


_LINEAR = _linear()
