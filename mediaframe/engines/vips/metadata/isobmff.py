"""Where metadata stand in AVIF and HEIC: items of the `meta` box, their bytes behind the pixels."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from mediaframe.engines.vips.metadata.containers import Blocks


class Box(NamedTuple):
    """One box: its type, and its bytes without size and type."""

    type: bytes
    body: bytes

    def write(self) -> bytes:
        """Give the box."""
        return struct.pack(">I", len(self.body) + 8) + self.type + self.body


def into_boxes(data: bytes, blocks: Blocks) -> bytes:
    """Add items for EXIF and XMP (ISO/IEC 23008-12, annex A; 14496-12, 8.11); ValueError for another structure."""
    items = []
    if blocks.exif:
        items.append((b"Exif", b"\0", bytes(4) + blocks.exif))
    if blocks.xmp:
        items.append((b"mime", b"\0application/rdf+xml\0\0", blocks.xmp))
    start, end = _meta(data)
    parts = list(_boxes(data[start + 12 : end]))
    before = data[start + 8 : start + 12]  # version and flags of `meta`
    known = [number for number, _ in _places(_part(parts, b"iloc"))]
    first = max(known) + 1
    grown = _with_items(parts, items, first, 0, 0)
    delta = len(_write_meta(before, grown)) - (end - start)
    added = b"".join(payload for _, _, payload in items)
    # Behind everything, in a box of their own.
    at = len(data) + delta + 8
    meta = _write_meta(before, _with_items(parts, items, first, delta, at))
    return data[:start] + meta + _moved(data[end:], delta) + Box(b"mdat", added).write()


_HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def _moved(data: bytes, delta: int) -> bytes:
    """Move the places of chunks that the tracks of a sequence name (14496-12, 8.7.5)."""
    made, at = bytearray(data), 0
    ends = [len(data)]
    while at + 8 <= ends[-1]:
        size, mark = int.from_bytes(made[at : at + 4], "big"), bytes(made[at + 4 : at + 8])
        if size < 8 or at + size > ends[-1]:
            break
        if mark in (b"stco", b"co64"):
            wide = 4 if mark == b"stco" else 8
            for place in range(at + 16, at + size - wide + 1, wide):
                moved = int.from_bytes(made[place : place + wide], "big") + delta
                made[place : place + wide] = moved.to_bytes(wide, "big")
        if mark in _HOLDERS:
            ends.append(at + size)
            at += 8
            continue
        at += size
        while len(ends) > 1 and at >= ends[-1]:
            at = ends.pop()
    return bytes(made)


def _meta(data: bytes) -> tuple[int, int]:
    at = 0
    while at + 8 <= len(data):
        size, mark = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if mark == b"meta" and size >= 12:
            return at, at + size
        if size < 8 or mark == b"mdat":
            break
        at += size
    raise ValueError("there is no meta box before the pixels")


def _boxes(data: bytes) -> Iterator[Box]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8 or at + size > len(data):
            raise ValueError("a box of the meta box is damaged")
        yield Box(data[at + 4 : at + 8], data[at + 8 : at + size])
        at += size


def _part(parts: list[Box], mark: bytes) -> bytes:
    found = [one.body for one in parts if one.type == mark]
    if not found:
        raise ValueError(f"there is no {mark.decode()} box")
    return found[0]


def _write_meta(before: bytes, parts: list[Box]) -> bytes:
    return Box(b"meta", before + b"".join(one.write() for one in parts)).write()


def _with_items(
    parts: list[Box], items: list[tuple[bytes, bytes, bytes]], first: int, delta: int, at: int
) -> list[Box]:
    """Give the boxes with the items named, placed and bound to the picture."""
    primary = int.from_bytes(_part(parts, b"pitm")[4:6], "big")
    made = []
    for one in parts:
        if one.type == b"iinf":
            made.append(Box(one.type, _named(one.body, items, first)))
        elif one.type == b"iloc":
            made.append(Box(one.type, _placed(one.body, items, first, delta, at)))
        elif one.type != b"iref":
            made.append(one)
    bound = [Box(b"cdsc", struct.pack(">HHH", first + number, 1, primary)).write() for number in range(len(items))]
    references = next((one.body for one in parts if one.type == b"iref"), bytes(4))
    if references[0]:
        raise ValueError("items have numbers of 32 bits")
    return [*made, Box(b"iref", references + b"".join(bound))]


def _named(body: bytes, items: list[tuple[bytes, bytes, bytes]], first: int) -> bytes:
    if body[0]:
        raise ValueError("items are counted by 32 bits")
    count = int.from_bytes(body[4:6], "big")
    entries = [
        Box(b"infe", struct.pack(">BxxBHH4s", 2, 1, first + number, 0, kind) + rest).write()
        for number, (kind, rest, _) in enumerate(items)
    ]
    return body[:4] + struct.pack(">H", count + len(items)) + body[6:] + b"".join(entries)


def _placed(body: bytes, items: list[tuple[bytes, bytes, bytes]], first: int, delta: int, at: int) -> bytes:
    """Write the places anew: 32 bits each, those in the file moved by what the meta box has grown."""
    entries = [*_places(body)]
    for number, (_, _, payload) in enumerate(items):
        entries.append((first + number, [(0, at - delta, len(payload))]))
        at += len(payload)
    made = bytes([1, 0, 0, 0, 0x44, 0]) + struct.pack(">H", len(entries))
    for number, extents in entries:
        method = extents[0][0] if extents else 0
        made += struct.pack(">HHHH", number, method, 0, len(extents))
        for how, offset, length in extents:
            made += struct.pack(">II", offset + (delta if how == 0 else 0), length)
    return made


Extent = tuple[int, int, int]
"""How a place is counted (0: in the file), where it is, how long."""


def _places(body: bytes) -> Iterator[tuple[int, list[Extent]]]:
    version = body[0]
    if version > 1:
        raise ValueError("places of items are counted by 32 bits")
    offset_size, length_size, base_size = body[4] >> 4, body[4] & 15, body[5] >> 4
    index_size = body[5] & 15 if version else 0
    (count,) = struct.unpack_from(">H", body, 6)
    at = 8

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(body[at - size : at], "big")

    for _ in range(count):
        item = number(2)
        method = number(2) & 15 if version else 0
        number(2)  # the number of another file, which pictures do not use
        base = number(base_size)
        extents = []
        for _ in range(number(2)):
            number(index_size)
            offset = base + number(offset_size)
            extents.append((method, offset, number(length_size)))
        yield item, extents
