"""How pictures are written for print, archives and older programs: tiff, jp2, bmp, ico."""

from __future__ import annotations

import io
import struct

import numpy as np
import pyvips
from PIL import Image

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.depth import to_sixteen
from mediaframe.engines.vips.geometry import resize
from mediaframe.engines.vips.handle import Handle, colors, has_alpha
from mediaframe.engines.vips.library import complaints
from mediaframe.engines.vips.tone import flatten
from mediaframe.engines.vips.written import Bytes, by_pillow, held, mode_of, plain, profiled, rows_of, unturned, whole
from mediaframe.errors import AssetError
from mediaframe.formats.exchange import Bmp, Ico, Jp2, Tiff
from mediaframe.ops.image.geometry import Resize
from mediaframe.ops.image.tone import Flatten

_SIDE = 2**31 - 1
_FOUR_GIGABYTES = 1 << 32
_ROOM = 1 << 20
"""Bytes of a file that are not pixels."""
_INCH = 25.4

# ---- TIFF ------------------------------------------------------------------------------------------------------------


@engine.implements(Tiff)
def tiff(handle: Handle, format: Tiff) -> Encoded:
    """Write a TIFF."""
    jpeg = format.compression == "jpeg"
    if jpeg and has_alpha(handle.image):
        handle = flatten(handle, Flatten(format.background))
    image = whole(handle, format.word, _SIDE)
    image = to_sixteen(image) if format.bits > 8 else image  # What other engines gave has 8.
    _hold_bytes(format.word, image.width * image.height * image.bands * format.bits // 8)
    image, keep = profiled(unturned(image, format.metadata), format.metadata)
    data = image.tiffsave_buffer(
        compression=format.compression,
        predictor=format.predictor,
        Q=format.quality,
        xres=format.dpi / _INCH,
        yres=format.dpi / _INCH,
        resunit="inch",
        keep=keep,
    )
    with complaints("E_VERIFY", format.word):
        back = pyvips.Image.tiffload_buffer(data)
    return held(data, format.word, image, (back.width, back.height), format.quality if jpeg else None)


def _hold_bytes(word: str, count: int) -> None:
    if count > _FOUR_GIGABYTES - _ROOM:
        raise AssetError(f"{word}: the pixels take more than the 4 GB that it holds; resize it first", code="E_ENCODE")


# ---- JPEG 2000 -------------------------------------------------------------------------------------------------------


_TILE = (1024, 1024)
"""Large pictures are packed in tiles: a picture of 24 megapixels then takes 13 bytes of memory for each pixel in place
of 34, and 4 % more bytes in the file."""


@engine.implements(Jp2)
def jp2(handle: Handle, format: Jp2) -> Encoded:
    """Write a JPEG 2000; the colors of a pixel are packed together."""
    image = whole(plain(handle), format.word, _SIDE)
    size = image.width, image.height
    picture = Image.frombytes(mode_of(image), size, image.write_to_memory())
    file = io.BytesIO()
    picture.save(
        file,
        "JPEG2000",
        irreversible=not format.lossless,
        quality_mode="dB",
        quality_layers=None if format.lossless else [20 + format.quality / 4],
        mct=int(colors(image) == 3),
        tile_size=_TILE if max(size) > _TILE[0] else None,
    )
    data = file.getvalue()
    return held(
        data, format.word, image, by_pillow(data, format.word, "JPEG2000"), None if format.lossless else format.quality
    )


# ---- BMP -------------------------------------------------------------------------------------------------------------

_INFO, _V4 = 40, 108
_PLAIN, _BIT_FIELDS = 0, 3
_MASKS = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
_GRAYS = b"".join(bytes((level, level, level, 0)) for level in range(256))


@engine.implements(Bmp)
def bmp(handle: Handle, format: Bmp) -> Encoded:
    """Write a BMP, its rows from the bottom up."""
    image = whole(plain(handle), format.word, _SIDE)
    if image.bands == 2:
        image = image.colourspace("srgb")
    rows = _bmp_rows(rows_of(image))
    _hold_bytes(format.word, rows.size)
    depth = image.bands * 8
    clear, gray = depth == 32, depth == 8
    pixels_for_each_meter = round(format.dpi * 1000 / _INCH)
    after = _GRAYS if gray else b""
    size = _V4 if clear else _INFO
    head = struct.pack(
        "<IiiHHIIiiII",
        size, image.width, image.height, 1, depth, _BIT_FIELDS if clear else _PLAIN, rows.size,
        pixels_for_each_meter, pixels_for_each_meter, 256 if gray else 0, 0,
    )  # fmt: skip
    if clear:
        head += _MASKS + b"BGRs" + bytes(48)  # "sRGB", in which no end points or gammas are told
    start = 14 + len(head) + len(after)
    data = b"".join(
        (b"BM", struct.pack("<IHHI", start + rows.size, 0, 0, start), head, after, rows.tobytes()),
    )
    return held(data, format.word, image, by_pillow(data, format.word, "BMP"))


def _bmp_rows(pixels: Bytes) -> Bytes:
    """Give the rows as a BMP has them: bottom first, blue before red, each of a multiple of four bytes."""
    height, width, bands = pixels.shape
    order = {1: (0,), 3: (2, 1, 0), 4: (2, 1, 0, 3)}[bands]
    rows = np.zeros((height, (width * bands + 3) // 4 * 4), np.uint8)
    rows[:, : width * bands] = pixels[::-1, :, order].reshape(height, width * bands)
    return rows


# ---- ICO -------------------------------------------------------------------------------------------------------------

_ICONS = (16, 32, 48, 64, 128, 256)


@engine.implements(Ico)
def ico(handle: Handle, format: Ico) -> Encoded:
    """Write an icon: a list of PNGs, the smallest first."""
    handle = plain(handle)
    whole(handle, format.word, _SIDE)
    most = max(handle.width, handle.height)
    sides = [side for side in (*_ICONS, format.largest) if side <= min(format.largest, most)] or [_ICONS[0]]
    pictures = [_icon(handle, side) for side in sorted(set(sides))]
    start = 6 + 16 * len(pictures)
    entries, files = [], []
    for picture in pictures:
        image = picture if picture.bands > 2 else picture.colourspace("srgb")
        png = image.pngsave_buffer(compression=9, keep="none")
        # 256 is written as 0, since a byte holds no more.
        width, height = image.width % 256, image.height % 256
        entries.append(struct.pack("<BBBBHHII", width, height, 0, 0, 1, image.bands * 8, len(png), start))
        files.append(png)
        start += len(png)
    data = b"".join((struct.pack("<HHH", 0, 1, len(pictures)), *entries, *files))
    return held(data, format.word, pictures[-1], by_pillow(data, format.word, "ICO"))


def _icon(handle: Handle, side: int) -> pyvips.Image:
    return resize(handle, Resize(side, side, fit="inside")).image
