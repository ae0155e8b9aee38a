"""Shapes, against points counted in numpy, 16 by 16 in each pixel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case

_FINE = 16

Inside = Callable[[Array, Array], Any]


def _mixed(inside: Inside, color: tuple[int, int, int], opacity: float = 1.0) -> Callable[[Pixels], Array]:
    """Mix a color into a picture by the share of the points of each pixel that lie in a shape."""

    def reference(picture: Pixels) -> Array:
        height, width = picture.shape[:2]
        down, across = (np.mgrid[0 : height * _FINE, 0 : width * _FINE] + 0.5) / _FINE
        share = inside(across, down).reshape(height, _FINE, width, _FINE).mean(axis=(1, 3))[..., None] * opacity
        mixed: Array = picture * (1 - share) + np.array(color) * share
        return mixed

    return reference


def _round(left: float, top: float, width: float, height: float, radius: float) -> Inside:
    def inside(x: Array, y: Array) -> Any:
        far_x = np.maximum(np.abs(x - left - width / 2) - (width / 2 - radius), 0)
        far_y = np.maximum(np.abs(y - top - height / 2) - (height / 2 - radius), 0)
        return np.hypot(far_x, far_y) <= radius

    return inside


def _line(x: Array, y: Array) -> Any:
    """Say what lies within 2 px of the line from 10, 8 to 50, 38, which is 50 px long."""
    along, beside = (x - 10) * 0.8 + (y - 8) * 0.6, (y - 8) * 0.8 - (x - 10) * 0.6
    return (along >= 0) & (along <= 50) & (np.abs(beside) <= 2)


# Cairo draws curves as lines up to a tenth of a pixel off.
_POINTS = "numpy, points counted"

CASES = [
    Case(
        "shape", "a rectangle", image.shape(width=20, height=10, gravity="northwest", margin=3, fill="#ff8800").png(),
        _mixed(lambda x, y: (x >= 3) & (x < 23) & (y >= 3) & (y < 13), (255, 136, 0)), _POINTS, 0.5,
    ),
    Case(
        "shape", "round corners, half opaque",
        image.shape(width=40, height=30, left=5, top=6, radius=10, fill="#2040e0", opacity=0.5).png(),
        _mixed(_round(5, 6, 40, 30, 10), (32, 64, 224), 0.5), _POINTS, 8.0,
    ),
    Case(
        "shape", "an ellipse", image.shape("ellipse", width=50, height=40, left=4, top=2).png(),
        _mixed(lambda x, y: ((x - 29) / 25) ** 2 + ((y - 22) / 20) ** 2 <= 1, (255, 255, 255)), _POINTS, 15.0,
    ),
    Case(
        "shape", "a line",
        image.shape("line", width=40, height=30, left=10, top=8, stroke="#00cc44", stroke_width=4).png(),
        _mixed(_line, (0, 204, 68)), _POINTS, 12.0,
    ),
]  # fmt: skip
