"""Colors as others compute them: LittleCMS through Pillow, and Lab by its formula."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pyvips
from PIL import Image, ImageCms

from tests.engines.pictures import Pixels

INTENTS = {"perceptual": 0, "relative": 1, "saturation": 2, "absolute": 3}
"""The numbers of ICC.1 (and of LittleCMS)."""

CLOSE = 1.2
"""CIE 1976 delta E that a conversion may be from that of LittleCMS: a level of rounding; at most 1.05 was measured."""

_RANDOM = np.random.default_rng(11)
COLORS: Pixels = _RANDOM.integers(0, 256, (24, 32, 3)).astype(np.uint8)
INKS: Pixels = _RANDOM.integers(0, 256, (24, 32, 4)).astype(np.uint8)


def built_in(space: str) -> bytes:
    """Give the profile that libvips brings under a name."""
    pixel = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb")
    return bytes(pixel.icc_transform(space, input_profile="srgb").get("icc-profile-data"))


def by_littlecms(
    pixels: Pixels, mode: str, profile: bytes | None, intent: str = "relative", *, black_point: bool = True
) -> Pixels:
    """Convert to sRGB with Pillow's own LittleCMS; without a profile, from Lab with the white D50."""
    source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile)) if profile else ImageCms.createProfile("LAB")
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION if black_point else ImageCms.Flags(0)
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        INTENTS[intent],  # type: ignore[arg-type]  # the numbers are its values
        flags,
    )
    picture = ImageCms.applyTransform(Image.frombytes(mode, pixels.shape[1::-1], pixels.tobytes()), transform)
    assert picture is not None
    return np.asarray(picture)


def delta_e(one: Pixels, other: Pixels) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give CIE 1976 delta E of two sRGB pictures of 8 bits, pixel by pixel."""
    difference = _lab(one) - _lab(other)
    return np.asarray(np.sqrt((difference**2).sum(axis=-1)))


def _lab(pixels: Pixels) -> np.ndarray[Any, np.dtype[np.float64]]:
    value = pixels.astype(np.float64) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923], [0.0193308, 0.1191948, 0.9505322]]
    xyz = light @ np.array(to_xyz).T / np.array([0.9504559, 1, 1.0890578])
    cubic = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = cubic[..., 0], cubic[..., 1], cubic[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def encoded(light: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give light from 0 to 1 as numbers of sRGB from 0 to 1."""
    light = np.clip(light, 0, 1)
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))
