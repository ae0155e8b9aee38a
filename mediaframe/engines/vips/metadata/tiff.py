"""Where metadata stand in a TIFF: tags of the first directory, which is written anew at the end of the file."""

from __future__ import annotations

import struct

from mediaframe.engines.vips.metadata.containers import Blocks
from mediaframe.engines.vips.metadata.exif import OF_TIFF, Entry, Exif, Name, parse, put, size_of

_XMP, _IPTC = 0x02BC, 0x83BB


def into_tiff(data: bytes, blocks: Blocks) -> bytes:
    """Add EXIF, XMP and IPTC (TIFF 6.0; XMP part 3, 1.1.4); raises ValueError for a BigTIFF."""
    order = "<" if data[:2] == b"II" else ">"
    if data[2:4] not in (b"*\0", b"\0*"):
        raise ValueError("a BigTIFF holds no metadata here")
    (at,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, at)
    (following,) = struct.unpack_from(order + "I", data, at + 2 + 12 * count)
    stored = {}
    for start in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", data, start)
        stored[tag] = Entry(kind, number, data[start + 8 : start + 12])  # the value, or where it stays in the file
    exif = _in_order(parse(blocks.exif), order) if blocks.exif else Exif("<" if order == "<" else ">")
    described = {tag: one for tag, one in exif.part("image").items() if tag in OF_TIFF and tag not in stored}
    exif.parts["image"] = described
    if blocks.xmp:
        exif.parts["image"][_XMP] = Entry(1, len(blocks.xmp), blocks.xmp)
    if blocks.iptc:
        exif.parts["image"][_IPTC] = Entry(7, len(blocks.iptc), blocks.iptc)
    return _appended(data + bytes(len(data) % 2), exif, stored, following)


def _appended(data: bytes, exif: Exif, stored: dict[int, Entry], following: int) -> bytes:
    base = len(data)
    exif.maker_at = 0  # What the note counts from has moved: it is kept as it is.
    names: list[Name] = [name for name in ("image", "exif", "interop", "gps") if name in exif.parts]
    places: dict[Name, int] = {}
    at = 0
    for name in names:
        places[name] = at
        at += size_of(exif, name) + (12 * len(stored) if name == "image" else 0)
    block = bytearray(at)
    for name in names:
        put(block, exif, name, places, base, stored if name == "image" else None)
    (count,) = struct.unpack_from(exif.order + "H", block, 0)
    struct.pack_into(exif.order + "I", block, 2 + 12 * count, following)
    return data[:4] + struct.pack(exif.order + "I", base) + data[8:] + bytes(block)


def _in_order(exif: Exif | None, order: str) -> Exif:
    """Turn all values into the order of the file."""
    if exif is None:
        return Exif("<" if order == "<" else ">")
    if exif.order == order:
        return exif
    turned = {name: {tag: _turned(one) for tag, one in part.items()} for name, part in exif.parts.items()}
    return Exif("<" if order == "<" else ">", turned)


_WIDTHS = {3: 2, 8: 2, 4: 4, 9: 4, 11: 4, 5: 4, 10: 4, 12: 8}


def _turned(entry: Entry) -> Entry:
    width = _WIDTHS.get(entry.kind)
    if width is None:
        return entry
    data = b"".join(entry.data[at : at + width][::-1] for at in range(0, len(entry.data), width))
    return entry._replace(data=data)
