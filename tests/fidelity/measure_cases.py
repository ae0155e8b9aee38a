"""What is measured, against scipy, OpenCV and imagehash."""

from __future__ import annotations

import cv2
import imagehash
import numpy as np
from PIL import Image

from mediaframe.recipes import image
from tests.engines.pictures import Pixels
from tests.fidelity.case import Case


def _mean_color(picture: Pixels) -> str:
    red, green, blue, _ = cv2.mean(picture)
    return f"#{int(red + 0.5):02x}{int(green + 0.5):02x}{int(blue + 0.5):02x}"


def _laplacian(picture: Pixels) -> float:
    kernel = np.array([[1, 1, 1], [1, -8, 1], [1, 1, 1]], float)
    edges = cv2.filter2D(picture[..., 0].astype(np.float64), cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE)
    return float(edges.var(ddof=1))


CASES = [
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
