"""The quality that keeps a wish: a budget of bytes, or a perceptual score; a bracketed secant, with few encodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from mediaframe.work.child.typical import Curve

ENCODES = 5
"""Encodes at the most, for one wish."""

NEAR = 1.0
"""How far a score may lie from its target: by less than anybody sees (a class of quality, such as "high" to "very
high", is ten points wide), and about what one step of quality moves."""

_LEAST = 12
"""Where searches begin at the least: under it sizes hardly follow the quality any more."""

_FULL = 0.98
"""A share of the budget from which on another encode would gain less than it costs."""

_SURELY = 1.12
"""From this share of the budget on, what a part takes tells that the whole is over: three deviations of samples."""


class Sized(Protocol):
    """Anything that has a size."""

    @property
    def size(self) -> int:
        """Bytes of the file."""
        ...


E = TypeVar("E", bound=Sized)


@dataclass(slots=True)
class Tries(Generic[E]):
    """What was tried: a file for each quality, and its score where that was asked for."""

    encode: Callable[[int], E]
    judge: Callable[[E], float] | None = None
    files: dict[int, E] = field(default_factory=dict)
    scores: dict[int, float] = field(default_factory=dict)

    def file(self, quality: int) -> E:
        """Give the file of a quality; it is encoded once."""
        if quality not in self.files:
            self.files[quality] = self.encode(quality)
        return self.files[quality]

    def size(self, quality: int) -> int:
        """Give the bytes of a quality."""
        return self.file(quality).size

    def score(self, quality: int) -> float:
        """Give the score of a quality."""
        if self.judge is None:
            raise ValueError("nothing to judge with")
        if quality not in self.scores:
            self.scores[quality] = self.judge(self.file(quality))
        return self.scores[quality]

    @property
    def smallest(self) -> int:
        """Name the quality whose file is the smallest of those that were tried."""
        return min(self.files, key=lambda quality: (self.size(quality), -quality))


@dataclass(frozen=True, slots=True)
class Found:
    """What a search ends with: a quality, and whether the wish is kept."""

    quality: int
    met: bool


def fit(
    tries: Tries[E],
    curve: Curve,
    quality: int,
    max_bytes: int,
    pixels: int,
    *,
    lowest: int = 1,
    at_most: int = ENCODES,
    seen: Seen | None = None,
) -> Found:
    """Find the best quality up to `quality` whose file has at most `max_bytes`.

    Where not even the lowest quality keeps the budget, the smallest file that was reached is named, as not met.

    Parameters
    ----------
    tries
        Gives the file for a quality, and keeps it.
    curve
        The typical sizes of the format. Over them the sizes of any one picture are nearly a straight line of slope 1,
        so that a secant between the nearest sizes above and below lands close.
    quality, lowest
        The best and the worst quality allowed.
    max_bytes
        The budget.
    pixels
        Pixels of the picture: they tell where to begin.
    at_most
        Encodes at the most.
    seen
        What a part of the picture has told; else the search begins as for a typical picture.
    """
    low, high = lowest - 1, quality + 1  # `low` fits, `high` does not; at first neither is known.
    if seen:
        high = seen.over
    guess = seen.likely if seen else _begin(curve, quality, lowest, _density(curve, max_bytes, pixels))
    known = len(tries.files)
    while True:
        if tries.size(guess) <= max_bytes:
            low = guess
        else:
            high = guess
        count = len(tries.files) - known
        if high - low == 1 or count >= at_most:
            break
        guess = _next(tries, curve, low, high, max_bytes, seen.slope if seen else 1.0)
        if low >= lowest:
            full = tries.size(low) >= _FULL * max_bytes
            if (full and (seen or count >= 2)) or (guess <= low + 1 and (seen or high in tries.files or count >= 3)):
                break
            guess = max(guess, low + 1)
            if high > quality and count >= 2 and guess - low <= (quality - low) // 4:
                guess = quality  # Nothing was over yet, and steps are small: see whether all fit.
        elif count == at_most - 1:
            guess = lowest  # What is left is to know the smallest.
        elif count == at_most - 2:
            guess = max(lowest, guess // 2)  # This one must land, or the lowest is what is left.
        guess = min(max(guess, low + 1), high - 1)
    return Found(low, met=True) if low >= lowest else Found(tries.smallest, met=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a part of a picture tells of the whole."""

    likely: int
    """The quality that keeps the budget; it may be a little over."""
    over: int
    """A quality that does not keep it, by a margin; one above the best allowed where none is known."""
    slope: float
    """How its sizes go beside those of the typical curve, near the likely quality."""


def foresee(
    tries: Tries[E], curve: Curve, quality: int, max_bytes: int, pixels: int, *, lowest: int = 1, at_most: int = 3
) -> Seen:
    """Say which quality keeps a budget, as near as few encodes of a part tell."""
    guess = _begin(curve, quality, lowest, _density(curve, max_bytes, pixels))
    budget = _own(max_bytes, curve)
    for _ in range(at_most):
        tries.file(guess)
        points = [(curve.size(one), _own(tries.size(one), curve)) for one in tries.files]
        landed = math.floor(curve.at_size(_secant(points, budget)))
        under = max((one for one in tries.files if tries.size(one) <= max_bytes), default=lowest)
        over = min((one for one in tries.files if tries.size(one) > max_bytes), default=quality + 1)
        guess = min(max(landed, under, min(_LEAST, quality)), max(over - 1, lowest))
        if guess in tries.files:
            break
    surely = [one for one in tries.files if tries.size(one) > _SURELY * max_bytes and one > guess]
    return Seen(guess, min(surely, default=quality + 1), _slope(points, budget))


def _density(curve: Curve, max_bytes: int, pixels: int) -> float:
    return max(max_bytes - curve.overhead, max_bytes / 8) / pixels


def _begin(curve: Curve, quality: int, lowest: int, density: float) -> int:
    """Begin where a typical picture ends, a little lower, since a miss below tells as much and takes less time."""
    typical = math.floor(curve.at_size(math.log(density) - 0.1))
    return min(max(typical, lowest, _LEAST), quality)


def _next(tries: Tries[E], curve: Curve, low: int, high: int, max_bytes: int, slope: float) -> int:
    """Give the quality that the secant says; it may lie outside of the bracket."""
    points = {one: (curve.size(one), _own(tries.size(one), curve)) for one in tries.files}
    budget = _own(max_bytes, curve)
    if low in points and high in points:
        # Within the bracket, and not at its ends: there it would creep.
        found = _between(points[low], points[high], budget - 0.005)
        return math.floor(curve.at_size(found))
    # A miss costs an encode, so aim the lower the more of them were over with none under yet.
    aside = 0.005 if low in points else 0.02 * 2 ** len(points)
    return math.floor(curve.at_size(_secant(list(points.values()), budget - aside, slope)))


def _own(size: int, curve: Curve) -> float:
    """Give the logarithm of what is left of a file without what every file of the format has."""
    return math.log(max(size - curve.overhead, size / 8))


def _between(low: tuple[float, float], high: tuple[float, float], target: float) -> float:
    """Interpolate, by a tenth of the bracket from its ends at least."""
    share = (target - low[1]) / (high[1] - low[1]) if high[1] > low[1] else 0.5
    return low[0] + (high[0] - low[0]) * min(max(share, 0.1), 0.9)


def aim(
    tries: Tries[E], curve: Curve, target: float, *, lowest: int = 1, highest: int = 100, at_most: int = ENCODES
) -> Found:
    """Find the quality whose score is nearest to a target.

    The wish is met where the score is at most `NEAR` under the target. Where no quality reaches it, the best that was
    tried is named, as not met.

    Parameters
    ----------
    tries
        Gives the file and the score for a quality, and keeps them.
    curve
        The typical scores of the format.
    target
        The score.
    lowest, highest
        The worst and the best quality allowed.
    at_most
        Encodes at the most.
    """
    low, high = lowest - 1, highest + 1  # `low` is under the target, `high` is not; at first neither is known.
    guess = min(max(round(curve.at_score(target)), lowest), highest)
    for _ in range(at_most):
        score = tries.score(guess)
        if abs(score - target) <= NEAR / 2:
            break
        if score < target:
            low = guess
        else:
            high = guess
        if high - low == 1:
            break
        points = {one: (curve.score(one), found) for one, found in tries.scores.items()}
        if low in points and high in points:
            place = _between(points[low], points[high], target)
        else:
            place = _secant(list(points.values()), target)
        guess = min(max(round(curve.at_score(place)), low + 1), high - 1)
    found = _nearest(tries.scores, target)
    return Found(found, met=tries.scores[found] >= target - NEAR)


def _nearest(scores: dict[int, float], target: float) -> int:
    """Name the quality nearest to the target; where all are more than a little under it, the best."""
    kept = [one for one, score in scores.items() if score >= target - NEAR]
    if not kept:
        return max(scores, key=lambda one: (scores[one], -one))
    return min(kept, key=lambda one: (abs(scores[one] - target), one))


def _secant(points: list[tuple[float, float]], target: float, slope: float = 1.0) -> float:
    """Give the place where the line through the two points nearest to the target reaches it."""
    place, value = min(points, key=lambda point: abs(point[1] - target))
    return place + (target - value) / _slope(points, target, slope)


def _slope(points: list[tuple[float, float]], target: float, otherwise: float = 1.0) -> float:
    """Give the slope of that line; of a single point what is said otherwise."""
    near = sorted(points, key=lambda point: abs(point[1] - target))[:2]
    if len(near) < 2 or abs(near[1][0] - near[0][0]) <= 1e-9:
        return otherwise
    # Two points that lie close tell more of noise than of the slope.
    return min(max((near[1][1] - near[0][1]) / (near[1][0] - near[0][0]), 0.4), 2.5)
