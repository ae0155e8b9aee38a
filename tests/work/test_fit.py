"""The best quality that keeps a budget: never over it, in few encodes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaframe.errors import AssetError
from mediaframe.work.fit import ENCODES, fit


@dataclass(frozen=True)
class File:
    """A file of a size."""

    size: int


class Encoder:
    """An encoder whose sizes grow with the quality by a power of the quantizer step, and that counts."""

    def __init__(self, pixels: int, power: float) -> None:
        self.pixels, self.power, self.asked = pixels, power, 0

    def size(self, quality: int) -> int:
        scale = 5000 / quality if quality < 50 else 200 - 2 * quality
        return 300 + int(self.pixels * max(scale, 1.0) ** -self.power)

    def __call__(self, quality: int) -> File:
        self.asked += 1
        return File(self.size(quality))


ENCODERS = st.builds(Encoder, st.integers(2_000, 400_000), st.floats(0.4, 1.4))


def _best(encoder: Encoder, quality: int, budget: int) -> int | None:
    return max((one for one in range(1, quality + 1) if encoder.size(one) <= budget), default=None)


@given(ENCODERS, st.integers(1, 100), st.integers(100, 400_000))
def test_the_budget_is_kept_or_refused_and_encodes_are_few(encoder: Encoder, quality: int, budget: int) -> None:
    best = _best(encoder, quality, budget)
    if best is None:
        with pytest.raises(AssetError, match="cannot be kept") as caught:
            fit(encoder, quality, budget)
        assert caught.value.code == "E_ENCODE"
        return

    found = fit(encoder, quality, budget)

    assert found.result.size <= budget
    assert 1 <= found.quality <= best
    assert found.encodes == encoder.asked <= ENCODES


LARGE = st.builds(Encoder, st.integers(50_000, 4_000_000), st.floats(0.4, 1.2))
"""Files whose header does not count."""


@given(LARGE, st.integers(60, 95), st.floats(0.15, 0.95))
def test_the_quality_found_is_near_the_best_there_is(encoder: Encoder, quality: int, share: float) -> None:
    budget = int(encoder.size(quality) * share)
    best = _best(encoder, quality, budget)
    if best is None or best < 20:
        return

    found = fit(encoder, quality, budget)

    assert best - found.quality <= 6 or found.result.size >= 0.97 * budget


def test_one_encode_is_enough_where_the_quality_asked_for_fits() -> None:
    encoder = Encoder(10_000, 0.8)

    found = fit(encoder, 80, 1_000_000)

    assert (found.quality, found.encodes, encoder.asked) == (80, 1, 1)


def test_the_same_question_has_the_same_answer() -> None:
    answers = {(fit(Encoder(90_000, 0.8), 90, 5_000)).quality for _ in range(3)}

    assert len(answers) == 1


def test_what_cannot_be_kept_names_the_smallest_size_and_what_to_do() -> None:
    encoder = Encoder(90_000, 0.5)

    with pytest.raises(AssetError, match=rf"quality 1 still takes .* \({encoder.size(1)} bytes\); resize to fewer"):
        fit(encoder, 80, 200)


def test_sizes_that_do_not_follow_the_quality_are_searched_all_the_same() -> None:
    sizes = {one: 1000 + (one * 37) % 101 for one in range(1, 101)}

    found = fit(lambda quality: File(sizes[quality]), 90, 1050)

    assert found.result.size <= 1050
