"""Placeholders against their reference implementations, dominant colors against numpy and OpenCV, traces in resvg."""

from __future__ import annotations

import io
import warnings
from base64 import b64decode
from typing import Any

import blurhash
import cv2
import numpy as np
import resvg_py
from PIL import Image, ImageDraw

from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, measured
from tests.fidelity.case import Array, Case, png, read

# What rgbaToThumbHash of evanw/thumbhash (js/thumbhash.js at a652ce6) gives for these pictures.
_THUMBHASHES = {
    "color": "H/gJNZpwd3dwd3d3d3d3d4BwCPh3",
    "gray": "HwgaBYB3iIeAiIiId3d4dwAAAAAA",
    "gray and alpha": "HAiSBIAZiHhgeIZ3BwAAAADwh9h3d3h4CA==",
    "cutout": "YAiGFIhHk22AbKi3NwmIk39ngHeIN5iHBg==",
    "card": "MQgSDYL4iFeGiXh/c5d3eXBxA/m2",
}


def _wolt(across: int, down: int) -> Any:
    def encode(picture: Pixels) -> str:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # Of Pillow, by the reference.
            return str(blurhash.encode(Image.fromarray(picture), across, down))

    return encode


def _few(picture: Pixels) -> Pixels:
    """Keep a color for each of three parts of the red band."""
    colors = np.array([(200, 16, 46), (255, 255, 255), (0, 56, 168)], np.uint8)
    return colors[np.digitize(picture[..., 0], (60, 190))]


def _counted(picture: Pixels) -> list[str]:
    known, counts = np.unique(_few(picture).reshape(-1, 3), axis=0, return_counts=True)
    return ["#" + known[one].tobytes().hex() for one in np.argsort(-counts)]


def _lab(colors: Array) -> Array:
    """Give CIE Lab: near to the Oklab in which ours gathers, and not the same."""
    return np.asarray(cv2.cvtColor(colors.reshape(1, -1, 3).astype(np.float32) / 255, cv2.COLOR_RGB2LAB))[0]


def _lost(colors: Array, picture: Pixels) -> float:
    """Give how far, on average, a pixel is from the nearest of these colors."""
    away = _lab(picture)[:, None] - _lab(colors)
    return float(np.sqrt((away**2).sum(axis=2)).min(axis=1).mean())


def _lost_by_ours(data: bytes, recipe: Finished) -> float:
    colors = np.array([tuple(bytes.fromhex(one[1:])) for one in measured(data, recipe)], np.uint8)
    return _lost(colors, read(data).astype(np.uint8))


def _lost_by_opencv(picture: Pixels) -> float:
    cv2.setRNGSeed(1)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 40, 1e-4)
    _, _, centers = cv2.kmeans(_lab(picture), 8, None, criteria, 5, cv2.KMEANS_PP_CENTERS)
    colors = cv2.cvtColor(centers[None], cv2.COLOR_LAB2RGB)[0]
    return _lost(np.clip(colors * 255 + 0.5, 0, 255).astype(np.uint8), picture)


def _preview(data: bytes, recipe: Finished) -> bytes:
    return b64decode(measured(data, recipe).partition(",")[2])


def _reduced(picture: Pixels) -> Array:
    return np.asarray(Image.fromarray(picture).resize((16, 12), Image.Resampling.LANCZOS))


def _decoded(data: bytes) -> Array:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def _logo(_: Pixels) -> Pixels:
    """Draw a disc and a triangle on white, with soft edges."""
    drawn = Image.new("RGB", (960, 720), "white")
    draw = ImageDraw.Draw(drawn)
    draw.ellipse((80, 80, 560, 560), fill="#c8102e")
    draw.polygon([(560, 640), (880, 160), (920, 680)], fill="#0038a8")
    return np.asarray(drawn.resize((240, 180), Image.Resampling.BOX))


def _resvg(data: bytes) -> Array:
    return read(bytes(resvg_py.svg_to_bytes(svg_string=data.decode(), skip_system_fonts=True)))[..., :3]


CASES = [
    Case(
        "svg", "a logo", image.svg(), _logo, "the picture, our file read by resvg", 30.0, "psnr",
        family="format written", pictures=("smooth",), file=lambda picture: png(_logo(picture)), read=_resvg,
    ),
    Case(
        "svg", "slopes of 64 colors", image.svg(colors=64), lambda picture: picture,
        "the picture, our file read by resvg", 25.0, "psnr", family="format written", pictures=("smooth",), read=_resvg,
    ),
    *(
        Case(
            "thumbhash", name, image.thumbhash(), lambda picture, name=name: _THUMBHASHES[name],
            "its reference in JavaScript", 0.0, "text", family="measure", pictures=(name,),
        )
        for name in _THUMBHASHES
    ),
    *(
        Case(
            "blurhash", f"{across} x {down}", image.blurhash(across, down), _wolt(across, down),
            "its reference in C", 0.0, "text", family="measure", pictures=("color", "card"),
        )
        for across, down in ((4, 3), (9, 9))
    ),
    Case(
        "lqip", "quality 90", image.lqip(quality=90), _reduced, "Pillow Image.resize, LANCZOS", 25.0, "psnr",
        family="measure", pictures=("smooth",), render=_preview, read=_decoded,
    ),
    Case(
        "dominant_colors", "three colors", image.dominant_colors(), _counted, "numpy unique", 0.0, "text",
        family="measure", file=lambda picture: png(_few(picture)),
    ),
    Case(
        "dominant_colors", "what eight lose", image.dominant_colors(8), _lost_by_opencv, "OpenCV kmeans in CIE Lab",
        0.15, "relative", family="measure", pictures=("color", "chart", "card"), render=_lost_by_ours,
    ),
]  # fmt: skip
