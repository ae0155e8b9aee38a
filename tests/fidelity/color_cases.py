"""Color spaces by LittleCMS itself, and light mixed by Pillow."""

from __future__ import annotations

import io
from functools import partial

import numpy as np
from PIL import Image

from mediaframe.recipes import image
from tests.engines.colors import built_in, by_littlecms
from tests.engines.pictures import Pixels, write
from tests.fidelity.case import Array, Case
from tests.fidelity.tone_cases import encoded, linear

P3, CMYK = built_in("p3"), built_in("cmyk")


def _inks(picture: Pixels) -> bytes:
    """Write four bands as inks, with the profile of a press."""
    file = io.BytesIO()
    Image.frombytes("CMYK", picture.shape[1::-1], picture.tobytes()).save(file, "TIFF", icc_profile=CMYK)
    return file.getvalue()


def _half_of_the_light(picture: Pixels) -> Array:
    planes = [Image.fromarray(linear(picture[..., band]).astype(np.float32)) for band in range(3)]
    size = picture.shape[1] // 2, picture.shape[0] // 2
    return encoded(np.stack([np.asarray(one.resize(size, Image.Resampling.LANCZOS)) for one in planes], axis=-1))


CASES = [
    Case(
        "color",
        "Display P3 to sRGB",
        image.color().png(),
        lambda picture: by_littlecms(picture, "RGB", P3),
        "LittleCMS through Pillow ImageCms",
        1.0,
        pictures=("color", "chart"),
        file=partial(write, format="PNG", icc_profile=P3),
    ),
    Case(
        "color",
        "CMYK to sRGB, relative with black point compensation",
        image.color().png(),
        lambda picture: by_littlecms(picture, "CMYK", CMYK),
        "LittleCMS through Pillow ImageCms",
        2.0,
        pictures=("alpha",),
        file=_inks,
    ),
    Case(
        "color",
        "CMYK to sRGB, perceptual",
        image.color(intent="perceptual").png(),
        lambda picture: by_littlecms(picture, "CMYK", CMYK, "perceptual"),
        "LittleCMS through Pillow ImageCms",
        2.0,
        pictures=("alpha",),
        file=_inks,
    ),
    Case(
        "describe",
        "pixels stay",
        image.describe(title="Stuhl", alt="Ein Stuhl").png(),
        lambda picture: picture,
        "the picture itself",
        0.0,
        pictures=("color", "alpha"),
    ),
    Case(
        "resize",
        "in linear light",
        image.resize(80, linear=True).png(),
        _half_of_the_light,
        "Pillow LANCZOS over floating point light",
        1.5,
        pictures=("smooth",),
    ),
]
