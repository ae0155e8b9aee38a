"""Formats that are written: what a decoder of others makes of our files."""

from __future__ import annotations

from collections.abc import Callable

from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case, read
from tests.fidelity.read_cases import OPENCV, PILLOW, opencv


def _case(
    word: str, title: str, recipe: Finished, decode: Callable[[bytes], Array], by: str,
    tolerance: float = 0.0, metric: str = "max", pictures: tuple[str, ...] = ("color",),
    expected: Callable[[Pixels], Array] = lambda picture: picture,
) -> Case:  # fmt: skip
    against = f"the picture, our file read by {by}"
    return Case(word, title, recipe, expected, against, tolerance, metric, "format written", pictures, read=decode)


def _on_white(picture: Pixels) -> Array:
    share = picture[..., 3:] / 255
    return picture[..., :3] * share + 255 * (1 - share)


CASES = [
    _case("jpeg", "quality 90", image.jpeg(quality=90), opencv, OPENCV, 42.0, "psnr", ("smooth",)),
    _case("jpeg", "quality 90, gray", image.jpeg(quality=90), opencv, OPENCV, 36.0, "psnr", ("gray",)),
    _case("jpeg", "baseline", image.jpeg(quality=95, progressive=False), read, PILLOW, 38.0, "psnr", ("smooth",)),
    _case(
        "jpeg", "transparency on white", image.jpeg(quality=95), opencv, OPENCV, 36.0, "psnr", ("cutout",), _on_white
    ),
    _case("png", "every pixel", image.png(), opencv, OPENCV, pictures=("color", "gray", "alpha")),
    _case(
        "png", "interlaced", image.png(progressive=True, effort=9), read, PILLOW, pictures=("color", "gray and alpha")
    ),
    _case("webp", "quality 90", image.webp(quality=90), opencv, OPENCV, 42.0, "psnr", ("smooth",)),
    _case("webp", "lossless", image.webp(lossless=True), opencv, OPENCV, pictures=("color", "cutout")),
    _case("avif", "quality 80", image.avif(quality=80), read, PILLOW, 38.0, "psnr", ("smooth",)),
    _case("avif", "lossless", image.avif(lossless=True), opencv, OPENCV, pictures=("color",)),
]
