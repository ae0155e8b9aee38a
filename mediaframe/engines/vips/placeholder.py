"""What a page shows before the picture is there: ThumbHash, BlurHash, a tiny preview."""

from __future__ import annotations

import math
from base64 import b64encode
from typing import Any

import numpy as np
import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.geometry import scaled
from mediaframe.engines.vips.handle import Handle, colors, has_alpha
from mediaframe.measures.placeholder import Blurhash, Lqip, Thumbhash

Floats = np.ndarray[Any, np.dtype[np.float64]]

_SIDE = 100
"""Pixels that the reference of ThumbHash takes at the most."""


@engine.implements(Lqip)
def lqip(handle: Handle, measure: Lqip) -> str:
    """Write a tiny WebP as a data URI."""
    data = _small(handle, measure.size).webpsave_buffer(Q=measure.quality, effort=6, keep="none")
    return f"data:image/webp;base64,{b64encode(data).decode('ascii')}"


# ---- ThumbHash -------------------------------------------------------------------------------------------------------


@engine.implements(Thumbhash)
def thumbhash(handle: Handle, measure: Thumbhash) -> str:
    """Give the hash of the reduced picture."""
    image = _small(handle, _SIDE)
    image = image if colors(image) == 3 else image.colourspace("srgb")
    rgba = (image if has_alpha(image) else image.addalpha()).numpy()
    return b64encode(bytes(_thumbhash(rgba.astype(np.float64)))).decode("ascii")


def _thumbhash(rgba: Floats) -> list[int]:
    """Give the bytes; the arithmetic goes step by step as in the reference, since ties are rounded."""
    height, width = rgba.shape[:2]
    alpha = rgba[..., 3] / 255
    seen = (alpha / 255)[..., None] * rgba[..., :3]
    total = _sum(alpha)
    transparent = total < width * height
    mean = np.array([_sum(seen[..., band]) for band in range(3)]) / (total or 1.0)
    color = mean * (1 - alpha)[..., None] + seen
    red, green, blue = color[..., 0], color[..., 1], color[..., 2]
    fine = 5 if transparent else 7  # Fewer terms of light where alpha takes some.
    across, down = (max(1, _half_up(fine * side / max(width, height))) for side in (width, height))
    light = _terms((red + green + blue) / 3, max(3, across), max(3, down))
    yellow, rose = _terms((red + green) / 2 - blue, 3, 3), _terms(red - green, 3, 3)
    opaque = _terms(alpha, 5, 5)
    wide = width > height
    first = _half_up(63 * light[0]) | _half_up(31.5 + 31.5 * yellow[0]) << 6 | _half_up(31.5 + 31.5 * rose[0]) << 12
    first |= _half_up(31 * light[1]) << 18 | transparent << 23
    second = (down if wide else across) | _half_up(63 * yellow[1]) << 3 | _half_up(63 * rose[1]) << 9 | wide << 15
    found = [*first.to_bytes(3, "little"), *second.to_bytes(2, "little")]
    if transparent:
        found.append(_half_up(15 * opaque[0]) | _half_up(15 * opaque[1]) << 4)
    nibbles = [
        _half_up(15 * term) for one in (light, yellow, rose, *([opaque] if transparent else [])) for term in one[2]
    ]
    nibbles += [0] * (len(nibbles) % 2)
    return found + [low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True)]


def _terms(channel: Floats, across: int, down: int) -> tuple[float, float, list[float]]:
    """Give the mean of a channel, the largest of its cosine terms, and the terms as shares of it (0 to 1)."""
    height, width = channel.shape
    places = [(x, y) for y in range(down) for x in range(across) if x * down < across * (down - y)]
    mean, *terms = (_sum(channel * _wave(width, x) * _wave(height, y)[:, None]) / (width * height) for x, y in places)
    scale = max((abs(term) for term in terms), default=0.0)
    return mean, scale, [0.5 + 0.5 / scale * term for term in terms] if scale else terms


def _sum(values: Floats) -> float:
    return float(np.cumsum(values)[-1])  # One after the other; `sum` adds in pairs.


def _wave(size: int, turns: int) -> Floats:
    wave: Floats = np.cos(np.pi / size * turns * (np.arange(size) + 0.5))
    return wave


# ---- BlurHash --------------------------------------------------------------------------------------------------------

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


@engine.implements(Blurhash)
def blurhash(handle: Handle, measure: Blurhash) -> str:
    """Give the hash of the reduced picture."""
    image = _small(handle, _SIDE)
    if has_alpha(image):
        image = image.flatten(background=[255] * colors(image))
    image = image if colors(image) == 3 else image.colourspace("srgb")
    linear = _linear(image.numpy().astype(np.float64) / 255)
    terms = [_factor(linear, x, y) for y in range(measure.down) for x in range(measure.across)]
    mean, others = terms[0], terms[1:]
    largest = max((abs(part) for term in others for part in term), default=0.0)
    level = max(0, min(82, math.floor(largest * 166 - 0.5))) if others else 0
    scale = (level + 1) / 166 if others else 1.0
    red, green, blue = (_byte(part) for part in mean)
    parts = [
        _base83(measure.across - 1 + (measure.down - 1) * 9, 1),
        _base83(level, 1),
        _base83(red << 16 | green << 8 | blue, 4),
        *(_base83(_three([_step(part / scale) for part in term]), 2) for term in others),
    ]
    return "".join(parts)


def _factor(linear: Floats, x: int, y: int) -> list[float]:
    height, width = linear.shape[:2]
    down = np.cos(np.pi * y * np.arange(height) / height)
    across = np.cos(np.pi * x * np.arange(width) / width)
    sums = ((linear * down[:, None, None]).sum(axis=0) * across[:, None]).sum(axis=0)
    share = (1 if x == y == 0 else 2) / (width * height)
    return [float(part) * share for part in sums]


def _step(value: float) -> int:
    return max(0, min(18, math.floor(math.copysign(math.sqrt(abs(value)), value) * 9 + 9.5)))


def _three(steps: list[int]) -> int:
    return steps[0] * 361 + steps[1] * 19 + steps[2]


def _byte(linear: float) -> int:
    level = max(0.0, min(1.0, linear))
    return int((level * 12.92 if level <= 0.0031308 else 1.055 * level ** (1 / 2.4) - 0.055) * 255 + 0.5)


def _linear(levels: Floats) -> Floats:
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)


def _base83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(length)))


# ---- both ------------------------------------------------------------------------------------------------------------


def _small(handle: Handle, side: int) -> pyvips.Image:
    """Reduce the picture to a longer side; nothing is enlarged."""
    factor = min(1.0, side / max(handle.width, handle.height))
    return scaled(handle.image, *(max(1, _half_up(one * factor)) for one in (handle.width, handle.height)))


def _half_up(value: float) -> int:
    return math.floor(value + 0.5)
