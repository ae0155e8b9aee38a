"""Files packed anew without a change of any pixel: metadata left out, and what is left packed smaller."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

import mozjpeg_lossless_optimization as mozjpeg


def without_metadata(data: bytes, format: str) -> bytes | None:
    """Give a JPEG, PNG or WebP with nothing but its picture; None where the format is another or the file is odd."""
    way = _WAYS.get(format)
    try:
        return way(data) if way else None
    except (ValueError, IndexError, struct.error):
        return None


def smaller(data: bytes, format: str) -> bytes:
    """Pack the same picture data smaller, where that is known: of a JPEG the Huffman tables and the scans.

    Source: mozjpeg's lossless transcoding, as `jpegtran -copy none -optimize -progressive` does it.
    """
    if format != "jpeg":
        return data
    try:
        made = mozjpeg.optimize(data, copy=mozjpeg.COPY_MARKERS.NONE)
    except ValueError:
        return data
    return made if len(made) < len(data) else data


# ---- JPEG ------------------------------------------------------------------------------------------------------------

_SOI, _EOI, _SOS, _COM, _APP = 0xD8, 0xD9, 0xDA, 0xFE, range(0xE0, 0xF0)


def _jpeg(data: bytes) -> bytes:
    """Keep the segments of the picture: no comments, and of the applications' JFIF and Adobe alone.

    Adobe's says how colors are stored. What follows the first picture (a second one, a gain map) is not of it.
    """
    found = bytearray(b"\xff\xd8")
    for marker, piece in _segments(data):
        named = piece[4:9] in (b"JFIF\x00", b"Adobe")
        if marker == _COM or (marker in _APP and not named):
            continue
        found += piece
    return bytes(found)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the segments from the first to the end of the picture; a scan goes with the data that follow it."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("not a JPEG")
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no marker where one was expected")
        while data[at + 1] == 0xFF:  # Markers may be filled up.
            at += 1
        marker = data[at + 1]
        if marker == _EOI:
            yield marker, data[at : at + 2]
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker == _SOS:
            end = _after_scan(data, end)
        yield marker, data[at:end]
        at = end


def _after_scan(data: bytes, at: int) -> int:
    """Find the marker that ends a scan: not a stuffed byte, not a restart."""
    while True:
        at = data.index(b"\xff", at)
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        elif data[at + 1] == 0xFF:
            at += 1
        else:
            return at


# ---- PNG -------------------------------------------------------------------------------------------------------------

_PNG = b"\x89PNG\r\n\x1a\n"
_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def _png(data: bytes) -> bytes:
    """Keep the chunks of the picture: size, palette, transparency, pixels."""
    if data[:8] != _PNG:
        raise ValueError("not a PNG")
    found, at, name = bytearray(_PNG), 8, b""
    while name != b"IEND":
        (length,), name = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            raise ValueError("a chunk is cut")
        if name in _PICTURE:
            found += data[at:end]
        at = end
    return bytes(found)


# ---- WebP ------------------------------------------------------------------------------------------------------------

_ALPHA = 0x10


def _webp(data: bytes) -> bytes:
    """Keep the chunks of a still picture; an extended header stands where there is alpha beside a lossy picture."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise ValueError("not a WebP")
    kept, at = bytearray(), 12
    while at < len(data):
        name, length = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        end = at + 8 + length + length % 2
        chunk = data[at:end]
        if name == b"ANIM":
            raise ValueError("an animation")
        if name == b"VP8X":
            kept += chunk[:8] + bytes([chunk[8] & _ALPHA]) + chunk[9:]
        elif name in (b"VP8 ", b"VP8L", b"ALPH"):
            kept += chunk
        at = end
    return b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + bytes(kept)


_WAYS: dict[str, Callable[[bytes], bytes]] = {"jpeg": _jpeg, "png": _png, "webp": _webp}
