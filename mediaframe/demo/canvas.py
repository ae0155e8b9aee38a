"""What scenes are painted with: noise, ramps of color, light, grain. Floating-point pixels from 0 to 255."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyvips
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""One value for each pixel."""
Paint = NDArray[np.float32]
"""Three bands for each pixel."""
Tint = tuple[float, float, float]


def noise(
    width: int, height: int, cells: int, rng: np.random.Generator, octaves: int = 4, stretch: float = 1.0
) -> Field:
    """Give fractal noise from 0 to 1: random grids, each twice as fine and half as strong as the one before.

    Parameters
    ----------
    cells
        Cells across, in the coarsest grid.
    stretch
        How much wider than high the cells are: above 1 for clouds and water.
    """
    # Made at half the size: no octave is so fine that one would see it, and it takes a quarter of the time.
    wide, high = width // 2 + 1, height // 2 + 1
    total, strength, sum_of = None, 1.0, 0.0
    for octave in range(octaves):
        across = cells * 2**octave + 3
        down = max(4, round(across * height / width * stretch))
        grid = _stretched(rng.random((down, across), dtype=np.float32), wide, high) * strength
        total = grid if total is None else total + grid
        sum_of += strength
        strength *= 0.5
    if total is None:
        raise ValueError("noise(octaves=...): expected 1 or more")
    made = (total * (1 / sum_of)).resize(2, kernel="linear").crop(0, 0, width, height)
    return np.clip(np.asarray(made.cast("float").numpy(), np.float32), 0, 1)


def _stretched(grid: Field, width: int, height: int) -> pyvips.Image:
    rows, columns = grid.shape
    image = pyvips.Image.new_from_array(grid)
    scaled = image.resize(width / (columns - 2), vscale=height / (rows - 2), kernel="cubic")
    made: pyvips.Image = scaled.crop(0, 0, width, height)
    return made


def line(width: int, rng: np.random.Generator, cells: int, octaves: int = 5, roughness: float = 0.5) -> Field:
    """Give a ridge: one value from -1 to 1 for each column."""
    total = np.zeros(width, np.float32)
    strength, sum_of = 1.0, 0.0
    at = np.linspace(0, 1, width, dtype=np.float32)
    for octave in range(octaves):
        knots = cells * 2**octave + 1
        values = rng.uniform(-1, 1, knots).astype(np.float32)
        where = at * (knots - 1)
        left = np.minimum(where.astype(np.int32), knots - 2)
        share = where - left
        share = share * share * (3 - 2 * share)
        total += strength * (values[left] * (1 - share) + values[left + 1] * share)
        sum_of += strength
        strength *= roughness
    return np.asarray(total / sum_of, np.float32)


def ramp(at: Field, stops: Sequence[tuple[float, Tint]]) -> Paint:
    """Give colors along stops, as a gradient does."""
    places = [place for place, _ in stops]
    bands = [np.interp(at, places, [tint[band] for _, tint in stops]) for band in range(3)]
    return np.stack(bands, axis=-1).astype(np.float32)


def fade(width: int, height: int, stops: Sequence[tuple[float, Tint]]) -> Paint:
    """Give a picture whose colors run from above (0) to below (1)."""
    _, y = axes(width, height)
    return np.broadcast_to(ramp(y, stops), (height, width, 3)).copy()


def axes(width: int, height: int) -> tuple[Field, Field]:
    """Give the place of columns and rows: x from 0 to 1, y from 0 to 1 (downwards); they broadcast."""
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    return x, y


def lay(paint: Paint, share: Field, tint: Tint | Paint) -> None:
    """Put a color over what is there, in place; `share` says how much of it."""
    over = np.asarray(tint, np.float32)
    paint += share[..., None] * (over - paint)


def glow(paint: Paint, center: tuple[float, float], radius: float, tint: Tint, strength: float = 1.0) -> None:
    """Add light around a point, in place; the radius is a share of the height."""
    height, width = paint.shape[:2]
    x, y = axes(width, height)
    far = ((x - center[0]) * width / height) ** 2 + (y - center[1]) ** 2
    light = strength * np.exp(-far / (radius * radius))
    paint += light[..., None].astype(np.float32) * np.asarray(tint, np.float32)


def developed(paint: Paint, rng: np.random.Generator, grain: float = 3.0, vignette: float = 0.18) -> pyvips.Image:
    """Give the picture as a camera would: twice as large as painted, corners darker, with the grain of a sensor."""
    height, width = paint.shape[:2]
    x, y = axes(width, height)
    shade = 1 - vignette * ((x - 0.5) ** 2 + (y - 0.5) ** 2) * 2
    pixels = np.clip(paint * shade[..., None] + 0.5, 0, 255).astype(np.uint8)
    image = pyvips.Image.new_from_array(pixels, interpretation="srgb").resize(2, kernel="cubic")
    tile = pyvips.Image.new_from_array(rng.normal(0, grain, (512, 512)).astype(np.float32))
    noisy = image + tile.replicate(image.width // 512 + 1, image.height // 512 + 1).crop(
        0, 0, image.width, image.height
    )
    made: pyvips.Image = noisy.rint().cast("uchar").copy(interpretation="srgb")
    return made
