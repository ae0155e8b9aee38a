"""Pictures that no engine of ours renders yet: their sizes, where that is cheap."""

from __future__ import annotations

import re
import struct

from mediaframe.table.header.facts import Facts, Window, corrupt, cut

_PSD_COLORS = {0: "gray", 1: "gray", 2: "srgb", 3: "srgb", 4: "cmyk", 8: "gray", 9: "lab"}
_PPM = re.compile(rb"P([1-7Ff])((?:\s|#[^\n]*\n)+)(\d{1,10})(?:\s|#[^\n]*\n)+(\d{1,10})")
_PAM = re.compile(rb"^(WIDTH|HEIGHT)\s+(\d{1,10})", re.MULTILINE)
_MOST_BOXES = 64


def read_psd(window: Window, facts: Facts) -> None:
    """Read the header of a Photoshop file."""
    channels, height, width, bits, mode = struct.unpack_from(">HIIHH", window.need(0, 26, "the header"), 12)
    facts.width, facts.height, facts.bits = width, height, bits
    facts.color_space = _PSD_COLORS.get(mode)
    facts.alpha = channels > {"gray": 1, "cmyk": 4}.get(facts.color_space or "", 3)


def read_dds(window: Window, facts: Facts) -> None:
    """Read the header of a DirectDraw surface."""
    facts.height, facts.width = struct.unpack_from("<II", window.need(0, 20, "the header"), 12)


def read_qoi(window: Window, facts: Facts) -> None:
    """Read the header of a QOI."""
    facts.width, facts.height, channels = struct.unpack_from(">IIB", window.need(0, 14, "the header"), 4)
    facts.bits, facts.alpha, facts.color_space = 8, channels == 4, "srgb"


def read_sgi(window: Window, facts: Facts) -> None:
    """Read the header of an SGI picture."""
    depth, _, facts.width, facts.height, channels = struct.unpack_from(">BHHHH", window.need(0, 12, "the header"), 3)
    facts.bits, facts.alpha = 8 * depth, channels in (2, 4)
    facts.color_space = "gray" if channels < 3 else "srgb"


def read_tga(window: Window, facts: Facts) -> None:
    """Read the header of a TGA, which has no signature: what cannot be one is refused."""
    head = window.need(0, 18, "the header")
    facts.width, facts.height, depth, flags = struct.unpack_from("<HHBB", head, 12)
    if head[1] > 1 or head[2] not in (1, 2, 3, 9, 10, 11) or depth not in (8, 15, 16, 24, 32):
        facts.width = facts.height = None
        raise corrupt("this is no TGA header")
    facts.alpha, facts.bits = bool(flags & 15), 5 if depth in (15, 16) else 8
    facts.color_space = "gray" if head[2] in (3, 11) else "srgb"


def read_ppm(window: Window, facts: Facts) -> None:
    """Read the header of a portable anymap."""
    head = window.head[:4096]
    facts.alpha = False
    if head.startswith(b"P7"):
        sides = {name: int(number) for name, number in _PAM.findall(head)}
        facts.width, facts.height, facts.alpha = sides.get(b"WIDTH"), sides.get(b"HEIGHT"), None
    elif match := _PPM.match(head):
        facts.width, facts.height = int(match[3]), int(match[4])
        facts.color_space = "gray" if match[1] in b"1245f" else "srgb"
    if not facts.width or not facts.height:
        raise corrupt("the header says no size")


def read_jp2(window: Window, facts: Facts) -> None:
    """Read the boxes of a JPEG 2000 up to the one with the size."""
    at = 0
    for _ in range(_MOST_BOXES):
        size, name = struct.unpack(">I4s", window.need(at, 8, "the boxes"))
        if name == b"jp2h":
            size = 8  # look inside
        elif name == b"ihdr":
            height, width, components, bits = struct.unpack(">IIHB", window.need(at + 8, 11, "the header"))
            facts.width, facts.height, facts.bits = width, height, (bits & 127) + 1 if bits != 255 else None
            facts.color_space = "gray" if components < 3 else None
            return
        elif size < 8:
            break
        at += size
    raise corrupt("there is no header box")


def read_j2k(window: Window, facts: Facts) -> None:
    """Read the size segment of a bare JPEG 2000 stream."""
    right, bottom, left, top = struct.unpack_from(">4I", window.need(0, 42, "the size segment"), 8)
    facts.width, facts.height = right - left, bottom - top
    facts.bits = (window.some(42, 1)[0] & 127) + 1


def read_jxl(window: Window, facts: Facts) -> None:
    """Read the size and the turn of a JPEG XL, in a container or bare."""
    at = 0
    if window.head.startswith(b"\0\0\0\x0cJXL "):
        for _ in range(_MOST_BOXES):
            size, name = struct.unpack(">I4s", window.need(at, 8, "the boxes"))
            head = 16 if size == 1 else 8
            if name in (b"jxlc", b"jxlp"):
                at += head + (4 if name == b"jxlp" else 0)
                break
            if size == 1:
                size = int.from_bytes(window.need(at + 8, 8, "the boxes"), "big")
            if size < head:
                raise corrupt("a box is too small")
            at += size
        else:
            raise corrupt("there is no picture box")
    data = window.some(at, 32)
    if data[:2] != b"\xff\x0a":
        raise cut("the picture does not begin") if len(data) < 2 else corrupt("the picture does not begin")
    _jxl_size(_Bits(data[2:]), facts)


class _Bits:
    """Reads bits from the least significant on."""

    def __init__(self, data: bytes) -> None:
        self.number, self.left = int.from_bytes(data, "little"), len(data) * 8

    def take(self, count: int) -> int:
        """Give the next bits as a number."""
        self.left -= count
        if self.left < 0:
            raise cut("the file ends within the header")
        value = self.number & (1 << count) - 1
        self.number >>= count
        return value


_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


def _jxl_size(bits: _Bits, facts: Facts) -> None:
    small = bits.take(1)

    def side() -> int:
        return (bits.take(5) + 1) * 8 if small else bits.take((9, 13, 18, 30)[bits.take(2)]) + 1

    height = side()
    ratio = bits.take(3)
    width = side() if ratio == 0 else height * _RATIOS[ratio - 1][0] // _RATIOS[ratio - 1][1]
    facts.width, facts.height = width, height
    if not bits.take(1) and bits.take(1):
        facts.orientation = bits.take(3) + 1
