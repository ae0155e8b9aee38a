"""JPEG and MPO: the segments before the scan."""

from __future__ import annotations

import struct

from mediaframe.table.header.exif import Directories, read_exif
from mediaframe.table.header.facts import Facts, Window, corrupt, cut

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
_EXIF, _APP2, _ADOBE, _SCAN, _END = 0xE1, 0xE2, 0xEE, 0xDA, 0xD9
_MOST_SEGMENTS = 20_000
_MP_ENTRIES, _MP_THUMBNAILS = 0xB002, {0x010001, 0x010002}

_AHEAD = 256 << 10
"""Bytes that are fetched behind the head: profiles of printers take a megabyte, in segments of 64 KB."""


def read_jpeg(window: Window, facts: Facts) -> None:
    """Read the segments up to the frame header; of a small file, see that it ends."""
    facts.format, facts.frames, facts.alpha = "jpeg", 1, False
    transform: int | None = None
    at = 2
    for _ in range(_MOST_SEGMENTS):
        marker, at = _marker(window, at)
        if marker in _ALONE:
            continue
        length = int.from_bytes(window.need(at, 2, "a segment", _AHEAD), "big")
        if marker in _FRAMES:
            _frame(window.need(at, min(length, 32), "the frame header"), transform, facts)
            _ends(window, at, facts)
            return
        if marker in (_SCAN, _END):
            raise corrupt("there is no frame header before the picture")
        if marker in (_EXIF, _APP2, _ADOBE):
            if at + length > window.size:
                raise cut("the file ends within a segment")
            transform = _segment(marker, at + 2, length - 2, window, facts, transform)
        at += max(length, 2)
    raise corrupt("no frame header among the first segments")


def _marker(window: Window, at: int) -> tuple[int, int]:
    """Give the next marker and where its segment begins; as decoders do, pass over other bytes before it."""
    pair = window.need(at, 2, "the segments before the picture", _AHEAD)
    if pair[0] == 0xFF and pair[1] != 0xFF:
        return pair[1], at + 2
    while True:
        block = window.some(at, 1 << 12)
        if len(block) < 2:
            raise cut("the file ends before the frame header")
        here = block.find(b"\xff")
        following = block[here:].lstrip(b"\xff") if here >= 0 else b""
        if following:
            return following[0], at + len(block) - len(following) + 1
        at += len(block) - (1 if here >= 0 else 0)


def _segment(marker: int, at: int, length: int, window: Window, facts: Facts, transform: int | None) -> int | None:
    data = window.some(at, length, _AHEAD)
    if marker == _EXIF and data.startswith(b"Exif\0"):
        read_exif(data[6:], facts)
    elif marker == _APP2 and data.startswith(b"MPF\0"):
        _index(data[4:], at + 4, window, facts)
    elif marker == _ADOBE and data.startswith(b"Adobe") and len(data) >= 12:
        return data[11]
    return transform


def _frame(data: bytes, transform: int | None, facts: Facts) -> None:
    if len(data) < 8:
        raise corrupt("the frame header is too short")
    facts.bits, facts.height, facts.width, components = struct.unpack_from(">BHHB", data, 2)
    identifiers = data[8::3][:components]
    if components == 1:
        facts.color_space = "gray"
    elif components == 4:
        facts.color_space = "cmyk"
    elif components == 3:
        plain = transform == 0 or (transform is None and identifiers == b"RGB")
        facts.color_space = "srgb" if plain else "ycbcr"
    if not facts.width or not facts.height:
        raise corrupt(f"the frame header says {facts.width}x{facts.height}")


def _ends(window: Window, at: int, facts: Facts) -> None:
    """See whether a file that is all in the head has its end mark, which no decoder goes without."""
    if window.whole:
        scan = window.head.find(b"\xff\xda", at)
        if scan < 0 or window.head.find(b"\xff\xd9", scan) < 0:
            raise cut("the end mark is missing")


def _index(data: bytes, at: int, window: Window, facts: Facts) -> None:
    """Read the index of an MPO. Previews and gain maps do not make several pictures of one."""
    try:
        directories = Directories(lambda offset, length: data[offset : offset + length])
        raw, _ = directories.entries(directories.first)
        found = dict(directories.values(raw, frozenset({_MP_ENTRIES})))
    except (ValueError, struct.error):
        return
    entries = found.get(_MP_ENTRIES)
    if not isinstance(entries, bytes):
        return
    pictures = 0
    for attribute, offset in struct.iter_unpack(directories.order + "I4xI4x", entries[: len(entries) // 16 * 16]):
        # Those who edit such files often drop what follows the first picture, and leave the index as it was.
        there = at + offset < window.size
        pictures += there and attribute & 0xFFFFFF not in _MP_THUMBNAILS
    if pictures > 1 and b"hdrgm" not in window.head:
        facts.format, facts.frames = "mpo", pictures
