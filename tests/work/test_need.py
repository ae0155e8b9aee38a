"""Memory is asked for by pixels, format and recipe."""

from __future__ import annotations

import pytest

from mediaframe.model.recipe import Finished
from mediaframe.recipes import document, image, video
from mediaframe.work.need import BASE, memory_need


@pytest.mark.parametrize(
    ("pixels", "format", "recipe", "measured"),
    [
        # VmHWM above the child's own, in bytes for each of 24 million pixels.
        (24_000_000, "png", image.resize(100).jpeg(), 5.51),
        (24_000_000, "png", image.jpeg(), 9.32),
        (24_000_000, "png", image.avif(), 24.24),
        (24_000_000, "png", image.webp(lossless=True), 21.94),
        (24_000_000, "webp", image.resize(100).jpeg(), 10.54),
        (24_000_000, "avif", image.resize(100).jpeg(), 15.61),
        (24_000_000, "bmp", image.resize(100).jpeg(), 10.10),
        (24_000_000, "png", image.phash(), 10.07),
        (24_000_000, "png", image.jp2(lossless=True), 27.75),
        (24_000_000, "png", image.bmp(), 18.80),
        (24_000_000, "png", image.tiff(), 7.95),
        (24_000_000, "png", image.pdf(), 11.78),
        (24_000_000, "png", image.heif(), 38.76),
        (24_000_000, "png", image.heif(lossless=True), 52.27),
        (24_000_000, "png", image.jxl(), 25.45),
        (24_000_000, "png", image.jxl(lossless=True), 23.23),
        (24_000_000, "jp2", image.resize(100).jpeg(), 24.55),
        (24_000_000, "heic", image.resize(100).jpeg(), 12.22),
    ],
)
def test_the_need_covers_what_was_measured_and_not_twice_that(
    pixels: int, format: str, recipe: Finished, measured: float
) -> None:
    each = (memory_need(pixels, format, recipe) - BASE) / pixels

    assert measured <= each <= 2 * measured


def test_more_pixels_need_more() -> None:
    needs = [memory_need(pixels, "jpeg", image.resize(400).webp()) for pixels in (10**6, 10**7, 10**8)]

    assert needs == sorted(needs)
    assert needs[0] < needs[-1]


def test_a_result_that_grows_needs_more_than_its_source() -> None:
    small = memory_need(10_000, "png", image.png())
    grown = memory_need(10_000, "png", image.resize(9000, enlarge=True).png())

    assert grown > small + 9000 * 6000 * 4


@pytest.mark.parametrize("recipe", [video.frame().jpeg(), document.page().jpeg(), image.trim().rotate(3).png()])
def test_unknown_sizes_have_a_need_all_the_same(recipe: Finished) -> None:
    assert memory_need(None, None, recipe) > BASE


@pytest.mark.parametrize(
    ("format", "recipe", "shared", "measured"),
    [
        # VmHWM above the child's own, in bytes for each pixel of all of 60 frames of 1200 x 900.
        ("gif", image.resize(320).webp(), True, 5.0),
        ("gif", image.webp(), False, 6.0),
        ("webp", image.webp(), False, 4.4),
        ("gif", image.gif(), False, 5.5),
        ("gif", image.apng(), False, 3.8),
        ("gif", image.avif(), False, 8.5),
    ],
)
def test_the_need_counts_the_frames_that_are_held(format: str, recipe: Finished, shared: bool, measured: float) -> None:
    need = memory_need(1200 * 900, format, recipe, 60, shared=shared)

    assert measured <= (need - BASE) / (1200 * 900 * 60) <= 2 * measured


@pytest.mark.parametrize("recipe", [image.jpeg(), image.phash(), image.frame(1).webp(), image.resize(64).png()])
def test_the_frames_of_an_animation_that_is_not_needed_count_once(recipe: Finished) -> None:
    assert memory_need(10**6, "gif", recipe, 200) == memory_need(10**6, "gif", recipe)
    assert memory_need(10**6, "tiff", image.webp(), 200) == memory_need(10**6, "tiff", image.webp())


def test_sixteen_bits_need_what_was_measured_and_not_much_more() -> None:
    """24 megapixels of 16 bits took 13.9 (PNG) and 35.2 (AVIF of 10 bits) bytes for each pixel, peak of the process."""
    for recipe, measured in ((image.png(bits=16), 13.9), (image.avif(bits=10), 35.2)):
        need = (memory_need(24_000_000, "png", recipe) - BASE) / 24e6

        assert measured <= need <= 2 * measured


def test_a_video_needs_more_for_each_size_and_for_how_far_its_encoder_looks_ahead() -> None:
    def need(recipe: Finished, pixels: int | None = 1920 * 1080) -> int:
        return memory_need(pixels, "mp4", recipe)

    one, ladder = video.mp4(), video.hls("hd")

    assert need(one) < need(ladder) < need(video.hls("hd", preset="slower"))
    assert need(one) < need(video.mp4(codec="h265")) < need(video.mp4(codec="av1"))
    assert need(video.resize(320).mp4()) < need(one) < need(one, None)
    # Measured as VmHWM: 389 MB and 746 MB of 1080p, 1233 MB of 2160p.
    assert need(ladder) > 389 << 20
    assert need(video.hls("hd", preset="medium")) > 746 << 20
    assert need(video.hls("source_max"), 3840 * 2160) > 1233 << 20
