"""A font file under a name of its own, so that it can be told from every other font of the process."""

from __future__ import annotations

import io
import struct

from PIL import ImageFont

from mediaframe.errors import AssetError

_KINDS = (b"\x00\x01\x00\x00", b"OTTO", b"true")
_TABLES = 256
"""Tables of a font at the most; real ones have up to 40."""
_FACES = 256
"""Fonts of a collection at the most; real ones have up to 40."""
_RECORD = struct.Struct(">4sIII")
_NAMES = (1, 4, 6)
"""Family, full name, PostScript name."""


def renamed(data: bytes, family: str, face: int = 1) -> bytes:
    """Give a TrueType or OpenType font, of a collection the one with this number, with its names replaced.

    Fontconfig finds a font by its family alone. Two versions of one font have the same, and the first would stay in
    use. Source: OpenType 1.9, "Organization of an OpenType font" and "name".

    Raises AssetError, `E_INPUT`, where the bytes are no such font, `E_PARAM` where there is no such number.
    """
    start = _start(data, face)
    kind = data[start : start + 4]
    if kind not in _KINDS:
        if kind in (b"wOFF", b"wOF2"):
            raise _no_font("a web font; name the .ttf or .otf file of the font")
        raise _no_font("expected a TrueType or OpenType font (.ttf, .otf, .ttc)")
    tables = _tables(data, start)
    if b"head" not in tables or b"cmap" not in tables:
        raise _no_font("it has no characters")
    tables[b"name"] = _names(family)
    made = _joined(kind, tables)
    try:
        ImageFont.truetype(io.BytesIO(made), 16, layout_engine=ImageFont.Layout.BASIC)
    except (OSError, ValueError) as error:  # Fontconfig would pass it over, and Pango take another font without a word.
        raise _no_font(f"the font is damaged: {error}") from None
    return made


def _no_font(message: str) -> AssetError:
    return AssetError(message, code="E_INPUT")


def _start(data: bytes, face: int) -> int:
    """Say where a font begins: 0, or in a collection where its header says."""
    count = int.from_bytes(data[8:12], "big") if data[:4] == b"ttcf" else 1
    if data[:4] == b"ttcf" and (not 0 < count <= _FACES or len(data) < 12 + 4 * count):
        raise _no_font("the collection is damaged")
    if face > count:
        told = f"1 to {count}" if count > 1 else "1, since the file holds one font"
        raise AssetError(f"face: expected {told}, got {face}", code="E_PARAM")
    return int.from_bytes(data[8 + 4 * face : 12 + 4 * face], "big") if data[:4] == b"ttcf" else 0


def _tables(data: bytes, start: int) -> dict[bytes, bytes]:
    count = int.from_bytes(data[start + 4 : start + 6], "big")
    first = start + 12
    if not 0 < count <= _TABLES or len(data) < first + 16 * count:
        raise _no_font("the font is damaged")
    tables = {}
    for at in range(first, first + 16 * count, 16):
        tag, _, begin, length = _RECORD.unpack_from(data, at)
        if begin + length > len(data):
            raise _no_font("the font is damaged: bytes are missing at the end")
        tables[tag] = data[begin : begin + length]
    if sum(map(len, tables.values())) > 2 * len(data):
        raise _no_font("the font is damaged: its tables lie over one another")
    return tables


def _names(family: str) -> bytes:
    """Make a `name` table: Windows, Unicode, American English."""
    text = family.encode("utf-16-be")
    style = "Regular".encode("utf-16-be")
    wanted = sorted([*((one, text, 0) for one in _NAMES), (2, style, len(text))])
    records = [struct.pack(">6H", 3, 1, 0x409, one, len(word), at) for one, word, at in wanted]
    return struct.pack(">3H", 0, len(records), 6 + 12 * len(records)) + b"".join(records) + text + style


def _joined(kind: bytes, tables: dict[bytes, bytes]) -> bytes:
    at, records, bodies = 12 + 16 * len(tables), [], []
    for tag, body in sorted(tables.items()):
        padded = body + bytes(-len(body) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFF_FFFF
        records.append(_RECORD.pack(tag, total, at, len(body)))
        bodies.append(padded)
        at += len(padded)
    power = len(tables).bit_length() - 1
    head = struct.pack(">4H", len(tables), 16 << power, power, 16 * len(tables) - (16 << power))
    return kind + head + b"".join([*records, *bodies])
