"""What a file's own structure says before a decoder runs: its size, whether it is whole, how much it claims to hold."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from mediaframe.errors import AssetError

_TEXT_LIMIT, _TEXT_RATIO = 1 << 20, 200
"""A compressed text of a PNG may inflate to this many bytes, or to this many times its own size."""


class Segment(NamedTuple):
    """One marked part of a file: where it begins and ends."""

    mark: bytes
    start: int
    end: int


def check_whole(data: Any, format: str, pixels: int, page: int = 0) -> None:
    """Look through the parts of a file; raise where bytes are missing or where a part claims too many pixels.

    Of a TIFF the parts of one page are looked at, counted from 0.
    """
    if format == "tiff":
        _tiff(data, page)
        return
    check = _CHECKS.get(format)
    if check is not None:
        check(data, pixels)


def truncated(what: str) -> AssetError:
    """Give the error for bytes that are missing."""
    return AssetError(f"{what}: bytes are missing at the end", code="E_TRUNCATED")


# ---- JPEG ------------------------------------------------------------------------------------------------------------

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


def jpeg_segments(data: Any) -> Iterator[Segment]:
    """Give the segments before the first scan, whatever junk stands between them; the last one is that scan."""
    at, size = 2, len(data)
    while at + 4 <= size:
        at = data.find(b"\xff", at)
        if at < 0 or at + 4 > size:
            return
        mark = data[at + 1]
        if mark in (0x00, 0xFF) or mark in _ALONE:
            at += 1 if mark == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if mark == 0xDA:
            yield Segment(b"\xda", at, size)
            return
        if length < 2:
            at += 2
            continue
        yield Segment(bytes([mark]), at, min(size, at + 2 + length))
        at += 2 + length


def jpeg_header(data: Any) -> bytes:
    """Give all that stands before the data of the first scan.

    pyvips copies whatever libvips is given, which takes 2.5 ms for a file of 3 MB.
    """
    for mark, start, _ in jpeg_segments(data):
        if mark == b"\xda":
            return bytes(data[: start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")])
    return bytes(data)


def jpeg_size(data: Any) -> tuple[int, int] | None:
    """Give the width and height that the frame header declares."""
    for mark, start, end in jpeg_segments(data):
        if mark[0] in _FRAMES and end - start >= 9:
            height, width = struct.unpack(">HH", data[start + 5 : start + 9])
            return width, height
    return None


def without_junk(data: Any) -> bytes:
    """Give a JPEG without the bytes that stand between the segments of its header.

    Cameras and editors leave such bytes; libjpeg warns of them with the words that it has for damage.
    """
    return bytes(data[:2]) + b"".join(data[start:end] for _, start, end in jpeg_segments(data))


_GAIN_MAPS = (b"http://ns.adobe.com/hdr-gain-map/1.0/", b"urn:iso:std:iso:ts:21496:-1")
_APPLE_GAIN_MAP = b"http://ns.apple.com/HDRGainMap/1.0/"


def has_gain_map(data: Any, format: str) -> bool:
    """Whether a file holds a map that makes HDR of its picture (Ultra HDR, ISO 21496-1, Apple)."""
    if format in ("jpeg", "mpo"):
        parts = [
            bytes(data[start : min(end, start + 65536)]) for mark, start, end in jpeg_segments(data) if mark in _APP
        ]
        if any(mark in part for part in parts for mark in _GAIN_MAPS):
            return True
        # Apple says so in the second picture alone.
        return any(part[4:8] == b"MPF\0" for part in parts) and data.find(_APPLE_GAIN_MAP) > 0
    if format in ("avif", "heic"):
        return any(b"hdrgainmap" in part or b"tmap" in part for part in meta_boxes(data))
    return False


def meta_boxes(data: Any) -> Iterator[bytes]:
    """Give the boxes before the pixels: `ftyp` names the brands, `meta` the items."""
    at, size = 0, len(data)
    while at + 8 <= size:
        length = int.from_bytes(data[at : at + 4], "big")
        if bytes(data[at + 4 : at + 8]) in (b"ftyp", b"meta"):
            yield bytes(data[at : at + min(length, 1 << 20)])
        if length < 8:
            return
        at += length


_APP = (b"\xe1", b"\xe2")


# ---- PNG -------------------------------------------------------------------------------------------------------------


def png_chunks(data: Any) -> Iterator[Segment]:
    """Give the chunks, the bytes of each without its length, name and checksum."""
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield Segment(bytes(data[at + 4 : at + 8]), at + 8, at + 8 + length)
        at += 12 + length


def _png(data: Any, _pixels: int) -> None:
    last = b""
    for mark, start, end in png_chunks(data):
        if end + 4 > len(data):
            raise truncated("PNG")
        if mark in (b"zTXt", b"iTXt", b"iCCP"):
            _check_text(bytes(data[start:end]), mark)
        last = mark
        if mark == b"IEND":
            return
    raise truncated("PNG") if last else AssetError("PNG: no chunk follows the signature", code="E_TRUNCATED")


def _check_text(chunk: bytes, mark: bytes) -> None:
    name, _, rest = chunk.partition(b"\0")
    if mark == b"iTXt":
        if rest[:1] != b"\1":
            return
        rest = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    else:
        rest = rest[1:]
    most = max(_TEXT_LIMIT, len(rest) * _TEXT_RATIO)
    try:
        inflated = zlib.decompressobj().decompress(rest, most + 1)
    except zlib.error:
        return  # Damage in a text is libpng's to judge.
    if len(inflated) > most:
        raise AssetError(
            f"PNG: the {mark.decode()} chunk {name[:40].decode('latin-1')!r} of {len(chunk)} bytes inflates to more "
            f"than {most} bytes",
            code="E_LIMIT_MEMORY",
        )


def png_frames(data: Any) -> int:
    """Give the number of frames that an APNG declares, or 1."""
    for mark, start, end in png_chunks(data):
        if mark == b"acTL" and end - start >= 4:
            return max(1, int.from_bytes(data[start : start + 4], "big"))
        if mark == b"IDAT":
            break
    return 1


# ---- GIF, WebP -------------------------------------------------------------------------------------------------------


def _gif(data: Any, pixels: int) -> None:
    # libnsgif takes a canvas that is too large for the size of its first frame; frames may claim a place far outside.
    _hold(int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"), pixels)
    at = 13 + _color_table(data[10:11])
    size = len(data)
    while at < size:
        mark = data[at]
        if mark == 0x3B:
            return
        if mark == 0x2C and at + 10 <= size:
            left, top, width, height = struct.unpack("<4H", data[at + 1 : at + 9])
            _hold(left + width, top + height, pixels)
            at = _sub_blocks(data, at + 11 + _color_table(data[at + 9 : at + 10]))
        elif mark == 0x21:
            at = _sub_blocks(data, at + 2)
        else:
            return  # Junk between blocks is the decoder's to judge.


def check_gif_end(data: Any) -> None:
    """Raise where a GIF ends within a frame; libnsgif leaves such a frame out. The last byte alone may be missing."""
    at, size = 13 + _color_table(data[10:11]), len(data)
    while at < size and data[at] in (0x2C, 0x21):
        table = _color_table(data[at + 9 : at + 10]) if data[at] == 0x2C else 0
        at = _sub_blocks(data, at + (11 + table if data[at] == 0x2C else 2))
    if at > size:
        raise truncated("GIF")


def _hold(width: int, height: int, pixels: int) -> None:
    if width * height > pixels:
        raise AssetError(
            f"GIF: claims {width}x{height}, over the limit of {pixels} pixels; see Limits.pixels",
            code="E_LIMIT_PIXELS",
        )


def _color_table(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _sub_blocks(data: Any, at: int) -> int:
    """Give where the next block begins; past the end where the file ends before."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1


def _webp(data: Any, _pixels: int) -> None:
    if len(data) < int.from_bytes(data[4:8], "little") + 8 - (int.from_bytes(data[4:8], "little") & 1):
        raise truncated("WebP")


# ---- CUR -------------------------------------------------------------------------------------------------------------


def icon_of(data: Any) -> bytes:
    """Give a cursor as the icon that it is, but for its hot spots, which stand where icons tell their depth."""
    icon = bytearray(data)
    icon[2:4] = b"\1\0"
    count = min(int.from_bytes(icon[4:6], "little"), (len(icon) - 6) // 16)
    for entry in range(6, 6 + 16 * count, 16):
        (start,) = struct.unpack_from("<I", icon, entry + 12)
        depth = b"\x20\0" if icon.startswith(b"\x89PNG", start) else icon[start + 14 : start + 16]
        icon[entry + 4 : entry + 8] = b"\1\0" + depth.ljust(2, b"\0")
    return bytes(icon)


# ---- TIFF ------------------------------------------------------------------------------------------------------------

_SIZES = {1: 1, 3: 2, 4: 4, 16: 8}
_SIGNS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_COMPRESSION = 259
_OFFSETS, _COUNTS = (273, 324), (279, 325)
_PACKED = {(1,), (5,), (8,), (32946,)}
"""No compression, LZW, deflate: where the count of the only strip is wrong, libtiff reads on and says what it lacks."""


def _tiff(data: Any, page: int) -> None:
    """Ask that the strips or tiles of a page lie within the file; of one that is not there, nothing.

    libtiff fills in zeros for what is missing, and says so by a warning alone.
    """
    tags = dict(_tiff_tags(data, page))
    packed = tags.get(_COMPRESSION) in _PACKED
    for offsets, counts in zip(_OFFSETS, _COUNTS, strict=True):
        for offset, count in zip(tags.get(offsets, ()), tags.get(counts, ()), strict=False):
            alone = packed and len(tags[offsets]) == 1
            if offset + (0 if alone else count) > len(data):
                raise truncated("TIFF")


def _tiff_tags(data: Any, page: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    start, entry, word = (8, 20, "Q") if big else (4, 12, "I")
    width = struct.calcsize(order + word)
    try:
        (at,) = struct.unpack_from(order + word, data, start)
        for number in range(page + 1):
            if number and not at:
                return
            (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
            at += 8 if big else 2
            if number < page:
                (at,) = struct.unpack_from(order + word, data, at + count * entry)
        for _ in range(min(count, 4096)):
            tag, kind = struct.unpack_from(order + "HH", data, at)
            (number,) = struct.unpack_from(order + word, data, at + 4)
            if tag in (_COMPRESSION, *_OFFSETS, *_COUNTS) and kind in _SIZES:
                yield tag, _tiff_values(data, order, kind, number, at + 4 + width, width)
            at += entry
    except (struct.error, OverflowError):
        raise truncated("TIFF") from None


def _tiff_values(data: Any, order: str, kind: int, number: int, at: int, width: int) -> tuple[int, ...]:
    if number * _SIZES[kind] > width:
        (at,) = struct.unpack_from(order + ("Q" if width == 8 else "I"), data, at)
    if number > len(data):
        raise truncated("TIFF")
    return struct.unpack_from(f"{order}{number}{_SIGNS[_SIZES[kind]]}", data, at)


# ---- AVIF, HEIC, JPEG 2000, JPEG XL ----------------------------------------------------------------------------------


def is_sequence(data: Any) -> bool:
    """Whether an AVIF is an animation, which libvips does not open."""
    return bytes(data[4:12]) in (b"ftypavis", b"ftypmsf1")


def _boxes(data: Any, _pixels: int) -> None:
    at, size = 0, len(data)
    while at + 8 <= size:
        length = int.from_bytes(data[at : at + 4], "big")
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if at + length > size:
            raise truncated("the file's boxes")
        if length < 8:
            return  # 0: the last box goes to the end of the file.
        at += length


def _jxl(data: Any, pixels: int) -> None:
    if bytes(data[4:8]) == b"JXL ":
        _boxes(data, pixels)


_CHECKS: dict[str, Callable[[Any, int], None]] = {
    "png": _png, "apng": _png, "gif": _gif, "webp": _webp, "avif": _boxes, "heic": _boxes, "jp2": _boxes,
    "jxl": _jxl,
}  # fmt: skip
