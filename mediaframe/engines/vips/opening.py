"""How a picture is opened: looked at before its pixels, held against the limits, decoded whole, turned, made sRGB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyvips

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips import foreign
from mediaframe.engines.vips.cicp import as_declared
from mediaframe.engines.vips.coarse import coarse, coarsely, handle_of, upright_gray
from mediaframe.engines.vips.color import Wish, converted, is_plain, wish
from mediaframe.engines.vips.drawing import drawing
from mediaframe.engines.vips.handle import Handle
from mediaframe.engines.vips.library import complaints, reasons, translate
from mediaframe.engines.vips.metadata.exif import of_tiff
from mediaframe.engines.vips.metadata.extended import whole
from mediaframe.engines.vips.needs import factor, page_of, upright
from mediaframe.engines.vips.notes import noted
from mediaframe.engines.vips.structure import (
    check_whole,
    has_gain_map,
    is_sequence,
    jpeg_header,
    jpeg_size,
    png_frames,
    without_junk,
)
from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.model.sniff import format_of

_JPEGS = ("jpeg", "mpo")
_LOADERS = {
    "jpeg": "jpegload", "mpo": "jpegload", "png": "pngload", "apng": "pngload", "webp": "webpload", "gif": "gifload",
    "tiff": "tiffload", "avif": "heifload", "svg": "svgload", "svgz": "svgload",
}  # fmt: skip
_PAGED = ("tiff", "avif")
"""Formats of whose pages libvips opens any."""
READS = (*_LOADERS, *foreign.READS)
"""The formats that can be opened. Of files with several pages, the first; animations are opened by `frames.py`."""

_STRICT = {"jpeg": "warning", "mpo": "warning", "tiff": "warning", "svg": "none", "svgz": "none"}
"""What makes libvips refuse. Damage inside the data of a JPEG or TIFF is a mere warning; the others fail by themselves
(a GIF of many frames with a fault in a later one would be refused at "warning")."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is known before the pixels."""

    format: str
    width: int
    height: int
    """As stored."""
    orientation: int
    frames: int
    facts: dict[str, Any]
    gain_map: bool = False
    """Whether the file has what makes HDR of it."""
    plain: bool = False
    """Whether it is a JPEG in gray or sRGB, of which nothing must be converted."""

    @property
    def turned(self) -> bool:
        """Whether width and height change places."""
        return self.orientation >= 5


def read_header(source: Source, task: Task) -> Header:
    """Say what the header of a page says, once for each source; raises where it says too much."""
    name = f"image header {page_of(task)}"
    known = source.memo.get(name)
    if not isinstance(known, Header):
        known = source.memo[name] = _look(source, task)
    _hold(known, task.limits)
    return known


def open_picture(source: Source, task: Task) -> Handle:
    """Decode a picture."""
    header = read_header(source, task)
    if is_coarse(header, task):
        return _open_coarsely(source, header, task)
    shrink = shrink_for(header, task)
    if foreign.takes(header.format):
        image = foreign.decode(source, header.format, task.limits, wish(task), page_of(task))
    else:
        image = _decode(source, header, shrink, task)
        image = _with_whole_xmp(image, source) if header.format in _JPEGS else image
    if header.format.startswith("tiff"):
        image = _with_tags(image, source)
    if header.gain_map:
        image = noted(image, "W_GAIN_MAP_DROPPED", "the HDR gain map was left out; the base picture was used")
    width, height = header.width, header.height
    if not upright(task):
        return Handle(image, width, height)
    if header.turned:
        width, height = height, width
    with complaints("E_CORRUPT", header.format):
        return Handle(turn(image, header.orientation), width, height)


def _open_coarsely(source: Source, header: Header, task: Task) -> Handle:
    gray, width, height = coarse(source, task.limits), header.width, header.height
    if upright(task):
        gray = upright_gray(gray, header.orientation)
        width, height = (height, width) if header.turned else (width, height)
    return handle_of(gray, width, height)


def is_coarse(header: Header, task: Task) -> bool:
    """Say whether a picture is decoded for a hash alone."""
    return header.plain and coarsely(task)


def shrink_for(header: Header, task: Task) -> int:
    """Say by how much a picture is shrunk while it is decoded."""
    if header.format not in _JPEGS:
        return 1
    swap = header.turned and upright(task)
    return factor(task, header.height if swap else header.width, header.width if swap else header.height)


# ---- before the pixels -----------------------------------------------------------------------------------------------


def _look(source: Source, task: Task) -> Header:
    if not source.size:
        raise AssetError("the file has no bytes", code="E_SOURCE_EMPTY")
    data = source.view()
    format = format_of(source.head(65536)) or task.format
    if format not in READS:
        raise AssetError(f"expected one of {', '.join(READS)}, got {format or 'bytes of no known format'}",
                         code="E_UNSUPPORTED_FORMAT")  # fmt: skip
    if format in ("svg", "svgz"):
        source.memo["drawing"] = data = drawing(data, task.limits)
    page = page_of(task)
    check_whole(data, format, task.limits.pixels, max(0, page - 1))
    if format in _JPEGS:
        _check_jpeg(data, task.limits)
    if foreign.takes(format) or (format == "avif" and is_sequence(data)):
        return Header(format, *foreign.header(source, format, task.limits, page), gain_map=has_gain_map(data, format))
    try:
        with complaints("E_CORRUPT", format):
            image = _page(data, format, page)
    except AssetError as error:
        if format == "tiff" and error.code == "E_UNSUPPORTED_FORMAT":
            return Header("tiff (Pillow)", *foreign.header(source, "tiff (Pillow)", task.limits, page))
        raise
    orientation, frames, gain_map = _orientation(image), _frames(data, format, image), has_gain_map(data, format)
    plain = format in _JPEGS and is_plain(image)
    return Header(format, image.width, image.height, orientation, frames, _facts(image), gain_map, plain)


def _page(data: Any, format: str, page: int) -> pyvips.Image:
    """Open the page that is asked for; AssetError where there is none."""
    image = load(jpeg_header(data) if format in _JPEGS else data, format)
    count = _frames(data, format, image) if format in _PAGED else 1
    foreign.check_page(format, page, count)
    only = _only(format, page)
    return load(data, format, **only) if only else image


def _only(format: str, page: int) -> dict[str, int]:
    return {"page": page - 1} if page and format in _PAGED else {}


def _check_jpeg(data: Any, limits: Limits) -> None:
    """Hold the size that the frame header declares against the limits, before libjpeg sees it."""
    size = jpeg_size(data)
    if size is not None:
        _hold_size("jpeg", *size, limits)


def _frames(data: Any, format: str, image: pyvips.Image) -> int:
    if format == "apng":
        return png_frames(data)
    if format == "avif":
        return 1  # What libvips counts are pictures beside one another; a sequence is opened by Pillow.
    return int(image.get("n-pages")) if image.get_typeof("n-pages") else 1


def _orientation(image: pyvips.Image) -> int:
    stored = int(image.get("orientation")) if image.get_typeof("orientation") else 1
    return stored if 1 <= stored <= 8 else 1


_SPACES = {"b-w": "gray", "grey16": "gray", "srgb": "srgb", "rgb16": "srgb", "rgb": "srgb"}
_BITS = {"uchar": 8, "char": 8, "ushort": 16, "short": 16, "uint": 32, "int": 32, "float": 32, "double": 64}


def _facts(image: pyvips.Image) -> dict[str, Any]:
    return {
        "color_space": _SPACES.get(image.interpretation, str(image.interpretation)),
        "bits": _BITS.get(image.format),
        "alpha": bool(image.hasalpha()),
    }


def _hold(header: Header, limits: Limits) -> None:
    """Hold a header against the limits."""
    _hold_size(header.format, header.width, header.height, limits)
    if header.format not in ("tiff", "avif") and header.frames > limits.frames:
        raise AssetError(
            f"{header.format}: {header.frames} frames are over the limit of {limits.frames}; see Limits.frames",
            code="E_LIMIT_FRAMES",
        )


def _hold_size(format: str, width: int, height: int, limits: Limits) -> None:
    most = min(limits.svg_pixels, limits.pixels) if format in ("svg", "svgz") else limits.pixels
    if width * height > most:
        name = "svg_pixels" if most < limits.pixels else "pixels"
        raise AssetError(
            f"{format}: {width}x{height} is {width * height / 1e6:.0f} megapixels, over the limit of "
            f"{most / 1e6:.0f}; see Limits.{name}",
            code="E_LIMIT_PIXELS",
        )
    if max(width, height) > limits.side:
        raise AssetError(
            f"{format}: {width}x{height} has a side over the limit of {limits.side} px; see Limits.side",
            code="E_LIMIT_PIXELS",
        )


# ---- the pixels ------------------------------------------------------------------------------------------------------


def load(data: Any, format: str, **options: Any) -> pyvips.Image:
    """Have libvips open a picture, to be read from top to bottom."""
    loader: Callable[..., pyvips.Image] = getattr(pyvips.Image, f"{_LOADERS[format]}_buffer")
    return loader(data, access="sequential", fail_on=_STRICT.get(format, "error"), **options)


def _decode(source: Source, header: Header, shrink: int, task: Task) -> pyvips.Image:
    data: Any = source.memo.get("drawing") or source.view()
    options = {**({"shrink": shrink} if shrink > 1 else {}), **_only(header.format, page_of(task))}
    try:
        image = as_declared(load(data, header.format, **options), data, header.format)
        return _pixels(image, wish(task))
    except pyvips.Error as error:
        return _again(source, header, task, options, error)


def _again(source: Source, header: Header, task: Task, options: dict[str, Any], error: pyvips.Error) -> pyvips.Image:
    """Decode once more where the complaint may be harmless; else raise it."""
    told = translate(error, "E_CORRUPT", header.format)
    if header.format in _JPEGS and "extraneous bytes before marker" in told.message:
        # Junk in the header is harmless, the same warning from within the scan is not: only the first kind is gone
        # once the header is made anew.
        with complaints("E_CORRUPT", header.format):
            return _pixels(load(without_junk(source.view()), header.format, **options), wish(task))
    if header.format == "tiff" and told.code == "E_UNSUPPORTED_FORMAT":
        return foreign.decode(source, "tiff (Pillow)", task.limits, wish(task), page_of(task))
    if header.format == "tiff" and not reasons(error):
        # libtiff warns of unknown tags and of missing zeros at the end of a text, and libvips gives no words then; of
        # damaged strips it gives words, and missing ones were looked for before.
        with complaints("E_CORRUPT", header.format):
            image = pyvips.Image.tiffload_buffer(source.view(), access="sequential", fail_on="error", **options)
            return _pixels(image, wish(task))
    raise told from None


def _pixels(image: pyvips.Image, asked: Wish) -> pyvips.Image:
    """Convert colors and decode to the last line, so that damage anywhere is seen before anything is made of it."""
    return converted(_full_scale(image), asked).copy_memory()


def _with_tags(image: pyvips.Image, source: Source) -> pyvips.Image:
    """Give the picture with what the tags of a TIFF say of it, as the EXIF that other formats have."""
    block = of_tiff(source.view())
    if not block:
        return image
    image = image.copy()
    image.set_type(pyvips.GValue.blob_type, "exif-data", block)
    return image


def _with_whole_xmp(image: pyvips.Image, source: Source) -> pyvips.Image:
    """Give the picture with all of its XMP, where that takes more than one segment."""
    packet = whole(source.view())
    if packet is None:
        return image
    image = image.copy()
    image.set_type(pyvips.GValue.blob_type, "xmp-data", packet)
    return image


def _full_scale(image: pyvips.Image) -> pyvips.Image:
    """Make white 65535 where libvips gives 10 or 12 bits of an AVIF shifted up, with zeros below them."""
    if not image.get_typeof("heif-compression") or image.format != "ushort":
        return image
    bits = int(image.get("bits-per-sample"))
    white = ((1 << bits) - 1) << (16 - bits)
    return (image * (65535 / white)).rint().cast("ushort")


def turn(image: pyvips.Image, orientation: int) -> pyvips.Image:
    """Turn a picture as its orientation says."""
    if orientation == 1:
        return image
    # From memory: on sequential input autorot would make libvips buffer the lines (75 against 56 ms).
    turned = image.copy()
    turned.set_type(pyvips.GValue.gint_type, "orientation", orientation)  # Other decoders do not tell libvips.
    return turned.autorot().copy_memory()
