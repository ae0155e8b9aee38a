"""How pictures are written: their sizes, alpha, metadata, and that the same comes out again."""

from __future__ import annotations

import io

import numpy as np
import pytest
import pyvips
from PIL import Image

from mediaframe.engines.vips import encode
from mediaframe.errors import AssetError
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from tests.engines.pictures import read, rendered, scene, smooth, write

LOSSY = {"jpeg": image.jpeg(quality=90), "webp": image.webp(quality=90), "avif": image.avif(quality=85, effort=1)}
LOSSLESS = {
    "png": image.png(effort=1),
    "interlaced png": image.png(effort=1, progressive=True),
    "webp": image.webp(lossless=True),
    "avif": image.avif(lossless=True, effort=1),
}


@pytest.mark.parametrize("name", LOSSY)
@pytest.mark.parametrize("bands", [1, 3])
def test_a_lossy_file_reads_back_near_the_picture(name: str, bands: int) -> None:
    picture = smooth(90, 60, bands)

    made = rendered(write(picture, "PNG"), LOSSY[name])
    got = read(made.data)

    assert (made.width, made.height) == (90, 60)
    assert made.quality == LOSSY[name].end.values["quality"]
    assert np.abs(got[..., :bands].astype(int) - picture).mean() < 3


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("bands", [3, 4])
def test_a_lossless_file_reads_back_as_the_picture(name: str, bands: int) -> None:
    picture = scene(90, 60, bands)
    picture[..., 3:] = np.maximum(picture[..., 3:], 1)  # WebP need not keep the color of what cannot be seen

    got = read(rendered(write(picture, "PNG"), LOSSLESS[name]).data)

    np.testing.assert_array_equal(got[..., :bands], picture)


@pytest.mark.parametrize("recipe", [*LOSSY.values(), *LOSSLESS.values()], ids=repr)
def test_the_same_picture_gives_the_same_bytes(recipe: Finished) -> None:
    data = write(scene(64, 48), "PNG")

    assert rendered(data, recipe).data == rendered(data, recipe).data


def test_transparency_is_put_on_the_background_of_a_jpeg() -> None:
    picture = np.zeros((32, 32, 4), np.uint8)

    white = read(rendered(write(picture, "PNG"), image.jpeg()).data)
    red = read(rendered(write(picture, "PNG"), image.jpeg(background="red")).data)

    assert white.min() >= 253
    assert np.abs(red[16, 16].astype(int) - (255, 0, 0)).max() <= 4


def _tagged() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker"
    file = io.BytesIO()
    Image.fromarray(smooth(64, 40)).save(file, "JPEG", exif=exif, quality=90)
    return file.getvalue()


@pytest.mark.parametrize("word", ["jpeg", "webp", "png", "avif"])
def test_metadata_are_stripped_and_the_picture_stands_upright(word: str) -> None:
    made = rendered(_tagged(), getattr(image, word)())

    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.size == (40, 64)
        assert dict(picture.getexif()) == {}
        assert "icc_profile" not in picture.info


@pytest.mark.parametrize("word", ["jpeg", "webp", "png", "avif"])
def test_metadata_are_kept_without_a_turn_that_was_done(word: str) -> None:
    made = rendered(_tagged(), getattr(image, word)(metadata="keep"))

    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.size == (40, 64)
        assert picture.getexif()[0x010F] == "Maker"
        assert picture.getexif().get(0x0112, 1) == 1
        assert "icc_profile" not in picture.info


def test_an_avif_of_a_picture_left_as_stored_does_not_turn_it() -> None:
    made = rendered(_tagged(), image.auto_orient(enabled=False).avif())

    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.size == (64, 40)


def test_a_picture_that_a_format_cannot_hold_is_refused_with_what_to_do() -> None:
    data = write(np.zeros((1, 16_384, 3), np.uint8), "PNG")

    with pytest.raises(AssetError, match=r"16384x1 has a side over the 16383 px .* resize it first") as caught:
        rendered(data, image.webp())

    assert caught.value.code == "E_ENCODE"


def test_a_file_that_does_not_read_back_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    other = pyvips.Image.black(3, 3)
    monkeypatch.setitem(encode._LOADERS, "png", lambda data: other)

    with pytest.raises(AssetError, match="reads back as 3x3") as caught:
        rendered(write(smooth(8, 8), "PNG"), image.png())

    assert caught.value.code == "E_VERIFY"


def test_more_effort_gives_a_smaller_png_with_the_same_pixels() -> None:
    data = write(scene(200, 150), "PNG")

    fast, slow = rendered(data, image.png(effort=1)), rendered(data, image.png(effort=9))

    assert len(slow.data) < len(fast.data)
    np.testing.assert_array_equal(read(slow.data), read(fast.data))
