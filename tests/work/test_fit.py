"""The quality that keeps a wish: a budget that is never passed, a score that is hit, in few encodes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaframe.work.child.fit import ENCODES, NEAR, Found, Seen, Tries, aim, fit, foresee
from mediaframe.work.child.typical import LOSSLESS, Curve, curve_of

PIXELS = 100_000
WORDS = ("jpeg", "webp", "avif", "png", "a format of another package")
CURVE = curve_of(WORDS[-1])


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


def _fit(encoder: Encoder, quality: int, budget: int, curve: Curve = CURVE) -> tuple[Found, Tries[File]]:
    tries = Tries(encoder)
    return fit(tries, curve, quality, budget, PIXELS), tries


def _best(encoder: Encoder, quality: int, budget: int) -> int | None:
    return max((one for one in range(1, quality + 1) if encoder.size(one) <= budget), default=None)


@given(ENCODERS, st.integers(1, 100), st.integers(100, 400_000), st.sampled_from(WORDS))
def test_what_is_met_is_never_over_and_what_is_not_met_is_the_smallest_there_is(
    encoder: Encoder, quality: int, budget: int, word: str
) -> None:
    best = _best(encoder, quality, budget)

    found, tries = _fit(encoder, quality, budget, curve_of(word))

    assert encoder.asked == len(tries.files) <= ENCODES
    assert found.met == (best is not None)
    if best is None:
        assert tries.size(found.quality) == encoder.size(1)
    else:
        assert tries.size(found.quality) <= budget
        assert 1 <= found.quality <= best


LARGE = st.builds(Encoder, st.integers(50_000, 4_000_000), st.floats(0.4, 1.2))
"""Files whose header does not count."""


@given(LARGE, st.integers(60, 95), st.floats(0.15, 0.95))
def test_the_quality_found_is_near_the_best_there_is(encoder: Encoder, quality: int, share: float) -> None:
    budget = int(encoder.size(quality) * share)
    best = _best(encoder, quality, budget)
    if best is None or best < 20:
        return

    found, tries = _fit(encoder, quality, budget)

    assert best - found.quality <= 6 or tries.size(found.quality) >= 0.97 * budget


@given(ENCODERS, st.integers(1, 100), st.integers(100, 400_000), st.data())
def test_a_part_that_misleads_costs_quality_and_never_the_budget(
    encoder: Encoder, quality: int, budget: int, data: st.DataObject
) -> None:
    likely = data.draw(st.integers(1, quality))
    seen = Seen(likely, data.draw(st.integers(likely + 1, quality + 1)), data.draw(st.floats(0.4, 2.5)))
    best = _best(encoder, quality, budget)
    tries = Tries(encoder)

    found = fit(tries, CURVE, quality, budget, PIXELS, seen=seen)

    assert encoder.asked <= ENCODES
    assert found.met == (best is not None)
    assert tries.size(found.quality) <= budget if found.met else tries.size(found.quality) == encoder.size(1)


@given(LARGE, st.integers(60, 95), st.floats(0.15, 0.95), st.floats(0.97, 1.03))
def test_a_part_that_stands_for_the_whole_saves_encodes(
    encoder: Encoder, quality: int, share: float, off: float
) -> None:
    budget = int(encoder.size(quality) * share)
    best = _best(encoder, quality, budget)
    if best is None or best < 20:
        return
    part, whole = Tries(Encoder(int(encoder.pixels * off / 6), encoder.power)), Tries(encoder)

    seen = foresee(part, CURVE, quality, 300 + (budget - 300) // 6, PIXELS // 6)
    found = fit(whole, CURVE, quality, budget, PIXELS, seen=seen)

    assert len(part.files) <= 3
    assert len(whole.files) <= 4
    assert whole.size(found.quality) <= budget
    assert best - found.quality <= 6 or whole.size(found.quality) >= 0.94 * budget


def test_two_encodes_are_enough_where_the_quality_asked_for_fits() -> None:
    encoder = Encoder(10_000, 0.8)

    found, _ = _fit(encoder, 80, 1_000_000)

    assert found == Found(80, met=True)
    assert encoder.asked <= 2


def test_the_same_question_has_the_same_answer() -> None:
    answers = {_fit(Encoder(90_000, 0.8), 90, 5_000)[0] for _ in range(3)}

    assert len(answers) == 1


def test_sizes_that_do_not_follow_the_quality_are_searched_all_the_same() -> None:
    sizes = {one: 1000 + (one * 37) % 101 for one in range(1, 101)}
    tries = Tries(lambda quality: File(sizes[quality]))

    found = fit(tries, CURVE, 90, 1050, PIXELS)

    assert found.met
    assert tries.size(found.quality) <= 1050


def test_no_quality_under_the_lowest_allowed_is_tried() -> None:
    tries = Tries(Encoder(90_000, 0.8))

    found = fit(tries, CURVE, 90, 400, PIXELS, lowest=40)

    assert found == Found(40, met=False)
    assert min(tries.files) == 40


# ---- scores ----------------------------------------------------------------------------------------------------------


def _scored(shift: float, slope: float, word: str) -> tuple[Tries[File], dict[int, float]]:
    """Give an encoder whose scores lie on a line over the typical ones."""
    curve = curve_of(word)
    scores = {one: min(100.0, 70 + slope * (curve.score(one) - 70) + shift) for one in range(1, curve.highest + 1)}
    return Tries(lambda quality: File(quality), lambda file: scores[file.size]), scores


@given(st.floats(-12, 12), st.floats(0.6, 1.6), st.floats(30, 90), st.sampled_from(WORDS))
def test_a_score_is_hit_as_near_as_any_quality_does_or_said_to_be_missed(
    shift: float, slope: float, target: float, word: str
) -> None:
    tries, scores = _scored(shift, slope, word)

    found = aim(tries, curve_of(word), target, highest=curve_of(word).highest)

    score = scores[found.quality]
    assert len(tries.files) <= ENCODES
    assert found.met == (score >= target - NEAR)
    if max(scores.values()) >= target and min(scores.values()) <= target:
        step = min(abs(one - target) for one in scores.values() if one >= target - NEAR)
        assert abs(score - target) <= max(NEAR, step + NEAR)


def test_a_target_that_no_quality_reaches_ends_with_the_best() -> None:
    tries, scores = _scored(-20, 1.0, "webp")

    found = aim(tries, curve_of("webp"), 85)

    assert found == Found(100, met=False)
    assert scores[100] < 84


def test_a_target_under_all_qualities_ends_with_the_lowest() -> None:
    tries, _ = _scored(90, 0.1, "webp")

    found = aim(tries, curve_of("webp"), 20)

    assert found == Found(1, met=True)


def test_nothing_is_encoded_or_judged_twice() -> None:
    encoded: list[int] = []
    judged: list[int] = []

    def encode(quality: int) -> File:
        encoded.append(quality)
        return File(quality)

    def judge(file: File) -> float:
        judged.append(file.size)
        return float(file.size)

    tries = Tries(encode, judge)

    aim(tries, CURVE, 60.4)
    fit(tries, CURVE, 70, 61, PIXELS)

    assert len(encoded) == len(set(encoded))
    assert len(judged) == len(set(judged))


# ---- curves ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", WORDS)
def test_curves_rise_and_read_back(word: str) -> None:
    curve = curve_of(word)
    qualities = [one for one, _, _ in curve.points]

    assert curve.points == tuple(sorted(curve.points))
    assert [size for _, size, _ in curve.points] == sorted({size for _, size, _ in curve.points})
    assert [score for _, _, score in curve.points] == sorted({score for _, _, score in curve.points})
    for one in (*qualities, 33.5):
        assert curve.at_size(curve.size(one)) == pytest.approx(one)
        assert curve.at_score(curve.score(one)) == pytest.approx(one)


def test_lossless_stands_over_the_best_palette() -> None:
    assert curve_of("png").highest == LOSSLESS
    assert curve_of("webp").highest == 100
