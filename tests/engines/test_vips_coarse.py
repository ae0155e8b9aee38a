"""What hashes look at: JPEGs decoded coarsely, and no pixel different from a whole decode at that size."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.coarse import bare, first_scans, upright_gray
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import AssetError
from mediaframe.recipes import image
from tests.engines.colors import built_in
from tests.engines.pictures import Pixels, large, measured, oriented, rendered, scene, write

HASHES = (image.phash(), image.dhash())


def eighth(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as picture:
        picture.draft("L", (picture.width // 8, picture.height // 8))
        return np.asarray(picture.convert("L"))


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"restart_marker_blocks": 7}, {"quality": 30}], ids=str)
@pytest.mark.parametrize(("width", "height", "bands"), [(333, 211, 3), (320, 200, 1), (65, 9, 3)])
def test_the_first_scans_give_the_pixels_of_all_scans(
    width: int, height: int, bands: int, options: dict[str, Any]
) -> None:
    data = write(scene(width, height, bands), "JPEG", progressive=True, **options)

    short = first_scans(data)

    assert short is not None
    assert len(short) < len(data)
    np.testing.assert_array_equal(eighth(short), eighth(data))


def test_a_baseline_jpeg_and_a_cut_one_have_no_first_scans() -> None:
    data = write(scene(200, 100), "JPEG", progressive=True)

    assert first_scans(write(scene(200, 100), "JPEG")) is None
    assert first_scans(data[:-2]) is None
    assert first_scans(data[: len(data) // 2]) is None
    assert first_scans(b"\xff\xd8") is None


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("recipe", HASHES, ids=repr)
def test_a_cut_jpeg_has_no_hash(recipe, progressive: bool) -> None:
    data = write(large(2400, 2100), "JPEG", progressive=progressive)

    with pytest.raises(AssetError) as caught:
        measured(data[: len(data) * 2 // 3], recipe)

    assert caught.value.code == "E_TRUNCATED"


def test_both_hashes_share_a_decode_that_nothing_else_takes() -> None:
    data = write(large(2400, 2100), "JPEG")

    sharing = [
        engine.sharing(Source(data), Task(one.steps, one.end)) for one in (*HASHES, image.sharpness(), image.png())
    ]

    assert sharing[0] == sharing[1]
    assert sharing[0] not in sharing[2:]


def test_a_hash_is_that_of_the_colors_that_a_profile_means() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC))
    wide = write(pixels, "JPEG", quality=95, icc_profile=built_in("p3"))

    plain, converted = (
        engine.sharing(Source(data), Task((), HASHES[0].end)) for data in (write(pixels, "JPEG", quality=95), wide)
    )

    assert plain != converted
    assert measured(wide, HASHES[0]) == measured(rendered(wide, image.png()).data, HASHES[0])


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize("recipe", HASHES, ids=repr)
def test_the_hash_of_a_turned_jpeg_is_that_of_the_picture_as_displayed(recipe, orientation: int) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC))
    stored = np.ascontiguousarray(np.rot90(pixels, {3: 2, 6: 1, 8: -1}[orientation]))

    one, other = (
        int(measured(data, recipe), 16)
        for data in (oriented(stored, orientation, quality=97), write(pixels, "JPEG", quality=97))
    )

    assert (one ^ other).bit_count() <= 1


def test_what_cameras_say_is_left_out_and_what_tells_the_colors_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    data = write(scene(320, 200), "JPEG", exif=exif, comment=b"a comment")

    short = bare(data)

    assert b"a camera" in data
    assert b"a comment" in data
    assert b"a camera" not in short
    assert b"a comment" not in short
    np.testing.assert_array_equal(eighth(short), eighth(data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_gray_is_turned_as_by_pillow(orientation: int) -> None:
    gray = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4))
    gray.getexif()[0x0112] = orientation

    np.testing.assert_array_equal(
        np.asarray(upright_gray(gray, orientation)), np.asarray(ImageOps.exif_transpose(gray))
    )
