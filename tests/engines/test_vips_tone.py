"""Tone, borders and effects: what holds beside the pixels that the fidelity cases compare."""

from __future__ import annotations

import numpy as np
import pytest

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import RecipeError
from mediaframe.recipes import image
from tests.engines.pictures import large, pixels_of, read, rendered, scene, smooth, write

TONES = {
    "brightness": image.brightness(1.4), "contrast": image.contrast(0.7), "saturation": image.saturation(2),
    "hue": image.hue(75), "gamma": image.gamma(1.8), "normalize": image.normalize(5, 95), "tint": image.tint("#704214"),
    "sepia": image.sepia(), "vignette": image.vignette(1.0, 0.0),
}  # fmt: skip
COLORING = ("tint", "sepia")


@pytest.mark.parametrize("name", TONES)
@pytest.mark.parametrize("bands", [2, 4])
def test_tone_leaves_alpha_alone(name: str, bands: int) -> None:
    picture = scene(40, 30, bands)

    got = pixels_of(write(picture, "PNG"), TONES[name].png())

    np.testing.assert_array_equal(got[..., -1], picture[..., -1])
    assert (got[..., 0] != picture[..., 0]).any() or name in ("hue", "saturation")


@pytest.mark.parametrize("name", [name for name in TONES if name not in COLORING])
def test_gray_stays_gray(name: str) -> None:
    flat = scene(40, 30, 1)
    colored = flat.repeat(3, axis=2)

    alone = pixels_of(write(flat, "PNG"), TONES[name].png())
    three = pixels_of(write(colored, "PNG"), TONES[name].png()).astype(int)

    assert alone.shape == flat.shape
    assert np.ptp(three, axis=2).max() <= 1


@pytest.mark.parametrize("name", COLORING)
def test_tint_and_sepia_give_gray_colors(name: str) -> None:
    assert pixels_of(write(scene(40, 30, 1), "PNG"), TONES[name].png()).shape == (30, 40, 3)


@pytest.mark.parametrize(
    "recipe",
    [image.brightness(1), image.contrast(1), image.saturation(1), image.hue(0), image.gamma(1), image.sepia(0)],
)
def test_the_neutral_amount_changes_nothing(recipe) -> None:
    picture = scene(40, 30)

    np.testing.assert_array_equal(pixels_of(write(picture, "PNG"), recipe.png()), picture)


@pytest.mark.parametrize("level", [0, 77, 255])
def test_normalize_leaves_a_flat_picture_as_it_is(level: int) -> None:
    picture = np.full((20, 30, 3), level, np.uint8)

    np.testing.assert_array_equal(pixels_of(write(picture, "PNG"), image.normalize().png()), picture)


def test_normalize_of_what_cannot_be_seen_changes_nothing() -> None:
    picture = scene(20, 30, 4)
    picture[..., 3] = 0

    np.testing.assert_array_equal(pixels_of(write(picture, "PNG"), image.normalize().png()), picture)


def test_hidden_colors_do_not_leak_into_squares_or_medians() -> None:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[:, :21] = (0, 0, 255, 255)
    picture[:, 21:] = (255, 0, 0, 0)

    for recipe in (image.pixelate(8).png(), image.median(5).png()):
        got = pixels_of(write(picture, "PNG"), recipe)
        seen = got[got[..., 3] > 32]

        assert seen[:, 0].max() <= 2, recipe
        assert seen[:, 2].min() >= 253, recipe


def test_round_corners_make_a_circle_of_a_square() -> None:
    got = pixels_of(write(smooth(64, 64), "PNG"), image.round_corners("50%").png())

    assert got.shape == (64, 64, 4)
    assert got[..., 3].sum() / 255 == pytest.approx(np.pi * 32**2, rel=0.002)
    assert (got[[0, 0, -1, -1], [0, -1, 0, -1], 3] == 0).all()
    assert 0 < np.count_nonzero((got[..., 3] > 0) & (got[..., 3] < 255)) < 300


def test_round_corners_of_gray_stay_gray() -> None:
    assert pixels_of(write(smooth(20, 20, 1), "PNG"), image.round_corners(5).png()).shape == (20, 20, 2)


def test_a_radius_is_at_most_half_of_the_shorter_side() -> None:
    data = write(smooth(60, 20), "PNG")

    np.testing.assert_array_equal(
        pixels_of(data, image.round_corners(1000).png()), pixels_of(data, image.round_corners("50%").png())
    )


def test_corners_in_a_jpeg_have_the_color_that_was_said() -> None:
    made = rendered(write(smooth(60, 60), "PNG"), image.round_corners("50%", background="#ff0000").jpeg(quality=95))

    assert np.abs(read(made.data)[1, 1].astype(int) - (255, 0, 0)).max() < 12


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: image.pad(), "pad: expected a size or an aspect, got neither"),
        (lambda: image.pad(800, aspect="1:1"), "pad: expected a size or an aspect, got both"),
        (lambda: image.pad(aspect="1:1000"), "expected width to height such as '16:9'"),
        (lambda: image.pad(aspect="wide"), "expected width to height such as '16:9'"),
        (lambda: image.round_corners("60 cm"), "expected a length such as 24 (pixels) or '5%'"),
        (lambda: image.normalize(60, 40), "normalize: expected low < high, got low=60 and high=40"),
        (lambda: image.brightness(-1), "brightness(amount=...): expected 0 to 10, got -1"),
        (lambda: image.brightness(), "missing a required argument: 'amount'"),
    ],
)
def test_arguments_that_do_not_fit_are_told_before_a_byte_is_read(make, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        make()

    assert said in caught.value.message


@pytest.mark.parametrize(("name", "shared"), [(name, name != "normalize") for name in TONES])
def test_what_changes_each_pixel_for_itself_needs_no_more_of_a_jpeg(name: str, shared: bool) -> None:
    data = write(large(3200, 2400), "JPEG")
    plain, toned = image.resize(300).png(), TONES[name].resize(300).png()

    decodes = [engine.sharing(Source(data), Task(one.steps, one.end)) for one in (plain, toned)]

    assert (decodes[0] == decodes[1]) == shared
