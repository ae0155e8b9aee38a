"""Effects that look at neighbors: blur and sharpen, against scipy and by the definition in numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case
from tests.fidelity.tone_cases import from_lab, to_lab


def _gaussian(sigma: float) -> Callable[[Pixels], Array]:
    """Blur with scipy, premultiplied where there is alpha."""

    def reference(picture: Pixels) -> Array:
        pixels = picture.astype(float)
        if pixels.shape[2] != 4:
            return ndimage.gaussian_filter(pixels, (sigma, sigma, 0), mode="nearest")
        pixels[..., :3] *= pixels[..., 3:] / 255
        soft = ndimage.gaussian_filter(pixels, (sigma, sigma, 0), mode="nearest")
        soft[..., :3] /= np.maximum(soft[..., 3:] / 255, 1e-6)
        return soft

    return reference


def _sharpened(sigma: float, flat: float, jagged: float) -> Callable[[Pixels], Array]:
    """Lift lightness by a slope that depends on its distance to the blurred one, as libvips documents it."""

    def reference(picture: Pixels) -> Array:
        lab = to_lab(picture)
        light = lab[..., 0]
        high = light - ndimage.gaussian_filter(light, sigma, mode="nearest")
        edge = np.clip((np.abs(high) - 2) * jagged, 0, None) + np.minimum(np.abs(high), 2) * flat
        lift = np.where(high > 0, np.minimum(edge, 10), -np.minimum(edge, 20))
        lab[..., 0] = np.clip(light + lift, 0, 100)
        return from_lab(lab)

    return reference


def mosaic(size: int) -> Callable[[Pixels], Array]:
    """Average squares, the last ones as far as they reach."""

    def reference(picture: Pixels) -> Array:
        made = picture.astype(float)
        clear = picture.shape[2] == 4
        if clear:
            made[..., :3] *= made[..., 3:] / 255
        for top in range(0, picture.shape[0], size):
            for left in range(0, picture.shape[1], size):
                square = made[top : top + size, left : left + size]
                square[:] = square.mean(axis=(0, 1))
        if clear:
            made[..., :3] /= np.maximum(made[..., 3:] / 255, 1e-9)
        return made

    return reference


def _median(size: int) -> Callable[[Pixels], Array]:
    return lambda picture: ndimage.median_filter(picture, (size, size, 1), mode="nearest")


def darkened(amount: float, inner: float) -> Callable[[Pixels], Array]:
    """Multiply by a smoothstep of the distance from the middle."""

    def reference(picture: Pixels) -> Array:
        height, width = picture.shape[:2]
        y = (np.arange(height)[:, None] + 0.5) / height * 2 - 1
        x = (np.arange(width)[None, :] + 0.5) / width * 2 - 1
        way = np.clip((np.sqrt((x * x + y * y) / 2) - inner) / (1 - inner), 0, 1)
        share = 1 - amount * (3 * way**2 - 2 * way**3)
        bands = picture.shape[2] - (picture.shape[2] == 4)
        made = picture.astype(float)
        made[..., :bands] *= share[..., None]
        return made

    return reference


CASES = [
    *(
        Case(
            "blur",
            f"sigma {sigma:g}",
            image.blur(sigma).png(),
            _gaussian(sigma),
            "scipy.ndimage.gaussian_filter",
            4.0,
            pictures=("color", "gray", "cutout"),
        )
        for sigma in (0.5, 1.5, 4.0, 12.0)
    ),
    Case(
        "sharpen",
        "defaults",
        image.sharpen(sigma=1.0).png(),
        _sharpened(1.0, 0, 3),
        "numpy and scipy, by the definition",
        0.5,
        "mean",
        pictures=("color", "smooth"),
    ),
    *(
        Case(
            "pixelate",
            f"squares of {size}",
            image.pixelate(size).png(),
            mosaic(size),
            "numpy means",
            1.0,
            pictures=("color", "gray", "cutout"),
        )
        for size in (7, 16, 100)
    ),
    *(
        Case(
            "median",
            f"window of {size}",
            image.median(size).png(),
            _median(size),
            "scipy.ndimage.median_filter",
            0.0,
            pictures=("color", "gray", "chart"),
        )
        for size in (3, 5, 9)
    ),
    *(
        Case(
            "vignette",
            f"{amount:g} from {inner:g}",
            image.vignette(amount, inner).png(),
            darkened(amount, inner),
            "numpy, by the definition",
            0.51,
            pictures=("color", "gray", "alpha"),
        )
        for amount, inner in ((0.5, 0.3), (1.0, 0.0))
    ),
]
