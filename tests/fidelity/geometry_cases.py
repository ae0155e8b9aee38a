"""Where pixels stand: resize, crop, extend, rotate, flip, trim, orientation; against numpy, scipy, Pillow, OpenCV."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

from mediaframe.recipes import image
from tests.engines.pictures import Pixels, write
from tests.fidelity.case import Array, Case, turned

ALL = ("color", "gray", "alpha")
_LANCZOS = "Pillow Image.resize, LANCZOS"


def _reduced(width: int, height: int, cut: Callable[[Pixels], Pixels] = lambda p: p) -> Callable[[Pixels], Pixels]:
    """Reduce with Pillow (premultiplied where there is alpha), then cut or pad with numpy."""

    def reference(picture: Pixels) -> Pixels:
        mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[picture.shape[2]]
        flat = picture[..., 0] if picture.shape[2] == 1 else picture
        small = Image.fromarray(flat, mode).resize((width, height), Image.Resampling.LANCZOS)
        found = np.asarray(small)
        return cut(found if found.ndim == 3 else found[..., None])

    return reference


def _padded(top: int, right: int, bottom: int, left: int, color: tuple[int, ...]) -> Callable[[Pixels], Pixels]:
    def reference(picture: Pixels) -> Pixels:
        fill = (*color, 255)[: picture.shape[2]] if picture.shape[2] > 1 else color[:1]
        return cv2.copyMakeBorder(picture, top, bottom, left, right, cv2.BORDER_CONSTANT, value=fill).reshape(
            picture.shape[0] + top + bottom, picture.shape[1] + left + right, -1
        )

    return reference


def _turned_by(degrees: float, width: int, height: int) -> Callable[[Pixels], Array]:
    """Turn clockwise about the upper left corner with scipy (cubic), in the box that holds all corners."""

    def reference(picture: Pixels) -> Array:
        cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        back = np.array([[cosine, -sine], [sine, cosine]])
        start = back @ np.array([0.0, np.floor(-picture.shape[0] * sine)])
        turned = [
            ndimage.affine_transform(band.astype(float), back, start, (height, width), order=3, mode="constant")
            for band in np.moveaxis(picture, -1, 0)
        ]
        return np.clip(np.stack(turned, axis=-1), 0, 255)

    return reference


def _shown(data: bytes) -> Pixels:
    """Decode with OpenCV, which turns a JPEG as its orientation says."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(found, cv2.COLOR_BGR2RGB)


_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda p: p,
    2: lambda p: cv2.flip(p, 1),
    3: lambda p: cv2.rotate(p, cv2.ROTATE_180),
    4: lambda p: cv2.flip(p, 0),
    5: lambda p: cv2.transpose(p),
    6: lambda p: cv2.rotate(p, cv2.ROTATE_90_CLOCKWISE),
    7: lambda p: cv2.rotate(cv2.transpose(p), cv2.ROTATE_180),
    8: lambda p: cv2.rotate(p, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def _band(picture: Pixels) -> Pixels:
    return picture if picture.ndim == 3 else picture[..., None]


_RESIZES = [
    Case("resize", "width alone", image.resize(45).png(), _reduced(45, 33), _LANCZOS, 1.0, "mean", pictures=ALL),
    Case("resize", "height alone", image.resize(height=33).png(), _reduced(45, 33), _LANCZOS, 1.0, "mean"),
    Case("resize", "inside", image.resize(40, 22).png(), _reduced(30, 22), _LANCZOS, 1.0, "mean", pictures=ALL),
    Case("resize", "outside", image.resize(30, 33, fit="outside").png(), _reduced(45, 33), _LANCZOS, 1.0, "mean"),
    Case(
        "resize", "fill", image.resize(31, 50, fit="fill").png(), _reduced(31, 50), _LANCZOS, 1.0, "mean", pictures=ALL
    ),
    Case(
        "resize",
        "cover",
        image.resize(33, 33, fit="cover").png(),
        _reduced(45, 33, lambda p: p[:, 6:39]),
        _LANCZOS,
        1.0,
        "mean",
        pictures=ALL,
    ),
    Case(
        "resize",
        "cover, east",
        image.resize(33, 33, fit="cover", gravity="east").png(),
        _reduced(45, 33, lambda p: p[:, 12:]),
        _LANCZOS,
        1.0,
        "mean",
    ),
    Case(
        "resize",
        "cover, a focal point",
        image.resize(33, 33, fit="cover", focus=(0.0, 0.5)).png(),
        _reduced(45, 33, lambda p: p[:, :33]),
        _LANCZOS,
        1.0,
        "mean",
    ),
    Case(
        "resize",
        "contain",
        image.resize(45, 45, fit="contain", background="#102030").png(),
        lambda p: _padded(6, 0, 6, 0, (16, 32, 48))(_reduced(45, 33)(p)),
        _LANCZOS,
        1.0,
        "mean",
        pictures=("color", "alpha"),
    ),
    Case("resize", "smooth, by 0.4", image.resize(64).png(), _reduced(64, 48), _LANCZOS, 3.0, pictures=("smooth",)),
    Case(
        "resize",
        "larger",
        image.resize(320, enlarge=True).png(),
        _reduced(320, 240),
        _LANCZOS,
        5.0,
        pictures=("smooth",),
    ),
    Case("resize", "not enlarged", image.resize(500).png(), lambda p: p, "the picture itself", 0.0, pictures=ALL),
    Case(
        "resize",
        "a JPEG reduced while it is decoded",
        image.resize(400).png(),
        lambda data: np.asarray(Image.fromarray(_shown(data)).resize((400, 300), Image.Resampling.LANCZOS)),
        "OpenCV imdecode, Pillow LANCZOS",
        48.0,
        "psnr",
        pictures=("smooth",),
        given="file",
        file=lambda p: write(
            np.asarray(Image.fromarray(p).resize((3200, 2400), Image.Resampling.BICUBIC)), "JPEG", quality=92
        ),
    ),
]

_CROPS = [
    Case(
        "crop",
        "by place",
        image.crop(20, 10, left=5, top=7).png(),
        lambda p: p[7:17, 5:25],
        "numpy slices",
        0.0,
        pictures=ALL,
    ),
    Case(
        "crop", "over the edge", image.crop(100, 100, left=30, top=20).png(), lambda p: p[20:, 30:], "numpy slices", 0.0
    ),
    *(
        Case("crop", gravity, image.crop(30, 26, gravity=gravity).png(), cut, "numpy slices", 0.0)
        for gravity, cut in {
            "center": lambda p: p[20:46, 30:60],
            "north": lambda p: p[:26, 30:60],
            "northeast": lambda p: p[:26, 60:],
            "east": lambda p: p[20:46, 60:],
            "southeast": lambda p: p[40:, 60:],
            "south": lambda p: p[40:, 30:60],
            "southwest": lambda p: p[40:, :30],
            "west": lambda p: p[20:46, :30],
            "northwest": lambda p: p[:26, :30],
        }.items()
    ),
    Case(
        "crop",
        "a focal point",
        image.crop(30, 26, focus=(0.5, 1.0)).png(),
        lambda p: p[40:, 30:60],
        "numpy slices",
        0.0,
    ),
]

_MOVES = [
    Case("flip", "top to bottom", image.flip().png(), np.flipud, "numpy.flipud", 0.0, pictures=ALL),
    Case("flop", "left to right", image.flop().png(), np.fliplr, "numpy.fliplr", 0.0, pictures=ALL),
    *(
        Case(
            "rotate",
            f"by {angle}",
            image.rotate(angle).png(),
            partial(np.rot90, k=-angle // 90),
            "numpy.rot90",
            0.0,
            pictures=ALL,
        )
        for angle in (90, 180, 270)
    ),
    Case(
        "rotate",
        "by 30, within",
        image.rotate(30).crop(90, 70, left=55, top=57).png(),
        lambda p: _turned_by(30, 199, 184)(p)[57:127, 55:145],
        "scipy.ndimage.affine_transform, cubic",
        1.5,
        pictures=("smooth",),
    ),
    Case(
        "extend",
        "all sides differ",
        image.extend(1, 2, 3, 4, background="#808080").png(),
        _padded(1, 2, 3, 4, (128, 128, 128)),
        "OpenCV copyMakeBorder",
        0.0,
        pictures=ALL,
    ),
    Case(
        "trim",
        "a white border",
        image.trim().png(),
        lambda p: np.asarray(Image.fromarray(p).crop(Image.fromarray(255 - p).getbbox())),
        "Pillow Image.getbbox",
        0.0,
        pictures=("card",),
    ),
    *(
        Case(
            "auto_orient",
            f"orientation {number}, {format}",
            image.png(),
            lambda p, turn=turn: _band(turn(p)),
            "OpenCV flip, rotate, transpose",
            0.0,
            file=turned(number, format, **options),
            pictures=("color",),
        )
        for format, options in {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}.items()
        for number, turn in _TURNS.items()
    ),
    *(
        Case(
            "auto_orient",
            f"orientation {number}, JPEG",
            image.png(),
            _shown,
            "OpenCV imdecode",
            1.0,
            file=turned(number, "JPEG", quality=95),
            given="file",
            pictures=("smooth",),
        )
        for number in _TURNS
    ),
    Case(
        "auto_orient",
        "left as stored",
        image.auto_orient(enabled=False).png(),
        lambda p: p,
        "the picture itself",
        0.0,
        file=turned(6, "PNG"),
    ),
]

_MORE = [
    Case(
        "resize",
        "for a screen of 1.5 pixels each",
        image.resize(30, 22, dpr=1.5).png(),
        _reduced(45, 33),
        _LANCZOS,
        1.0,
        "mean",
    ),
    Case(
        "crop",
        "a square, the largest there is",
        image.crop(aspect="1:1").png(),
        lambda p: p[:, 12:78],
        "numpy slices",
        0.0,
    ),
    Case(
        "crop",
        "wide, at a focal point",
        image.crop(aspect="3:1", focus=(0.5, 1.0)).png(),
        lambda p: p[36:],
        "numpy slices",
        0.0,
    ),
    Case(
        "trim",
        "what is transparent",
        image.trim(by="alpha").png(),
        lambda p: np.asarray(Image.fromarray(p).crop(Image.fromarray((p[..., 3] > 10).astype(np.uint8)).getbbox())),
        "Pillow Image.getbbox of alpha",
        0.0,
        pictures=("cutout",),
    ),
]

_MODES = [
    Case("mode", "width", image.mode("width", 45).png(), _reduced(45, 33), _LANCZOS, 1.0, "mean"),
    Case(
        "mode",
        "ecommerce, a white square",
        image.mode("ecommerce").png(),
        _padded(767, 755, 767, 755, (255, 255, 255)),
        "OpenCV copyMakeBorder",
        0.0,
    ),
]

CASES = [*_RESIZES, *_CROPS, *_MOVES, *_MORE, *_MODES]
