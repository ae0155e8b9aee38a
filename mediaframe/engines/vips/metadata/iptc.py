"""IPTC: records of the Information Interchange Model, and the Photoshop resources that they stand in."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import NamedTuple

TITLE, KEYWORD, CREATOR, CREDIT, COPYRIGHT, CAPTION = 5, 25, 80, 110, 116, 120
LENGTHS = {TITLE: 64, KEYWORD: 64, CREATOR: 32, COPYRIGHT: 128, CAPTION: 2000}
"""Bytes that a field holds (IIM 4.2); longer texts stand in full in XMP."""

_SIGNATURE = b"Photoshop 3.0\0"
_IPTC, _DIGEST = 0x0404, 0x0425
_STALE = frozenset({0x0409, 0x040C, 0x040F, 0x0422, 0x0423, 0x0424, _DIGEST})
"""Thumbnails, profiles, EXIF, XMP and the digest: they are of the picture as it was, or stand elsewhere."""
_UTF8 = b"\x1b%G"


class Field(NamedTuple):
    """One dataset: record, number, value."""

    record: int
    number: int
    value: bytes


def parse(block: bytes) -> tuple[list[Field], dict[int, bytes]]:
    """Read the fields, and the other resources of Photoshop where it is such a block."""
    if not block.startswith(_SIGNATURE):
        return list(_fields(block)), {}
    resources = dict(_resources(block[len(_SIGNATURE) :]))
    fields = list(_fields(resources.pop(_IPTC, b"")))
    return fields, {number: data for number, data in resources.items() if number not in _STALE}


def _resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 12 <= len(block) and block[at : at + 4] == b"8BIM":
        (number,) = struct.unpack_from(">H", block, at + 4)
        name = block[at + 6]
        at += 6 + 1 + name + (1 + name) % 2
        if at + 4 > len(block):
            return
        (size,) = struct.unpack_from(">I", block, at)
        yield number, block[at + 4 : at + 4 + size]
        at += 4 + size + size % 2


def _fields(block: bytes) -> Iterator[Field]:
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        record, number, size = block[at + 1], block[at + 2], int.from_bytes(block[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:  # The length has a length.
            wide = size & 0x7FFF
            size = int.from_bytes(block[at : at + wide], "big")
            at += wide
        if at + size > len(block):
            return
        yield Field(record, number, block[at : at + size])
        at += size


def texts(fields: list[Field], number: int) -> list[str]:
    """Give the texts of a field of the application record, in the character set that the fields declare."""
    utf8 = any((one.record, one.number) == (1, 90) and one.value == _UTF8 for one in fields)
    return [_text(one.value, utf8=utf8) for one in fields if (one.record, one.number) == (2, number)]


def _text(value: bytes, *, utf8: bool) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("utf-8" if utf8 else "latin-1", "replace")


def in_utf8(fields: list[Field]) -> list[Field]:
    """Give the fields with their texts in UTF-8, and the declaration of it."""
    utf8 = any((one.record, one.number) == (1, 90) and one.value == _UTF8 for one in fields)
    rest = [one for one in fields if one[:2] not in ((1, 90), (2, 0))]
    turned = [one if one.record == 1 else one._replace(value=_text(one.value, utf8=utf8).encode()) for one in rest]
    return [Field(1, 90, _UTF8), Field(2, 0, b"\0\4"), *turned]


def replaced(fields: list[Field], number: int, values: list[str]) -> list[Field]:
    """Give the fields with the texts of one exchanged, each cut to what the field holds."""
    kept = [one for one in fields if (one.record, one.number) != (2, number)]
    return [*kept, *(Field(2, number, cut(text, LENGTHS[number])) for text in values if text)]


def cut(text: str, most: int) -> bytes:
    """Give a text in UTF-8 within a number of bytes, whole characters alone."""
    return text.encode()[:most].decode("utf-8", "ignore").encode()


def write(fields: list[Field]) -> bytes:
    """Give the fields as they stand in a TIFF."""
    return b"".join(_written(one) for one in sorted(fields, key=lambda one: one[:2]))


def _written(one: Field) -> bytes:
    size = len(one.value)
    length = struct.pack(">H", size) if size < 0x8000 else struct.pack(">HI", 0x8004, size)
    return bytes([0x1C, one.record, one.number]) + length + one.value


def write_resources(fields: list[Field], resources: dict[int, bytes]) -> bytes:
    """Give the fields and other resources as they stand in a JPEG, with the digest that says that XMP agrees."""
    made = dict(resources)
    if fields:
        made[_IPTC] = write(fields)
        made[_DIGEST] = hashlib.md5(made[_IPTC], usedforsecurity=False).digest()
    if not made:
        return b""
    parts = [
        b"8BIM" + struct.pack(">HxxI", number, len(data)) + data + bytes(len(data) % 2) for number, data in made.items()
    ]
    return _SIGNATURE + b"".join(parts)
