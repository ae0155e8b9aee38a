"""What a sample says of a sum, and the one target that keeps a budget."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from mediaframe.work.budget import FIRST, Sizes, estimate, fit_total, sample


class Catalogue:
    """Assets whose sizes go with their weights, more or less, and grow with the target; it counts what is made."""

    def __init__(self, count: int, noise: float, seed: int = 1) -> None:
        chance = random.Random(seed)
        self.weights = [math.exp(chance.gauss(11, 0.8)) for _ in range(count)]
        self.own = [math.exp(chance.gauss(0, noise)) for _ in range(count)]
        self.made = 0

    def size(self, one: int, target: float) -> float:
        return self.weights[one] * self.own[one] * math.exp(0.04 * (target - 75))

    def total(self, target: float) -> float:
        return sum(self.size(one, target) for one in range(len(self.weights)))

    def __call__(self, target: float, numbers: Sequence[int]) -> Sizes:
        self.made += len(numbers)
        return {one: self.size(one, target) for one in numbers}


def test_a_sample_is_spread_over_the_weights_and_holds_no_asset_twice() -> None:
    weights = [float(one % 100) for one in range(1000)]

    picked = sample(weights, 50)

    assert len(set(picked)) == 50
    assert sorted(weights[one] for one in picked)[::10] == pytest.approx([1, 21, 41, 61, 81], abs=2)
    assert sample(weights, 5000) == list(range(1000))


def test_what_is_known_of_all_is_known_exactly() -> None:
    catalogue = Catalogue(60, 0.5)

    found = estimate(catalogue.weights, catalogue(75, range(60)))

    assert found.total == pytest.approx(catalogue.total(75))
    assert found.half == 0


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(100):
        catalogue = Catalogue(2000, 0.4, seed)
        picked = random.Random(seed).sample(range(2000), 200)

        found = estimate(catalogue.weights, catalogue(75, picked))

        covered += abs(found.total - catalogue.total(75)) <= found.half
    assert covered >= 90


@pytest.mark.parametrize("share", [0.5, 1.0, 1.6])
@pytest.mark.parametrize("noise", [0.1, 0.25])
def test_the_target_that_is_found_keeps_the_budget_within_two_percent(share: float, noise: float) -> None:
    catalogue = Catalogue(5000, noise)
    budget = catalogue.total(75) * share

    found = fit_total(catalogue, catalogue.weights, budget, within=0.02, lowest=20, highest=90)

    assert catalogue.total(found.target) == pytest.approx(budget, rel=0.02)
    assert found.estimate.share <= 0.0151
    assert FIRST <= found.sampled < 2000
    assert catalogue.made < 6 * found.sampled


def test_a_sample_is_no_larger_than_allowed_and_the_interval_tells_what_that_costs() -> None:
    catalogue = Catalogue(3000, 0.6)

    found = fit_total(catalogue, catalogue.weights, catalogue.total(75), within=0.02, lowest=20, highest=90, most=100)

    assert found.sampled == 100
    assert found.estimate.share > 0.02


@pytest.mark.parametrize(("share", "target"), [(0.01, 20), (50.0, 90)])
def test_the_range_of_targets_is_not_left(share: float, target: float) -> None:
    catalogue = Catalogue(100, 0.3)

    found = fit_total(catalogue, catalogue.weights, catalogue.total(75) * share, within=0.02, lowest=20, highest=90)

    assert found.target == target
