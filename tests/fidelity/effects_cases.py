"""Effects that look at neighbors: blur and sharpen, against scipy and by the definition in numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case
from tests.fidelity.tone_cases import encoded, linear


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


_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.9505, 1.0, 1.089])


def to_lab(picture: Pixels) -> Array:
    """Give CIE L*a*b* (D65) of sRGB levels."""
    share = linear(picture[..., :3].astype(float)) @ _XYZ.T / _WHITE
    root = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root[..., 0], root[..., 1], root[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def from_lab(lab: Array) -> Array:
    """Give sRGB levels of CIE L*a*b* (D65)."""
    y = (lab[..., 0] + 16) / 116
    root = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], axis=-1)
    share = np.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29))
    return encoded((share * _WHITE) @ np.linalg.inv(_XYZ).T)


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
]
