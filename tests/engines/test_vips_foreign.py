"""Pictures that Pillow, pi_heif or imagecodecs open for the engine."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips import foreign, jpegxl
from mediaframe.engines.vips.color import converted
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import AssetError
from mediaframe.model.jxl import JxlHeader, codestream_at, read_jxl_header
from mediaframe.model.limits import Limits
from mediaframe.recipes import image
from tests.engines.pictures import oriented, pixels_of, read, rendered, scene, smooth, write

imagecodecs = pytest.importorskip("imagecodecs")

HEIC_HEADER = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1"])
def test_every_kind_of_bmp_that_pillow_writes_opens(mode: str) -> None:
    file = io.BytesIO()
    picture = Image.fromarray(scene(31, 20)).convert(mode)
    picture.save(file, "BMP")
    expected = np.asarray(picture.convert("RGB"), int)

    got = pixels_of(file.getvalue(), image.png())

    shown = np.repeat(got, 3, axis=-1) if got.shape[-1] == 1 else got[..., :3]
    np.testing.assert_array_equal(shown, expected)


def test_of_several_icons_the_largest_is_taken() -> None:
    data = write(scene(64, 64), "ICO", sizes=[(16, 16), (48, 48), (32, 32)])

    assert pixels_of(data, image.png()).shape[:2] == (48, 48)


@pytest.mark.parametrize("inside", ["png", "bmp"])
def test_a_cursor_opens_whatever_stands_inside(inside: str) -> None:
    icon = write(scene(32, 32, 4), "ICO", sizes=[(32, 32)], bitmap_format=inside)
    cursor = icon[:2] + b"\2\0" + icon[4:10] + b"\5\0\7\0" + icon[14:]  # Its hot spot is at 5, 7.

    got = pixels_of(cursor, image.png())

    np.testing.assert_array_equal(got, pixels_of(icon, image.png()))


@pytest.mark.parametrize("left", [7, 20, 30, 200])
def test_a_cursor_that_is_cut_is_a_row(left: int) -> None:
    icon = write(scene(32, 32, 4), "ICO", sizes=[(32, 32)])

    with pytest.raises(AssetError):
        engine.open(Source((icon[:2] + b"\2\0" + icon[4:])[:left]), Task(format="cur"))


def test_the_limit_of_pillow_is_ours_and_is_put_back() -> None:
    before = Image.MAX_IMAGE_PIXELS

    with pytest.raises(AssetError) as caught:
        rendered(write(scene(60, 60), "BMP"), image.png(), Limits(pixels=2000))

    assert caught.value.code == "E_LIMIT_PIXELS"
    assert before == Image.MAX_IMAGE_PIXELS


def test_the_first_picture_of_an_avif_sequence_is_taken() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (32, 32), color) for color in ("red", "blue")]
    frames[0].save(file, "AVIF", save_all=True, append_images=frames[1:])

    got = pixels_of(file.getvalue(), image.png())

    assert np.abs(got[16, 16, :3].astype(int) - (255, 0, 0)).max() <= 6


def test_heic_without_its_decoder_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign, "pi_heif", None)
    monkeypatch.setattr(foreign, "pillow_heif", None)

    with pytest.raises(AssetError, match=r"pip install 'mediaframe\[heic\]'") as caught:
        engine.open(Source(HEIC_HEADER), Task())

    assert caught.value.code == "E_UNSUPPORTED_FORMAT"


def test_damaged_heic_is_a_row() -> None:
    pytest.importorskip("pi_heif")

    with pytest.raises(AssetError) as caught:
        engine.open(Source(HEIC_HEADER), Task())

    assert caught.value.code in ("E_CORRUPT", "E_TRUNCATED")


# ---- JPEG 2000


@pytest.mark.parametrize(("mode", "bands"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)])
@pytest.mark.parametrize("bare", [False, True])
def test_every_kind_of_jpeg_2000_opens(mode: str, bands: int, bare: bool) -> None:
    picture = scene(40, 30, bands)
    file = io.BytesIO()
    Image.fromarray(picture if bands > 1 else picture[..., 0]).save(file, "JPEG2000", no_jp2=bare)

    got = pixels_of(file.getvalue(), image.png())

    np.testing.assert_array_equal(got, picture)


def test_sixteen_bits_of_a_gray_jpeg_2000_become_eight() -> None:
    deep = np.arange(40 * 30, dtype=np.uint16).reshape(30, 40) * 54
    data = imagecodecs.jpeg2k_encode(deep, reversible=True)

    np.testing.assert_array_equal(pixels_of(data, image.png())[..., 0], deep >> 8)


@pytest.mark.parametrize("left", [40, 200, -2])
def test_a_jpeg_2000_that_is_cut_is_a_row(left: int) -> None:
    data = write(scene(64, 64), "JPEG2000")

    with pytest.raises(AssetError) as caught:
        engine.open(Source(data[:left]), Task())

    assert caught.value.code == "E_TRUNCATED"


# ---- JPEG XL


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("container", [False, True])
def test_every_kind_of_jpeg_xl_opens(bands: int, container: bool) -> None:
    picture = scene(40, 30, bands)
    data = imagecodecs.jpegxl_encode(
        picture if bands > 1 else picture[..., 0], lossless=True, effort=1, usecontainer=container
    )

    np.testing.assert_array_equal(pixels_of(data, image.png()), picture)


def test_sixteen_bits_of_a_jpeg_xl_become_eight_with_the_curve_of_srgb() -> None:
    deep = (np.arange(40 * 30 * 3, dtype=np.uint32).reshape(30, 40, 3) * 18).astype(np.uint16)
    data = imagecodecs.jpegxl_encode(deep, lossless=True, effort=1)  # It writes 16 bits as linear light.
    light = deep / 65535
    expected = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255

    assert np.abs(pixels_of(data, image.png()) - expected).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_xl_is_turned_once(orientation: int) -> None:
    data = imagecodecs.jpegxl_encode_jpeg(_with_orientation(orientation))
    header = read_jxl_header(data[codestream_at(lambda at, length: data[at : at + length]) :])
    expected = imagecodecs.jpegxl_decode(data)

    got = pixels_of(data, image.png())
    stored = pixels_of(data, image.auto_orient(enabled=False).png())

    assert header.orientation == orientation
    assert np.abs(got.astype(int) - expected).max() <= 2
    assert stored.shape[:2] == (40, 64)


def _with_orientation(orientation: int) -> bytes:
    return oriented(smooth(64, 40), orientation, quality=95, subsampling=0)


def test_the_profile_of_a_jpeg_that_was_packed_as_jpeg_xl_is_honored() -> None:
    wide = Image.fromarray(scene(40, 30))
    file = io.BytesIO()
    wide.save(file, "JPEG", quality=95, icc_profile=pyvips.Image.profile_load("p3"))

    got = pixels_of(imagecodecs.jpegxl_encode_jpeg(file.getvalue()), image.png())

    np.testing.assert_array_equal(got, pixels_of(file.getvalue(), image.png()))
    assert np.abs(got.astype(int) - read(file.getvalue())).max() > 10


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_a_jpeg_xl_that_is_cut_is_a_row(share: float) -> None:
    data = imagecodecs.jpegxl_encode(scene(64, 64), lossless=True, effort=1)

    with pytest.raises(AssetError) as caught:
        engine.open(Source(data[: int(len(data) * share)]), Task())

    assert caught.value.code == "E_TRUNCATED"


def test_a_jpeg_xl_is_held_against_the_limits_before_it_is_decoded() -> None:
    data = imagecodecs.jpegxl_encode(np.zeros((64, 64, 3), np.uint8), lossless=True, effort=1)

    with pytest.raises(AssetError) as caught:
        engine.open(Source(data[:12]), Task(limits=Limits(pixels=4000)))

    assert caught.value.code == "E_LIMIT_PIXELS"


def test_a_jpeg_xl_without_its_decoder_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    data = imagecodecs.jpegxl_encode(scene(8, 8))
    monkeypatch.setattr(jpegxl, "imagecodecs", None)

    assert engine.reading()["jxl"] == "pip install 'mediaframe[jxl]'"
    with pytest.raises(AssetError, match=r"pip install 'mediaframe\[jxl\]'") as caught:
        engine.open(Source(data), Task())

    assert caught.value.code == "E_UNSUPPORTED_FORMAT"


# Chromaticities and curves are told by hand, since the encoder here writes sRGB alone.
SRGB = {"white": 1, "primaries": 1, "transfer": 13}


def _shown(levels: np.ndarray[Any, Any], **told: Any) -> np.ndarray[Any, Any]:
    header = JxlHeader(levels.shape[1], levels.shape[0], **{**SRGB, **told})
    return np.asarray(converted(jpegxl._to_srgb(jpegxl._image(levels, header), header)))


def test_colors_of_p3_become_what_littlecms_makes_of_them() -> None:
    picture = scene(40, 30)
    plain = pyvips.Image.new_from_array(picture, interpretation="srgb")
    plain = plain.copy()
    plain.set_type(pyvips.GValue.blob_type, "icc-profile-data", pyvips.Image.profile_load("p3"))

    expected = np.asarray(plain.icc_transform("srgb", embedded=True, intent="relative"), int)

    assert np.abs(_shown(picture, primaries=11).astype(int) - expected).max() <= 2


@pytest.mark.parametrize(
    ("told", "level", "expected"),
    [
        ({"transfer": 13}, 200, 200),
        ({"transfer": 8}, 55, 128),  # 0.2157 of the light
        ({"transfer": 0, "gamma": 1 / 2.2}, 128, 128),
        ({"transfer": 1}, 128, 140),  # (0.601 / 1.099) ** (1 / 0.45) of the light
    ],
)
def test_curves_become_that_of_srgb(told: dict[str, Any], level: int, expected: int) -> None:
    got = _shown(np.full((2, 2, 3), level, np.uint8), **told)

    assert abs(int(got[0, 0, 0]) - expected) <= 1


def test_the_white_of_pq_is_white_and_what_is_brighter_is_cut_off() -> None:
    # 203 nits are 0.5807 in PQ, 10,000 nits are 1 (SMPTE ST 2084).
    levels = np.array([[0, round(0.5807 * 65535), 65535]], np.uint16)[..., None]

    got = _shown(levels, transfer=16, gray=True)

    np.testing.assert_allclose(got.reshape(3).astype(int), [0, 255, 255], atol=1)


def test_colors_that_cannot_be_converted_are_refused() -> None:
    with pytest.raises(AssetError, match="write it as sRGB first") as caught:
        _shown(np.zeros((2, 2, 3), np.uint8), transfer=18)

    assert caught.value.code == "E_UNSUPPORTED_FORMAT"


def test_premultiplied_colors_are_divided_by_alpha() -> None:
    picture = np.full((4, 4, 4), (50, 25, 0, 128), np.uint8)
    header = JxlHeader(4, 4, alpha=True, premultiplied=True)

    got = np.asarray(jpegxl._image(picture, header))

    np.testing.assert_array_equal(got[0, 0], (100, 50, 0, 128))


def test_of_an_animated_jpeg_xl_the_first_picture_is_used_and_its_row_says_so() -> None:
    frames = np.stack([np.full((20, 30, 3), level, np.uint8) for level in (10, 200)])
    data = bytes(imagecodecs.jpegxl_encode(frames, lossless=True))

    made = rendered(data, image.png())

    assert made.notes == (("W_FRAMES_DROPPED", "the first picture of the animation was used"),)
    assert (read(made.data) == 10).all()
