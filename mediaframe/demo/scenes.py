"""Landscapes, each painted from a seed: hills, forests in mist, the sea, dunes, a city at night, an island."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyvips

from mediaframe.demo.canvas import Field, Paint, Tint, axes, developed, fade, glow, lay, line, noise, ramp

Scene = Callable[[int, int, int], pyvips.Image]
"""Paints a picture from a width, a height and a seed; what comes out is twice as wide and high."""

Look = tuple[tuple[Tint, Tint, Tint], Tint, Tint, tuple[float, float]]
"""Of a landscape: sky from above to the horizon, the far hills, the near ones, where the sun stands."""

MORNING: Look = (((74, 124, 178), (156, 190, 214), (252, 226, 190)), (150, 170, 190), (38, 62, 48), (0.72, 0.46))
EVENING: Look = (((44, 42, 92), (176, 88, 112), (255, 178, 104)), (150, 92, 116), (30, 24, 44), (0.34, 0.52))
AUTUMN: Look = (((92, 140, 186), (176, 204, 220), (238, 228, 206)), (148, 156, 164), (112, 62, 22), (0.8, 0.3))
WINTER: Look = (((118, 146, 176), (186, 202, 216), (238, 236, 232)), (186, 198, 212), (58, 76, 98), (0.25, 0.35))
DUSK: Look = (((18, 26, 62), (70, 72, 126), (226, 146, 128)), (84, 80, 120), (12, 16, 30), (0.6, 0.58))


def hills(look: Look, *, trees: bool = False) -> Scene:
    """Give the scene of hills behind hills, paler the farther they are; with trees, a forest in mist."""

    def paint(width: int, height: int, seed: int) -> pyvips.Image:
        rng = np.random.default_rng(seed)
        skies, far, near, sun = look
        picture = _sky(width, height, skies, sun, rng)
        layers = 6
        for layer in range(layers):
            depth = layer / (layers - 1)
            ridge = 0.5 + 0.42 * depth**1.25 + (0.13 - 0.04 * depth) * line(width, rng, 3 + layer, 6)
            if trees and layer > 1:
                ridge -= _trees(width, rng, 0.018 + 0.05 * depth**2)
            tint = tuple(np.array(far) * (1 - depth) + np.array(near) * depth)
            _hill(picture, ridge, tint, depth, skies[2], rng)
        return developed(picture, rng)

    return paint


def _sky(
    width: int, height: int, skies: tuple[Tint, Tint, Tint], sun: tuple[float, float], rng: np.random.Generator
) -> Paint:
    _, y = axes(width, height)
    picture = fade(width, height, [(0.0, skies[0]), (0.35, skies[1]), (0.62, skies[2])])
    top = round(height * 0.7)
    cloud = noise(width, top, 4, rng, 5, stretch=3.0)
    cover = np.clip((cloud - 0.5) * 5, 0, 1) * np.clip(1.15 - y[:top] * 1.5, 0, 1) * 0.6
    light = np.array(skies[2], np.float32) * 0.45 + 130
    lay(picture[:top], cover.astype(np.float32), light)
    glow(picture, sun, 0.42, (70, 50, 24), 0.9)
    glow(picture, sun, 0.075, (120, 110, 80), 1.6)
    return picture


def _hill(picture: Paint, ridge: Field, tint: Tint, depth: float, haze: Tint, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    top = max(0, int(ridge.min() * height))
    if top >= height:
        return
    y = np.arange(top, height, dtype=np.float32)[:, None]
    below = y - ridge[None, :] * height
    cover = np.clip(below, 0, 1)
    rough = noise(width, height - top, 50 + round(60 * depth), rng, 4, stretch=1.7) - 0.5
    slope = np.gradient(ridge) * width
    light = 1 + rough * (0.1 + 0.55 * depth) - np.clip(slope, -1, 1)[None, :] * np.exp(-below / (0.05 * height)) * 0.16
    body = light[..., None] * np.asarray(tint, np.float32)
    mist = np.clip(below / (0.22 * height), 0, 1) * (1 - depth) * 0.55
    body += mist[..., None] * (np.asarray(haze, np.float32) - body)
    lay(picture[top:], cover, body)


def _trees(width: int, rng: np.random.Generator, tall: float) -> Field:
    """Give the outline of a row of firs, as heights over the ridge."""
    x = np.arange(width, dtype=np.float32)
    outline = np.zeros(width, np.float32)
    at = 0.0
    while at < width:
        high = tall * rng.uniform(0.45, 1.0)
        half = max(2.0, high * width * 0.13)
        reach = np.abs(x - at) / half
        notch = 0.12 * high * np.abs(np.sin(reach * 14))
        outline = np.maximum(outline, np.where(reach < 1, high * (1 - reach) - notch, 0))
        at += half * rng.uniform(0.5, 1.2)
    return outline


def sea(width: int, height: int, seed: int) -> pyvips.Image:
    """Paint the sea at sundown, its light on the waves."""
    rng = np.random.default_rng(seed)
    x, y = axes(width, height)
    horizon, sun = 0.52, 0.3 + 0.4 * rng.random()
    skies: tuple[Tint, Tint, Tint] = ((36, 52, 104), (206, 112, 104), (255, 204, 128))
    picture = _sky(width, height, skies, (sun, horizon - 0.06), rng)
    top = round(horizon * height)
    below = (y[top:] - horizon) / (1 - horizon)
    water = ramp(
        np.broadcast_to(below, (height - top, width)), [(0, (226, 150, 116)), (0.25, (98, 84, 116)), (1, (16, 32, 62))]
    )
    # Waves look finer the farther they are: rows of the noise are taken ever more densely towards the horizon.
    swell = noise(width, height - top, 34, rng, 5, stretch=4.0)
    rows = (np.clip(below[:, 0], 0, 1) ** 0.45 * (height - top - 1)).astype(np.int32)
    swell = swell[rows]
    water *= (0.62 + 0.76 * swell)[..., None]
    path = np.exp(-(((x - sun) / (0.035 + 0.16 * below)) ** 2))
    glint = np.clip((swell - 0.47) * 9, 0, 1) * path
    water += glint[..., None].astype(np.float32) * np.array((200, 150, 84), np.float32)
    picture[top:] = water
    return developed(picture, rng)


def dunes(width: int, height: int, seed: int) -> pyvips.Image:
    """Paint dunes: each a lit and a shaded side, with ripples of sand."""
    rng = np.random.default_rng(seed)
    x, _ = axes(width, height)
    picture = fade(width, height, [(0, (62, 122, 178)), (0.5, (214, 222, 214))])
    for layer in range(5):
        depth = layer / 4
        ridge = 0.38 + 0.5 * depth + (0.12 - 0.02 * layer) * line(width, rng, 2 + layer // 2, 3, 0.3)
        top = max(0, int(ridge.min() * height))
        below = np.arange(top, height, dtype=np.float32)[:, None] / height - ridge[None, :]
        slope = np.gradient(ridge) * width
        lit = np.clip(0.5 + 0.9 * slope, 0, 1)[None, :] * np.exp(-np.clip(below, 0, 1) * 3.2)
        sand = ramp(lit.astype(np.float32), [(0, (126, 66, 40)), (0.45, (206, 130, 76)), (1, (252, 206, 142))])
        wind = noise(width, height - top, 6, rng, 3)
        ripple = np.sin((below * height * (0.6 - 0.32 * depth)) + wind * 46 + x * 30)
        sand *= (1 + 0.05 * ripple * (0.3 + depth))[..., None].astype(np.float32)
        lay(picture[top:], np.clip(below * height, 0, 1), sand)
    return developed(picture, rng)


def city(width: int, height: int, seed: int) -> pyvips.Image:
    """Paint a city at night: towers with lit windows under stars, and their light on the water."""
    rng = np.random.default_rng(seed)
    _, y = axes(width, height)
    picture = ramp(
        np.broadcast_to(y, (height, width)),
        [(0, (10, 16, 44)), (0.28, (46, 48, 104)), (0.5, (146, 92, 122)), (0.68, (244, 168, 128))],
    )
    stars = rng.random((height // 3, width)) > 0.9997
    picture[: height // 3][stars] = (220, 222, 255)
    shore = round(height * 0.78)
    for layer, dark in enumerate(((52, 46, 84), (30, 28, 58), (14, 14, 32))):
        at = -int(rng.integers(0, width // 30))
        while at < width:
            wide = int(width * rng.uniform(0.02, 0.06))
            high = int(height * rng.uniform(0.1, 0.46 - 0.07 * layer))
            _tower(picture, (at, shore - high, wide, high), dark, layer, rng)
            at += wide + int(width * rng.uniform(-0.004, 0.014))
    mirror = picture[shore - (height - shore) : shore][::-1]
    shift = (np.sin(np.arange(height - shore) * 0.55) * 5 * np.linspace(0.2, 2.2, height - shore)).astype(np.int32)
    for row, by in enumerate(shift):
        picture[shore + row] = np.roll(mirror[row], by, axis=0) * 0.55 + np.array((6, 10, 22), np.float32)
    return developed(picture, rng, grain=5.0)


def _tower(picture: Paint, box: tuple[int, int, int, int], dark: Tint, layer: int, rng: np.random.Generator) -> None:
    left, top, wide, high = box
    width = picture.shape[1]
    first, last = max(0, left), min(width, left + wide)
    if last - first < 4:
        return
    picture[top : top + high, first:last] = dark
    step = max(5, width // 200) - layer
    rows, columns = high // step, (last - first) // step
    if rows < 2 or columns < 2:
        return
    lit = rng.random((rows, columns)) < 0.16 + 0.1 * layer
    warm = np.array((255, 214, 140), np.float32) * (0.55 + 0.45 * rng.random((rows, columns, 1), dtype=np.float32))
    panes = np.where(lit[..., None], warm, np.array(dark, np.float32))
    panes = np.repeat(np.repeat(panes, step, axis=0), step, axis=1)
    frame = (np.arange(rows * step) % step < step // 2)[:, None] & (np.arange(columns * step) % step < step * 2 // 3)[
        None, :
    ]
    part = picture[top + step : top + step + rows * step, first : first + columns * step]
    part[frame[: part.shape[0]]] = panes[: part.shape[0]][frame[: part.shape[0]]]


def island(width: int, height: int, seed: int) -> pyvips.Image:
    """Paint an island from above: water, beaches, woods and rock, lit from the north-west."""
    rng = np.random.default_rng(seed)
    x, y = axes(width, height)
    land = noise(width, height, 5, rng, 8)
    far = np.sqrt(((x - 0.5) * 1.5) ** 2 + ((y - 0.5) * 1.25) ** 2)
    land = (land * 1.25 - far * 0.75).astype(np.float32)
    stops: list[tuple[float, Tint]] = [
        (-0.2, (10, 44, 92)), (0.18, (18, 92, 142)), (0.275, (84, 186, 190)), (0.3, (236, 220, 172)),
        (0.325, (196, 188, 122)), (0.36, (86, 124, 62)), (0.5, (44, 84, 46)), (0.6, (112, 104, 84)),
        (0.75, (236, 236, 232)),
    ]  # fmt: skip
    picture = ramp(land, stops)
    down, across = np.gradient(land)
    light = 1 + np.clip((down + across) * width * 0.11, -0.5, 0.6) * (land > 0.29)
    picture *= light[..., None].astype(np.float32)
    return developed(picture, rng, grain=2.0, vignette=0.1)


def lighthouse(width: int, height: int, seed: int) -> pyvips.Image:
    """Paint a lighthouse on a cliff: everybody sees which way is up."""
    rng = np.random.default_rng(seed)
    picture = _sky(width, height, MORNING[0], (0.2, 0.3), rng)
    x, y = axes(width, height)
    water = np.clip((y - 0.7) * height, 0, 1) * np.ones_like(x)
    lay(picture, water, fade(width, height, [(0.7, (120, 160, 178)), (1.0, (22, 62, 92))]))
    cliff = 0.98 - 0.24 * np.exp(-(((np.linspace(0, 1, width) - 0.62) / 0.3) ** 4)) + 0.02 * line(width, rng, 12, 5)
    _hill(picture, cliff.astype(np.float32), (92, 84, 66), 1.0, (200, 200, 200), rng)
    aspect = width / height
    middle, foot, head = 0.62, 0.77, 0.2
    share = np.clip((y - head) / (foot - head), 0, 1)
    half = (0.028 + 0.026 * share) * 1.1
    side = (x - middle) * aspect / half
    body = (np.abs(side) < 1) & (y > head) & (y < foot)
    stripe = (np.floor(share * 6) % 2 < 1)[..., None]
    paint = np.where(stripe, np.array((196, 48, 42), np.float32), np.array((244, 240, 232), np.float32))
    round_ = (1.08 - 0.5 * np.clip(side + 0.25, -1, 1) ** 2)[..., None]
    lay(picture, body.astype(np.float32), (paint * round_).astype(np.float32))
    lamp = (np.abs(side) < 0.72) & (y > head - 0.065) & (y <= head)
    lay(picture, lamp.astype(np.float32), (255, 226, 150))
    roof = (np.abs(side) < (y - head + 0.12) / 0.055) & (y > head - 0.12) & (y <= head - 0.065)
    lay(picture, roof.astype(np.float32), (74, 34, 34))
    gallery = (np.abs(side) < 1.25) & (np.abs(y - head - 0.006) < 0.008)
    lay(picture, gallery.astype(np.float32), (52, 52, 58))
    glow(picture, (middle, head - 0.03), 0.09, (90, 80, 40), 0.9)
    return developed(picture, rng)
