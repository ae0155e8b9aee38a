"""Placeholders are those of the reference implementations: ThumbHash's own JavaScript, Wolt's C of BlurHash."""

from __future__ import annotations

import io
from base64 import b64decode

import blurhash as wolt
import numpy as np
import pytest
from PIL import Image

from mediaframe.recipes import image
from tests.engines.pictures import Pixels, large, measured, scene, smooth, write

pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")  # by the reference

# rgbaToThumbHash of evanw/thumbhash (js/thumbhash.js at a652ce6) on the pixels that `drawn` gives.
THUMBHASHES = {
    (100, 75, False): "HwgKbYKHh3hweFh3d2Z4d4d/l5sg",
    (60, 100, False): "3/cJbAJ3B4d2Z4Z2d3d3f3fFBg==",
    (1, 1, False): "AAgCBwAAAAAAAAAAAAAAAAAAAAAAAAAA",
    (100, 3, False): "ngcOkYJmVoVwd4d3d39nwHk=",
    (50, 50, True): "HwiGNQIYeXVwlploeHeP6CPzWXZYlpiEcA==",
    (90, 40, True): "3/eFOoAIeHiAlod4f5dDL5VQiIg5OnY=",
    (2, 100, True): "3xeGIQh3eHBoqGiIf4UIN3gHd4iHeHc=",
}


def drawn(width: int, height: int, *, alpha: bool) -> Pixels:
    y, x = np.mgrid[:height, :width]
    bands = [(x * 7 + y * 3) % 256, (x * x + y * 11) % 256, 255 * y // max(1, height - 1), (x * 5 + y * 9) % 256]
    return np.stack(bands[: 4 if alpha else 3], axis=-1).astype(np.uint8)


@pytest.mark.parametrize(("width", "height", "alpha"), THUMBHASHES)
def test_a_thumbhash_is_that_of_the_reference(width: int, height: int, alpha: bool) -> None:
    data = write(drawn(width, height, alpha=alpha), "PNG")

    assert measured(data, image.thumbhash()) == THUMBHASHES[width, height, alpha]


def test_the_thumbhash_of_what_cannot_be_seen_is_that_of_the_reference() -> None:
    data = write(np.zeros((2, 2, 4), np.uint8), "PNG")

    assert measured(data, image.thumbhash()) == "AAiCBQAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="


def test_the_thumbhash_of_gray_is_that_of_the_same_in_color() -> None:
    gray = scene(60, 40, 1)

    assert measured(write(gray, "PNG"), image.thumbhash()) == measured(
        write(gray.repeat(3, axis=2), "PNG"), image.thumbhash()
    )


def test_a_large_picture_has_the_thumbhash_of_its_reduction() -> None:
    small = np.asarray(Image.fromarray(large(800, 600)).resize((100, 75), Image.Resampling.LANCZOS))

    of_large = b64decode(measured(write(large(800, 600), "PNG"), image.thumbhash()))
    of_small = b64decode(measured(write(small, "PNG"), image.thumbhash()))

    nibbles = [[part for byte in data for part in (byte & 15, byte >> 4)] for data in (of_large[5:], of_small[5:])]
    assert of_large[3:5] == of_small[3:5]
    assert max(abs(one - other) for one, other in zip(*nibbles, strict=True)) <= 1


@pytest.mark.parametrize(("across", "down"), [(4, 3), (1, 1), (9, 9), (1, 5)])
@pytest.mark.parametrize("make", [scene, smooth])
def test_a_blurhash_is_that_of_the_reference(make: type, across: int, down: int) -> None:
    data = write(make(64, 48), "PNG")

    expected = wolt.encode(io.BytesIO(data), x_components=across, y_components=down)

    assert measured(data, image.blurhash(across, down)) == expected


def test_the_blurhash_of_transparency_is_that_on_white() -> None:
    pixels = scene(40, 30, 4)
    flat = Image.alpha_composite(Image.new("RGBA", (40, 30), "white"), Image.fromarray(pixels)).convert("RGB")

    got = wolt.decode(measured(write(pixels, "PNG"), image.blurhash()), 40, 30)
    expected = wolt.decode(wolt.encode(flat, 4, 3), 40, 30)

    assert np.abs(np.asarray(got, int) - np.asarray(expected, int)).max() <= 2


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_a_tiny_preview_is_a_webp_of_the_size_in_a_few_hundred_characters(bands: int) -> None:
    pixels = smooth(300, 200, bands)

    found = measured(write(pixels, "PNG"), image.lqip())

    kind, _, data = found.partition(",")
    assert kind == "data:image/webp;base64"
    assert len(found) < 400
    with Image.open(io.BytesIO(b64decode(data, validate=True))) as picture:
        assert (picture.format, picture.size) == ("WEBP", (16, 11))
        got = np.asarray(picture.convert("RGB").resize((30, 20), Image.Resampling.BICUBIC), int)
    want = Image.fromarray(pixels[..., 0] if bands == 1 else pixels).convert("RGB").resize((30, 20))
    assert bands in (2, 4) or np.abs(got - np.asarray(want, int)).mean() < 12


def test_nothing_is_enlarged_for_a_placeholder() -> None:
    found = measured(write(smooth(5, 3), "PNG"), image.lqip())

    with Image.open(io.BytesIO(b64decode(found.partition(",")[2]))) as picture:
        assert picture.size == (5, 3)
