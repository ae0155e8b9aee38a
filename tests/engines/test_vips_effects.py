"""Tone and effects, held against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from mediaframe.recipes import image
from tests.engines.pictures import Pixels, pixels_of, scene, smooth, write


def _gaussian(pixels: Pixels, sigma: float) -> np.ndarray:
    reach = int(4 * sigma + 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(pixels.astype(float), ((reach, reach), (reach, reach), (0, 0)), mode="edge")
    for axis in (0, 1):
        padded = np.apply_along_axis(lambda line: np.convolve(line, kernel, "valid"), axis, padded)
    return padded


@pytest.mark.parametrize("sigma", [0.5, 1.5, 4.0])
def test_blur_is_a_gaussian(sigma: float) -> None:
    picture = scene(40, 30)

    got = pixels_of(write(picture, "PNG"), image.blur(sigma).png())

    difference = np.abs(got - _gaussian(picture, sigma))
    assert difference.mean() < 1.1
    assert difference.max() <= 4


def test_sharpen_lifts_edges_and_leaves_flat_areas() -> None:
    picture = np.full((30, 60, 3), 80, np.uint8)
    picture[:, 30:] = 170

    got = pixels_of(write(picture, "PNG"), image.sharpen(sigma=1.0).png()).astype(int)

    assert got[:, :20].min() >= 79
    assert got[:, :20].max() <= 81
    assert got[15, 29, 0] < 78
    assert got[15, 30, 0] > 172


def _linear(levels: np.ndarray) -> np.ndarray:
    share = levels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def test_grayscale_is_rec_709_luminance_in_linear_light() -> None:
    picture = scene(40, 30)
    light = _linear(picture) @ np.array([0.2126, 0.7152, 0.0722])
    expected = 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)

    got = pixels_of(write(picture, "PNG"), image.grayscale().png())

    assert got.shape == (30, 40, 1)
    assert np.abs(got[..., 0] - expected).max() <= 2


def test_grayscale_keeps_transparency() -> None:
    picture = scene(20, 10, 4)

    got = pixels_of(write(picture, "PNG"), image.grayscale().png())

    assert got.shape == (10, 20, 2)
    np.testing.assert_array_equal(got[..., 1], picture[..., 3])


def test_flatten_lays_the_picture_over_the_color() -> None:
    picture = scene(40, 30, 4)
    share = picture[..., 3:] / 255
    expected = picture[..., :3] * share + np.array([255, 136, 0]) * (1 - share)

    got = pixels_of(write(picture, "PNG"), image.flatten("#ff8800").png())

    assert np.abs(got - expected).max() <= 1


def test_flatten_of_gray_on_a_color_has_colors() -> None:
    picture = np.zeros((4, 4, 2), np.uint8)

    got = pixels_of(write(picture, "PNG"), image.flatten("red").png())

    assert got[0, 0].tolist() == [255, 0, 0]


def test_flatten_leaves_an_opaque_picture_as_it_is() -> None:
    picture = smooth(9, 7)

    np.testing.assert_array_equal(pixels_of(write(picture, "PNG"), image.flatten("red").png()), picture)
