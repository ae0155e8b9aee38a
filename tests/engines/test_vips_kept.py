"""Bytes that are kept or packed anew: proved to hold the same pixels, with the metadata that were asked for."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mediaframe.engines.vips.repack import smaller, without_metadata
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, oriented, read, scene, smooth, write
from tests.engines.rendering import one


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    return exif.tobytes()


ROUGH = scene(90, 70)
SOURCES: dict[str, bytes] = {
    "jpeg": write(ROUGH, "JPEG", quality=40),
    "png": write(ROUGH, "PNG", optimize=True),
    "webp": write(ROUGH, "WEBP", quality=30, method=6),
    "avif": write(ROUGH, "AVIF", quality=30),
}
TAGGED: dict[str, bytes] = {
    "jpeg": write(ROUGH, "JPEG", quality=40, exif=_exif(), comment="secret"),
    "png": write(ROUGH, "PNG", optimize=True, exif=_exif()),
    "webp": write(ROUGH, "WEBP", quality=30, method=6, exif=_exif()),
    "avif": write(ROUGH, "AVIF", quality=30, exif=_exif()),
}


def _plain(data: bytes, word: str) -> bytes:
    """Give a source without JFIF's and Pillow's additions, so that nothing is left to leave out."""
    return without_metadata(data, word) or data


@pytest.mark.parametrize("word", SOURCES)
def test_the_original_is_kept_where_encoding_it_anew_is_larger(word: str) -> None:
    source = _plain(SOURCES[word], word)

    header, data = one(
        source,
        getattr(image, word)(quality=95, never_grow=True) if word != "png" else image.png(effort=1, never_grow=True),
    )

    assert len(data) <= len(source)
    assert header["origin"] == ("original" if word != "jpeg" else "repacked")
    np.testing.assert_array_equal(read(data), read(source))


@pytest.mark.parametrize("word", SOURCES)
def test_what_is_smaller_when_encoded_is_encoded(word: str) -> None:
    source = write(
        smooth(90, 70), {"jpeg": "JPEG"}.get(word, word.upper()), **({} if word == "png" else {"quality": 98})
    )

    header, data = one(source, getattr(image, word)(quality=30, never_grow=True))

    assert header["origin"] == "encoded"
    assert len(data) < len(source)


@pytest.mark.parametrize("word", ["jpeg", "png", "webp"])
def test_metadata_are_left_out_of_what_is_kept(word: str) -> None:
    source = TAGGED[word]

    header, data = one(source, getattr(image, word)(**_large(word), never_grow=True))

    assert header["origin"] == "repacked"
    assert b"Maker" in source
    assert b"Maker" not in data
    assert b"secret" not in data
    np.testing.assert_array_equal(read(data), read(source))


def _large(word: str) -> dict[str, Any]:
    return {"effort": 1} if word == "png" else {"quality": 95}


@pytest.mark.parametrize("word", TAGGED)
def test_metadata_are_kept_with_what_is_kept_where_these_are_asked_for(word: str) -> None:
    header, data = one(TAGGED[word], getattr(image, word)(**_large(word), metadata="keep", never_grow=True))

    assert header["origin"] == "original" or (word, header["origin"]) == ("jpeg", "repacked")
    assert len(data) <= len(TAGGED[word])
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.getexif()[0x010F] == "Maker"


def test_an_avif_with_metadata_is_not_kept_where_these_are_left_out() -> None:
    header, data = one(TAGGED["avif"], image.avif(quality=90, effort=1, never_grow=True))

    assert header["origin"] == "encoded"
    assert b"Maker" not in data
    assert len(data) <= len(TAGGED["avif"])


def _p3() -> bytes:
    return write(ROUGH, "JPEG", quality=40, icc_profile=_display_p3())


def _display_p3() -> bytes:
    data: bytes = one(write(ROUGH, "PNG"), image.color("p3").png())[1]
    with Image.open(io.BytesIO(data)) as picture:
        profile: bytes = picture.info["icc_profile"]
    return profile


CHANGES = {
    "a step": (SOURCES["jpeg"], image.flip()),
    "a turn": (oriented(ROUGH, 6, quality=40), image),
    "a resize": (SOURCES["jpeg"], image.resize(80)),
    "a color space": (_p3(), image),
    "grayscale": (SOURCES["jpeg"], image.grayscale()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_pixels_is_never_answered_with_the_original(name: str) -> None:
    source, recipe = CHANGES[name]

    header, data = one(source, recipe.jpeg(quality=95, never_grow=True))

    assert header["origin"] == "encoded"
    assert len(data) <= len(source)


def test_a_step_that_changes_nothing_keeps_the_original() -> None:
    source = _plain(SOURCES["webp"], "webp")

    header, data = one(source, image.resize(4000, enlarge=False).webp(quality=95, never_grow=True))

    assert (header["origin"], data) == ("original", source)


def test_a_picture_left_as_stored_keeps_its_pixels_but_not_the_tag_that_would_turn_it() -> None:
    source = oriented(ROUGH, 6, quality=40)

    header, data = one(source, image.auto_orient(enabled=False).jpeg(quality=95, never_grow=True))

    assert header["origin"] == "repacked"
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.size, picture.getexif().get(0x0112)) == ((90, 70), None)


@pytest.mark.parametrize("word", ["webp", "avif"])
def test_another_format_gets_a_lower_quality_before_it_is_larger_than_its_source(word: str) -> None:
    header, data = one(SOURCES["jpeg"], getattr(image, word)(quality=100, never_grow=True))

    assert len(data) <= len(SOURCES["jpeg"])
    assert header["quality"] < 100


@pytest.mark.parametrize("recipe", [image.png(never_grow=True), image.webp(lossless=True, never_grow=True)], ids=repr)
def test_what_cannot_be_as_small_as_its_source_is_refused_and_not_made_lossy(recipe: Finished) -> None:
    header, _ = one(SOURCES["jpeg"], recipe)

    assert header["code"] == "E_INFEASIBLE"
    assert f"source of {len(SOURCES['jpeg'])} bytes" in header["error"]


def test_a_kept_original_meets_a_budget_and_a_target() -> None:
    source = _plain(SOURCES["webp"], "webp")

    header, data = one(source, image.webp(max_bytes=len(source), never_grow=True, quality=100, target=99))

    assert (header["origin"], header["outcome"], header["score"]) == ("original", "met", 100.0)
    assert data == source


def test_a_palette_that_was_asked_for_is_made() -> None:
    header, _ = one(SOURCES["png"], image.png(colors=2, never_grow=True))

    assert header["origin"] == "encoded"


# ---- lossless --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_packed_smaller_without_a_change_of_any_pixel(mode: str, progressive: bool) -> None:
    file = io.BytesIO()
    Image.fromarray(scene(200, 150)).convert(mode).save(file, "JPEG", quality=85, progressive=progressive, exif=_exif())
    source = file.getvalue()

    header, data = one(source, image.jpeg(lossless=True))

    if mode == "CMYK":  # the recipe gives sRGB
        assert (header["code"], data) == ("E_ENCODE", b"")
        return
    assert header["origin"] == "repacked"
    assert len(data) < len(source)
    np.testing.assert_array_equal(read(data), read(source))


def test_what_cannot_be_packed_without_loss_says_why() -> None:
    header, _ = one(SOURCES["jpeg"], image.flip().jpeg(lossless=True))

    assert header["code"] == "E_ENCODE"
    assert "whose pixels no step changes" in header["error"]


def test_what_cannot_be_packed_without_loss_is_encoded_where_that_is_allowed() -> None:
    recipe = image.jpeg(quality=30, lossless=True, on_miss="best_effort")

    header, _ = one(SOURCES["jpeg"], recipe)
    assert (header["origin"], header["encodes"]) == ("repacked", 0)

    header, data = one(SOURCES["png"], recipe)
    assert (header["origin"], header["encodes"], header["outcome"]) == ("encoded", 1, "best_effort")
    assert data == one(SOURCES["png"], image.jpeg(quality=30))[1]


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_an_optimized_png_is_smaller_and_has_the_same_pixels(bands: int) -> None:
    picture = scene(120, 90, bands) // 64 * 64
    source = _gray_alpha(picture) if bands == 2 else write(picture, "PNG")

    _, plain = one(source, image.png(effort=9))
    _, best = one(source, image.png(optimize=True))

    assert len(best) < len(plain)
    assert _rgba(best).tolist() == _rgba(source).tolist()


def _gray_alpha(picture: Pixels) -> bytes:
    file = io.BytesIO()
    Image.merge("LA", [Image.fromarray(picture[..., band]) for band in (0, 1)]).save(file, "PNG")
    return file.getvalue()


def _rgba(data: bytes) -> Pixels:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGBA"))


def test_bands_that_say_nothing_are_left_out_of_an_optimized_png() -> None:
    gray = np.repeat(scene(60, 50, 1), 3, axis=2)
    opaque = np.dstack([gray, np.full((50, 60), 255, np.uint8)])

    _, data = one(write(opaque, "PNG"), image.png(optimize=True))

    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode in ("L", "P")
    np.testing.assert_array_equal(_rgba(data), opaque)


@pytest.mark.parametrize("word", ["webp", "avif"])
def test_lossless_means_every_pixel(word: str) -> None:
    _, data = one(write(ROUGH, "PNG"), getattr(image, word)(lossless=True))

    np.testing.assert_array_equal(read(data), ROUGH)


# ---- the bytes -------------------------------------------------------------------------------------------------------


def _trailing() -> bytes:
    return SOURCES["jpeg"] + b"a second picture" * 20


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff", SOURCES["jpeg"][:-40], b"RIFF\x00\x00\x00\x00WEBPVP8 "]
)
@pytest.mark.parametrize("word", ["jpeg", "png", "webp"])
def test_damaged_files_are_left_alone(data: bytes, word: str) -> None:
    assert without_metadata(data, word) in (None, b"RIFF\x04\x00\x00\x00WEBP")


def test_what_follows_a_jpeg_is_not_of_it() -> None:
    assert without_metadata(_trailing(), "jpeg") == without_metadata(SOURCES["jpeg"], "jpeg")


def test_a_png_keeps_its_palette_and_its_transparency() -> None:
    file = io.BytesIO()
    Image.fromarray(scene(40, 30, 1)[..., 0]).convert("P").save(file, "PNG", transparency=3)
    chunk = struct.pack(">I", 9) + b"tEXtsecret\x00no"
    data = file.getvalue()
    tagged = data[:-12] + chunk + struct.pack(">I", zlib.crc32(chunk[4:])) + data[-12:]

    bare = without_metadata(tagged, "png")

    assert bare is not None
    assert b"secret" not in bare
    np.testing.assert_array_equal(_rgba(bare), _rgba(data))


def test_a_webp_with_alpha_keeps_it() -> None:
    picture = scene(40, 30, 4)
    data = write(picture, "WEBP", quality=50, exif=_exif())

    bare = without_metadata(data, "webp")

    assert bare is not None
    assert b"Maker" not in bare
    np.testing.assert_array_equal(_rgba(bare), _rgba(data))


def test_what_mozjpeg_does_not_read_is_given_back() -> None:
    assert smaller(b"not a picture", "jpeg") == b"not a picture"


# ---- animations ------------------------------------------------------------------------------------------------------


def _moving(quality: int) -> bytes:
    frames = [Image.fromarray(np.roll(ROUGH, 5 * number, axis=1)) for number in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=90, quality=quality)
    return file.getvalue()


def test_an_animation_is_kept_whole_where_encoding_it_anew_is_larger() -> None:
    source = _moving(20)

    header, data = one(source, image.webp(quality=95, metadata="keep", never_grow=True))

    assert (header["origin"], data) == ("original", source)


@pytest.mark.parametrize("recipe", [image.flip(), image.frames(first=2)], ids=repr)
def test_an_animation_that_a_step_touched_is_encoded_within_the_size_of_its_source(recipe: Any) -> None:
    source = _moving(20)

    header, data = one(source, recipe.webp(quality=95, metadata="keep", never_grow=True))

    assert header["origin"] == "encoded"
    assert len(data) <= len(source)
