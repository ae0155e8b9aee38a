"""High dynamic range and wide gamuts brought to BT.709: one formula, as a table of colors that FFmpeg looks up.

Light is decoded to nits (PQ by SMPTE ST 2084; HLG by BT.2100 for a display of 1000 nits, system gamma 1.2). The largest
of the three components is brought from 1000 to 203 nits by the EETF of BT.2390-11 (5.4.1, no black lift); the others
keep their ratio to it, and with it the hue. 203 nits are the reference white of BT.2408, and stand for the white of the
result. Colors are then turned to BT.709, cut to its gamut, and coded for a display of gamma 2.4 (BT.1886).
"""

from __future__ import annotations

import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mediaframe.engines.av.graph import Node

Array = np.ndarray[Any, np.dtype[np.float64]]

PQ, HLG = 16, 18
"""The transfer functions of high dynamic range, by their numbers in H.273."""
_PEAK, _WHITE = 1000.0, 203.0
_GAMMA = 2.4
_POINTS = 33
"""Entries along each side: 65 change no gray of 8 bits by more than one."""

_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_XY = {
    1: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_D65 = (0.3127, 0.3290)
WIDE = frozenset({9, 12})
"""Primaries that are wider than those of BT.709 and known here: BT.2020 and P3."""


@lru_cache(maxsize=4)
def _table(transfer: int, primaries: int) -> str:
    """Give the text of a .cube file."""
    axis = np.linspace(0.0, 1.0, _POINTS)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red runs fastest
    made = to_bt709(np.stack([red, green, blue], axis=-1).reshape(-1, 3), transfer, primaries)
    rows = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in made.tolist())
    return f"LUT_3D_SIZE {_POINTS}\n{rows}\n"


def to_bt709(signal: Array, transfer: int, primaries: int) -> Array:
    """Give BT.709 signals for R'G'B' signals from 0 to 1."""
    if transfer == PQ:
        light = _mapped(pq_nits(signal)) / _WHITE
    elif transfer == HLG:
        light = _mapped(_hlg_nits(signal)) / _WHITE
    else:
        light = signal**_GAMMA
    turned = light @ (np.linalg.inv(_to_xyz(1)) @ _to_xyz(primaries)).T
    given: Array = np.clip(turned, 0.0, 1.0) ** (1 / _GAMMA)
    return given


def pq_nits(signal: Array) -> Array:
    """Decode PQ."""
    root = np.power(np.clip(signal, 0.0, 1.0), 1 / _M2)
    nits: Array = 10_000 * np.power(np.maximum(root - _C1, 0.0) / (_C2 - _C3 * root), 1 / _M1)
    return nits


def _pq(nits: Array | float) -> Array:
    power = np.power(np.asarray(nits) / 10_000, _M1)
    coded: Array = np.power((_C1 + _C2 * power) / (1 + _C3 * power), _M2)
    return coded


def _hlg_nits(signal: Array) -> Array:
    low, high = signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12
    scene = np.where(signal <= 0.5, low, high)
    luma = scene @ np.array([0.2627, 0.6780, 0.0593])
    shown: Array = _PEAK * scene * np.power(np.maximum(luma, 1e-9), 0.2)[..., None]
    return shown


def _mapped(nits: Array) -> Array:
    """Bring the largest component by the EETF, and the others with it."""
    largest = np.maximum(nits.max(axis=-1, keepdims=True), 1e-6)
    mapped: Array = nits * (_eetf(np.minimum(largest, _PEAK)) / largest)
    return mapped


def _eetf(nits: Array) -> Array:
    """Roll off what is above the knee by the Hermite spline of BT.2390-11, in PQ."""
    source = float(_pq(_PEAK))
    given, most = _pq(nits) / source, float(_pq(_WHITE)) / source
    knee = 1.5 * most - 0.5
    part = np.clip((given - knee) / (1 - knee), 0.0, 1.0)
    spline = (
        (2 * part**3 - 3 * part**2 + 1) * knee
        + (part**3 - 2 * part**2 + part) * (1 - knee)
        + (-2 * part**3 + 3 * part**2) * most
    )
    return pq_nits(np.where(given < knee, given, spline) * source)


def _to_xyz(primaries: int) -> Array:
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in _XY[primaries]]).T
    x, y = _D65
    scales = np.linalg.solve(columns, np.array([x / y, 1.0, (1 - x - y) / y]))
    matrix: Array = columns * scales
    return matrix


class Table:
    """The file that FFmpeg reads the table from, while a graph is made."""

    def __init__(self, transfer: int, primaries: int) -> None:
        handle, name = tempfile.mkstemp(suffix=".cube", dir=Path.cwd())
        os.close(handle)
        self.path = Path(name)
        self.path.write_text(_table(transfer, primaries))

    def __enter__(self) -> Node:
        return Node("lut3d", f"file={self.path.name}:interp=tetrahedral")

    def __exit__(self, *raised: object) -> None:
        self.path.unlink(missing_ok=True)
