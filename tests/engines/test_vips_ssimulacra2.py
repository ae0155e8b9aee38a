"""SSIMULACRA 2: as the reference program scores, and as its formula does in double precision."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image
from scipy import ndimage
from ssimulacra2 import ssimulacra2 as reference

from mediaframe.engines.vips import ssimulacra2
from mediaframe.engines.vips.score import judge
from mediaframe.engines.vips.ssimulacra2 import Judge
from tests.engines.pictures import Pixels, scene, smooth, write


def _coarse(picture: Pixels, step: int) -> Pixels:
    return (picture // step * step + step // 2).astype(np.uint8)


def _shifted(picture: Pixels) -> Pixels:
    return np.roll(picture, 1, axis=1)


def _faint(picture: Pixels) -> Pixels:
    return np.clip(picture.astype(int) + (np.indices(picture.shape).sum(axis=0) % 3 - 1), 0, 255).astype(np.uint8)


def _no_blue(picture: Pixels) -> Pixels:
    changed = picture.copy()
    changed[..., 2] = changed[..., 2] // 2 + 40
    return changed


WAYS = {
    "coarse 8": lambda one: _coarse(one, 8),
    "coarse 32": lambda one: _coarse(one, 32),
    "shifted": _shifted,
    "faint": _faint,
    "blue": _no_blue,
}
SIZES = ((256, 192), (333, 271), (64, 40), (41, 203), (8, 9))

# What the program `ssimulacra2` of https://github.com/cloudinary/ssimulacra2 (version 2.1, built from commit 81feacf)
# says of `smooth` pictures changed in these ways.
SAID: dict[tuple[int, int, str], float] = {
    (256, 192, "coarse 32"): 21.657,
    (256, 192, "shifted"): 83.801,
    (256, 192, "blue"): 31.693,
    (333, 271, "coarse 8"): 85.950,
    (333, 271, "coarse 32"): -7.262,
    (333, 271, "shifted"): 87.422,
    (333, 271, "blue"): 26.614,
    (64, 40, "coarse 8"): 75.689,
    (64, 40, "coarse 32"): -12.263,
    (64, 40, "shifted"): 21.369,
    (64, 40, "blue"): -46.796,
    (41, 203, "coarse 8"): 80.911,
    (41, 203, "coarse 32"): 9.936,
    (41, 203, "shifted"): -25.039,
    (41, 203, "blue"): -35.520,
    (8, 9, "shifted"): 72.935,
    (8, 9, "coarse 8"): 96.043,
    (8, 9, "faint"): 98.532,
}


@pytest.mark.parametrize(("width", "height", "way"), SAID)
def test_scores_are_those_of_the_reference_program(width: int, height: int, way: str) -> None:
    picture = smooth(width, height)

    score = Judge(picture).score(WAYS[way](picture))

    assert score == pytest.approx(SAID[width, height, way], abs=0.12)


def _blurred(planes: Any, sigma: float = 1.5) -> Any:
    """Convolve with the impulse response of the reference's filter, in double precision, with zeros outside."""
    half = [0.26462110548819856, 0.2129285920104222, 0.10933537277746032, 0.036011114658364374, 0.0094143678096537]
    for axis in (0, 1):
        planes = ndimage.convolve1d(planes, np.array([*half[:0:-1], *half]), axis=axis, mode="constant")
    return planes


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give the python package of the same name with the reference's own filter in place of its Gaussian."""
    monkeypatch.setattr(reference, "blur_image", _blurred)
    return lambda one, two: reference.compute_ssimulacra2(io.BytesIO(write(one, "PNG")), io.BytesIO(write(two, "PNG")))


@pytest.mark.parametrize("quality", [20, 60, 95])
def test_scores_are_those_of_the_formula_in_double_precision(quality: int, exact: Any) -> None:
    picture = scene(300, 262)
    changed = np.asarray(Image.open(io.BytesIO(write(picture, "JPEG", quality=quality))))

    score = Judge(picture).score(changed)

    assert score == pytest.approx(exact(picture, changed), abs=0.02)


def test_the_same_picture_scores_a_hundred() -> None:
    assert Judge(scene(90, 70)).score(scene(90, 70)) == 100.0


def test_a_strip_at_a_time_gives_the_score_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = smooth(200, 301)
    whole = Judge(picture).score(_coarse(picture, 32))
    monkeypatch.setattr(ssimulacra2, "_STRIP", 200 * 22)

    strips = Judge(picture).score(_coarse(picture, 32))

    assert strips == pytest.approx(whole, abs=0.011)


def test_a_large_picture_that_is_not_kept_has_the_score_of_one_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = smooth(120, 90)
    kept = Judge(picture)
    scores = [kept.score(_coarse(picture, 16)) for _ in range(2)]
    monkeypatch.setattr(ssimulacra2, "_KEPT", 100)

    assert {*scores, Judge(picture).score(_coarse(picture, 16))} == {scores[0]}


def test_gray_scores_as_its_three_equal_bands_do() -> None:
    gray = scene(120, 90, 1)
    changed = _coarse(gray, 16)

    three = Judge(np.repeat(gray, 3, axis=2)).score(np.repeat(changed, 3, axis=2))

    assert Judge(gray).score(changed) == Judge(gray).score(np.repeat(changed, 3, axis=2)) == three


def test_what_can_be_seen_through_counts_as_it_looks_on_the_worse_of_two_backgrounds() -> None:
    picture = scene(120, 90, 4)
    hole = picture.copy()
    hole[20:60, 20:60, 3] = 0
    invisible = hole.copy()
    invisible[20:60, 20:60, :3] = 255 - invisible[20:60, 20:60, :3]

    assert Judge(picture).score(hole) < 50
    assert Judge(hole).score(invisible) == 100.0  # what nobody sees does not count


def test_an_opaque_alpha_changes_nothing() -> None:
    picture, changed = scene(120, 90), _coarse(scene(120, 90), 16)
    opaque = np.dstack([picture, np.full((90, 120), 255, np.uint8)])

    assert Judge(opaque).score(changed) == Judge(picture).score(changed)


def test_other_sizes_have_no_score() -> None:
    with pytest.raises(ValueError, match="expected a picture of"):
        Judge(scene(40, 40)).score(scene(40, 41))


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (8, 8)])
def test_pictures_of_any_size_can_be_judged_by_their_files(size: tuple[int, int]) -> None:
    picture = pyvips.Image.new_from_array(smooth(*size)).copy(interpretation="srgb")
    score = judge(picture, lambda data: pyvips.Image.new_from_buffer(data, ""))

    assert score(picture.pngsave_buffer()) == 100.0
    assert score(picture.linear(0.8, 0).cast("uchar").pngsave_buffer()) < 99
