"""JPEG XL, read by libjxl through imagecodecs; colors that are told by numbers are made sRGB here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyvips

from mediaframe.engines.base import Source
from mediaframe.engines.vips.depth import to_sixteen
from mediaframe.engines.vips.library import complaints
from mediaframe.errors import AssetError
from mediaframe.model.jxl import JxlHeader, codestream_at, read_jxl_header

try:
    import imagecodecs
except ImportError:  # The extra `jxl` is not installed.
    imagecodecs = None

_INSTALL = "pip install 'mediaframe[jxl]'"
_HEAD = 4096

Samples = np.ndarray[Any, Any]
Levels = np.ndarray[Any, np.dtype[np.float64]]


def jxl_header(data: Any) -> JxlHeader:
    """Read the header; AssetError where it is damaged."""
    try:
        start = codestream_at(lambda at, length: bytes(data[at : at + length]))
        return read_jxl_header(bytes(data[start : start + _HEAD]))
    except EOFError:
        raise AssetError("JPEG XL: the file ends within the header", code="E_TRUNCATED") from None
    except ValueError as error:
        raise AssetError(f"JPEG XL: {error}", code="E_CORRUPT") from None


def read_jxl(source: Source) -> pyvips.Image:
    """Decode the first picture as stored, 8-bit sRGB or gray, or with the profile of the JPEG that it was made from."""
    data = source.view()
    header = jxl_header(data)
    if header.icc and not header.xyb:
        return _from_jpeg(data)
    samples = _decode(data, header)
    image = _image(samples, header)
    return image if _is_srgb(header) else _to_srgb(image, header)


def install() -> str:
    """Say what must be installed before a JPEG XL can be read; nothing where it can be."""
    return _INSTALL if imagecodecs is None else ""


def _codecs() -> Any:
    if imagecodecs is None:
        raise AssetError(f"JPEG XL needs a decoder: {_INSTALL}", code="E_UNSUPPORTED_FORMAT")
    return imagecodecs


def _decode(data: Any, header: JxlHeader) -> Samples:
    codecs = _codecs()
    try:
        # Of an animation the first frame alone.
        samples: Samples = codecs.jpegxl_decode(bytes(data), index=0, keeporientation=True, numthreads=1)
    except (codecs.JpegxlError, RuntimeError, ValueError) as error:
        cut = "NEED_MORE_INPUT" in str(error) or "frame count" in str(error)
        raise AssetError(f"JPEG XL: {error}", code="E_TRUNCATED" if cut else "E_CORRUPT") from None
    if samples.shape[:2] != (header.height, header.width):
        decoded = f"{samples.shape[1]}x{samples.shape[0]}"
        raise AssetError(
            f"JPEG XL: the header says {header.width}x{header.height}, decoded were {decoded}", code="E_CORRUPT"
        )
    return samples if samples.ndim == 3 else samples[..., None]


def _from_jpeg(data: Any) -> pyvips.Image:
    """Make the JPEG again that was packed, which has the profile; the decoder does not hand that out."""
    codecs = _codecs()
    try:
        jpeg = codecs.jpegxl_decode_jpeg(bytes(data))
    except (codecs.JpegxlError, RuntimeError, ValueError):
        raise AssetError(
            "JPEG XL: its colors are told by an ICC profile, which cannot be read here; write it as sRGB first",
            code="E_UNSUPPORTED_FORMAT",
        ) from None
    with complaints("E_CORRUPT", "JPEG XL"):
        image = pyvips.Image.jpegload_buffer(jpeg, fail_on="warning").copy_memory()
    image.remove("orientation")  # The header has told it, and turns the picture.
    return image


def _image(samples: Samples, header: JxlHeader) -> pyvips.Image:
    """Give 8 or 16 bits, not premultiplied; channels beyond alpha are left out."""
    if samples.dtype.kind == "f":
        samples = (np.clip(samples, 0, 1) * 65535 + 0.5).astype(np.uint16)
    count = (1 if header.gray else 3) + header.alpha
    samples = np.ascontiguousarray(samples[..., :count])
    wide = samples.dtype == np.uint16
    height, width, bands = samples.shape
    image = pyvips.Image.new_from_memory(samples.data, width, height, bands, "ushort" if wide else "uchar")
    space = ("grey16" if wide else "b-w") if header.gray else ("rgb16" if wide else "srgb")
    image = image.copy(interpretation=space)
    if header.premultiplied and header.alpha:
        most = 65535 if wide else 255
        image = image.unpremultiply(max_alpha=most).rint().cast(image.format).copy(interpretation=space)
    return image


# ---- colors ----------------------------------------------------------------------------------------------------------

_D65 = 1
_GAMMA, _BT709, _LINEAR, _SRGB, _PQ, _DCI = 0, 1, 8, 13, 16, 17
_WHITE = 203 / 10_000
"""What is white in PQ (ITU-R BT.2408); what is brighter is cut off."""

Curve = Callable[[Levels], Levels]

# To linear sRGB, from primaries that stand around D65 as well (ITU-R BT.2087 and SMPTE EG 432-1, rounded).
_MATRICES = {
    1: [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]],
    9: [[1.660491, -0.587641, -0.072850], [-0.124550, 1.132900, -0.008349], [-0.018151, -0.100579, 1.118730]],
    11: [[1.224940, -0.224940, 0.0], [-0.042057, 1.042057, 0.0], [-0.019638, -0.078636, 1.098274]],
}


def _is_srgb(header: JxlHeader) -> bool:
    plain = header.gray or header.primaries == 1
    return header.icc or (header.white == _D65 and plain and header.transfer == _SRGB)


def _to_srgb(image: pyvips.Image, header: JxlHeader) -> pyvips.Image:
    """Make light of the numbers, turn the primaries, make numbers of sRGB again, of 16 bits."""
    curve = _curve(header)
    if header.white != _D65 or header.primaries not in _MATRICES or curve is None:
        raise AssetError(
            f"JPEG XL: its colors (white {header.white}, primaries {header.primaries}, transfer {header.transfer}) "
            "cannot be made sRGB here; write it as sRGB first",
            code="E_UNSUPPORTED_FORMAT",
        )
    count = 1 if header.gray else 3
    steps = 65536 if image.format == "ushort" else 256
    levels = curve(np.linspace(0, 1, steps)).astype(np.float32)
    table = pyvips.Image.new_from_memory(levels.tobytes(), steps, 1, 1, "float")
    light = image.extract_band(0, n=count).maplut(table)
    light = light.bandjoin([light, light]) if header.gray else light.recomb(_MATRICES[header.primaries])
    shown = light.copy(interpretation="scrgb").colourspace("rgb16")
    shown = shown.extract_band(0).copy(interpretation="grey16") if header.gray else shown
    return shown.bandjoin(to_sixteen(image).extract_band(count)) if header.alpha else shown


def _curve(header: JxlHeader) -> Curve | None:
    """Give how a number from 0 to 1 becomes light; None for curves that are not known."""
    if header.transfer == _GAMMA:
        return lambda level: level ** (1 / header.gamma if header.gamma else 1)
    return _CURVES.get(header.transfer)


def _from_bt709(level: Levels) -> Levels:
    return np.where(level < 0.081, level / 4.5, ((level + 0.099) / 1.099) ** (1 / 0.45))


def _from_srgb(level: Levels) -> Levels:
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def _from_pq(level: Levels) -> Levels:
    """SMPTE ST 2084."""
    root = level ** (1 / 78.84375)
    return (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125) / _WHITE


_CURVES: dict[int, Curve] = {
    _BT709: _from_bt709,
    _LINEAR: lambda level: level,
    _SRGB: _from_srgb,
    _PQ: _from_pq,
    _DCI: lambda level: level**2.6,
}
