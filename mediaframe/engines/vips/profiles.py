"""ICC profiles: those that libvips brings, those that are made here, and what a profile does to colors."""

from __future__ import annotations

import struct
from functools import cache, lru_cache
from typing import NamedTuple

import pyvips

FIELD = "icc-profile-data"
"""The field of a picture that holds its profile."""


class Rendering(NamedTuple):
    """How colors go from one profile to another."""

    intent: str = "relative"
    black_point: bool = True


RELATIVE = Rendering()


def profile_of(image: pyvips.Image) -> bytes:
    """Give the embedded profile, or no bytes."""
    return bytes(image.get(FIELD)) if image.get_typeof(FIELD) else b""


def with_profile(image: pyvips.Image, profile: bytes) -> pyvips.Image:
    """Give the picture with another profile, or with none; its numbers stay."""
    if profile_of(image) == profile:
        return image
    image = image.copy()
    if profile:
        image.set_type(pyvips.GValue.blob_type, FIELD, profile)
    else:
        image.remove(FIELD)
    return image


@cache
def built_in(space: str) -> bytes:
    """Give a profile that libvips brings: "srgb" or "p3", of 480 bytes, in the public domain."""
    pixel = pyvips.Image.black(1, 1, bands=3).copy(interpretation="srgb")
    return bytes(pixel.icc_transform(space, input_profile="srgb").get(FIELD))


@lru_cache(maxsize=64)
def moves_nothing(profile: bytes, space: str, rendering: Rendering, *, gray: bool, deep: bool) -> bool:
    """Whether a profile moves no color by more than half a level of 16 bits or one of 8, so that it can be left out.

    Most cameras embed sRGB; 729 colors take 1 ms, a transform of 4 megapixels 90. A profile that cannot be used on
    such pixels moves nothing either: browsers ignore it as well.
    """
    steps = [*range(0, 256, 32), 255]
    count, bands = (256, 1) if gray else (len(steps) ** 3, 3)
    values = range(256) if gray else (one for r in steps for g in steps for b in steps for one in (r, g, b))
    plain = pyvips.Image.new_from_memory(bytes(values), count, 1, bands, "uchar")
    plain = plain.copy(interpretation="b-w" if gray else "srgb")
    try:
        turned = transformed(with_profile(plain, profile), space, rendering, depth=16)
    except pyvips.Error:
        return True
    return bool((turned.extract_band(0, n=bands) - plain * 257).abs().max() <= (32 if deep else 257))


def transformed(image: pyvips.Image, space: str, rendering: Rendering, *, depth: int) -> pyvips.Image:
    """Convert by the embedded profile; CMYK without one by libvips' own, RGB without one from sRGB."""
    return image.icc_transform(
        space,
        embedded=bool(profile_of(image)),
        input_profile="cmyk" if image.interpretation == "cmyk" else "srgb",
        intent=rendering.intent,
        black_point_compensation=rendering.black_point,
        depth=depth,
    )


@lru_cache(maxsize=256)
def converted_color(profile: bytes, bands: tuple[int, int, int]) -> tuple[int, ...]:
    """Give an sRGB color of 8 bits as 16-bit numbers of a profile."""
    pixel = pyvips.Image.new_from_memory(bytes(bands), 1, 1, 3, "uchar").copy(interpretation="srgb")
    pixel = with_profile(pixel, built_in("srgb")).icc_import(embedded=True, intent="relative", pcs="lab")
    turned = with_profile(pixel, profile).icc_export(intent="relative", depth=16)
    return tuple(int(band) for band in turned(0, 0))


# ---- profiles made here ----------------------------------------------------------------------------------------------

_D50 = (0.9642, 1.0, 0.8249)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


@cache
def gray_profile() -> bytes:
    """Give the profile of gray with the curve of sRGB (ICC.1:2022, a monochrome display)."""
    return _profile(b"GRAY", {b"desc": _text("Gray with the sRGB curve"), b"kTRC": srgb_curve()})


Colorants = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
"""XYZ of red, green and blue under D50."""


@cache
def adobe_profile() -> bytes:
    """Give a profile for the colors of Adobe RGB (1998), which cameras declare by EXIF alone (DCF 2.0, "R03")."""
    colorants = (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)
    return rgb_profile("Compatible with Adobe RGB (1998)", colorants, gamma_curve(563 / 256))


def rgb_profile(name: str, colorants: Colorants, curve: bytes) -> bytes:
    """Give the profile of three colorants that have one curve (ICC.1:2022, 8.4.3)."""
    xyz = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz, colorants), strict=True))
    return _profile(b"RGB ", {b"desc": _text(name), **xyz, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def gamma_curve(gamma: float) -> bytes:
    """Give the curve of a power."""
    return _curve(0, (gamma,))


def srgb_curve() -> bytes:
    """Give the curve of sRGB (IEC 61966-2-1)."""
    return _curve(3, _SRGB_CURVE)


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {**tags, b"wtpt": _xyz(_D50), b"cprt": _text("CC0")}
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = at + len(body)
    date = struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    head = struct.pack(">I4sI4s4s4s", size, b"", 0x04400000, b"mntr", space, b"XYZ ") + date + b"acsp" + bytes(28)
    return (head + struct.pack(">3i", *(_fixed(one) for one in _D50))).ljust(128, b"\0") + table + body


def _fixed(value: float) -> int:
    return round(value * 65536)


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(_fixed(one) for one in value))


def _curve(kind: int, values: tuple[float, ...]) -> bytes:
    return b"para" + struct.pack(f">IHH{len(values)}i", 0, kind, 0, *(_fixed(one) for one in values))


def _text(text: str) -> bytes:
    data = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(data), 28) + data
