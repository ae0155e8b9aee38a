"""Headers of all formats: what they tell, and what damage shows."""

from __future__ import annotations

import struct
import zlib
from datetime import datetime

import pytest
from PIL import Image

from mediaframe.table.header import HEAD, read_header
from tests.table.headers import (
    HEIGHT,
    SAMPLES,
    TURNING,
    WIDTH,
    exif,
    frames,
    moving,
    picture,
    read,
    saved,
)


@pytest.mark.parametrize("format", SAMPLES)
def test_a_header_tells_format_kind_and_size(format):
    header = read(SAMPLES[format], f"a.{format}")

    assert (header.format, header.kind, header.width, header.height) == (format, "image", WIDTH, HEIGHT)
    assert (header.status, header.complete) == ("ok", True)


@pytest.mark.parametrize("format", TURNING)
def test_exif_tells_turn_time_camera_and_place(format):
    header = read(TURNING[format])

    assert (header.width, header.height, header.orientation) == (HEIGHT, WIDTH, 6)
    assert header.camera == "Canon EOS 40D"
    assert header.taken_at == datetime(2026, 5, 4, 3, 2, 1, 250_000)  # noqa: DTZ001
    assert header.gps is True


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "AVIF"])
def test_all_orientations_are_told_and_change_the_displayed_size(format, orientation):
    header = read(saved(format, exif=exif(orientation)))

    assert header.orientation == orientation
    assert (header.width, header.height) == ((HEIGHT, WIDTH) if orientation > 4 else (WIDTH, HEIGHT))


def test_the_turn_of_boxes_is_not_turned_again_by_exif():
    """The usual fault with HEIC: the boxes have turned the picture, and EXIF repeats the turn."""
    data = saved("AVIF", exif=exif(6))
    assert b"irot" in data

    header = read(data)

    assert (header.width, header.height) == (HEIGHT, WIDTH)


def test_exif_alone_does_not_turn_a_picture_in_boxes():
    data = bytearray(saved("AVIF", exif=exif(6)))
    at = data.find(b"irot")
    data[at : at + 4] = b"free"

    header = read(bytes(data))

    assert (header.width, header.height, header.orientation) == (WIDTH, HEIGHT, 1)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_frames_are_counted(format):
    header = read(moving(format))

    assert header.frames == 3


def test_frames_of_an_image_sequence_are_counted():
    header = read(moving("AVIF"))

    assert (header.frames, header.width, header.height) == (3, WIDTH, HEIGHT)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "AVIF"])
def test_the_playing_time_of_an_animation_is_told(format):
    first, *others = frames()

    header = read(saved(format, first, save_all=True, append_images=others, duration=[120, 50, 1030]))

    assert (header.frames, header.seconds) == (3, 1.2)
    assert read(saved(format)).seconds is None


def test_a_gif_beyond_the_head_is_walked_through_ranges():
    noise = [Image.effect_noise((400, 300), 90) for _ in range(4)]
    data = saved("GIF", noise[0], save_all=True, append_images=noise[1:])
    assert len(data) > 2 * HEAD

    assert read(data).frames == 4
    assert read(data, more=False).frames is None
    assert read(data, more=False).width == 400


@pytest.mark.parametrize(
    ("mode", "format", "color", "alpha", "bits"),
    [
        ("L", "JPEG", "gray", False, 8),
        ("RGB", "JPEG", "ycbcr", False, 8),
        ("CMYK", "JPEG", "cmyk", False, 8),
        ("RGBA", "PNG", "srgb", True, 8),
        ("L", "PNG", "gray", False, 8),
        ("I;16", "PNG", "gray", False, 16),
        ("RGBA", "WEBP", None, True, 8),
        ("RGB", "WEBP", "ycbcr", False, 8),
        ("RGBA", "AVIF", "ycbcr", True, 8),
        ("CMYK", "TIFF", "cmyk", False, 8),
        ("LAB", "TIFF", "lab", False, 8),
    ],
)
def test_color_transparency_and_depth_are_told(mode, format, color, alpha, bits):
    image = Image.new("LAB", (WIDTH, HEIGHT)) if mode == "LAB" else picture(mode)

    header = read(saved(format, image))

    assert (header.alpha, header.bits) == (alpha, bits)
    assert color is None or header.color_space == color


def test_exif_that_lies_behind_the_head_is_fetched():
    """A WebP has its EXIF behind the pixels."""
    data = saved("WEBP", Image.effect_noise((700, 500), 90), exif=exif(), quality=95)
    assert data.find(b"EXIF") > HEAD

    assert read(data).orientation == 6
    assert read(data).camera == "Canon EOS 40D"


def test_a_frame_header_behind_a_long_profile_is_fetched():
    data = saved("JPEG", icc_profile=bytes(200_000))
    assert data.find(b"\xff\xc0") > HEAD

    header = read(data)

    assert (header.width, header.height) == (WIDTH, HEIGHT)


def test_the_directory_at_the_end_of_a_tiff_is_fetched():
    data = saved("TIFF", picture(size=(400, 300)), exif=exif(8))
    first = int.from_bytes(data[4:8], "little")
    moved = data[:4] + struct.pack("<I", len(data)) + data[8:] + data[first : first + 2 + 12 * data[first] + 4]
    assert len(data) > HEAD

    header = read(moved)

    assert (header.width, header.height, header.orientation) == (300, 400, 8)


def test_a_big_tiff_is_read():
    header = read(saved("TIFF", big_tiff=True))

    assert (header.format, header.width, header.height) == ("tiff", WIDTH, HEIGHT)


def test_a_chain_of_directories_that_loops_ends():
    data = bytearray(saved("TIFF"))
    first = int.from_bytes(data[4:8], "little")
    link = first + 2 + 12 * int.from_bytes(data[first : first + 2], "little")
    data[link : link + 4] = struct.pack("<I", first)

    header = read(bytes(data))

    assert header.frames == 1


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="100" height="50"', (100, 50)),
        ('width="1in" height="2.54cm"', (96, 96)),
        ('width="210mm" height="297mm"', (794, 1123)),
        ('viewBox="0 0 30 20"', (30, 20)),
        ('width="60" viewBox="0 0 30 20"', (60, 40)),
        ('width="100%" height="100%" viewBox="0,0,30,20"', (30, 20)),
        ("", (None, None)),
        ('width="1e99" height="5"', (None, None)),
        ('width="-4" height="5"', (None, None)),
    ],
)
def test_a_drawing_has_the_size_that_it_declares(attributes, size):
    header = read(f'<svg {attributes} xmlns="http://www.w3.org/2000/svg"/>'.encode())

    assert (header.width, header.height) == size


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ('<image href="file:///etc/passwd"/>', "E_EXTERNAL_REF"),
        ('<image xlink:href="other.png"/>', "E_EXTERNAL_REF"),
        ('<use href="https://example.org/a.svg#b"/>', "E_EXTERNAL_REF"),
        ("<style>@import url(a.css)</style>", "E_EXTERNAL_REF"),
        ('<image href="data:image/png;base64,AA=="/>', None),
        ('<use href="#shape"/>', None),
        ('<a href="https://example.org"><rect/></a>', None),
        ("<!-- <image href='b.png'/> -->", None),
    ],
)
def test_a_drawing_that_asks_for_other_files_is_said_to(inside, said):
    header = read(f'<svg width="9" height="9" xmlns="http://www.w3.org/2000/svg">{inside}</svg>'.encode())

    assert header.code == said
    assert header.status == ("warning" if said else "ok")


# ---- damage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["jpeg", "png", "apng", "webp", "gif", "avif", "tiff", "bmp", "svgz"])
def test_a_file_cut_in_half_is_truncated(format):
    data = SAMPLES[format]

    header = read(data[: len(data) // 2], f"a.{format}")

    assert (header.code, header.status) == ("E_TRUNCATED", "error")


def test_an_index_of_pictures_that_are_gone_leaves_a_jpeg():
    whole = SAMPLES["mpo"]
    first = whole[: whole.find(b"\xff\xd9") + 2]

    header = read(first)

    assert (header.format, header.frames, header.status) == ("jpeg", 1, "ok")


def test_an_empty_file_says_so_and_keeps_the_kind_of_its_name():
    header = read(b"", "a.jpg")

    assert (header.code, header.kind, header.format) == ("E_SOURCE_EMPTY", "image", None)


def test_unknown_content_under_an_unknown_name_is_unsupported():
    header = read(bytes(range(256)) * 4, "a.xyz")

    assert (header.code, header.kind) == ("E_UNSUPPORTED_FORMAT", None)


def test_unknown_content_under_a_known_name_is_damage():
    header = read(b"\x93PNG\r\n\x1a\n" + bytes(99), "a.png")

    assert (header.code, header.kind) == ("E_CORRUPT", "image")


def test_a_wrong_checksum_of_the_first_chunk_is_corrupt_but_its_size_is_told():
    data = bytearray(SAMPLES["png"])
    data[29] ^= 255

    header = read(bytes(data))

    assert (header.code, header.width) == ("E_CORRUPT", WIDTH)


def test_a_tiny_png_that_declares_a_huge_picture_tells_its_size():
    body = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"")
    chunk = struct.pack(">I", len(pixels)) + b"IDAT" + pixels + struct.pack(">I", zlib.crc32(b"IDAT" + pixels))
    end = struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + chunk + end

    header = read(data)

    assert (header.width, header.height, header.status) == (60_000, 60_000, "ok")


def test_a_name_that_contradicts_the_content_is_a_warning_and_the_content_is_read():
    header = read(SAMPLES["jpeg"], "photo.png")

    assert (header.code, header.status) == ("E_FORMAT_MISMATCH", "warning")
    assert (header.format, header.width) == ("jpeg", WIDTH)


def test_a_playlist_under_the_name_of_a_video_is_no_video():
    header = read(b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", "a.mp4")

    assert (header.kind, header.format, header.code) == ("document", "m3u8", "E_FORMAT_MISMATCH")
    assert header.complete


def test_videos_sounds_and_pdfs_are_left_to_engines():
    boxes = b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x08moov"

    assert not read(boxes).complete
    assert not read(b"%PDF-1.7\n").complete
    assert not read(b"ID3\3" + bytes(99)).complete


def test_a_video_whose_boxes_go_beyond_the_end_is_truncated():
    boxes = b"\0\0\0\x14ftypisom\0\0\2\0isom" + struct.pack(">I", 5000) + b"mdat" + bytes(100)

    header = read(boxes)

    assert (header.code, header.complete) == ("E_TRUNCATED", False)


def test_what_the_store_raises_is_not_hidden():
    def broken(offset, length):
        raise ConnectionError("gone")

    data = saved("JPEG", icc_profile=bytes(200_000))

    with pytest.raises(ConnectionError):
        read_header(data[:HEAD], len(data), broken)
