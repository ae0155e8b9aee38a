"""The best quality whose file keeps a budget of bytes: a bracketed secant over the quantizer, with few encodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from mediaframe.errors import AssetError
from mediaframe.model.quantity import human_bytes

ENCODES = 5
"""Encodes at the most. Over 14 photos at 1600 px and 60 and 100 kB: 3.3 on the mean, and a quality 0.3 under the best
that fits; 0.96 of the budget is used."""


class Sized(Protocol):
    """Anything that has a size."""

    @property
    def size(self) -> int:
        """Bytes of the file."""
        ...


E = TypeVar("E", bound=Sized)


@dataclass(frozen=True, slots=True)
class Fitted(Generic[E]):
    """What was found: the encoder's result, its quality, and how many encodes it took."""

    result: E
    quality: int
    encodes: int


def fit(encode: Callable[[int], E], quality: int, max_bytes: int, *, at_most: int = ENCODES) -> Fitted[E]:
    """Find the best quality up to `quality` whose file has at most `max_bytes`; never over it.

    The logarithm of the size is nearly straight over the logarithm of the quantizer step, so a secant between the
    nearest sizes above and below lands close. Where the last encode is still over, the best one under is given; where
    none is under, quality 1 decides.

    Parameters
    ----------
    encode
        Gives the file for a quality.
    quality
        The best quality that is asked for.
    max_bytes
        The budget.
    at_most
        Encodes at the most.
    """
    tried: dict[int, E] = {}

    def size(one: int) -> int:
        if one not in tried:
            tried[one] = encode(one)
        return tried[one].size

    if size(quality) <= max_bytes:
        return Fitted(tried[quality], quality, 1)
    low, high = 0, quality  # `low` fits (0: not known yet), `high` does not.
    while high - low > 1 and len(tried) < at_most:
        last = len(tried) == at_most - 1
        guess = 1 if last and not low else _guess(low, high, tried, max_bytes)
        if not low and len(tried) == at_most - 2:
            guess = max(1, guess // 2)  # The one before the last must land, or quality 1 is what is left.
        if size(guess) <= max_bytes:
            low = guess
            if tried[low].size >= 0.98 * max_bytes and len(tried) >= 3:
                break  # Another encode would gain less than it costs.
        else:
            high = guess
    if not low:
        least = min(one.size for one in tried.values())
        raise AssetError(
            f"max_bytes={human_bytes(max_bytes)} cannot be kept: quality {min(tried)} still takes "
            f"{human_bytes(least)} ({least} bytes); resize to fewer pixels, or allow more bytes",
            code="E_ENCODE",
        )
    return Fitted(tried[low], low, len(tried))


def _guess(low: int, high: int, tried: dict[int, E], max_bytes: int) -> int:
    """Give the next quality to try, strictly between the bracket's ends."""
    points = sorted((_step(one), math.log(tried[one].size)) for one in tried)
    # A miss costs an encode, so aim the lower the more of them were over with none under yet.
    target = math.log(max_bytes * (0.99 if low else 1 - 0.02 * 2 ** len(tried)))
    if len(points) == 1:
        # Over the corpus the size goes with the step to the power of -0.8.
        (step, log_size), slope = points[0], -0.8
    else:
        near = sorted(points, key=lambda point: abs(point[1] - target))[:2]
        (first, first_log), (second, second_log) = near
        slope = (second_log - first_log) / (second - first) if second != first else -0.8
        step, log_size = near[0]
    if slope > -0.05:
        slope = -0.8
    found = math.floor(_quality(step + (target - log_size) / slope))
    return min(max(found, low + 1), high - 1)


def _step(quality: int) -> float:
    """Give the logarithm of the quantizer step, on libjpeg's scale, which libwebp's nearly follows."""
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return math.log(max(scale, 1.0))


def _quality(step: float) -> float:
    scale = math.exp(min(step, math.log(5000)))
    return 5000 / scale if scale > 100 else (200 - scale) / 2
