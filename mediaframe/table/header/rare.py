"""Pictures that no engine of ours renders yet: their sizes, where that is cheap."""

from __future__ import annotations

import re
import struct

from mediaframe.model.jxl import codestream_at, read_jxl_header
from mediaframe.table.header.facts import Facts, Window, corrupt, cut

_PSD_COLORS = {0: "gray", 1: "gray", 2: "srgb", 3: "srgb", 4: "cmyk", 8: "gray", 9: "lab"}
_PPM = re.compile(rb"P([1-7Ff])((?:\s|#[^\n]*\n)+)(\d{1,10})(?:\s|#[^\n]*\n)+(\d{1,10})")
_PAM = re.compile(rb"^(WIDTH|HEIGHT)\s+(\d{1,10})", re.MULTILINE)
_MOST_BOXES = 64
_JXL = 4096
"""Bytes of a JPEG XL that hold its header, names of extra channels included."""


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
    """Read what a JPEG XL tells of itself, in a container or bare."""
    try:
        header = read_jxl_header(window.some(codestream_at(window.some), _JXL))
    except EOFError:
        raise cut("the file ends within the header") from None
    except ValueError as error:
        raise corrupt(str(error)) from None
    facts.width, facts.height, facts.orientation = header.width, header.height, header.orientation
    facts.bits, facts.alpha = header.bits, header.alpha
    facts.color_space = "gray" if header.gray else "srgb"
    facts.frames = None if header.animated else 1
