"""Formats that are written: what a decoder of others makes of our files."""

from __future__ import annotations

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, read, written
from tests.fidelity.read_cases import OPENCV, PILLOW, opencv


def _on_white(picture: Pixels) -> Array:
    share = picture[..., 3:] / 255
    return picture[..., :3] * share + 255 * (1 - share)


CASES = [
    written("jpeg", "quality 90", image.jpeg(quality=90), opencv, OPENCV, 42.0, "psnr", ("smooth",)),
    written("jpeg", "quality 90, gray", image.jpeg(quality=90), opencv, OPENCV, 36.0, "psnr", ("gray",)),
    written("jpeg", "baseline", image.jpeg(quality=95, progressive=False), read, PILLOW, 38.0, "psnr", ("smooth",)),
    written(
        "jpeg", "transparency on white", image.jpeg(quality=95), opencv, OPENCV, 36.0, "psnr", ("cutout",), _on_white
    ),
    written("png", "every pixel", image.png(), opencv, OPENCV, pictures=("color", "gray", "alpha")),
    written(
        "png", "interlaced", image.png(progressive=True, effort=9), read, PILLOW, pictures=("color", "gray and alpha")
    ),
    written("webp", "quality 90", image.webp(quality=90), opencv, OPENCV, 42.0, "psnr", ("smooth",)),
    written("webp", "lossless", image.webp(lossless=True), opencv, OPENCV, pictures=("color", "cutout")),
    written("avif", "quality 80", image.avif(quality=80), read, PILLOW, 38.0, "psnr", ("smooth",)),
    written("avif", "lossless", image.avif(lossless=True), opencv, OPENCV, pictures=("color",)),
]
