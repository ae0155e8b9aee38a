"""Animations: their frames and their time, read by Pillow and ffmpeg."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np
from PIL import Image

from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from tests.engines.moving import delays_of, frames_of, moving, plays_of
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case, Family

DELAYS = (100, 30, 250, 70)
LOOPS = 3


def _frames(picture: Pixels) -> list[Pixels]:
    """Make frames of a picture that goes to the left."""
    return [np.roll(picture, -9 * number, axis=1) for number in range(len(DELAYS))]


def _file(format: str) -> Callable[[Pixels], bytes]:
    return lambda picture: moving(_frames(picture), format, DELAYS, LOOPS)


def _film(data: bytes) -> Array:
    """Read all frames and put them below one another."""
    return np.concatenate(frames_of(data))


def _moments(delays: list[int] | tuple[int, ...]) -> Array:
    return np.array([0, *accumulate(delays)])


def _strip(numbers: list[int]) -> Callable[[Pixels], Array]:
    def whole(picture: Pixels) -> Array:
        frames = [_frames(picture)[number] for number in numbers]
        return np.concatenate([np.asarray(Image.fromarray(frame).convert("RGBA")) for frame in frames])

    return whole


def _pixels(
    word: str, title: str, recipe: Finished, numbers: list[int], family: Family = "operation", source: str = "PNG",
    tolerance: float = 0.0, metric: str = "max", pictures: tuple[str, ...] = ("color", "cutout"),
) -> Case:  # fmt: skip
    return Case(
        word, title, recipe, _strip(numbers), "numpy's frames, our file read by Pillow", tolerance, metric, family,
        pictures, file=_file(source), read=_film,
    )  # fmt: skip


def _time(
    word: str, title: str, recipe: Finished, expected: Any, read: Callable[[bytes], Any], family: Family = "operation",
    tolerance: float = 0.0,
) -> Case:  # fmt: skip
    return Case(
        word, title, recipe, lambda _: np.array(expected), "the definition, our file read by Pillow", tolerance,
        family=family, file=_file("WEBP"), read=read,
    )  # fmt: skip


def _read_moments(data: bytes) -> Array:
    return _moments(delays_of(data))


def _read_plays(data: bytes) -> Array:
    return np.array([plays_of(data)])


def _gif_palette(picture: Pixels) -> Array:
    """Give what Pillow makes of the frames with as many colors."""
    made = [Image.fromarray(frame).quantize(256, dither=Image.Dither.NONE) for frame in _frames(picture)]
    return np.concatenate([np.asarray(one.convert("RGBA")) for one in made])


ALL = list(range(len(DELAYS)))
WRITTEN: Family = "format written"

CASES = [
    _pixels("frame", "the third", image.frame(3).apng(), [2]),
    _pixels("frames", "two to four", image.frames(2, 4).apng(), [1, 2, 3]),
    _time("frames", "moments of every second", image.frames(every=2).webp(), [0, 130, 450], _read_moments),
    _time("speed", "moments, twice as fast", image.speed(2).webp(), _moments((50, 15, 125, 35)), _read_moments),
    _time("delay", "moments", image.delay(0.2).webp(), _moments((200,) * 4), _read_moments),
    _time("loop", "how often", image.loop(7).webp(), [7], _read_plays),
    _pixels("apng", "every pixel of every frame", image.apng(), ALL, WRITTEN),
    _time("apng", "moments", image.apng(), _moments(DELAYS), _read_moments, WRITTEN),
    _pixels("gif", "every frame, beside 24-bit colors", image.gif(), ALL, WRITTEN, "PNG", 30.0, "psnr", ("color",)),
    Case(
        "gif",
        "every frame, beside Pillow's palettes",
        image.gif(dither=0),
        _gif_palette,
        "Pillow's quantize",
        30.0,
        "psnr",
        WRITTEN,
        ("color",),
        file=_file("PNG"),
        read=_film,
    ),
    _time("gif", "moments", image.gif(), _moments(DELAYS), _read_moments, WRITTEN),
    _time("gif", "how often", image.gif(), [LOOPS], _read_plays, WRITTEN),
    _pixels("webp", "every pixel of every frame", image.webp(lossless=True), ALL, WRITTEN),
    _time("webp", "moments", image.webp(), _moments(DELAYS), _read_moments, WRITTEN),
    _pixels("avif", "every frame", image.avif(quality=90), ALL, WRITTEN, "PNG", 33.0, "psnr", ("color",)),
    _time("avif", "moments", image.avif(effort=0), _moments(DELAYS), _read_moments, WRITTEN),
    _pixels("gif", "every frame of a GIF", image.apng(), ALL, "format read", "GIF", 28.0, "psnr", ("color",)),
    _pixels("webp", "every frame", image.apng(), ALL, "format read", "WEBP"),
    _pixels("apng", "every frame", image.apng(), ALL, "format read", "PNG"),
    _pixels("avif", "every frame", image.apng(), ALL, "format read", "AVIF", 38.0, "psnr", ("color",)),
]
