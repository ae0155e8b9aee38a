"""What is measured, held against numpy and against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.fft import dct

from mediaframe.recipes import image
from tests.engines.pictures import Pixels, measured, oriented, scene, smooth, write


def test_the_mean_color_is_the_mean_of_each_band() -> None:
    picture = scene(40, 30)
    red, green, blue = (int(mean + 0.5) for mean in picture.reshape(-1, 3).mean(axis=0))

    assert measured(write(picture, "PNG"), image.mean_color()) == f"#{red:02x}{green:02x}{blue:02x}"


def test_the_mean_color_leaves_out_what_cannot_be_seen() -> None:
    picture = np.zeros((10, 10, 4), np.uint8)
    picture[:5] = (255, 136, 0, 255)
    picture[5:] = (0, 0, 255, 0)

    assert measured(write(picture, "PNG"), image.mean_color()) == "#ff8800"
    assert measured(write(picture[5:], "PNG"), image.mean_color()) is None


def test_the_mean_color_of_gray_is_gray() -> None:
    assert measured(write(np.full((4, 4, 1), 77, np.uint8), "PNG"), image.mean_color()) == "#4d4d4d"


def test_sharpness_is_the_variance_of_the_laplacian() -> None:
    picture = scene(60, 50, 1)
    padded = np.pad(picture[..., 0].astype(float), 1, mode="edge")
    around = sum(
        padded[1 + dy : 51 + dy, 1 + dx : 61 + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)
    )
    expected = (around - 8.0 * picture[..., 0]).var(ddof=1)

    assert measured(write(picture, "PNG"), image.sharpness()) == pytest.approx(expected, rel=1e-4)


def test_a_blurred_picture_is_less_sharp() -> None:
    data = write(scene(300, 200), "PNG")

    assert measured(data, image.blur(2).sharpness()) < measured(data, image.sharpness()) / 10


def test_a_flat_picture_has_no_sharpness() -> None:
    assert measured(write(np.full((40, 40, 3), 90, np.uint8), "PNG"), image.sharpness()) == 0


def _reference(pixels: Pixels) -> int:
    """The hash by its definition, with the DCT of scipy."""
    small = np.asarray(Image.fromarray(pixels).convert("L").resize((32, 32), Image.Resampling.LANCZOS), float)
    low = dct(dct(small, axis=0), axis=1)[:8, :8]
    return int("".join("01"[bit] for bit in (low > np.median(low)).ravel().astype(int)), 2)


@pytest.mark.parametrize("seed", range(4))
def test_the_hash_is_that_of_the_definition(seed: int) -> None:
    picture = scene(200 + seed * 17, 150 - seed * 11, seed=seed)

    found = int(measured(write(picture, "PNG"), image.phash()), 16)

    assert (found ^ _reference(picture)).bit_count() == 0


def test_the_hash_of_a_shrunk_decode_is_near_that_of_the_whole() -> None:
    blobs = np.random.default_rng(5).integers(0, 255, (18, 24, 3), dtype=np.uint8)
    picture = np.asarray(Image.fromarray(blobs).resize((3000, 2250), Image.Resampling.BICUBIC))

    found = int(measured(write(picture, "JPEG", quality=90), image.phash()), 16)

    assert (found ^ _reference(picture)).bit_count() <= 2


def test_the_hash_is_that_of_the_picture_as_displayed() -> None:
    picture = smooth(80, 60)
    turned = np.ascontiguousarray(np.rot90(picture, 1))

    assert measured(oriented(turned, 6, "PNG"), image.phash()) == measured(write(picture, "PNG"), image.phash())


def test_the_hash_of_a_flat_picture_holds_no_noise() -> None:
    assert measured(write(np.full((50, 40, 3), 137, np.uint8), "PNG"), image.phash()) == "8000000000000000"
