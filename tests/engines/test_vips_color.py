"""Colors: each source as LittleCMS itself converts it, wide gamut and 16 bits where they are asked for."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from mediaframe.engines.vips import depth, profiles
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import RecipeError
from mediaframe.model.operation import Operation
from mediaframe.model.recipe import Finished
from mediaframe.recipes import document, image, video
from tests.engines.colors import INTENTS, built_in, by_littlecms, delta_e
from tests.engines.pictures import Pixels, large, measured, opened, pixels_of, read, rendered, scene, smooth, write

CLOSE = 1.2
"""CIE 1976 delta E that a conversion may be from that of LittleCMS: a level of rounding; at most 1.05 was measured."""

RANDOM = np.random.default_rng(11)
COLORS: Pixels = RANDOM.integers(0, 256, (24, 32, 3)).astype(np.uint8)
INKS: Pixels = RANDOM.integers(0, 256, (24, 32, 4)).astype(np.uint8)
P3 = built_in("p3")
CMYK = built_in("cmyk")
ADOBE = profiles.adobe_profile()


def _embedded(data: bytes) -> bytes | None:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.info.get("icc_profile")


def _deep(data: bytes) -> np.ndarray[Any, np.dtype[np.uint16]]:
    picture = pyvips.Image.new_from_buffer(data, "")
    assert picture.format == "ushort"
    found: np.ndarray[Any, np.dtype[np.uint16]] = picture.numpy()
    return found


def _sixteen(pixels: np.ndarray[Any, np.dtype[np.uint16]], suffix: str = ".png") -> bytes:
    space = "rgb16" if pixels.shape[2] > 2 else "grey16"
    data: bytes = pyvips.Image.new_from_array(pixels).copy(interpretation=space).write_to_buffer(suffix)
    return data


# ---- to sRGB ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("black_point", [True, False])
@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("name", ["p3", "adobe", "cmyk"])
def test_profiles_are_converted_as_by_littlecms(name: str, intent: str, black_point: bool) -> None:
    profile, mode, source = {"p3": (P3, "RGB", COLORS), "adobe": (ADOBE, "RGB", COLORS), "cmyk": (CMYK, "CMYK", INKS)}[
        name
    ]
    file = io.BytesIO()
    Image.frombytes(mode, (32, 24), source.tobytes()).save(file, "TIFF", icc_profile=profile)

    got = pixels_of(file.getvalue(), image.color(intent=intent, black_point=black_point).png())

    reference = by_littlecms(source, mode, profile, intent, black_point=black_point)
    assert delta_e(got, reference).max() <= CLOSE


def test_the_default_is_relative_with_black_point_compensation() -> None:
    data = write(COLORS, "PNG", icc_profile=P3)

    assert image.color().png().to_json()["steps"] == [{"word": "color"}]
    assert image.color().png().end == image.png().end
    np.testing.assert_array_equal(
        pixels_of(data, image.png()), pixels_of(data, image.color("srgb", "relative", True).png())
    )


def test_intents_are_other_colors_for_inks() -> None:
    file = io.BytesIO()
    Image.frombytes("CMYK", (32, 24), INKS.tobytes()).save(file, "TIFF", icc_profile=CMYK)

    made = [pixels_of(file.getvalue(), image.color(intent=one).png()) for one in ("relative", "perceptual", "absolute")]

    assert delta_e(made[0], made[1]).max() > 3
    assert delta_e(made[0], made[2]).max() > 3


def test_cmyk_without_a_profile_is_read_with_the_press_of_libvips() -> None:
    file = io.BytesIO()
    Image.frombytes("CMYK", (32, 24), INKS.tobytes()).save(file, "TIFF")

    got = pixels_of(file.getvalue(), image.png())

    assert delta_e(got, by_littlecms(INKS, "CMYK", CMYK)).max() <= CLOSE


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_a_profile_for_other_inks_than_those_of_the_file_is_left_aside(format: str) -> None:
    file = io.BytesIO()
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(file, format, icc_profile=P3)

    got = pixels_of(file.getvalue(), image.png())

    want = by_littlecms(np.full((1, 1, 4), (0, 255, 255, 0), np.uint8), "CMYK", CMYK)
    assert delta_e(got[8, 8], want[0, 0]).max() <= 3


def test_lab_is_that_of_files_with_the_white_d50() -> None:
    lab = np.zeros((6, 16, 3), np.uint8)
    lab[..., 0] = np.linspace(20, 240, 16, dtype=np.uint8)
    lab[..., 1:] = np.array([0, 20, 60, 120, 200, 250], np.uint8)[:, None, None]
    file = io.BytesIO()
    Image.frombytes("LAB", (16, 6), lab.tobytes()).save(file, "TIFF")

    got = pixels_of(file.getvalue(), image.png())

    gray = got[0].astype(int)
    assert np.abs(gray - gray.mean(axis=-1, keepdims=True)).max() <= 1
    # Between the two 8 bits of Lab are floating point here and 16 bits there, which shows on dark saturated colors.
    assert delta_e(got, by_littlecms(lab, "LAB", None)).max() <= 2


def test_a_camera_that_declares_adobe_rgb_by_exif_alone_is_believed() -> None:
    wide = np.full((16, 16, 3), (219, 0, 0), np.uint8)

    declared = pixels_of(write(wide, "JPEG", exif=_r03(), quality=100, subsampling=0), image.png())
    plain = pixels_of(write(wide, "JPEG", quality=100, subsampling=0), image.png())

    # The red of sRGB is 219, 0, 0 in Adobe RGB (1998), annex B of its specification.
    assert np.abs(declared[8, 8].astype(int) - (255, 0, 0)).max() <= 3
    assert abs(int(plain[8, 8, 0]) - 219) <= 1


def _r03() -> bytes:
    """Make EXIF with an interoperability IFD, by hand: Pillow writes none."""
    interop = b"\x01\x00" + b"\x01\x00\x02\x00\x04\x00\x00\x00R03\0" + bytes(4)
    exif_ifd = b"\x01\x00" + b"\x05\xa0\x04\x00\x01\x00\x00\x00" + (44).to_bytes(4, "little") + bytes(4)
    first = b"\x01\x00" + b"\x69\x87\x04\x00\x01\x00\x00\x00" + (26).to_bytes(4, "little") + bytes(4)
    return b"Exif\0\0II*\0\x08\0\0\0" + first + exif_ifd + interop


# ---- gray stays gray -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["srgb", "p3", "keep"])
@pytest.mark.parametrize("word", ["jpeg", "png", "webp", "avif"])
def test_gray_stays_gray_with_the_same_numbers_in_every_space(space: str, word: str) -> None:
    picture = smooth(32, 24, 1)

    got = pixels_of(write(picture, "PNG"), getattr(image.color(space), word)())
    made = rendered(write(picture, "PNG"), getattr(image.color(space), word)())

    np.testing.assert_array_equal(got, picture)
    assert _embedded(made.data) is None
    shown = read(made.data)
    # WebP has no gray: its conversion to RGB rounds each color for itself.
    assert (np.ptp(shown[..., :3].astype(int), axis=-1) <= (word == "webp")).all()


@pytest.mark.parametrize("space", ["srgb", "p3", "keep"])
def test_gray_of_another_curve_becomes_gray_of_the_curve_of_srgb(space: str) -> None:
    gamma = profiles._profile(b"GRAY", {b"desc": profiles._text("gamma"), b"kTRC": profiles._curve(0, (1.2,))})
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)

    got = pixels_of(write(picture, "PNG", icc_profile=gamma), image.color(space).png())

    reference = 255 * _encoded((picture / 255.0) ** 1.2)
    assert got.shape == picture.shape
    # LittleCMS takes a gray curve by interpolation: the darkest levels are up to three off the formula, here and there.
    assert np.abs(got - reference).max() <= 3
    assert np.abs(got - reference).mean() <= 0.5
    assert np.abs(got - by_littlecms(picture, "L", gamma)[..., :1].astype(int)).max() <= 4


def _encoded(light: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    light = np.clip(light, 0, 1)
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))


def test_grayscale_of_wide_gamut_is_its_luminance() -> None:
    picture = np.full((4, 4, 3), (255, 0, 0), np.uint8)

    got = pixels_of(write(picture, "PNG", icc_profile=P3), image.color("p3").grayscale().png())

    light = 0.22900  # Y of the red of Display P3 under D50, SMPTE RP 431-2 adapted
    level = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
    assert got.shape == (4, 4, 1)
    assert abs(int(got[0, 0, 0]) - level) <= 4


# ---- wide gamut ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["jpeg", "png", "webp", "avif"])
def test_wide_gamut_is_kept_with_the_profile_embedded(word: str) -> None:
    picture = np.full((32, 32, 3), (250, 10, 10), np.uint8)  # a red that sRGB does not hold
    options = {"quality": 100} if word != "png" else {}

    made = rendered(write(picture, "PNG", icc_profile=P3), getattr(image.color("p3"), word)(**options))

    assert _embedded(made.data) == P3
    assert np.abs(read(made.data)[16, 16].astype(int) - (250, 10, 10)).max() <= 4


def test_srgb_becomes_display_p3_and_looks_the_same() -> None:
    made = rendered(write(COLORS, "PNG"), image.color("p3").png())

    assert _embedded(made.data) == P3
    assert np.abs(read(made.data).astype(int) - COLORS).max() > 20
    assert delta_e(by_littlecms(read(made.data), "RGB", P3), COLORS).max() <= 2 * CLOSE


def test_keep_leaves_the_numbers_and_the_profile() -> None:
    made = rendered(write(COLORS, "PNG", icc_profile=ADOBE), image.color("keep").png())

    assert _embedded(made.data) == ADOBE
    np.testing.assert_array_equal(read(made.data), COLORS)


def test_keep_needs_no_profile_where_the_source_is_srgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    made = rendered(write(COLORS, "PNG", icc_profile=profile), image.color("keep").png())

    assert _embedded(made.data) is None
    np.testing.assert_array_equal(read(made.data), COLORS)


def test_a_profile_that_cannot_be_read_is_dropped() -> None:
    made = rendered(write(COLORS, "PNG", icc_profile=b"no profile"), image.color("keep").png())

    assert _embedded(made.data) is None
    np.testing.assert_array_equal(read(made.data), COLORS)


@pytest.mark.parametrize("space", ["p3", "keep"])
def test_colors_of_arguments_are_srgb_in_every_space(space: str) -> None:
    made = rendered(
        write(COLORS, "PNG", icc_profile=ADOBE), image.color(space).extend(top=4, background="#c86432").png()
    )

    profile = _embedded(made.data)
    shown = by_littlecms(np.ascontiguousarray(read(made.data)[:1]), "RGB", profile)
    assert delta_e(shown, np.full_like(shown, (200, 100, 50))).max() <= CLOSE


@pytest.mark.parametrize(
    "measure", [image.color("p3").mean_color(), image.color("p3").phash(), image.color("p3").sharpness()]
)
def test_measures_are_of_srgb_in_every_space(measure: Finished) -> None:
    data = write(smooth(40, 30), "PNG", icc_profile=P3)

    plain = measured(data, Finished("image", (), measure.end))
    wide = measured(data, measure)

    if isinstance(plain, str):
        assert sum(one != other for one, other in zip(plain, wide, strict=True)) <= 2
    else:
        assert wide == pytest.approx(plain, rel=0.05)


def test_recipes_in_other_colors_do_not_share_a_decode() -> None:
    data = write(COLORS, "PNG", icc_profile=P3)

    def key(recipe: Finished) -> object:
        handle = opened(data, recipe)
        return profiles.profile_of(handle.image), handle.image.format

    assert len({key(one) for one in (image.png(), image.color("p3").png(), image.color("p3").png(bits=16))}) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: image.resize(9).color("p3"),
        lambda: image.color().color(),
        lambda: video.frame(at=1).color("p3"),
        lambda: document.page(1).color("p3"),
        lambda: image.color("prophoto"),
        lambda: image.color(intent="relativ"),
        lambda: image.png(bits=12),
        lambda: image.avif(bits=16),
    ],
)
def test_a_wrong_color_is_refused_before_the_first_byte(wrong: Any) -> None:
    with pytest.raises(RecipeError, match=r"it must stand once, before all|expected"):
        wrong()


def test_colors_and_orientation_may_stand_in_either_order() -> None:
    one = image.auto_orient(enabled=False).color("p3").png()
    other = image.color("p3").auto_orient(enabled=False).png()

    data = write(COLORS, "PNG", icc_profile=P3)
    np.testing.assert_array_equal(pixels_of(data, one), pixels_of(data, other))


# ---- 16 bits ---------------------------------------------------------------------------------------------------------

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
    near = np.abs(got - 255 * _encoded(small))
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
    want = 255 * _encoded(np.minimum(light, 1.0) @ TO_SRGB.get(primaries, np.eye(3)).T)
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
