"""One quality for a whole catalogue: what a sample says of the sum of all sizes, and the target that keeps a budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

FIRST = 200
"""Assets of the first sample."""
_STRATA = 20
_IN_EACH = 8
"""Strata at the most, and assets of the sample in each at the least."""
_ROUNDS = 8
_AIM = 0.99
"""Of the budget: what is under it is no harm, what is over it is."""
_NEAR = 0.004
_KNOWN = 0.75
"""Of what the sum may be off: the rest is for the steps of the target."""
_SLOPE = 0.035
"""A point of SSIMULACRA 2 changes the logarithm of sizes by so much, over the formats between 50 and 85."""

Sizes = Mapping[int, float]
"""Bytes of what is made of an asset, by its number."""
Measure = Callable[[float, Sequence[int]], Sizes]
"""Makes the renditions of some assets at a target, and says their bytes."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A sum that a sample tells: with 95 % certainty it lies within `half` of `total`."""

    total: float
    half: float

    @property
    def share(self) -> float:
        """The half width as a share of the sum."""
        return self.half / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Fitted:
    """The target that was found, and what it comes to."""

    target: float
    estimate: Estimate
    sampled: int


def sample(weights: Sequence[float], count: int) -> list[int]:
    """Pick assets evenly over the order of their weights, so that small and large ones are there as in the whole."""
    order = sorted(range(len(weights)), key=lambda one: (weights[one], one))
    count = min(count, len(order))
    return sorted(order[int((number + 0.5) * len(order) / count)] for number in range(count))


def estimate(weights: Sequence[float], sizes: Sizes) -> Estimate:
    """Say the sum of the sizes of all assets from those of a sample.

    A ratio estimate within strata of the weights (Cochran, Sampling Techniques, 6.10): the weights, what is known of
    each asset beforehand, explain most of the differences in size, so that few assets tell much.
    """
    order = sorted(range(len(weights)), key=lambda one: (weights[one], one))
    strata = max(1, min(_STRATA, len(sizes) // _IN_EACH))
    total = variance = 0.0
    for number in range(strata):
        part = order[len(order) * number // strata : len(order) * (number + 1) // strata]
        known = [one for one in part if one in sizes]
        if not known:
            continue
        whole, seen = sum(weights[one] for one in part), sum(weights[one] for one in known)
        ratio = sum(sizes[one] for one in known) / seen if seen else 0.0
        total += ratio * whole
        if 1 < len(known) < len(part):
            rest = sum((sizes[one] - ratio * weights[one]) ** 2 for one in known) / (len(known) - 1)
            variance += len(part) ** 2 * (1 - len(known) / len(part)) * rest / len(known)
    return Estimate(total, 1.96 * math.sqrt(variance))


def fit_total(
    measure: Measure,
    weights: Sequence[float],
    budget: float,
    *,
    within: float,
    lowest: float,
    highest: float,
    most: int | None = None,
) -> Fitted:
    """Find the one target at which all sizes come to a budget; over it where not even the lowest target keeps it.

    The sample grows until the sum is known well enough.

    Parameters
    ----------
    measure
        Makes the renditions of some assets at a target.
    weights
        What is known of each asset beforehand and goes with the size of its renditions.
    budget
        Bytes of all.
    within
        How well the sum must be known, as a share.
    lowest, highest
        The range of targets.
    most
        Assets of the sample at the most.
    """
    limit = min(len(weights), most or len(weights))
    picked = sample(weights, min(FIRST, limit))
    tried = dict[float, Sizes]()
    target = min(max(75.0, lowest), highest)
    for _ in range(_ROUNDS):
        known = tried.get(target, {})
        known = {**known, **measure(target, [one for one in picked if one not in known])}
        tried[target] = known
        found = estimate(weights, known)
        if found.share > within * _KNOWN and len(picked) < limit:
            # The half width shrinks with the root of the sample; a little more, so that one growth is enough.
            wanted = math.ceil(len(picked) * (found.share / (within * _KNOWN)) ** 2 * 1.1)
            picked = sorted({*picked, *sample(weights, min(limit, max(wanted, len(picked) + 1)))})
            continue
        after = _next(tried, weights, budget * _AIM, lowest, highest)
        if abs(found.total / (budget * _AIM) - 1) <= _NEAR or after in tried:
            break
        target = after
    return _best(tried, weights, budget, len(picked))


def _best(tried: Mapping[float, Sizes], weights: Sequence[float], budget: float, sampled: int) -> Fitted:
    """Take the target whose sum is nearest to what was aimed for; of a smaller sample's nothing is taken."""
    largest = max(map(len, tried.values()))
    found = [(target, estimate(weights, sizes)) for target, sizes in tried.items() if len(sizes) == largest]
    target, best = min(found, key=lambda one: (abs(one[1].total - budget * _AIM), one[0]))
    return Fitted(target, best, sampled)


def _next(tried: Mapping[float, Sizes], weights: Sequence[float], aim: float, lowest: float, highest: float) -> float:
    """Give the target where a line through what is known reaches the sum that is wanted, to a tenth."""
    points = sorted(
        ((one, math.log(max(estimate(weights, sizes).total, 1.0))) for one, sizes in tried.items()),
        key=lambda point: abs(point[1] - math.log(aim)),
    )[:2]
    (target, size), slope = points[0], _SLOPE
    if len(points) == 2 and abs(points[1][0] - target) > 0.5:
        slope = min(max((points[1][1] - size) / (points[1][0] - target), _SLOPE / 3), _SLOPE * 3)
    return round(min(max(target + (math.log(aim) - size) / slope, lowest), highest), 1)
