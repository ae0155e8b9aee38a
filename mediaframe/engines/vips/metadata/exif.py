"""EXIF: its directories read and written anew; values stay as they are, byte for byte."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Order = Literal["<", ">"]
Name = Literal["image", "exif", "gps", "interop"]

POINTERS: dict[Name, tuple[Name, int]] = {
    "exif": ("image", 0x8769), "gps": ("image", 0x8825), "interop": ("exif", 0xA005),
}  # fmt: skip
"""Where each directory is named: in which other one, by which tag."""

DESCRIPTION, ORIENTATION, ARTIST, COPYRIGHT = 0x010E, 0x0112, 0x013B, 0x8298
COLOR_SPACE, WIDTH, HEIGHT, MAKER_NOTE = 0xA001, 0xA002, 0xA003, 0x927C

OF_TIFF = frozenset(
    {0x010E, 0x010F, 0x0110, 0x0112, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298, 0x4746, 0x4749,
     0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, 0xC4A5}
)  # fmt: skip
"""What describes a picture; the other tags of the first directory of a TIFF say how its pixels are stored."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 129: 1}
_MOST_TAGS, _MOST_BYTES = 1024, 16 << 20
"""What one directory may hold: tags may all claim the same bytes, many times over."""
_MOST_GAP = 4096
"""Bytes of zeros that a maker note is worth, so that it stays where it was."""


class Entry(NamedTuple):
    """One tag: the kind of its values, their number, and their bytes in the order of the block."""

    kind: int
    number: int
    data: bytes


@dataclass(slots=True)
class Exif:
    """The directories of one block."""

    order: Order = ">"
    parts: dict[Name, dict[int, Entry]] = field(default_factory=dict)
    maker_at: int = 0
    """Where the maker note began: many hold places that count from the start of the block."""

    def part(self, name: Name) -> dict[int, Entry]:
        """Give a directory, a new one where there is none."""
        return self.parts.setdefault(name, {})

    def text(self, tag: int) -> str:
        """Give a text of the first directory; nothing where there is none."""
        entry = self.parts.get("image", {}).get(tag)
        if entry is None or entry.kind not in (2, 129):
            return ""
        raw = entry.data.split(b"\0")[0]
        try:
            return raw.decode().strip()
        except UnicodeDecodeError:
            return raw.decode("latin-1").strip()

    def set_text(self, tag: int, text: str) -> None:
        """Set a text, in UTF-8 (as the Metadata Working Group has it); an empty one takes the tag away."""
        data = text.encode() + b"\0"
        if text:
            self.part("image")[tag] = Entry(2, len(data), data)
        else:
            self.part("image").pop(tag, None)

    def set_number(self, name: Name, tag: int, value: int) -> None:
        """Set a number: short where it fits."""
        code, kind = ("H", 3) if value < 65536 else ("I", 4)
        self.part(name)[tag] = Entry(kind, 1, struct.pack(self.order + code, value))


def parse(block: Any) -> Exif | None:
    """Read a block, with or without its mark; None where it is none. Tags that are damaged are left out."""
    block = block[6:] if block[:6] == b"Exif\0\0" else block  # A whole TIFF is a block as well, and may be mapped.
    order: Order = "<" if block[:2] == b"II" else ">"
    if block[:4] not in (b"II*\0", b"MM\0*") or len(block) < 14:
        return None
    found = Exif(order)
    (at,) = struct.unpack_from(order + "I", block, 4)
    found.parts["image"] = _directory(block, order, at)
    for name, (above, tag) in POINTERS.items():
        pointer = found.parts.get(above, {}).pop(tag, None)
        if pointer is not None and len(pointer.data) == 4:
            part = _directory(block, order, *struct.unpack(order + "I", pointer.data))
            if part:
                found.parts[name] = part
    found.maker_at = _maker_at(block, found)
    return found if found.parts["image"] or len(found.parts) > 1 else None


def _directory(block: Any, order: Order, at: int) -> dict[int, Entry]:
    if at < 8 or at + 2 > len(block):
        return {}
    (count,) = struct.unpack_from(order + "H", block, at)
    return dict(_entries(block, order, at + 2, min(count, _MOST_TAGS)))


def _entries(block: Any, order: Order, at: int, count: int) -> Iterator[tuple[int, Entry]]:
    room = _MOST_BYTES
    for start in range(at, min(at + 12 * count, len(block) - 11), 12):
        tag, kind, number = struct.unpack_from(order + "HHI", block, start)
        size = _SIZES.get(kind, 0) * number
        (value,) = struct.unpack_from(order + "I", block, start + 8)
        begin = start + 8 if size <= 4 else value
        if kind in _SIZES and begin + size <= len(block) and size <= room:
            room -= size
            yield tag, Entry(kind, number, bytes(block[begin : begin + size]))


def _maker_at(block: Any, found: Exif) -> int:
    note = found.parts.get("exif", {}).get(MAKER_NOTE)
    return block.find(note.data) if note is not None and len(note.data) > 4 else 0


def of_tiff(data: Any) -> bytes:
    """Give what a TIFF says of its picture as a block, without what says how the pixels are stored."""
    exif = parse(data)
    if exif is None:
        return b""
    exif.parts["image"] = {tag: one for tag, one in exif.part("image").items() if tag in OF_TIFF}
    exif.maker_at = 0
    return write(exif) if any(exif.parts.values()) else b""


# ---- writing ---------------------------------------------------------------------------------------------------------


def write(exif: Exif) -> bytes:
    """Give the block, without its mark. The maker note stays where it was: what is in it may count from there."""
    places, end = _places(exif, 8, exif.maker_at)
    magic = b"II*\0" if exif.order == "<" else b"MM\0*"
    block = bytearray(end)
    block[:8] = magic + struct.pack(exif.order + "I", places["image"])
    for name in places:
        put(block, exif, name, places, 0)
    if exif.maker_at and _stays(exif):
        note = exif.parts["exif"][MAKER_NOTE].data
        block[exif.maker_at : exif.maker_at + len(note)] = note
    return bytes(block)


def put(
    block: bytearray, exif: Exif, name: Name, places: dict[Name, int], base: int, extra: dict[int, Entry] | None = None
) -> None:
    """Put one directory at its place; `base` is what its places count from."""
    entries = {**exif.parts.get(name, {}), **(extra or {})}
    for below, (above, tag) in POINTERS.items():
        if above == name and below in places:
            entries[tag] = Entry(4, 1, struct.pack(exif.order + "I", base + places[below]))
    at = places[name]
    values = at + 2 + 12 * len(entries) + 4
    struct.pack_into(exif.order + "H", block, at, len(entries))
    for number, (tag, entry) in enumerate(sorted(entries.items())):
        start = at + 2 + 12 * number
        struct.pack_into(exif.order + "HHI", block, start, tag, entry.kind, entry.number)
        if len(entry.data) <= 4:
            block[start + 8 : start + 12] = entry.data.ljust(4, b"\0")
        elif name == "exif" and tag == MAKER_NOTE and not base and _stays(exif):
            struct.pack_into(exif.order + "I", block, start + 8, exif.maker_at)
        else:
            struct.pack_into(exif.order + "I", block, start + 8, base + values)
            block[values : values + len(entry.data)] = entry.data
            values += len(entry.data) + len(entry.data) % 2


def size_of(exif: Exif, name: Name, *, without_note: bool = False) -> int:
    """Say how many bytes a directory takes with its values."""
    entries = exif.parts[name]
    pointers = sum(above == name and below in exif.parts for below, (above, _) in POINTERS.items())
    values = sum(
        len(entry.data) + len(entry.data) % 2
        for tag, entry in entries.items()
        if len(entry.data) > 4 and not (without_note and tag == MAKER_NOTE)
    )
    return 2 + 12 * (len(entries) + pointers) + 4 + values


def _stays(exif: Exif) -> bool:
    note = exif.parts.get("exif", {}).get(MAKER_NOTE)
    return note is not None and len(note.data) > 4 and 8 <= exif.maker_at <= 8 + _MOST_GAP


def _places(exif: Exif, start: int, maker_at: int) -> tuple[dict[Name, int], int]:
    """Give each directory a place: before the maker note where there is room, else behind it."""
    stays = _stays(exif)
    behind = start
    if stays:
        note = len(exif.parts["exif"][MAKER_NOTE].data)
        behind = maker_at + note + (maker_at + note) % 2
    places: dict[Name, int] = {}
    before = start
    order: tuple[Name, ...] = ("image", "exif", "interop", "gps")
    exif.part("image")
    for name in (one for one in order if one in exif.parts):
        size = size_of(exif, name, without_note=stays)
        if stays and before + size <= maker_at:
            places[name], before = before, before + size
        else:
            places[name], behind = behind, behind + size
    return places, behind
