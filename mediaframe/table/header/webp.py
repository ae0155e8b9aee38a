"""WebP: the RIFF chunks."""

from __future__ import annotations

import struct

from mediaframe.table.header.exif import read_exif
from mediaframe.table.header.facts import Facts, OutOfReach, Window, corrupt, cut

_ANIMATION, _EXIF, _ALPHA = 0x02, 0x08, 0x10
_MOST_CHUNKS = 20_000
_MOST_EXIF = 1 << 20


def read_webp(window: Window, facts: Facts) -> None:
    """Read the size from whichever chunk has it, then walk to the EXIF and count the frames."""
    facts.bits, facts.frames = 8, 1
    declared = int.from_bytes(window.need(4, 4, "the RIFF header"), "little") + 8
    first = window.need(12, 8, "the first chunk")
    body = window.need(20, min(int.from_bytes(first[4:], "little"), 10), "the first chunk")
    flags = 0
    if first[:4] == b"VP8X" and len(body) == 10:
        flags = body[0]
        facts.width = int.from_bytes(body[4:7], "little") + 1
        facts.height = int.from_bytes(body[7:10], "little") + 1
        facts.alpha = bool(flags & _ALPHA)
    elif not _bitstream(first[:4], body, facts):
        raise corrupt("the first chunk holds no picture")
    if declared > window.size:
        raise cut(f"{declared} bytes are declared, {window.size} are there")
    if flags:
        _walk(window, flags, facts)


def _bitstream(name: bytes, body: bytes, facts: Facts) -> bool:
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        facts.width, facts.height = width & 0x3FFF, height & 0x3FFF
        facts.alpha, facts.color_space = False, "ycbcr"
    elif name == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        facts.width, facts.height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        facts.alpha, facts.color_space = bool(bits >> 28 & 1), "srgb"
    else:
        return False
    return bool(facts.width and facts.height)


def _walk(window: Window, flags: int, facts: Facts) -> None:
    at, count, total = 12, 0, 0
    try:
        for _ in range(_MOST_CHUNKS):
            if at + 8 > window.size:
                break
            name, length = struct.unpack("<4sI", window.some(at, 8))
            if name == b"ANMF":
                count, total = count + 1, total + int.from_bytes(window.some(at + 20, 3), "little")
            if name in (b"VP8 ", b"VP8L"):
                facts.color_space = "ycbcr" if name == b"VP8 " else "srgb"
            if name == b"EXIF":
                read_exif(window.some(at + 8, min(length, _MOST_EXIF)).removeprefix(b"Exif\0\0"), facts)
            if not flags & (_EXIF | _ANIMATION):
                break
            at += 8 + length + (length & 1)
        facts.frames, facts.seconds = (count, total / 1000) if flags & _ANIMATION else (1, None)
    except OutOfReach:
        facts.frames = None if flags & _ANIMATION else 1
