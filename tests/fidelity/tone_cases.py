"""Tone: against the formulas of the W3C Filter Effects and of CIELAB, written out in numpy, and Pillow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Array, Case

LUMA_709 = np.array([0.2126, 0.7152, 0.0722])


def linear(levels: Array) -> Array:
    """Give linear light for sRGB levels (IEC 61966-2-1)."""
    share = levels / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def encoded(light: Array) -> Array:
    """Give sRGB levels for linear light."""
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def luminance(picture: Pixels) -> Array:
    """Give the gray levels of Rec. 709 luminance."""
    return encoded(linear(picture[..., :3]) @ LUMA_709)[..., None]


def _over(picture: Pixels) -> Array:
    color = Image.new("RGBA", (picture.shape[1], picture.shape[0]), (255, 136, 0, 255))
    return np.asarray(Image.alpha_composite(color, Image.fromarray(picture)).convert("RGB"))


_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.9505, 1.0, 1.089])


def to_lab(picture: Array) -> Array:
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


def _with_alpha(made: Array, picture: Pixels) -> Array:
    return np.concatenate([made, picture[..., 3:]], axis=-1) if picture.shape[2] == 4 else made


def by_curve(function: Callable[[Array], Array]) -> Callable[[Pixels], Array]:
    """Apply a transfer function to the shares of the color bands."""

    def reference(picture: Pixels) -> Array:
        bands = 3 if picture.shape[2] >= 3 else 1
        made = np.clip(function(picture[..., :bands] / 255), 0, 1) * 255
        return np.concatenate([made, picture[..., bands:]], axis=-1)

    return reference


def by_matrix(rows: Array) -> Callable[[Pixels], Array]:
    """Apply a matrix of feColorMatrix to the shares of the color bands."""

    def reference(picture: Pixels) -> Array:
        return _with_alpha(np.clip(picture[..., :3] / 255 @ rows.T, 0, 1) * 255, picture)

    return reference


_LUMA = np.array([[0.213, 0.715, 0.072]] * 3)


def saturate(amount: float) -> Array:
    return amount * np.eye(3) + (1 - amount) * _LUMA


def hue(degrees: float) -> Array:
    """Give hueRotate as the specification has it: three matrices, weighed by 1, cosine and sine."""
    turn = np.array([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    return _LUMA + np.cos(np.radians(degrees)) * (np.eye(3) - _LUMA) + np.sin(np.radians(degrees)) * turn


def sepia(amount: float) -> Array:
    full = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    return amount * full + (1 - amount) * np.eye(3)


def normalized(low: float, high: float) -> Callable[[Pixels], Array]:
    """Stretch L* between its percentiles."""

    def reference(picture: Pixels) -> Array:
        gray = picture.shape[2] == 1
        lab = to_lab(picture.repeat(3, axis=2) if gray else picture)
        ends = np.percentile(lab[..., 0], [low, high], method="inverted_cdf")
        lab[..., 0] = np.clip((lab[..., 0] - ends[0]) / (ends[1] - ends[0]) * 100, 0, 100)
        made = from_lab(lab)
        return made[..., :1] if gray else made

    return reference


def _normalized_seen(picture: Pixels) -> Array:
    """Stretch L* between the percentiles of what can be seen."""
    lab = to_lab(picture)
    order = np.argsort(lab[..., 0].ravel())
    sums = np.cumsum(picture[..., 3].ravel()[order].astype(float))
    ends = [lab[..., 0].ravel()[order][np.searchsorted(sums, sums[-1] * share)] for share in (0.01, 0.99)]
    lab[..., 0] = np.clip((lab[..., 0] - ends[0]) / (ends[1] - ends[0]) * 100, 0, 100)
    return _with_alpha(from_lab(lab), picture)


def tinted(color: tuple[int, int, int], *, whole: bool = True) -> Callable[[Pixels], Array]:
    """Give each luminance, rounded to whole levels or not, the a* and b* of a color, most in the middle."""

    def reference(picture: Pixels) -> Array:
        gray = picture if picture.shape[2] == 1 else (np.rint(luminance(picture)) if whole else luminance(picture))
        light = to_lab(gray.repeat(3, axis=2))[..., 0]
        _, a, b = to_lab(np.array([[color]]))[0, 0]
        weight = 1 - 4 * (light / 100 - 0.5) ** 2
        return _with_alpha(from_lab(np.stack([light, weight * a, weight * b], axis=-1)), picture)

    return reference


_W3C = "numpy, W3C Filter Effects"
_ALL = ("color", "gray", "alpha", "chart")
_COLORS = ("color", "alpha", "chart")


CASES = [
    *(
        Case(
            "brightness",
            f"by {amount:g}",
            image.brightness(amount).png(),
            by_curve(lambda s, k=amount: s * k),
            _W3C,
            0.51,
            pictures=_ALL,
        )
        for amount in (0.0, 0.5, 1.3)
    ),
    *(
        Case(
            "contrast",
            f"by {amount:g}",
            image.contrast(amount).png(),
            by_curve(lambda s, k=amount: (s - 0.5) * k + 0.5),
            _W3C,
            0.51,
            pictures=_ALL,
        )
        for amount in (0.0, 0.6, 1.5)
    ),
    *(
        Case(
            "gamma",
            f"{value:g}",
            image.gamma(value).png(),
            by_curve(lambda s, k=value: s ** (1 / k)),
            "numpy, the power",
            0.51,
            pictures=_ALL,
        )
        for value in (0.5, 2.2)
    ),
    *(
        Case(
            "saturation",
            f"by {amount:g}",
            image.saturation(amount).png(),
            by_matrix(saturate(amount)),
            _W3C,
            0.51,
            pictures=_COLORS,
        )
        for amount in (0.0, 0.5, 1.8)
    ),
    Case(
        "saturation", "of gray", image.saturation(2).png(), lambda p: p, "the picture itself", 0.0, pictures=("gray",)
    ),
    *(
        Case("hue", f"by {angle}", image.hue(angle).png(), by_matrix(hue(angle)), _W3C, 0.51, pictures=_COLORS)
        for angle in (90, -30, 180)
    ),
    *(
        Case("sepia", f"{amount:g}", image.sepia(amount).png(), by_matrix(sepia(amount)), _W3C, 0.51, pictures=_COLORS)
        for amount in (0.4, 1.0)
    ),
    Case(
        "normalize",
        "percentiles 1 and 99",
        image.normalize().png(),
        normalized(1, 99),
        "numpy, CIELAB",
        2.0,
        pictures=("color", "gray", "smooth", "chart"),
    ),
    Case(
        "normalize",
        "least and most",
        image.normalize(0, 100).png(),
        normalized(0, 100),
        "numpy, CIELAB",
        2.0,
        pictures=("color", "smooth"),
    ),
    Case(
        "normalize",
        "hidden colors do not count",
        image.normalize().png(),
        _normalized_seen,
        "numpy, CIELAB",
        2.0,
        pictures=("cutout", "alpha"),
    ),
    Case("tint", "brown", image.tint("#704214").png(), tinted((112, 66, 20)), "numpy, CIELAB", 3.0, pictures=_ALL),
    Case("tint", "gray", image.tint("#888888").png(), tinted((136, 136, 136)), "numpy, CIELAB", 2.0),
    Case(
        "grayscale",
        "luminance",
        image.grayscale().png(),
        luminance,
        "numpy, Rec. 709 in linear light",
        1.0,
        pictures=("color", "chart"),
    ),
    Case(
        "flatten",
        "on a color",
        image.flatten("#ff8800").png(),
        _over,
        "Pillow Image.alpha_composite",
        1.0,
        pictures=("alpha", "cutout"),
    ),
]
