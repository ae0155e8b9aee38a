"""Dominant colors: exact where there are few, as good as the k-means of OpenCV where there are many."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from mediaframe.engines.vips.palette import oklab
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, measured, oriented, scene, write

FLAG = [(200, 16, 46), (255, 255, 255), (0, 56, 168)]


def striped(shares: list[int], colors: list[tuple[int, int, int]]) -> Pixels:
    rows = [np.full((share, 90, 3), color, np.uint8) for share, color in zip(shares, colors, strict=True)]
    return np.concatenate(rows)


def test_a_picture_of_few_colors_gives_them_the_widest_first() -> None:
    data = write(striped([30, 50, 20], FLAG), "PNG")

    assert measured(data, image.dominant_colors()) == ["#ffffff", "#c8102e", "#0038a8"]


def test_a_logo_with_soft_edges_gives_its_own_colors() -> None:
    large = Image.new("RGB", (1200, 900), "#ffffff")
    draw = ImageDraw.Draw(large)
    draw.ellipse((100, 100, 700, 700), fill="#c8102e")
    draw.polygon([(700, 800), (1100, 200), (1150, 850)], fill="#0038a8")
    data = write(np.asarray(large.resize((401, 301), Image.Resampling.LANCZOS)), "PNG")

    assert measured(data, image.dominant_colors(3)) == ["#ffffff", "#c8102e", "#0038a8"]


def test_what_cannot_be_seen_has_no_colors_and_what_is_faint_counts_less() -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    assert measured(write(pixels, "PNG"), image.dominant_colors()) == []

    pixels[:30], pixels[30:] = (255, 0, 0, 60), (0, 0, 255, 255)
    assert measured(write(pixels, "PNG"), image.dominant_colors()) == ["#0000ff", "#ff0000"]


def test_gray_gives_grays() -> None:
    pixels = np.repeat(np.array([20, 20, 200], np.uint8), 30)[:, None, None].repeat(50, axis=1)

    assert measured(write(pixels, "PNG"), image.dominant_colors()) == ["#141414", "#c8c8c8"]


def test_colors_are_those_of_the_picture_as_displayed_and_the_same_each_time() -> None:
    data = write(scene(200, 120), "PNG")

    first = measured(data, image.dominant_colors(8))

    assert len(first) == len(set(first)) == 8
    assert measured(data, image.dominant_colors(8)) == first
    assert measured(oriented(scene(200, 120), 3, "PNG"), image.dominant_colors(3))


@pytest.mark.parametrize("count", [1, 3, 12])
def test_no_more_is_lost_than_by_the_k_means_of_opencv(count: int) -> None:
    blobs = np.random.default_rng(1).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(blobs).resize((120, 90), Image.Resampling.BICUBIC))
    lab = oklab(pixels.reshape(-1, 3))
    cv2.setRNGSeed(1)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 1e-5)
    best, _, _ = cv2.kmeans(lab.astype(np.float32), count, None, criteria, 5, cv2.KMEANS_PP_CENTERS)

    named = measured(write(pixels, "PNG"), image.dominant_colors(count))
    centers = oklab(np.array([tuple(bytes.fromhex(one[1:])) for one in named], np.uint8))
    lost = ((lab[:, None] - centers) ** 2).sum(axis=2).min(axis=1).sum()

    assert lost <= best * 1.1
