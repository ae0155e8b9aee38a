"""Tone: curves and matrices that change each pixel for itself; alpha is left alone, gray stays gray."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyvips

from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.depth import is_deep
from mediaframe.engines.vips.handle import Handle, alpha_apart, colors
from mediaframe.engines.vips.profiles import profile_of
from mediaframe.model.quantity import color_bands
from mediaframe.ops.image.tone import Brightness, Contrast, Gamma, Hue, Normalize, Saturation, Sepia, Tint

Shares = np.ndarray[Any, np.dtype[np.float64]]
Matrix = Sequence[Sequence[float]]


@engine.implements(Brightness)
def brightness(handle: Handle, op: Brightness) -> Handle:
    """Multiply every level."""
    return _curved(handle, lambda share: share * op.amount)


@engine.implements(Contrast)
def contrast(handle: Handle, op: Contrast) -> Handle:
    """Multiply every level's distance to the middle."""
    return _curved(handle, lambda share: (share - 0.5) * op.amount + 0.5)


@engine.implements(Gamma)
def gamma(handle: Handle, op: Gamma) -> Handle:
    """Raise every level to a power."""
    return _curved(handle, lambda share: share ** (1 / op.value))


@engine.implements(Saturation)
def saturation(handle: Handle, op: Saturation) -> Handle:
    """Mix each color with its luminance."""
    s = op.amount
    return _mixed(handle, [
        [0.213 + 0.787 * s, 0.715 - 0.715 * s, 0.072 - 0.072 * s],
        [0.213 - 0.213 * s, 0.715 + 0.285 * s, 0.072 - 0.072 * s],
        [0.213 - 0.213 * s, 0.715 - 0.715 * s, 0.072 + 0.928 * s],
    ])  # fmt: skip


@engine.implements(Hue)
def hue(handle: Handle, op: Hue) -> Handle:
    """Turn colors about the gray axis."""
    c, s = math.cos(math.radians(op.angle)), math.sin(math.radians(op.angle))
    return _mixed(handle, [
        [0.213 + c * 0.787 - s * 0.213, 0.715 - c * 0.715 - s * 0.715, 0.072 - c * 0.072 + s * 0.928],
        [0.213 - c * 0.213 + s * 0.143, 0.715 + c * 0.285 + s * 0.140, 0.072 - c * 0.072 - s * 0.283],
        [0.213 - c * 0.213 - s * 0.787, 0.715 - c * 0.715 + s * 0.715, 0.072 + c * 0.928 + s * 0.072],
    ])  # fmt: skip


@engine.implements(Sepia)
def sepia(handle: Handle, op: Sepia) -> Handle:
    """Mix bands into brown."""
    rest = 1 - op.amount
    return _mixed(_with_colors(handle), [
        [0.393 + 0.607 * rest, 0.769 - 0.769 * rest, 0.189 - 0.189 * rest],
        [0.349 - 0.349 * rest, 0.686 + 0.314 * rest, 0.168 - 0.168 * rest],
        [0.272 - 0.272 * rest, 0.534 - 0.534 * rest, 0.131 + 0.869 * rest],
    ])  # fmt: skip


@engine.implements(Tint)
def tint(handle: Handle, op: Tint) -> Handle:
    """Look up the color of each lightness."""
    image, alpha = alpha_apart(handle.image)
    flat = pyvips.Image.black(1, 1, bands=3) + list(color_bands(op.color)[:3])
    _, a, b = flat.cast("uchar").copy(interpretation="srgb").colourspace("lab").getpoint(0, 0)

    def toned(light: pyvips.Image) -> pyvips.Image:
        weight = 1 - (light / 100 - 0.5) ** 2 * 4
        return light.bandjoin([weight * a, weight * b])

    if profile_of(image):
        return _joined(_of_lab(toned(_lab(image).extract_band(0)), image), alpha, handle)
    gray, color = ("grey16", "rgb16") if is_deep(image) else ("b-w", "srgb")
    levels = pyvips.Image.identity(ushort=is_deep(image)).copy(interpretation=gray)
    tones = toned(levels.colourspace("lab").extract_band(0)).copy(interpretation="lab").colourspace(color)
    return _joined(image.colourspace(gray).maplut(tones), alpha, handle)


@engine.implements(Normalize)
def normalize(handle: Handle, op: Normalize) -> Handle:
    """Stretch the lightness between its percentiles."""
    return stretched(handle, extent(handle.image, op))


def extent(image: pyvips.Image, op: Normalize) -> tuple[float, float]:
    """Give the lightness, 0 to 100, that becomes black and the one that becomes white."""
    bands, alpha = alpha_apart(image)
    fine = (_lab(bands).extract_band(0) * _FINE).rint().cast("ushort")
    counts = fine.hist_find() if alpha is None else alpha.hist_find_indexed(fine)
    sums = np.cumsum(counts.numpy().reshape(-1).astype(np.float64))
    low, high = (int(np.searchsorted(sums, sums[-1] * share / 100)) for share in (op.low, op.high))
    if op.low == 0:
        low = int(np.flatnonzero(sums)[0]) if sums[-1] else 0
    return min(low, len(sums) - 1) / _FINE, min(high, len(sums) - 1) / _FINE


def stretched(handle: Handle, between: tuple[float, float]) -> Handle:
    """Make one lightness black and another white."""
    low, high = between
    if high - low <= 1:  # As sharp: what has no tones is not made to have some.
        return handle
    image, alpha = alpha_apart(handle.image)
    lab = _lab(image)
    light = (lab.extract_band(0) - low) * (100 / (high - low))
    light = (light > 100).ifthenelse(100, (light < 0).ifthenelse(0, light))
    return _joined(_of_lab(light.bandjoin(lab.extract_band(1, n=2)), image), alpha, handle)


_FINE = 655.35
"""How many steps of a histogram one unit of lightness is."""


def _lab(image: pyvips.Image) -> pyvips.Image:
    """Give CIELAB, by the profile where there is one."""
    if profile_of(image):
        return image.icc_import(embedded=True, intent="relative", pcs="lab")
    return image.colourspace("lab")


def _of_lab(lab: pyvips.Image, like: pyvips.Image) -> pyvips.Image:
    """Give the numbers of a picture for CIELAB."""
    lab = lab.copy(interpretation="lab")
    if profile_of(like):
        return lab.icc_export(intent="relative", pcs="lab", depth=16 if is_deep(like) else 8)
    return lab.colourspace(like.interpretation)


def _curved(handle: Handle, curve: Callable[[Shares], Shares]) -> Handle:
    """Look every level up in a table of the curve."""
    image, alpha = alpha_apart(handle.image)
    most = 65535 if is_deep(image) else 255
    levels = np.clip(curve(np.arange(most + 1) / most), 0, 1) * most
    table = pyvips.Image.new_from_array(np.floor(levels + 0.5)[None, :]).cast(image.format)
    return _joined(image.maplut(table), alpha, handle)


def _mixed(handle: Handle, matrix: Matrix) -> Handle:
    """Mix the bands; rows add up to one, so that gray stays gray but for sepia."""
    if colors(handle.image) == 1:
        return handle
    image, alpha = alpha_apart(handle.image)
    made = image.recomb(pyvips.Image.new_from_array([list(row) for row in matrix]))
    return _joined((made + 0.5).floor().cast(image.format), alpha, handle)


def _with_colors(handle: Handle) -> Handle:
    if colors(handle.image) == 3:
        return handle
    space = "rgb16" if is_deep(handle.image) else "srgb"
    return Handle(handle.image.colourspace(space), handle.width, handle.height)


def _joined(image: pyvips.Image, alpha: pyvips.Image | None, handle: Handle) -> Handle:
    """Give the handle of new color bands with the alpha of the old."""
    color = "rgb16" if is_deep(handle.image) else "srgb"
    space = handle.image.interpretation if colors(image) == colors(handle.image) else color
    whole = image if alpha is None else image.bandjoin(alpha)
    return Handle(whole.copy(interpretation=space), handle.width, handle.height)
