"""Light: pictures resized in it, and colors that a file tells by numbers or a gain map."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mediaframe.engines.vips import profiles
from mediaframe.engines.vips.engine import engine
from mediaframe.recipes import image
from tests.engines.colors import CLOSE, COLORS, built_in, by_littlecms, delta_e, encoded
from tests.engines.pictures import Pixels, large, opened, pixels_of, read, rendered, scene, write

RANDOM = np.random.default_rng(11)
P3 = built_in("p3")
CMYK = built_in("cmyk")
ADOBE = profiles.adobe_profile()


# ---- linear light ----------------------------------------------------------------------------------------------------


def _light(pixels: Pixels) -> np.ndarray[Any, np.dtype[np.float64]]:
    value = pixels.astype(np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def test_black_and_white_mix_to_half_of_the_light() -> None:
    board = np.indices((64, 64)).sum(axis=0) % 2 * 255
    data = write(np.repeat(board[..., None], 3, axis=2).astype(np.uint8), "PNG")

    light = pixels_of(data, image.resize(16, linear=True).png())[4:-4, 4:-4]
    numbers = pixels_of(data, image.resize(16).png())[4:-4, 4:-4]

    assert np.abs(light.astype(int) - 188).max() <= 1  # 255 * 0.5 of the light
    assert np.abs(numbers.astype(int) - 128).max() <= 1


@pytest.mark.parametrize("bands", [1, 3])
def test_linear_resizing_is_lanczos_over_light(bands: int) -> None:
    picture = scene(120, 80, bands)

    got = pixels_of(write(picture, "PNG"), image.resize(60, linear=True).png())

    planes = [Image.fromarray(_light(picture[..., band]).astype(np.float32)) for band in range(bands)]
    small = np.stack([np.asarray(one.resize((60, 40), Image.Resampling.LANCZOS)) for one in planes], axis=-1)
    near = np.abs(got - 255 * encoded(small))
    assert near.mean() < 0.6  # rounding alone is 0.25
    assert np.percentile(near, 99) < 4


def test_linear_resizing_lends_no_color_from_what_is_transparent() -> None:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[:, :20] = (255, 0, 0, 255)
    picture[:, 20:] = (0, 255, 0, 0)

    got = pixels_of(write(picture, "PNG"), image.resize(10, linear=True).png())

    seen = got[got[..., 3] > 0]
    assert (seen[:, 0] == 255).all()
    assert (seen[:, 1:3] == 0).all()
    assert got[:, :4, 3].min() >= 250


def test_flat_color_stays_the_same_in_light() -> None:
    for level in (0, 1, 5, 10, 11, 64, 128, 200, 254, 255):
        data = write(np.full((32, 32, 4), (level, level, 255 - level, 200), np.uint8), "PNG")
        assert pixels_of(data, image.resize(8, linear=True).png())[4, 4].tolist() == [level, level, 255 - level, 200]


def test_light_of_a_kept_profile_is_mixed_by_its_own_curve() -> None:
    board = np.repeat((np.indices((64, 64)).sum(axis=0) % 2 * 255)[..., None], 3, axis=2).astype(np.uint8)

    got = pixels_of_kept(write(board, "PNG", icc_profile=ADOBE))

    assert np.abs(got[4:-4, 4:-4].astype(int) - round(255 * 0.5 ** (256 / 563))).max() <= 1


def pixels_of_kept(data: bytes) -> Pixels:
    """Give the numbers that are written, in the space of the source."""
    return read(rendered(data, image.color("keep").resize(16, linear=True).png()).data)


def test_a_jpeg_is_not_shrunk_while_decoding_where_light_is_mixed() -> None:
    data = write(large(3000, 2000), "JPEG", quality=70)

    assert not opened(data, image.resize(100, linear=True).webp()).reduced
    assert opened(data, image.resize(100).webp()).reduced


# ---- colors told by numbers ------------------------------------------------------------------------------------------


def _avif(pixels: Pixels, primaries: int, transfer: int) -> bytes:
    """Write an AVIF that tells its colors by numbers."""
    data = bytearray(write(pixels, "AVIF", quality=100, subsampling="4:4:4"))
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


def _png_cicp(pixels: Pixels, primaries: int, transfer: int) -> bytes:
    """Write a PNG that tells its colors by numbers."""
    data, body = write(pixels, "PNG"), b"cICP" + bytes([primaries, transfer, 0, 1])
    return data[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


TO_SRGB = {
    1: np.eye(3),
    9: np.array([[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]]),
    12: np.array([[1.224940, -0.224940, 0.0], [-0.042057, 1.042057, 0.0], [-0.019638, -0.078636, 1.098274]]),
}
"""Light of other primaries as light of sRGB (ITU-R BT.2087, SMPTE EG 432-1)."""


def _pq(signal: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    root = signal ** (1 / 78.84375)
    return np.asarray((np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125) * 1e4)


CURVES: dict[int, Any] = {
    1: lambda value: _light(value * 255), 13: lambda value: _light(value * 255), 4: lambda value: value**2.2,
    8: lambda value: value, 16: lambda value: _pq(value) / 203,
}  # fmt: skip


@pytest.mark.parametrize(
    ("primaries", "transfer"), [(12, 13), (9, 1), (9, 13), (1, 4), (1, 8), (9, 16), (12, 16), (2, 2)]
)
@pytest.mark.parametrize("kind", ["avif", "png"])
def test_colors_told_by_numbers_are_converted_by_their_formulas(kind: str, primaries: int, transfer: int) -> None:
    blocks = RANDOM.integers(20, 190, (3, 4, 3)).astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    data = {"avif": _avif, "png": _png_cicp}[kind](blocks, primaries, transfer)
    stored = read(data)[4::8, 4::8, :3]

    got = pixels_of(data, image.png())[4::8, 4::8]

    light = CURVES.get(transfer, CURVES[13])(stored / 255.0)
    want = 255 * encoded(np.minimum(light, 1.0) @ TO_SRGB.get(primaries, np.eye(3)).T)
    assert delta_e(got, np.round(want).astype(np.uint8)).max() <= 3
    assert (primaries, transfer) in ((2, 2), (1, 13)) or np.abs(got.astype(int) - stored).max() > 5


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_reduced_to_the_white_of_paper_and_the_row_says_so(transfer: int) -> None:
    level = round(255 * (0.5806888810416109 if transfer == 16 else 0.75))  # 203 nits

    def made(value: int) -> Any:
        return rendered(_png_cicp(np.full((4, 4, 3), value, np.uint8), 9, transfer), image.png())

    assert read(made(level).data).min() >= 253
    assert read(made(250).data).min() == 255
    assert read(made(level // 2).data).max() < 150
    assert [code for code, _ in made(level).notes] == ["W_HDR_REDUCED"]


def test_a_profile_wins_over_numbers() -> None:
    data = write(COLORS, "PNG", icc_profile=P3)
    body = b"cICP" + bytes([9, 16, 0, 1])
    both = data[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]

    np.testing.assert_array_equal(pixels_of(both, image.png()), pixels_of(data, image.png()))


# ---- gain maps -------------------------------------------------------------------------------------------------------


def test_pixels_for_other_engines_are_plain() -> None:
    handle = opened(write(COLORS, "PNG", icc_profile=P3), image.color("p3").png(bits=16))

    plain = engine.pixels(handle)

    assert len(plain.data) == 24 * 32 * 3
    got = np.frombuffer(plain.data, np.uint8).reshape(24, 32, 3)
    assert delta_e(got, by_littlecms(COLORS, "RGB", P3)).max() <= 2 * CLOSE
