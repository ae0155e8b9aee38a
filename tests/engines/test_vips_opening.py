"""How pictures are opened: by content, within the limits, whole, upright, in sRGB."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.engine import engine
from mediaframe.engines.vips.needs import FLOOR, factor
from mediaframe.engines.vips.structure import without_junk
from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, large, opened, oriented, pixels_of, read, rendered, scene, smooth, write


def _vips(pixels: Pixels, suffix: str, **options: Any) -> bytes:
    data: bytes = pyvips.Image.new_from_array(pixels).write_to_buffer(suffix, **options)
    return data


def _code(data: bytes, limits: Limits | None = None, recipe: Finished | None = None) -> str:
    with pytest.raises(AssetError) as caught:
        rendered(data, recipe or image.png(effort=1), limits)
    return caught.value.code


PICTURE = smooth(96, 64)
FILES: dict[str, bytes] = {
    "jpeg": write(PICTURE, "JPEG", quality=95),
    "progressive jpeg": write(PICTURE, "JPEG", quality=95, progressive=True),
    "png": write(PICTURE, "PNG"),
    "interlaced png": _vips(PICTURE, ".png", interlace=True),
    "webp": write(PICTURE, "WEBP", quality=95),
    "lossless webp": write(PICTURE, "WEBP", lossless=True),
    "gif": write(PICTURE, "GIF"),
    "tiff": write(PICTURE, "TIFF"),
    "tiff lzw": write(PICTURE, "TIFF", compression="tiff_lzw"),
    "tiff jpeg": write(PICTURE, "TIFF", compression="jpeg", quality=95),
    "tiled tiff": _vips(PICTURE, ".tif", tile=True, compression="deflate"),
    "avif": _vips(PICTURE, ".avif", Q=90, effort=0),
    "bmp": write(PICTURE, "BMP"),
    "ico": write(PICTURE, "ICO", sizes=[(96, 64)]),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_every_format_opens_by_its_content(name: str) -> None:
    got = pixels_of(FILES[name], image.png())

    assert got.shape[:2] == (64, 96)
    assert np.abs(got[..., :3].astype(int) - PICTURE).mean() < (7 if name == "gif" else 3)


@pytest.mark.parametrize("name", FILES)
def test_a_file_behind_a_descriptor_opens_as_one_in_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(FILES[name])
    source = Source(fd=os.open(path, os.O_RDONLY))

    handle = engine.open(source, Task())
    source.close()

    assert engine.pixels(handle) == engine.pixels(opened(FILES[name], image.png()))


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file_is_refused_or_has_all_its_pixels(name: str) -> None:
    data = FILES[name]
    whole = pixels_of(data, image.png())

    for share in (0.3, 0.6, 0.9, 0.99):
        code, got = _tried(data[: int(len(data) * share)])

        assert code in ("E_TRUNCATED", "E_CORRUPT") or (got is not None and np.array_equal(got, whole)), share


def _tried(data: bytes) -> tuple[str, Pixels | None]:
    try:
        return "", pixels_of(data, image.png())
    except AssetError as error:
        return error.code, None


@pytest.mark.parametrize("name", ["jpeg", "progressive jpeg", "png", "webp", "gif", "tiff lzw", "avif"])
def test_what_is_cut_in_the_middle_says_that_bytes_are_missing(name: str) -> None:
    assert _code(FILES[name][: len(FILES[name]) // 2]) == "E_TRUNCATED"


def test_a_cut_jpeg_is_found_when_it_is_shrunk_while_it_is_decoded() -> None:
    data = write(large(4000, 3000), "JPEG")

    assert factor(Task(image.resize(300).webp().steps), 4000, 3000) == 2
    assert _code(data[:-2000], recipe=image.resize(300, 300, fit="cover").webp()) == "E_TRUNCATED"


@pytest.mark.parametrize("end", [image.resize(8).jpeg(), image.crop(4, 4, left=0, top=0).png()])
def test_damage_below_what_a_recipe_needs_is_found_all_the_same(end: Finished) -> None:
    data = FILES["jpeg"]

    assert _code(data[: len(data) * 8 // 10], recipe=end) == "E_TRUNCATED"


def test_a_flipped_bit_in_a_png_is_corrupt() -> None:
    data = bytearray(FILES["png"])
    data[len(data) // 2] ^= 4

    assert _code(bytes(data)) == "E_CORRUPT"


def test_junk_between_the_headers_of_a_jpeg_is_harmless() -> None:
    data = FILES["jpeg"]
    tables = data.index(b"\xff\xdb")
    junk = data[:tables] + b"\x12\x34\x56" + data[tables:]

    got = pixels_of(junk, image.png())

    assert without_junk(junk) == data
    np.testing.assert_array_equal(got, pixels_of(data, image.png()))


def test_no_bytes_is_a_code_of_its_own() -> None:
    assert _code(b"") == "E_SOURCE_EMPTY"


@pytest.mark.parametrize("data", [b"plain text, no picture", b"\0" * 200, b"a,b\n1,2\n", b"%PDF-1.7"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert _code(data) == "E_UNSUPPORTED_FORMAT"


# ---- limits ----------------------------------------------------------------------------------------------------------


def _png_header(width: int, height: int) -> bytes:
    def chunk(mark: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + mark + body + struct.pack(">I", zlib.crc32(mark + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (2_000_000_000, 2_000_000_000), (70_000, 4)])
def test_a_header_that_claims_too_much_is_refused_before_pixels(width: int, height: int) -> None:
    code = _code(_png_header(width, height))

    assert code in ("E_LIMIT_PIXELS", "E_CORRUPT")
    assert code == "E_LIMIT_PIXELS" or width > 10**6  # libpng itself refuses sides over a million


def test_pixels_are_held_against_the_limit_of_the_run() -> None:
    with pytest.raises(AssetError, match=r"png: 96x64 is .* see Limits\.pixels"):
        rendered(FILES["png"], image.png(), Limits(pixels=96 * 64 - 1))

    assert rendered(FILES["png"], image.png(), Limits(pixels=96 * 64)).width == 96


@pytest.mark.parametrize("name", ["jpeg", "bmp", "ico", "avif", "gif", "tiff", "webp"])
def test_every_format_keeps_the_limit(name: str) -> None:
    assert _code(FILES[name], Limits(pixels=1000)) == "E_LIMIT_PIXELS"


def test_a_side_is_held_against_its_limit() -> None:
    assert _code(FILES["png"], Limits(side=95)) == "E_LIMIT_PIXELS"


def test_frames_are_held_against_their_limit_and_the_first_is_taken() -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue", "lime", "white")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])

    assert pixels_of(file.getvalue(), image.png())[0, 0, :3].tolist() == [255, 0, 0]
    assert _code(file.getvalue(), Limits(frames=3)) == "E_LIMIT_FRAMES"


def test_a_gif_whose_canvas_is_a_bomb_is_refused() -> None:
    tiny = bytearray(write(smooth(4, 4), "GIF"))
    tiny[6:10] = struct.pack("<HH", 65535, 65535)

    assert _code(bytes(tiny)) == "E_LIMIT_PIXELS"


def test_a_png_whose_text_is_a_bomb_is_refused() -> None:
    body = b"Comment\0\0" + zlib.compress(bytes(8 << 20))
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    data = FILES["png"]

    assert _code(data[:33] + chunk + data[33:]) == "E_LIMIT_MEMORY"


# ---- colors ----------------------------------------------------------------------------------------------------------


def _profile(name: str) -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]


def test_srgb_with_its_profile_is_left_as_it_is() -> None:
    data = write(PICTURE, "PNG", icc_profile=_profile("sRGB"))

    np.testing.assert_array_equal(pixels_of(data, image.png()), PICTURE)


def test_another_profile_is_turned_into_srgb() -> None:
    plain = pyvips.Image.new_from_array(np.full((8, 8, 3), (200, 60, 50), np.uint8)).copy(interpretation="srgb")
    data = plain.icc_transform("p3", input_profile="srgb").pngsave_buffer(profile="p3")

    stored, got = read(data), pixels_of(data, image.png())

    assert abs(int(stored[0, 0, 0]) - 200) > 5
    assert np.abs(got[0, 0].astype(int) - (200, 60, 50)).max() <= 2


def test_cmyk_becomes_srgb() -> None:
    file = io.BytesIO()
    Image.new("CMYK", (32, 32), (0, 255, 255, 0)).save(file, "JPEG", quality=95)

    got = pixels_of(file.getvalue(), image.png())

    assert got.shape == (32, 32, 3)
    assert got[16, 16, 0] > 200
    assert got[16, 16, 1:].max() < 80


@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_sixteen_bits_become_eight(bands: int) -> None:
    picture = scene(20, 10, bands)
    space = "grey16" if bands < 3 else "rgb16"
    wide = pyvips.Image.new_from_array(picture.astype(np.uint16) * 257).copy(interpretation=space)

    got = pixels_of(wide.pngsave_buffer(), image.png())

    np.testing.assert_array_equal(got, picture)


def test_gray_stays_gray() -> None:
    picture = scene(20, 10, 1)

    got = pixels_of(write(picture, "PNG"), image.png())

    np.testing.assert_array_equal(got, picture)


def test_one_bit_becomes_black_and_white() -> None:
    file = io.BytesIO()
    Image.fromarray((scene(20, 10, 1)[..., 0] > 128).astype(np.uint8) * 255).convert("1").save(file, "PNG")

    assert set(np.unique(pixels_of(file.getvalue(), image.png()))) == {0, 255}


# ---- shrink while decoding -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        (image.resize(100).webp(), 4),
        (image.resize(1200).webp(), 4),
        (image.resize(1600).webp(), 2),
        (image.resize(4000).webp(), 1),
        (image.flip().rotate(90).resize(100).webp(), 4),
        (image.rotate(90).resize(1000).webp(), 2),
        (image.grayscale().flatten().resize(100).webp(), 4),
        (image.resize(100, 100, fit="cover").webp(), 4),
        (image.crop(3000, 3000).resize(100).webp(), 1),
        (image.blur().resize(100).webp(), 1),
        (image.trim().resize(100).webp(), 1),
        (image.webp(), 1),
        (image.phash(), 4),
        (image.mean_color(), 4),
    ],
)
def test_the_shrink_is_told_from_the_recipe(recipe: Finished, expected: int) -> None:
    assert factor(Task(recipe.steps, recipe.end), 6000, 4000) == expected


def test_small_pictures_are_not_shrunk() -> None:
    assert factor(Task(image.resize(16).webp().steps), FLOOR * 2 - 2, 900) == 1


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_shrunk_picture_stands_for_its_full_size(orientation: int) -> None:
    data = oriented(large(5603, 3001), orientation, quality=50)

    handle = opened(data, image.resize(200).webp())

    assert (handle.width, handle.height) == ((5603, 3001) if orientation == 1 else (3001, 5603))
    assert max(handle.image.width, handle.image.height) == 1400
    assert engine.shape(handle).size == (handle.width, handle.height)


def test_recipes_that_need_the_same_decode_share_it() -> None:
    source = Source(write(large(3000, 2000), "JPEG"))

    def key(recipe: Finished) -> object:
        return engine.sharing(source, Task(recipe.steps, recipe.end))

    assert key(image.resize(100).webp()) == key(image.resize(1200).jpeg())
    # Hashes look at a coarse decode in gray, of which no picture is made.
    assert key(image.phash()) == key(image.dhash()) != key(image.resize(100).webp())
    assert key(image.resize(100).webp()) != key(image.resize(2500).webp())
    assert key(image.resize(100).webp()) != key(image.auto_orient(enabled=False).resize(100).webp())
    assert key(image.crop(9, 9).png()) == key(image.blur().png())


def test_the_header_is_looked_at_once_for_each_source(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source(FILES["jpeg"])
    engine.probe(source, Task())

    monkeypatch.setattr("mediaframe.engines.vips.opening._look", None)

    assert engine.probe(source, Task())["width"] == 96


def test_a_probe_says_what_the_header_says() -> None:
    data = oriented(PICTURE, 6, quality=90)

    assert engine.probe(Source(data), Task()) == {
        "width": 64, "height": 96, "orientation": 6, "frames": 1, "color_space": "srgb", "bits": 8, "alpha": False,
    }  # fmt: skip


def test_pixels_of_another_engine_are_taken_over_and_given_back() -> None:
    picture = scene(7, 5)
    handle = engine.open(Source(write(picture, "PNG")), Task())

    again = engine.adopt(engine.pixels(handle))

    assert engine.pixels(again) == engine.pixels(handle)
    assert engine.shape(again) == engine.shape(handle)
