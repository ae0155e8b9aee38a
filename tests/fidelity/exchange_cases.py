"""Formats for print, archives and older programs, and those of extras, written and read."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import imagecodecs
import numpy as np
import pi_heif
import pypdfium2
from PIL import Image

from mediaframe.recipes import image
from tests.engines.pictures import Pixels, write
from tests.fidelity.case import Array, Case, read, written
from tests.fidelity.read_cases import OPENCV, PILLOW, opencv

LIBTIFF = "libtiff through imagecodecs"
OPENJPEG = "OpenJPEG through imagecodecs"
LIBJXL = "libjxl through imagecodecs"
LIBDE265 = "libde265 through pi_heif"
PDFIUM = "PDFium"


def _banded(found: Array) -> Array:
    return found if found.ndim == 3 else found[..., None]


def _by_libtiff(data: bytes) -> Array:
    return _banded(imagecodecs.tiff_decode(data))


def _by_openjpeg(data: bytes) -> Array:
    return _banded(imagecodecs.jpeg2k_decode(data))


def _by_libjxl(data: bytes) -> Array:
    return _banded(imagecodecs.jpegxl_decode(data))


def _by_libde265(data: bytes) -> Array:
    one = pi_heif.open_heif(io.BytesIO(data))
    return _banded(np.asarray(Image.frombytes(one.mode, one.size, bytes(one.data), "raw", one.mode, one.stride)))


def _by_pdfium(data: bytes) -> Array:
    with pypdfium2.PdfDocument(data) as document:
        return document[0].render(scale=150 / 72, rev_byteorder=True).to_numpy()[:, :, :3].copy()


def _on_white(picture: Pixels) -> Array:
    share = picture[..., 3:] / 255
    return picture[..., :3] * share + 255 * (1 - share)


def _fitted(picture: Pixels) -> Array:
    """Reduce to the largest of an icon's usual sizes that is asked for."""
    height, width = picture.shape[:2]
    size = 48, int(48 * height / width + 0.5)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def _opened(
    word: str, title: str, file: Callable[[Pixels], bytes], by: str, tolerance: float = 0.0, metric: str = "max",
    pictures: tuple[str, ...] = ("color",),
) -> Case:  # fmt: skip
    """Compare with what was written: there is no second decoder of these formats that would share no code with ours."""
    against = f"the picture, written by {by}"
    return Case(
        word, title, image.png(), lambda picture: picture, against, tolerance, metric, "format read", pictures, file
    )


def _jxl(picture: Pixels, **options: Any) -> bytes:
    flat = picture[..., 0] if picture.shape[-1] == 1 else picture
    return bytes(imagecodecs.jpegxl_encode(flat, effort=1, **options))


def _pages(picture: Pixels) -> bytes:
    """Write a TIFF of three pages of several sizes."""
    file = io.BytesIO()
    first, second, third = (Image.fromarray(picture[side:, side:]) for side in (0, 5, 9))
    first.save(file, "TIFF", save_all=True, append_images=[second, third], compression="tiff_lzw")
    return file.getvalue()


def _second(data: bytes) -> Array:
    with Image.open(io.BytesIO(data)) as picture:
        picture.seek(1)
        return np.asarray(picture)


CASES = [
    Case("page", "the second of a TIFF", image.page(2).png(), _second, PILLOW, 0.0, file=_pages, given="file"),
    written("tiff", "deflate", image.tiff(), _by_libtiff, LIBTIFF, pictures=("color", "gray", "alpha")),
    written("tiff", "LZW", image.tiff(compression="lzw"), opencv, OPENCV),
    written("tiff", "packbits", image.tiff(compression="packbits"), read, PILLOW, pictures=("color", "gray")),
    written(
        "tiff", "JPEG of quality 90", image.tiff(compression="jpeg", quality=90), read, PILLOW, 42.0, "psnr",
        ("smooth",),
    ),
    written(
        "jp2", "lossless", image.jp2(lossless=True), _by_openjpeg, OPENJPEG, pictures=("color", "gray", "alpha")
    ),
    written("jp2", "quality 80", image.jp2(), _by_openjpeg, OPENJPEG, 38.5, "psnr", ("color", "gray")),
    written("bmp", "every pixel", image.bmp(), opencv, OPENCV, pictures=("color", "alpha")),
    written("bmp", "gray", image.bmp(), read, PILLOW, pictures=("gray",)),
    written("ico", "the largest of three", image.ico(), read, PILLOW, 2.0, "max", ("smooth",), _fitted),
    written("pdf", "lossless", image.pdf(lossless=True), _by_pdfium, PDFIUM),
    written("pdf", "quality 90", image.pdf(quality=90), _by_pdfium, PDFIUM, 38.0, "psnr", ("smooth",)),
    written("pdf", "transparency on white", image.pdf(lossless=True), _by_pdfium, PDFIUM, 1.0, "max", ("cutout",),
             _on_white),
    written("heif", "lossless", image.heif(lossless=True), _by_libde265, LIBDE265, pictures=("color", "alpha")),
    written("heif", "quality 80", image.heif(quality=80), _by_libde265, LIBDE265, 42.0, "psnr", ("smooth",)),
    written("jxl", "lossless", image.jxl(lossless=True), _by_libjxl, LIBJXL, pictures=("color", "gray", "alpha")),
    written("jxl", "quality 90", image.jxl(quality=90), _by_libjxl, LIBJXL, 42.0, "psnr", ("smooth",)),
    _opened("jp2", "lossless", partial(write, format="JPEG2000"), PILLOW, pictures=("color", "gray", "alpha")),
    _opened("j2k", "lossless", partial(write, format="JPEG2000", no_jp2=True), PILLOW),
    _opened("jxl", "lossless", partial(_jxl, lossless=True), LIBJXL, pictures=("color", "gray", "alpha")),
    _opened("jxl", "a distance of 1", partial(_jxl, distance=1.0), LIBJXL, 40.0, "psnr", ("smooth",)),
]  # fmt: skip
