"""Pictures that tests make themselves, and the shortest way to render one."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from mediaframe.engines.base import Encoded, Source, Task
from mediaframe.engines.vips.engine import engine
from mediaframe.model.input import Input
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def scene(width: int, height: int, bands: int = 3, seed: int = 7) -> Pixels:
    """Make a picture with slopes, edges and some noise, so that wrong places and wrong bands show."""
    random = np.random.default_rng(seed)
    down, across = np.mgrid[0:height, 0:width]
    planes = [
        across * 255 // max(1, width - 1),
        down * 255 // max(1, height - 1),
        ((across // 7 + down // 5) % 2) * 200 + 20,
        255 - (across + down) * 200 // max(1, width + height - 2),
    ]
    order = planes if bands >= 3 else [planes[1], planes[3]]
    stacked = np.stack(order[:bands], axis=-1) + random.integers(-6, 7, (height, width, bands))
    return np.clip(stacked, 0, 255).astype(np.uint8)


def smooth(width: int, height: int, bands: int = 3) -> Pixels:
    """Make a picture without fine detail, on which any two sound reductions agree."""
    down, across = np.mgrid[0:height, 0:width]
    waves = [
        np.sin(across * 2 * np.pi / width * (band + 1)) + np.cos(down * 2 * np.pi / height * 2) for band in range(bands)
    ]
    return (np.stack(waves, axis=-1) * 55 + 128).astype(np.uint8)


def large(width: int, height: int) -> Pixels:
    """Make a large smooth picture in little time."""
    small = Image.fromarray(smooth(64, 48))
    return np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))


def write(pixels: Pixels, format: str, **options: Any) -> bytes:
    """Write pixels with Pillow."""
    flat = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    file = io.BytesIO()
    Image.fromarray(flat).save(file, format, **options)
    return file.getvalue()


def read(data: bytes) -> Pixels:
    """Read pixels with Pillow; always with a band axis."""
    with Image.open(io.BytesIO(data)) as picture:
        found = np.asarray(picture)
    return found if found.ndim == 3 else found[..., None]


def oriented(pixels: Pixels, orientation: int, format: str = "JPEG", **options: Any) -> bytes:
    """Write pixels with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return write(pixels, format, exif=exif, **options)


def rendered(data: bytes, recipe: Finished, limits: Limits | None = None) -> Encoded:
    """Do a recipe that ends in a file."""
    handle = opened(data, recipe, limits)
    for step in recipe.steps:
        handle = engine.do(step, handle)
    assert recipe.format is not None
    return engine.encode(recipe.format, handle)


def measured(data: bytes, recipe: Finished) -> Any:
    """Do a recipe that ends in a value."""
    handle = opened(data, recipe)
    for step in recipe.steps:
        handle = engine.do(step, handle)
    assert recipe.measure is not None
    return engine.measure(recipe.measure, handle)


def opened(data: bytes, recipe: Finished, limits: Limits | None = None) -> Any:
    """Open a source for a recipe."""
    return engine.open(Source(data), Task(recipe.steps, recipe.end, limits or Limits()))


def pixels_of(data: bytes, recipe: Finished) -> Pixels:
    """Do a recipe and give its pixels, without an encoder in between."""
    handle = opened(data, recipe)
    for step in recipe.steps:
        handle = engine.do(step, handle)
    flat = engine.pixels(handle)
    return np.frombuffer(flat.data, np.uint8).reshape(flat.height, flat.width, flat.bands)


def given(name: str, data: bytes) -> Input:
    """Give a file that a recipe names, as the engines are given it."""
    return Input(name, data=Source(data))
