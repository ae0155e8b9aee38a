"""Where metadata stand in JPEG, PNG and WebP: put into a file that was written without them; its pixels stay."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from mediaframe.engines.vips.metadata.extended import parts as parts_of

_XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
SEGMENT = 65_533
"""Bytes that one segment of a JPEG holds."""
XMP_ROOM = SEGMENT - len(_XMP_MARK)
"""Bytes of a packet in it."""


class Blocks(NamedTuple):
    """What is put into a file; nothing where there are no bytes."""

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    """In the resources of Photoshop for a JPEG, as plain fields for a TIFF."""
    extended: bytes = b""
    """The part of the XMP that one segment of a JPEG does not hold."""


def into_jpeg(data: bytes, blocks: Blocks) -> bytes:
    """Put segments behind the start, and behind JFIF where it is (Exif 3.0, 4.7; XMP part 3, 1.1.3)."""
    at = 2
    if data[2:4] == b"\xff\xe0":
        at += 2 + int.from_bytes(data[4:6], "big")
    segments = [
        (b"\xff\xe1", b"Exif\0\0" + blocks.exif if blocks.exif else b""),
        (b"\xff\xe1", _XMP_MARK + blocks.xmp if blocks.xmp else b""),
        *((b"\xff\xe1", part) for part in parts_of(blocks.extended)),
        (b"\xff\xed", blocks.iptc),
    ]
    made = b"".join(mark + struct.pack(">H", len(body) + 2) + body for mark, body in segments if body)
    return data[:at] + made + data[at:]


def room_in_jpeg(blocks: Blocks) -> Blocks:
    """Give the blocks that fit into a segment each."""
    exif = blocks.exif if len(blocks.exif) + 6 <= SEGMENT else b""
    xmp = blocks.xmp if len(blocks.xmp) <= XMP_ROOM else b""
    return Blocks(exif, xmp, blocks.iptc if len(blocks.iptc) <= SEGMENT else b"", blocks.extended)


def into_png(data: bytes, blocks: Blocks) -> bytes:
    """Put chunks behind the header (PNG 3, 11.3.4.4 and 11.3.4.6)."""
    at = 8 + 12 + int.from_bytes(data[8:12], "big")
    chunks = [
        (b"eXIf", blocks.exif),
        (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + blocks.xmp if blocks.xmp else b""),
    ]
    made = b"".join(
        struct.pack(">I", len(body)) + mark + body + struct.pack(">I", zlib.crc32(mark + body))
        for mark, body in chunks
        if body
    )
    return data[:at] + made + data[at:]


_HAS_ALPHA, _HAS_EXIF, _HAS_XMP = 0x10, 0x08, 0x04


def into_webp(data: bytes, blocks: Blocks) -> bytes:
    """Put chunks behind the picture, and say so in the extended header (RFC 9649, 2.7)."""
    body = data[12 : 8 + int.from_bytes(data[4:8], "little")]
    if body[:4] != b"VP8X":
        body = _extended(body) + body
    flags = body[8] | (_HAS_EXIF if blocks.exif else 0) | (_HAS_XMP if blocks.xmp else 0)
    body = body[:8] + bytes([flags]) + body[9:]
    for mark, block in ((b"EXIF", blocks.exif), (b"XMP ", blocks.xmp)):
        if block:
            body += mark + struct.pack("<I", len(block)) + block + bytes(len(block) % 2)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _extended(body: bytes) -> bytes:
    """Make the extended header of a plain picture."""
    if body[:4] == b"VP8L":
        bits = int.from_bytes(body[9:13], "little")
        width, height, flags = bits & 0x3FFF, bits >> 14 & 0x3FFF, _HAS_ALPHA if bits >> 28 & 1 else 0
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 14))
        width, height, flags = width - 1, height - 1, 0
    return b"VP8X" + struct.pack("<IBxxx", 10, flags) + width.to_bytes(3, "little") + height.to_bytes(3, "little")
