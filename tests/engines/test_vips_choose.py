"""What is kept of a picture: where something is to see, in the largest box of an aspect, within the border."""

from __future__ import annotations

import numpy as np
import pytest

from mediaframe.errors import RecipeError
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, pixels_of, scene, write

SPOT = (slice(20, 44), slice(230, 254))


def flat_but_for(what: Pixels) -> Pixels:
    picture = np.full((64, 300, 3), 120, np.uint8)
    picture[SPOT] = what
    return picture


NOISE = np.random.default_rng(1).integers(0, 256, (24, 24, 3), dtype=np.uint8)
RED = np.full((24, 24, 3), (255, 40, 20), np.uint8)


@pytest.mark.parametrize(("gravity", "spot"), [("attention", RED), ("entropy", NOISE)])
@pytest.mark.parametrize(
    "recipe",
    [
        lambda gravity: image.crop(64, 64, gravity=gravity),
        lambda gravity: image.resize(64, 64, fit="cover", gravity=gravity),
        lambda gravity: image.crop(aspect="1:1", gravity=gravity),
    ],
    ids=["crop", "cover", "aspect"],
)
def test_the_only_thing_to_see_is_kept_whole(recipe, gravity: str, spot: Pixels) -> None:
    got = pixels_of(write(flat_but_for(spot), "PNG"), recipe(gravity).png())

    assert got.shape == (64, 64, 3)
    assert np.count_nonzero((got != 120).any(axis=-1)) == np.count_nonzero((spot != 120).any(axis=-1))


@pytest.mark.parametrize(
    ("aspect", "size"), [("1:1", (40, 40)), ("16:9", (50, 28)), (2, (50, 25)), ("1:100", (1, 40)), ("5:4", (50, 40))]
)
def test_an_aspect_gives_the_largest_box_of_it(aspect: str | float, size: tuple[int, int]) -> None:
    got = pixels_of(write(scene(50, 40), "PNG"), image.crop(aspect=aspect).png())

    assert (got.shape[1], got.shape[0]) == size


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: image.crop(200), "crop: expected a width and a height, or an aspect"),
        (lambda: image.crop(), "crop: expected a width and a height, or an aspect"),
        (lambda: image.crop(200, 100, aspect="1:1"), "crop: expected a width and a height, or an aspect"),
        (lambda: image.crop(aspect="1:1", left=0, top=0), "crop: expected a place (left, top) or an aspect, got both"),
        (lambda: image.trim(by="alpha", background="red"), "trim: by='alpha' looks at no color"),
        (lambda: image.resize(100, dpr=5), "resize(dpr=...): expected 1 to 4, got 5"),
    ],
)
def test_arguments_that_do_not_fit_are_told_before_a_byte_is_read(make, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        make()

    assert said in caught.value.message


def test_a_box_for_a_screen_is_never_larger_than_the_picture() -> None:
    assert pixels_of(write(scene(90, 66), "PNG"), image.resize(40, dpr=4).png()).shape == (66, 90, 3)


def test_trim_by_alpha_looks_at_alpha_alone() -> None:
    picture = np.zeros((30, 40, 4), np.uint8)
    picture[...] = (255, 0, 0, 0)
    picture[:, :, 1] = np.arange(40) * 6
    picture[7:9, 11:12, 3] = 11
    data = write(picture, "PNG")

    assert pixels_of(data, image.trim(by="alpha").png()).shape == (2, 1, 4)
    assert pixels_of(data, image.trim(by="alpha", threshold=11).png()).shape == picture.shape
    assert pixels_of(write(scene(40, 30), "PNG"), image.trim(by="alpha").png()).shape == (30, 40, 3)
