"""Colors that a file tells by numbers (ITU-T H.273) in place of a profile: AVIF, HEIC, PNG."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import pyvips

from mediaframe.engines.vips.notes import noted
from mediaframe.engines.vips.profiles import Colorants, gamma_curve, profile_of, rgb_profile, srgb_curve, with_profile
from mediaframe.engines.vips.structure import meta_boxes, png_chunks


class Cicp(NamedTuple):
    """Primaries and transfer by their numbers; 2 says nothing."""

    primaries: int
    transfer: int


_BT709, _BT2020, _P3 = 1, 9, 12
_LINEAR, _PQ, _HLG = 8, 16, 18
_GAMMAS = {4: 2.2, 5: 2.8, _LINEAR: 1.0}
_HDR = (_PQ, _HLG)

# Under the white of profiles, D50, by the Bradford transform (ITU-R BT.709, BT.2020, SMPTE EG 432-1).
_COLORANTS: dict[int, Colorants] = {
    _BT709: ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
    _BT2020: ((0.67348, 0.27904, -0.00194), (0.16566, 0.67534, 0.02998), (0.12505, 0.04561, 0.79686)),
    _P3: ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
}


def as_declared(image: pyvips.Image, data: Any, format: str) -> pyvips.Image:
    """Give the picture with the profile that its numbers stand for; one that is embedded wins.

    HDR (PQ, HLG) is cut off at the white of paper, 203 nits (ITU-R BT.2408), and the row says so.
    """
    if image.bands < 3 or profile_of(image):
        return image
    found = declared(data, format)
    primaries = found.primaries if found.primaries in _COLORANTS else _BT709
    known = found.transfer in (*_GAMMAS, *_HDR)
    if primaries == _BT709 and not known:
        return image
    if found.transfer in _HDR:
        text = "HDR was reduced: what is brighter than the white of paper is white"
        image = noted(image, "W_HDR_REDUCED", text)
    return with_profile(image, _profile(primaries, found.transfer))


def declared(data: Any, format: str) -> Cicp:
    """Read the numbers: of the first `colr` box (ISO/IEC 14496-12, 12.1.5), or of a cICP chunk (PNG 3, 11.3.2.6)."""
    if format in ("avif", "heic"):
        for part in meta_boxes(data):
            at = part.find(b"colrnclx")
            if 0 <= at <= len(part) - 12:
                return Cicp(*struct.unpack_from(">HH", part, at + 8))
    if format in ("png", "apng"):
        for mark, start, end in png_chunks(data):
            if mark == b"cICP" and end - start >= 2:
                return Cicp(data[start], data[start + 1])
            if mark == b"IDAT":
                break
    return Cicp(2, 2)


@cache
def _profile(primaries: int, transfer: int) -> bytes:
    if transfer in _GAMMAS:
        curve = gamma_curve(_GAMMAS[transfer])
    elif transfer in _HDR:
        curve = _sampled(_pq if transfer == _PQ else _hlg)
    else:
        curve = srgb_curve()  # Those of video as well: pictures are shown so by browsers.
    return rgb_profile(f"CICP {primaries}/{transfer}", _COLORANTS[primaries], curve)


_SAMPLES = 4096


def _sampled(light: Callable[[float], float]) -> bytes:
    """Give a curve by samples (ICC.1:2022, 10.6)."""
    values = (round(65535 * min(1.0, light(number / (_SAMPLES - 1)))) for number in range(_SAMPLES))
    return b"curv" + struct.pack(f">II{_SAMPLES}H", 0, _SAMPLES, *values)


_PAPER = 203.0


def _pq(signal: float) -> float:
    """Give light over that of paper (SMPTE ST 2084)."""
    root = signal ** (32 / 2523)
    low, high = max(0.0, root - 107 / 128), 2413 / 128 - 2392 / 128 * root
    return float((low / high) ** (8192 / 1305) * 10_000 / _PAPER)


def _hlg(signal: float) -> float:
    """Give light over that of paper, which has 0.75 of the signal, on a display of 1,000 nits (ITU-R BT.2100)."""
    return float((_scene(signal) / _scene(0.75)) ** 1.2)


def _scene(signal: float) -> float:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return signal * signal / 3 if signal <= 0.5 else (2.718281828459045 ** ((signal - c) / a) + b) / 12
