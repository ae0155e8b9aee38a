"""Files of several pictures: the one that is asked for is opened."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import AssetError, RecipeError
from mediaframe.model.limits import Limits
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, pixels_of, rendered, scene, smooth, write

pillow_heif = pytest.importorskip("pillow_heif")

PAGES = [scene(40, 30, seed=1), scene(24, 36, seed=2), scene(50, 20, seed=3)]


def many(pages: list[Pixels], format: str, **options: object) -> bytes:
    """Write pictures as the pages of one file."""
    first, *others = (Image.fromarray(one) for one in pages)
    file = io.BytesIO()
    first.save(file, format, save_all=True, append_images=others, **options)
    return file.getvalue()


def heic(pages: list[Pixels], primary: int) -> bytes:
    """Write pictures as the images of one HEIC."""
    file = io.BytesIO()
    made = pillow_heif.HeifFile()
    for one in pages:
        made.add_from_pillow(Image.fromarray(one))
    made.save(file, quality=90, primary_index=primary)
    return file.getvalue()


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("compression", ["tiff_lzw", "raw"])
def test_a_page_of_a_tiff_is_opened(number: int, compression: str) -> None:
    data = many(PAGES, "TIFF", compression=compression)

    np.testing.assert_array_equal(pixels_of(data, image.page(number).png()), PAGES[number - 1])
    np.testing.assert_array_equal(pixels_of(data, image.png()), PAGES[0])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_image_of_a_heic_is_opened_and_without_one_the_primary(number: int) -> None:
    pages = [smooth(40, 30), smooth(24, 36), smooth(50, 20)]
    data = heic(pages, primary=1)

    asked, plain = pixels_of(data, image.page(number).png()), pixels_of(data, image.png())

    assert np.abs(asked.astype(int) - pages[number - 1]).mean() < 10  # 4:2:0 on waves of few pixels
    assert np.abs(plain.astype(int) - pages[1]).mean() < 10  # 4:2:0 on waves of few pixels


@pytest.mark.parametrize(("number", "side"), [(1, 48), (2, 32), (3, 16)])
def test_the_sizes_of_an_icon_are_counted_from_the_largest(number: int, side: int) -> None:
    data = write(scene(64, 64), "ICO", sizes=[(16, 16), (48, 48), (32, 32)])

    assert pixels_of(data, image.page(number).png()).shape[:2] == (side, side)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (many(PAGES, "TIFF"), "expected 1 to 3, got 4"),
        (heic(PAGES, 0), "expected 1 to 3, got 4"),
        (write(scene(32, 32), "ICO", sizes=[(32, 32), (16, 16)]), "expected 1 to 2, got 4"),
        (write(scene(8, 8), "PNG"), "expected 1, got 4"),
        (write(scene(8, 8), "JPEG2000"), "expected 1, got 4"),
        (many(PAGES[:1] * 5, "GIF"), r"expected 1, got 4; moments of an animation are asked for by frame\(\)"),
    ],
    ids=["tiff", "heic", "ico", "png", "jp2", "gif"],
)
def test_a_page_that_is_not_there_is_a_row(data: bytes, told: str) -> None:
    with pytest.raises(AssetError, match=told) as caught:
        rendered(data, image.page(4).png())

    assert caught.value.code == "E_PARAM"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "JPEG2000"])
def test_every_picture_has_a_page_1(format: str) -> None:
    data = write(scene(20, 10), format)

    np.testing.assert_array_equal(pixels_of(data, image.page(1).png()), pixels_of(data, image.png()))


def test_bytes_that_a_later_page_lacks_are_found_by_that_page_alone() -> None:
    plain = many([scene(30, 30, seed=number) for number in range(2)], "TIFF", compression="raw")
    with Image.open(io.BytesIO(plain)) as picture:
        picture.seek(1)
        start = picture.tag_v2[273][0]
    damaged = bytearray(plain)
    entry = bytes.fromhex("11010400") + (1).to_bytes(4, "little") + start.to_bytes(4, "little")
    at = damaged.rindex(entry)
    damaged[at + 8 : at + 12] = (len(plain) - 9).to_bytes(4, "little")

    assert pixels_of(bytes(damaged), image.page(1).png()).shape == (30, 30, 3)
    with pytest.raises(AssetError) as caught:
        pixels_of(bytes(damaged), image.page(2).png())
    assert caught.value.code == "E_TRUNCATED"


def test_each_page_is_held_against_the_limits() -> None:
    data = many([scene(10, 10), scene(60, 60)], "TIFF")
    limits = Limits(pixels=2000)

    assert rendered(data, image.page(1).png(), limits).width == 10
    with pytest.raises(AssetError) as caught:
        rendered(data, image.page(2).png(), limits)
    assert caught.value.code == "E_LIMIT_PIXELS"


def test_pages_of_one_file_share_no_decode() -> None:
    source = Source(many(PAGES, "TIFF"))

    keys = {engine.sharing(source, Task(image.page(number).steps)) for number in (1, 2, 3)}

    assert len(keys) == 3


def test_a_page_is_asked_for_before_all_other_steps() -> None:
    with pytest.raises(RecipeError, match="before all other steps"):
        image.flip().page(2)

    assert (
        repr(image.auto_orient(enabled=False).page(2).png()) == "image.auto_orient(enabled=False).page(number=2).png()"
    )
