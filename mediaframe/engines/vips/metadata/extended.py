"""XMP that is too large for one segment of a JPEG: cut into a main and an extended packet, and put together again."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, tostring

from mediaframe.engines.vips.metadata import xmp as xmps
from mediaframe.engines.vips.structure import jpeg_segments

MARK = b"http://ns.adobe.com/xmp/extension/\0"
_MAIN = b"http://ns.adobe.com/xap/1.0/\0"
_NOTE, _NAME = "http://ns.adobe.com/xmp/note/", "HasExtendedXMP"
_HEAD = struct.Struct(">32sII")
"""MD5 of the extended packet in hex, its length, and where a part of it begins."""
_PART = 65_400
"""Bytes of a part, as the specification advises."""
_MOST = 16 << 20


def cut(packet: xmps.Packet, room: int) -> tuple[bytes, bytes]:
    """Give a packet of at most `room` bytes and an extended one with the largest properties; nothing where none fits.

    Source: Adobe XMP specification, part 3, 1.1.3.1.
    """
    main = packet.write()
    if len(main) <= room:
        return main, b""
    room -= 200  # What names the extended packet.
    rest, moved = xmps.Packet(), 0
    rest.prefixes = dict(packet.prefixes)
    about = Element(f"{{{xmps.RDF}}}Description", {f"{{{xmps.RDF}}}about": ""})
    rest.about.append(about)
    rest.root.append(about)
    over = len(main) - room
    sized = [(len(tostring(child, "utf-8")), one, child) for one in packet.about for child in one]
    for size, one, child in sorted(sized, key=lambda found: -found[0]):
        if moved > over:
            break
        one.remove(child)
        about.append(child)
        moved += size - 200  # Namespaces are declared anew by `tostring`.
    extended = rest.write_bare()
    packet.about[0].set(f"{{{_NOTE}}}{_NAME}", _digest(extended).decode())
    main = packet.write()
    return (main, extended) if len(main) <= room + 200 and len(extended) <= _MOST else (b"", b"")


def parts(extended: bytes) -> Iterator[bytes]:
    """Give the bodies of the segments that hold an extended packet."""
    for at in range(0, len(extended), _PART):
        yield MARK + _HEAD.pack(_digest(extended), len(extended), at) + extended[at : at + _PART]


def whole(data: Any) -> bytes | None:
    """Give the XMP of a JPEG with what its extended packet holds; None where it has none, or not whole."""
    found: dict[bytes, dict[int, bytes]] = {}
    lengths: dict[bytes, int] = {}
    main = b""
    for mark, start, end in jpeg_segments(data):
        body = bytes(data[start + 4 : end]) if mark == b"\xe1" else b""
        if body.startswith(_MAIN):
            main = main or body[len(_MAIN) :]
        elif body.startswith(MARK) and len(body) >= len(MARK) + _HEAD.size:
            digest, length, at = _HEAD.unpack_from(body, len(MARK))
            lengths[digest] = length
            found.setdefault(digest, {})[at] = body[len(MARK) + _HEAD.size :]
    packet = xmps.parse(main) if main and found else None
    if packet is None:
        return None
    named = packet.get_plain(_NOTE, _NAME).encode()
    extended = _joined(found.get(named, {}), lengths.get(named, 0))
    more = xmps.parse(extended) if extended and _digest(extended) == named.upper() else None
    if more is None:
        return None
    packet.drop(lambda space, name: (space, name) == (_NOTE, _NAME))
    packet.add(more)
    return packet.write()


def _joined(pieces: dict[int, bytes], length: int) -> bytes:
    """Put parts one behind the other; nothing where one is missing or there is too much."""
    made = b"".join(piece for _, piece in sorted(pieces.items()))
    at = 0
    for start, piece in sorted(pieces.items()):
        if start != at:
            return b""
        at += len(piece)
    return made if at == length <= _MOST else b""


def _digest(extended: bytes) -> bytes:
    return hashlib.md5(extended, usedforsecurity=False).hexdigest().upper().encode()
