"""What levels say: its ends, and what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mediaframe.recipes import image
from tests.engines.pictures import large, measured, scene, write

SEEN = {
    "exposure": image.exposure(), "rms_contrast": image.rms_contrast(), "entropy": image.entropy(),
    "colorfulness": image.colorfulness(),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_what_cannot_be_seen_says_nothing(name: str) -> None:
    picture = scene(30, 20, 4)
    picture[..., 3] = 0

    assert measured(write(picture, "PNG"), SEEN[name]) is None


def test_the_ends_are_those_that_the_docs_say() -> None:
    black, white = (write(np.full((8, 8, 3), level, np.uint8), "PNG") for level in (0, 255))
    half = np.zeros((16, 16, 1), np.uint8)
    half[:8] = 255
    ramp = np.repeat(np.arange(256, dtype=np.uint8), 4).reshape(32, 32, 1)

    assert [measured(data, SEEN["exposure"]) for data in (black, white)] == [0, 1]
    assert [measured(data, SEEN["rms_contrast"]) for data in (black, write(half, "PNG"))] == [0, 0.5]
    assert [measured(write(one, "PNG"), SEEN["entropy"]) for one in (half, ramp)] == [1, 8]
    assert measured(write(ramp, "PNG"), SEEN["colorfulness"]) == 0


def test_colors_are_counted_over_all_pixels_of_a_large_picture() -> None:
    pixels = large(2000, 1500)

    assert measured(write(pixels, "PNG", compress_level=1), image.colors()) == len(
        Image.fromarray(pixels).getcolors(1 << 24) or ()
    )


def test_colors_of_a_jpeg_are_those_of_its_whole_decode() -> None:
    data = write(large(3200, 2400), "JPEG")

    assert measured(data, image.colors()) == measured(data, image.pixelate(1).colors())


@pytest.mark.parametrize("name", SEEN)
def test_a_picture_and_its_reduction_say_nearly_the_same(name: str) -> None:
    small = Image.fromarray(scene(320, 240)).resize((500, 375), Image.Resampling.BICUBIC)
    big = small.resize((2000, 1500), Image.Resampling.BICUBIC)

    one, other = (measured(write(np.asarray(pixels), "PNG"), SEEN[name]) for pixels in (small, big))

    assert one == pytest.approx(other, rel=0.02)
