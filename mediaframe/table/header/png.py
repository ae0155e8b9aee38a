"""PNG and APNG: the chunks before the pixels, and after them as far as the head goes."""

from __future__ import annotations

import struct
import zlib

from mediaframe.table.header.exif import read_exif
from mediaframe.table.header.facts import Facts, OutOfReach, Window, corrupt, cut

_COLORS = {0: ("gray", False), 2: ("srgb", False), 3: ("srgb", False), 4: ("gray", True), 6: ("srgb", True)}
_MOST_CHUNKS = 20_000
_MOST_EXIF = 1 << 20


def read_png(window: Window, facts: Facts) -> None:
    """Read the first chunk and check it, then look for animation, transparency and EXIF."""
    facts.format, facts.frames = "png", 1
    _first(window.need(8, 25, "the first chunk"), facts)
    at, pixels, ended = 33, False, False
    for _ in range(_MOST_CHUNKS):
        if ended or at + 8 > (len(window.head) if pixels else window.size):
            break
        length, name = struct.unpack(">I4s", window.some(at, 8))
        if at + 12 + length > window.size:
            raise cut(f"the file ends within the chunk {name.decode('latin-1')!r}")
        pixels = pixels or name == b"IDAT"
        ended = name == b"IEND"
        _chunk(name, at + 8, length, pixels, window, facts)
        at += 12 + length
    if window.whole or not pixels:
        _complete(pixels=pixels, ended=ended)
    if facts.format == "apng":
        facts.seconds = _playing_time(window)


def _playing_time(window: Window) -> float | None:
    """Add up the delays of the frames, which stand before the pixels of each, as far as the ranges reach."""
    at, total = 33, 0.0
    try:
        for _ in range(_MOST_CHUNKS):
            if at + 12 > window.size:
                break
            length, name = struct.unpack(">I4s", window.some(at, 8))
            if name == b"fcTL" and length == 26:
                numerator, denominator = struct.unpack(">HH", window.some(at + 28, 4))
                total += numerator / (denominator or 100)
            if name == b"IEND":
                break
            at += 12 + length
    except (OutOfReach, struct.error):
        return None
    return round(total, 6)


def _first(data: bytes, facts: Facts) -> None:
    length, name, width, height, bits, color = struct.unpack_from(">I4sIIBB", data)
    if name != b"IHDR" or length != 13:
        raise corrupt("the first chunk is not IHDR")
    facts.width, facts.height = width, height
    facts.bits = 8 if color == 3 else bits  # the palette has 8, whatever its index takes
    facts.color_space, facts.alpha = _COLORS.get(color, (None, None))
    if zlib.crc32(data[4:21]) != int.from_bytes(data[21:25], "big"):
        raise corrupt("the checksum of IHDR is wrong")
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31 or color not in _COLORS:
        raise corrupt(f"IHDR says {width}x{height}, color type {color}")


def _chunk(name: bytes, at: int, length: int, pixels: bool, window: Window, facts: Facts) -> None:  # noqa: FBT001
    if name == b"acTL" and not pixels and length >= 4:
        facts.format, facts.frames = "apng", int.from_bytes(window.need(at, 4, "acTL"), "big")
    elif name == b"tRNS":
        facts.alpha = True
    elif name == b"eXIf" and length <= _MOST_EXIF and not pixels:
        # Behind the pixels neither browsers nor libvips look for it, so it does not turn the picture.
        read_exif(window.some(at, length).removeprefix(b"Exif\0\0"), facts)


def _complete(*, pixels: bool, ended: bool) -> None:
    if ended and not pixels:
        raise corrupt("there are no pixels (no IDAT)")
    if not ended:
        raise cut("the last chunk is missing")
