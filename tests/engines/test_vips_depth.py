"""Sixteen bits: kept where they are asked for, rounded to the nearest of eight where they are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pyvips

from mediaframe.engines.vips import depth, profiles
from mediaframe.model.operation import Operation
from mediaframe.recipes import image
from tests.engines.colors import built_in, by_littlecms, delta_e
from tests.engines.pictures import pixels_of, read, rendered, scene, smooth, write

RANDOM = np.random.default_rng(11)
P3 = built_in("p3")
CMYK = built_in("cmyk")
ADOBE = profiles.adobe_profile()


def _deep(data: bytes) -> np.ndarray[Any, np.dtype[np.uint16]]:
    picture = pyvips.Image.new_from_buffer(data, "")
    assert picture.format == "ushort"
    found: np.ndarray[Any, np.dtype[np.uint16]] = picture.numpy()
    return found


def _sixteen(pixels: np.ndarray[Any, np.dtype[np.uint16]], suffix: str = ".png") -> bytes:
    space = "rgb16" if pixels.shape[2] > 2 else "grey16"
    data: bytes = pyvips.Image.new_from_array(pixels).copy(interpretation=space).write_to_buffer(suffix)
    return data


WIDE = RANDOM.integers(0, 65536, (16, 24, 4)).astype(np.uint16)


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_sixteen_bits_are_kept_to_the_last(bands: int) -> None:
    picture = np.ascontiguousarray(WIDE[..., :bands])

    made = rendered(_sixteen(picture), image.png(bits=16))

    np.testing.assert_array_equal(_deep(made.data).reshape(picture.shape), picture)


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_sixteen_bits_are_rounded_to_the_nearest_of_eight(bands: int) -> None:
    picture = np.ascontiguousarray(WIDE[..., :bands])

    got = pixels_of(_sixteen(picture), image.png())

    np.testing.assert_array_equal(got, np.round(picture / 257).astype(np.uint8))


def test_all_levels_of_sixteen_bits_are_rounded_right() -> None:
    every = np.arange(65536, dtype=np.uint16).reshape(256, 256, 1)

    got = pixels_of(_sixteen(every), image.png())

    np.testing.assert_array_equal(got, np.round(every / 257).astype(np.uint8))


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_eight_bits_as_sixteen_are_the_same_colors(bands: int) -> None:
    picture = scene(20, 12, bands)

    made = rendered(write(picture, "PNG"), image.png(bits=16))

    np.testing.assert_array_equal(_deep(made.data).reshape(picture.shape), picture.astype(np.uint16) * 257)


@pytest.mark.parametrize("bits", [10, 12])
def test_an_avif_of_more_bits_is_the_nearest_there_is(bits: int) -> None:
    picture = np.ascontiguousarray(WIDE[..., :3])
    most = (1 << bits) - 1

    made = rendered(_sixteen(picture), image.avif(lossless=True, bits=bits, effort=0))
    again = rendered(made.data, image.png(bits=16))

    stored = _deep(made.data) >> (16 - bits)
    np.testing.assert_array_equal(stored, np.floor(picture.astype(np.float64) * most / 65535 + 0.5))
    assert np.abs(_deep(again.data) - stored * (65535.0 / most)).max() <= 1
    twice = rendered(made.data, image.avif(lossless=True, bits=bits, effort=0))
    np.testing.assert_array_equal(_deep(twice.data) >> (16 - bits), stored)


DEEP_STEPS: dict[str, Any] = {
    "auto_orient": image.auto_orient(enabled=False),
    "color": image.color("p3"),
    "resize": image.resize(12, 9, fit="contain"),
    "mode": image.mode("width", 12),
    "crop": image.crop(9, 9, gravity="attention"),
    "extend": image.extend(top=2, left=1, background="#80402090"),
    "rotate": image.rotate(20),
    "flip": image.flip(),
    "flop": image.flop(),
    "trim": image.trim(),
    "grayscale": image.grayscale(),
    "flatten": image.flatten("#336699"),
    "blur": image.blur(1),
    "sharpen": image.sharpen(),
    "pad": image.pad(26, 20),
    "border": image.border(2),
    "round_corners": image.round_corners(3),
    "brightness": image.brightness(1.1),
    "contrast": image.contrast(1.1),
    "saturation": image.saturation(1.2),
    "hue": image.hue(20),
    "gamma": image.gamma(1.2),
    "normalize": image.normalize(),
    "tint": image.tint("#804020"),
    "sepia": image.sepia(),
    "median": image.median(3),
    "pixelate": image.pixelate(3),
    "vignette": image.vignette(),
    "text": image.text("a", size=8),
    "shape": image.shape("rectangle", 8, 6),
    "describe": image.describe(title="x"),
    "page": image.page(1),
}  # fmt: skip


def test_every_step_that_says_so_is_tried_on_sixteen_bits() -> None:
    assert set(DEEP_STEPS) == {one.word for one in depth.DEEP} - {"watermark"}, "a watermark is tried with its input"


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("word", DEEP_STEPS)
def test_a_step_on_sixteen_bits_is_that_on_eight_with_finer_levels(word: str, bands: int) -> None:
    picture = smooth(24, 18, bands).astype(np.uint16) * 257
    picture[..., : min(bands, 3)] += RANDOM.integers(0, 128, picture[..., : min(bands, 3)].shape).astype(np.uint16)
    data = _sixteen(picture)

    coarse = read(rendered(data, DEEP_STEPS[word].png()).data).astype(int)
    made = rendered(data, DEEP_STEPS[word].png(bits=16))
    fine = _deep(made.data).reshape(coarse.shape)

    assert made.notes == ()
    # Transparent colors are worth nothing; the lightness of a sharpened picture is rounded twice on 8 bits.
    seen = (
        coarse[..., -1:] > 64 if bands in (2, 4) and coarse.shape[-1] == bands else np.ones_like(coarse[..., :1], bool)
    )
    assert np.abs((fine / 257 - coarse) * seen).max() <= 3
    assert np.abs((fine / 257 - coarse) * seen).mean() <= 0.6
    assert (fine % 257 != 0).mean() > 0.2


def test_a_step_that_works_on_eight_bits_says_so_in_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    blurred = next(one for one in depth.DEEP if one.word == "blur")
    without: frozenset[type[Operation]] = depth.DEEP - {blurred}
    monkeypatch.setattr(depth, "DEEP", without)

    made = rendered(_sixteen(WIDE), image.blur(2).flip().png(bits=16))

    assert made.notes == (("W_DEPTH_REDUCED", "blur works on 8 bits: the picture was rounded before it"),)
    assert (_deep(made.data) % 257 == 0).all()
    assert rendered(_sixteen(WIDE), image.blur(2).png()).notes == ()


@pytest.mark.parametrize("profile", [P3, ADOBE])
def test_conversions_keep_sixteen_bits_and_alpha(profile: bytes) -> None:
    plain = pyvips.Image.new_from_array(WIDE).copy(interpretation="rgb16")
    plain.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    data = plain.pngsave_buffer(keep="icc")

    fine = _deep(rendered(data, image.png(bits=16)).data)
    coarse = pixels_of(data, image.png())

    np.testing.assert_array_equal(fine[..., 3], WIDE[..., 3])
    np.testing.assert_array_equal(coarse[..., 3], np.round(WIDE[..., 3] / 257))
    assert np.abs(fine / 257 - coarse).max() <= 1
    eight = np.round(WIDE[..., :3] / 257).astype(np.uint8)
    assert np.percentile(delta_e(coarse[..., :3], by_littlecms(eight, "RGB", profile)), 95) <= 2
