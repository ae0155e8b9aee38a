"""A font file under a name of its own, so that it can be told from every other font of the process."""

from __future__ import annotations

import io
import struct

from PIL import ImageFont

from mediaframe.errors import AssetError

_KINDS = (b"\x00\x01\x00\x00", b"OTTO", b"true")
_TABLES = 256
"""Tables of a font at the most; real ones have up to 40."""
_RECORD = struct.Struct(">4sIII")
_NAMES = (1, 4, 6)
"""Family, full name, PostScript name."""


def renamed(data: bytes, family: str) -> bytes:
    """Give a TrueType or OpenType font with its names replaced.

    Fontconfig finds a font by its family alone. Two versions of one font have the same, and the first would stay in
    use. Source: OpenType 1.9, "Organization of an OpenType font" and "name".

    Raises AssetError, `E_INPUT`, where the bytes are no such font.
    """
    if data[:4] not in _KINDS:
        if data[:4] in (b"wOFF", b"wOF2", b"ttcf"):
            raise _no_font("a web font or a collection; name the .ttf or .otf file of one font")
        raise _no_font("expected a TrueType or OpenType font (.ttf, .otf)")
    tables = _tables(data)
    if b"head" not in tables or b"cmap" not in tables:
        raise _no_font("it has no characters")
    tables[b"name"] = _names(family)
    made = _joined(data[:4], tables)
    try:
        ImageFont.truetype(io.BytesIO(made), 16, layout_engine=ImageFont.Layout.BASIC)
    except (OSError, ValueError) as error:  # Fontconfig would pass it over, and Pango take another font without a word.
        raise _no_font(f"the font is damaged: {error}") from None
    return made


def _no_font(message: str) -> AssetError:
    return AssetError(message, code="E_INPUT")


def _tables(data: bytes) -> dict[bytes, bytes]:
    count = int.from_bytes(data[4:6], "big")
    if not 0 < count <= _TABLES or len(data) < 12 + 16 * count:
        raise _no_font("the font is damaged")
    tables = {}
    for at in range(12, 12 + 16 * count, 16):
        tag, _, start, length = _RECORD.unpack_from(data, at)
        if start + length > len(data):
            raise _no_font("the font is damaged: bytes are missing at the end")
        tables[tag] = data[start : start + length]
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
