"""BMP, and ICO and CUR, which hold several."""

from __future__ import annotations

import struct

from mediaframe.table.header.facts import Facts, Window, corrupt, cut

_DEPTHS = frozenset({0, 1, 2, 4, 8, 16, 24, 32, 64})
_PLAIN, _BIT_FIELDS, _ALPHA_FIELDS = 0, 3, 6


def read_bmp(window: Window, facts: Facts) -> None:
    """Read the size, and see whether the pixels are there."""
    facts.frames, facts.color_space = 1, "srgb"
    head = window.need(0, 26, "the header")
    start, kind = struct.unpack_from("<II", head, 10)
    packing, alpha = _PLAIN, 0
    if kind == 12:
        width, height, _, depth = struct.unpack_from("<HHHH", head, 18)
    else:
        more = window.need(18, 16, "the header")
        width, height, _, depth, packing = struct.unpack_from("<iiHHI", more)
        if kind >= 56:
            alpha = int.from_bytes(window.need(66, 4, "the header"), "little")
    facts.width, facts.height = (width, abs(height)) if width > 0 else (None, None)
    facts.bits = {16: 5, 64: 16}.get(depth, 8)
    facts.alpha = alpha != 0
    if width <= 0 or height == 0:
        raise corrupt(f"the header says {width}x{height}")
    if depth not in _DEPTHS:
        raise corrupt(f"the header says {depth} bits for each pixel")
    if packing in (_PLAIN, _BIT_FIELDS, _ALPHA_FIELDS) and start + _bytes(width, abs(height), depth) > window.size:
        raise cut("the pixels end before the last row")


def _bytes(width: int, height: int, depth: int) -> int:
    return (width * depth + 31) // 32 * 4 * height


def read_ico(window: Window, facts: Facts) -> None:
    """Read the list of pictures; the size is that of the largest, which is the one that is shown."""
    facts.bits, facts.color_space, facts.alpha = 8, "srgb", True
    (count,) = struct.unpack("<H", window.need(4, 2, "the header"))
    largest = (0, 0)
    for width, height, _, _, _, _, length, start in struct.iter_unpack(
        "<BBBBHHII", window.need(6, count * 16, "the list")
    ):
        largest = max(largest, (width or 256, height or 256))
        if start + length > window.size:
            facts.width, facts.height = largest
            raise cut("a picture of the list lies beyond the end")
    facts.width, facts.height = largest
    facts.frames = count
