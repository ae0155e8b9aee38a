"""What stands around a picture: pad, border, rounded corners; against Pillow, OpenCV and a mask counted in numpy."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image, ImageOps

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case

_FINE = 16
"""How many points of a pixel are counted in each direction."""


def _covered(width: int, height: int, radius: float) -> Array:
    """Give the share of each pixel that lies within a box with round corners, by counting points."""
    down, across = np.mgrid[0 : height * _FINE, 0 : width * _FINE]
    x, y = ((places + 0.5) / _FINE for places in (across, down))
    far_x = np.maximum(np.abs(x - width / 2) - (width / 2 - radius), 0)
    far_y = np.maximum(np.abs(y - height / 2) - (height / 2 - radius), 0)
    within = np.hypot(far_x, far_y) <= radius
    return within.reshape(height, _FINE, width, _FINE).mean(axis=(1, 3))[..., None]


def _rounded(radius: float, color: tuple[int, ...] | None = None) -> Callable[[Pixels], Array]:
    def reference(picture: Pixels) -> Array:
        share = _covered(picture.shape[1], picture.shape[0], radius)
        if color is None:
            alpha = picture[..., 3:] if picture.shape[2] == 4 else np.full((*picture.shape[:2], 1), 255.0)
            return np.concatenate([picture[..., :3], alpha * share], axis=-1)
        if picture.shape[2] == 4:
            alpha = picture[..., 3:] / 255 * share + (1 - share)
            seen = picture[..., :3] * (picture[..., 3:] / 255) * share + np.array(color) * (1 - share)
            return np.concatenate([seen / np.maximum(alpha, 1e-9), alpha * 255], axis=-1)
        return picture * share + np.array(color) * (1 - share)

    return reference


def _on(width: int, height: int, left: int, top: int, color: tuple[int, int, int]) -> Callable[[Pixels], Pixels]:
    def reference(picture: Pixels) -> Pixels:
        canvas = Image.new("RGB", (width, height), color)
        canvas.paste(Image.fromarray(picture), (left, top))
        return np.asarray(canvas)

    return reference


CASES = [
    Case(
        "pad",
        "to a size",
        image.pad(100, 101, background="#ff8800").png(),
        _on(100, 101, 5, 18, (255, 136, 0)),
        "Pillow Image.paste",
        0.0,
    ),
    Case(
        "pad",
        "one side is long already",
        image.pad(50, 80).png(),
        _on(90, 80, 0, 7, (255,) * 3),
        "Pillow Image.paste",
        0.0,
    ),
    Case(
        "pad",
        "to an aspect, south",
        image.pad(aspect="1:1", gravity="south", background="black").png(),
        _on(90, 90, 0, 24, (0, 0, 0)),
        "Pillow Image.paste",
        0.0,
    ),
    Case(
        "pad",
        "to a wide aspect, west",
        image.pad(aspect="3:2", gravity="west", background="black").png(),
        _on(99, 66, 0, 0, (0, 0, 0)),
        "Pillow Image.paste",
        0.0,
    ),
    Case(
        "border",
        "of a color",
        image.border(7, "#102030").png(),
        lambda p: np.asarray(ImageOps.expand(Image.fromarray(p), 7, (16, 32, 48))),
        "Pillow ImageOps.expand",
        0.0,
    ),
    Case(
        "border",
        "gray around gray",
        image.border(3, "#808080").png(),
        lambda p: cv2.copyMakeBorder(p, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=128)[..., None],
        "OpenCV copyMakeBorder",
        0.0,
        pictures=("gray",),
    ),
    *(
        Case(
            "round_corners",
            f"{radius}, {title}",
            image.round_corners(radius, **options).png(),
            _rounded(pixels, color),
            "numpy, 256 points of each pixel counted",
            16.0,
            pictures=("color", "alpha"),
        )
        for radius, pixels in {"12px": 12.0, "50%": 33.0, "1.5px": 1.5}.items()
        for title, options, color in (
            ("transparent", {}, None),
            ("on a color", {"background": "#ff8800"}, (255, 136, 0)),
        )
    ),
    Case(
        "round_corners",
        "50%, on average",
        image.round_corners("50%").png(),
        _rounded(33.0),
        "numpy, 256 points of each pixel counted",
        0.1,
        "mean",
    ),
]
