"""Formats that are read: what an encoder of others wrote, decoded by us and by a decoder of others."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import av
import cv2
import imagecodecs
import numpy as np
from PIL import Image

from mediaframe.recipes import image
from tests.engines.pictures import Pixels, write
from tests.fidelity.case import Array, Case, read

CORPUS = Path(os.environ.get("MEDIAFRAME_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
PILLOW = "Pillow"
OPENCV = "OpenCV imdecode"


def opencv(data: bytes) -> Array:
    """Decode with OpenCV: all bands, as sRGB."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found.ndim == 2:
        return found[..., None]
    return cv2.cvtColor(found, cv2.COLOR_BGRA2RGBA if found.shape[2] == 4 else cv2.COLOR_BGR2RGB)


def _case(
    word: str, title: str, file: Callable[[Pixels], bytes], decode: Callable[[bytes], Array], against: str,
    tolerance: float = 0.0, metric: str = "max", pictures: tuple[str, ...] = ("color",),
) -> Case:  # fmt: skip
    return Case(
        word, title, image.png(), decode, against, tolerance, metric, "format read", pictures, file, given="file"
    )


def _heic(title: str, name: str, decode: Callable[[bytes], Array], width: int, least: float) -> Case:
    return Case(
        "heic",
        title,
        image.resize(width).png(),
        decode,
        "FFmpeg hevc through PyAV",
        least,
        "psnr",
        "format read",
        file=_corpus(name),
        given="file",
        needs=CORPUS / name,
    )


def _svg(picture: Pixels) -> bytes:
    """Draw boxes at whole pixels; what they look like is known without a renderer."""
    boxes = "".join(
        f'<rect x="{column * 10}" y="{row * 10}" width="10" height="10" fill="rgb({column * 28},{row * 42},128)"/>'
        for row in range(6)
        for column in range(9)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60">{boxes}</svg>'.encode()


def _boxes(data: bytes) -> Array:
    found = np.zeros((60, 90, 4), np.uint8)
    for row in range(6):
        for column in range(9):
            found[row * 10 : row * 10 + 10, column * 10 : column * 10 + 10] = (column * 28, row * 42, 128, 255)
    return found


def _first_picture(data: bytes) -> Array:
    """Decode a HEIC of one picture with FFmpeg."""
    with av.open(io.BytesIO(data)) as container:
        frame = next(container.decode(container.streams.video[0]))
        gray = frame.format.name == "gray"
        found = frame.to_ndarray(format="gray" if gray else "rgb24")
    return found[..., None] if gray else found


def _tiles(across: int, down: int, width: int, height: int, turns: int) -> Callable[[bytes], Array]:
    """Decode the tiles of a phone's HEIC with FFmpeg, lay them out, cut them to the size, turn them."""

    def decode(data: bytes) -> Array:
        tiles = []
        for number in range(across * down):
            with av.open(io.BytesIO(data)) as container:
                stream = container.streams.video[number]
                tiles.append(next(container.decode(stream)).to_ndarray(format="rgb24"))
        rows = [np.concatenate(tiles[row * across : (row + 1) * across], axis=1) for row in range(down)]
        whole = np.concatenate(rows)[:height, :width]
        return np.rot90(whole, -turns)

    return decode


def _reduced(decode: Callable[[bytes], Array], width: int, height: int) -> Callable[[bytes], Array]:
    def reference(data: bytes) -> Array:
        return np.asarray(Image.fromarray(decode(data)).resize((width, height), Image.Resampling.LANCZOS))

    return reference


def _corpus(name: str) -> Callable[[Pixels], bytes]:
    return lambda _: (CORPUS / name).read_bytes()


def _palette(picture: Pixels, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).quantize(32).save(file, **options)
    return file.getvalue()


def _many(picture: Pixels, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, save_all=True, append_images=[Image.fromarray(255 - picture)], **options)
    return file.getvalue()


_ICON, _CURSOR = 1, 2
_DIRECTORY, _BITMAP = 6 + 16, 40
"""The bytes before the one picture of an icon, and before the pixels of a bitmap."""


def _icon(picture: Pixels, kind: int) -> bytes:
    """Write an icon or a cursor of 64 x 64 with a bitmap inside: of 32 bits, or of 24 and a mask of what is clear."""
    inside = picture[:64, :64]
    file = struct.pack("<HH", 0, kind) + write(inside, "ICO", sizes=[(64, 64)], bitmap_format="bmp")[4:]
    if inside.shape[-1] == 4:
        return file
    mask = np.packbits(inside[::-1, :, 0] < 40, axis=1).tobytes()
    return file[: -len(mask)] + mask


def _png_inside(data: bytes) -> Array:
    return opencv(data[_DIRECTORY:])


def _bitmap_inside(data: bytes) -> Array:
    """Lay out the rows of the bitmap, the lowest first; 24 bits have a mask of what is clear below them."""
    width, twice, _, bits = struct.unpack_from("<iiHH", data, _DIRECTORY + 4)
    height, bands = twice // 2, bits // 8
    pixels = np.frombuffer(data, np.uint8, width * height * bands, _DIRECTORY + _BITMAP)
    rows = pixels.reshape(height, width, bands)[::-1]
    if bands == 4:
        return rows[..., [2, 1, 0, 3]]
    stride = -(-width // 32) * 4
    mask = np.frombuffer(data, np.uint8, stride * height, _DIRECTORY + _BITMAP + pixels.size)
    clear = np.unpackbits(mask.reshape(height, stride), axis=1)[::-1, :width, None]
    return np.concatenate([rows[..., ::-1], (1 - clear) * np.uint8(255)], axis=-1)


def _deep(picture: Pixels) -> bytes:
    return bytes(imagecodecs.png_encode(picture.astype(np.uint16) * 257))


CASES = [
    _case("jpeg", "4:2:0", partial(write, format="JPEG", quality=92), opencv, OPENCV, 1.0, "max", ("smooth", "gray")),
    _case(
        "jpeg",
        "progressive, 4:4:4",
        partial(write, format="JPEG", progressive=True, subsampling=0),
        opencv,
        OPENCV,
        1.0,
        "max",
        ("color", "chart"),
    ),
    _case(
        "mpo",
        "the first of two pictures",
        partial(_many, format="MPO", quality=92),
        read,
        PILLOW,
        1.0,
        "max",
        ("smooth",),
    ),
    _case("png", "8 bits", partial(write, format="PNG"), opencv, OPENCV, pictures=("color", "gray", "alpha")),
    _case("png", "16 bits", _deep, lambda data: opencv(data) // 257, OPENCV),
    _case("png", "a palette", partial(_palette, format="PNG"), opencv, OPENCV),
    _case("png", "gray and alpha", partial(write, format="PNG"), read, PILLOW, pictures=("gray and alpha",)),
    _case("apng", "the first of two frames", partial(_many, format="PNG"), read, PILLOW),
    _case(
        "webp", "lossy", partial(write, format="WEBP", quality=85), opencv, OPENCV, 1.0, pictures=("color", "cutout")
    ),
    _case(
        "webp",
        "lossless",
        partial(write, format="WEBP", lossless=True, exact=True),
        opencv,
        OPENCV,
        pictures=("color", "cutout"),
    ),
    _case("gif", "a palette", partial(_palette, format="GIF"), opencv, OPENCV),
    _case(
        "tiff",
        "LZW",
        partial(write, format="TIFF", compression="tiff_lzw"),
        read,
        PILLOW,
        pictures=("color", "gray", "alpha"),
    ),
    _case("tiff", "deflate", partial(write, format="TIFF", compression="tiff_adobe_deflate"), opencv, OPENCV),
    _case("avif", "4:2:0", partial(write, format="AVIF", quality=80), opencv, OPENCV, 5.0, "p99", ("smooth",)),
    _case(
        "avif",
        "4:4:4",
        partial(write, format="AVIF", quality=80, subsampling="4:4:4"),
        opencv,
        OPENCV,
        1.0,
        "max",
        ("color", "chart"),
    ),
    _case(
        "avif",
        "alpha",
        partial(write, format="AVIF", quality=90, subsampling="4:4:4"),
        read,
        PILLOW,
        2.0,
        "p99",
        ("cutout",),
    ),
    _heic("gray", "images/heif/l_8__128x128.heif", _first_picture, 128, 60.0),
    _heic("4:2:0", "photos/heic/samplefilehub.heif", _first_picture, 640, 40.0),
    _heic(
        "tiles of a phone, turned by the container and by EXIF",
        "photos/heic/iphone_8_plus_o6.heic",
        _reduced(_tiles(8, 6, 4032, 3024, 1), 300, 400),
        300,
        40.0,
    ),
    _case("bmp", "24 bits", partial(write, format="BMP"), opencv, OPENCV),
    _case(
        "ico",
        "a PNG inside",
        lambda p: write(p[:48, :48], "ICO", sizes=[(48, 48)]),
        _png_inside,
        "OpenCV imdecode of the PNG inside",
        pictures=("alpha",),
    ),
    _case(
        "ico",
        "a bitmap inside",
        lambda p: _icon(p, _ICON),
        _bitmap_inside,
        "numpy, by the definition",
        pictures=("color", "alpha"),
    ),
    _case(
        "cur",
        "a bitmap inside",
        lambda p: _icon(p, _CURSOR),
        _bitmap_inside,
        "numpy, by the definition",
        pictures=("color", "alpha"),
    ),
    _case("svg", "boxes at whole pixels", _svg, _boxes, "numpy, by the definition"),
    _case(
        "svgz", "boxes at whole pixels", lambda p: imagecodecs.gzip_encode(_svg(p)), _boxes, "numpy, by the definition"
    ),
]
