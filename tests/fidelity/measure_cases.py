"""What is measured, against numpy, scipy, OpenCV, Pillow and imagehash."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import cv2
import imagehash
import numpy as np
from PIL import Image
from scipy import stats

from mediaframe.recipes import image
from tests.engines.pictures import Pixels, write
from tests.fidelity.case import Array, Case
from tests.fidelity.tone_cases import luminance


def _mean_color(picture: Pixels) -> str:
    red, green, blue, _ = cv2.mean(picture)
    return f"#{int(red + 0.5):02x}{int(green + 0.5):02x}{int(blue + 0.5):02x}"


def _laplacian(picture: Pixels) -> float:
    kernel = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], float)
    edges = cv2.filter2D(picture[..., 0].astype(np.float64), cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE)
    return float(edges.var(ddof=1))


def _gray(picture: Pixels) -> tuple[Array, Array]:
    """Give the gray levels and how far each counts."""
    gray = luminance(picture)[..., 0] if picture.shape[2] >= 3 else picture[..., 0].astype(float)
    weights = picture[..., -1] / 255 if picture.shape[2] in (2, 4) else np.ones(gray.shape)
    return np.rint(gray), weights


def _exposure(picture: Pixels) -> float:
    gray, weights = _gray(picture)
    return float((gray * weights).sum() / weights.sum() / 255)


def _rms_contrast(picture: Pixels) -> float:
    gray, weights = _gray(picture)
    mean = (gray * weights).sum() / weights.sum()
    return float(np.sqrt((weights * (gray - mean) ** 2).sum() / weights.sum()) / 255)


def _entropy(picture: Pixels) -> float:
    gray, weights = _gray(picture)
    counts, _ = np.histogram(gray, bins=256, range=(-0.5, 255.5), weights=weights)
    return float(stats.entropy(counts, base=2))


def _colorfulness(picture: Pixels) -> float:
    """Follow the paper, with OpenCV's means and deviations."""
    red, green, blue = cv2.split(picture.astype(np.float64))
    (mean_rg,), (spread_rg,) = cv2.meanStdDev(red - green)[0], cv2.meanStdDev(red - green)[1]
    (mean_yb,), (spread_yb,) = (one for one in cv2.meanStdDev((red + green) / 2 - blue))
    return float(np.hypot(spread_rg, spread_yb)[0] + 0.3 * np.hypot(mean_rg, mean_yb)[0])


def _colors(picture: Pixels) -> int:
    flat = picture.reshape(-1, picture.shape[2])
    seen = flat[flat[:, 3] > 0][:, :3] if picture.shape[2] == 4 else flat
    return len(np.unique(seen, axis=0))


def _large(picture: Pixels, **options: Any) -> bytes:
    """Write it as a JPEG of 5 megapixels."""
    large = Image.fromarray(picture).resize((2752, 2064), Image.Resampling.BICUBIC)
    return write(np.asarray(large), "JPEG", quality=85, **options)


_progressive = partial(_large, progressive=True)


def _hash_of_file(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as whole:
        return str(imagehash.phash(whole))


def _difference_hash_of_file(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as whole:
        return str(imagehash.dhash(whole))


CASES = [
    *(
        Case(word, title, recipe, reference, by, 0.003, "difference", "measure", ("color", "gray", "cutout", "card"))
        for word, title, recipe, reference, by in (
            ("exposure", "as it is", image.exposure(), _exposure, "numpy"),
            ("rms_contrast", "as it is", image.rms_contrast(), _rms_contrast, "numpy"),
        )
    ),
    Case(
        "entropy",
        "as it is",
        image.entropy(),
        _entropy,
        "scipy.stats.entropy",
        0.1,
        "difference",
        "measure",
        ("color", "gray", "cutout", "card", "chart"),
    ),
    Case(
        "colorfulness",
        "as it is",
        image.colorfulness(),
        _colorfulness,
        "OpenCV meanStdDev, by the paper",
        0.001,
        "difference",
        "measure",
        ("color", "smooth", "chart", "card"),
    ),
    Case(
        "colors",
        "all pixels",
        image.colors(),
        _colors,
        "numpy.unique",
        0.0,
        "difference",
        "measure",
        ("color", "gray", "cutout", "chart"),
    ),
    Case(
        "dhash",
        "small pictures",
        image.dhash(),
        lambda p: str(imagehash.dhash(Image.fromarray(p))),
        "imagehash.dhash",
        0.0,
        "bits",
        "measure",
        ("color", "smooth", "card", "chart"),
    ),
    *(
        Case(word, title, recipe, reference, f"imagehash.{word}", 2.0, "bits", "measure", ("blobs",), file, "file")
        for word, recipe, reference in (
            ("phash", image.phash(), _hash_of_file),
            ("dhash", image.dhash(), _difference_hash_of_file),
        )
        for title, file in (("a large JPEG", _large), ("a large progressive JPEG", _progressive))
    ),
    Case("mean_color", "color", image.mean_color(), _mean_color, "OpenCV mean", 0.0, "text", family="measure"),
    Case(
        "sharpness",
        "gray",
        image.sharpness(),
        _laplacian,
        "OpenCV filter2D",
        0.0001,
        "relative",
        family="measure",
        pictures=("gray",),
    ),
    Case(
        "phash",
        "small pictures",
        image.phash(),
        lambda p: str(imagehash.phash(Image.fromarray(p))),
        "imagehash.phash",
        0.0,
        "bits",
        family="measure",
        pictures=("color", "smooth", "card", "chart"),
    ),
]
