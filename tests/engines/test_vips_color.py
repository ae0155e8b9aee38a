"""Colors: each source as LittleCMS itself converts it, gray as gray, wide gamut where it is asked for."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from mediaframe.engines.vips import profiles
from mediaframe.errors import RecipeError
from mediaframe.model.recipe import Finished
from mediaframe.recipes import document, image, video
from tests.engines.colors import CLOSE, COLORS, INKS, INTENTS, built_in, by_littlecms, delta_e, encoded
from tests.engines.pictures import measured, opened, pixels_of, read, rendered, smooth, write

P3 = built_in("p3")
CMYK = built_in("cmyk")
ADOBE = profiles.adobe_profile()


def _embedded(data: bytes) -> bytes | None:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.info.get("icc_profile")


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

    reference = 255 * encoded((picture / 255.0) ** 1.2)
    assert got.shape == picture.shape
    # LittleCMS takes a gray curve by interpolation: the darkest levels are up to three off the formula, here and there.
    assert np.abs(got - reference).max() <= 3
    assert np.abs(got - reference).mean() <= 0.5
    assert np.abs(got - by_littlecms(picture, "L", gamma)[..., :1].astype(int)).max() <= 4


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
