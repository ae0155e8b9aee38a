"""AVIF and HEIC: the boxes that describe the primary picture."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from mediaframe.table.header.exif import read_exif
from mediaframe.table.header.facts import Facts, OutOfReach, Window, corrupt, cut

_MOST_BOXES = 4096
_MOST_META = 1 << 20
_MOST_EXIF = 1 << 20
_FULL = 4
"""Bytes of version and flags that full boxes have."""

_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
# Turn (in quarters, against the clock) and mirror axis into the EXIF orientation that looks alike, the turn
# first, as in libavif's avifImageIrotImirToExifOrientation.
_ORIENTATION = {
    (0, None): 1, (0, 1): 2, (2, None): 3, (0, 0): 4, (1, 0): 5, (3, None): 6, (3, 0): 7, (1, None): 8,
    (1, 1): 7, (2, 0): 2, (2, 1): 4, (3, 1): 5,
}  # fmt: skip


@dataclass(slots=True)
class _Meta:
    """What the `meta` box says of the items of a file."""

    primary: int | None = None
    types: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Method of construction (0: the file), offset and length of an item."""
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    owned: dict[int, list[int]] = field(default_factory=dict)
    """Numbers of the properties of an item, from 1."""

    def of(self, item: int | None) -> list[tuple[bytes, bytes]]:
        """Give the properties of an item in their order."""
        numbers = self.owned.get(item, []) if item is not None else []
        return [self.properties[number - 1] for number in numbers if 0 < number <= len(self.properties)]


def read_isobmff(window: Window, facts: Facts) -> None:
    """Read the size of the primary picture as it is displayed, its turn, and its EXIF."""
    facts.frames, ends = 1, 0
    meta: _Meta | None = None
    for name, start, length, whole in top_boxes(window):
        ends = max(ends, start + length)
        if name == b"meta" and meta is None:
            meta = _meta(window.need(start, min(length, _MOST_META), "the meta box"))
            _picture(meta, facts)
            _exif(meta, window, facts)
        elif name == b"moov":
            _sequence(window.need(start, min(length, _MOST_META), "the moov box"), facts)
        if not whole:
            raise cut(f"the box {name.decode('latin-1')!r} goes beyond the end")
    if facts.width is None:
        raise corrupt("there is no picture described")
    for method, offset, length in meta.places.values() if meta else ():
        if method == 0 and offset + length > window.size:
            raise cut("a part of the picture lies beyond the end")


def top_boxes(window: Window) -> Iterator[tuple[bytes, int, int, bool]]:
    """Give the boxes of the file: name, start and length of the content, and whether it is all there."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > window.size:
            return
        try:
            size, name = struct.unpack(">I4s", window.need(at, 8, "a box"))
            head = 8
            if size == 1:
                size, head = int.from_bytes(window.need(at + 8, 8, "a box"), "big"), 16
        except OutOfReach:
            return
        size = window.size - at if size == 0 else size
        if size < head:
            raise corrupt(f"a box of {size} bytes")
        whole = at + size <= window.size
        yield name, at + head, min(size, window.size - at) - head, whole
        at += size


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = len(data) - at if size == 0 else size
        if size < head:
            return
        yield name, data[at + head : at + size]
        at += size


def _meta(data: bytes) -> _Meta:
    meta = _Meta()
    for name, body in _boxes(data[_FULL:]):
        if name == b"pitm":
            meta.primary = int.from_bytes(body[4:8] if body[:1] != b"\0" else body[4:6], "big")
        elif name == b"iinf":
            meta.types = _types(body)
        elif name == b"iloc":
            meta.places = _places(body)
        elif name == b"iprp":
            _properties(body, meta)
    return meta


def _types(body: bytes) -> dict[int, bytes]:
    types = {}
    for name, entry in _boxes(body[_FULL + (2 if body[:1] == b"\0" else 4) :]):
        if name == b"infe" and entry[:1] in (b"\2", b"\3"):
            wide = entry[0] == 3
            types[int.from_bytes(entry[4 : 8 if wide else 6], "big")] = entry[10:14] if wide else entry[8:12]
    return types


def _places(body: bytes) -> dict[int, tuple[int, int, int]]:
    """Read `iloc`. Of items in several pieces the last end counts, as if they were one."""
    version, sizes = body[0], int.from_bytes(body[4:6], "big")
    offset_size, length_size, base_size, index_size = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2
    most = _MOST_BOXES if offset_size or length_size else 1  # pieces that take no room could be any number
    at = 6

    def number(count: int) -> int:
        nonlocal at
        if at + count > len(body):
            raise ValueError("iloc is too short")
        at += count
        return int.from_bytes(body[at - count : at], "big")

    places = {}
    for _ in range(min(number(wide), _MOST_BOXES)):
        item = number(wide)
        method = number(2) & 15 if version in (1, 2) else 0
        number(2)
        base, pieces = number(base_size), []
        for _ in range(min(number(2), most)):
            if version in (1, 2):
                number(index_size)
            pieces.append((base + number(offset_size), number(length_size)))
        if pieces:
            start = pieces[0][0]
            places[item] = (method, start, max(begin + length for begin, length in pieces) - start)
    return places


def _properties(body: bytes, meta: _Meta) -> None:
    for name, content in _boxes(body):
        if name == b"ipco":
            meta.properties = list(_boxes(content))
        elif name == b"ipma":
            _owners(content, meta)


def _owners(body: bytes, meta: _Meta) -> None:
    version, flags = body[0], body[3]
    count, at = int.from_bytes(body[4:8], "big"), 8
    for _ in range(min(count, _MOST_BOXES)):
        step = 4 if version else 2
        item, many = int.from_bytes(body[at : at + step], "big"), body[at + step]
        at += step + 1
        width, mask = (2, 0x7FFF) if flags & 1 else (1, 0x7F)
        numbers = [int.from_bytes(body[at + i * width : at + (i + 1) * width], "big") & mask for i in range(many)]
        meta.owned.setdefault(item, []).extend(numbers)
        at += many * width


def _picture(meta: _Meta, facts: Facts) -> None:
    """Take over the properties of the primary item; `width` and `height` stay those before the turn."""
    turn, mirror = 0, None
    for name, body in meta.of(meta.primary):
        if name == b"ispe":
            facts.width, facts.height = struct.unpack_from(">II", body, 4)
        elif name == b"clap":
            _clean_aperture(body, facts)
        elif name == b"irot":
            # They apply in their order; a turn behind the mirror is the opposite turn before it.
            turn = (turn + (body[0] & 3) * (1 if mirror is None else -1)) % 4
        elif name == b"imir":
            mirror = body[0] & 1
        elif name == b"pixi" and body[4] and len(body) > 5:
            facts.bits = body[5]
        else:
            _coding(name, body, facts)
    # The boxes alone turn the picture; an EXIF orientation beside them is for information (ISO/IEC 23000-22,
    # 7.3.6.7), and applying both is the usual fault. Nor do libheif and browsers apply it without them.
    facts.turn = _ORIENTATION[turn, mirror]
    facts.alpha = any(name == b"auxC" and body[4:].startswith(_ALPHA) for name, body in meta.properties)
    if facts.width == 0 or facts.height == 0:
        raise corrupt(f"the picture is {facts.width}x{facts.height}")


def _coding(name: bytes, body: bytes, facts: Facts) -> None:
    if name == b"av1C" and len(body) > 2:
        facts.codec = "av1"
        facts.bits = facts.bits or (8 if not body[2] & 0x40 else 12 if body[2] & 0x20 else 10)
        facts.color_space = "gray" if body[2] & 0x10 else facts.color_space or "ycbcr"
    elif name == b"hvcC" and len(body) > 17:
        facts.codec = "hevc"
        facts.bits = facts.bits or (body[17] & 7) + 8
        facts.color_space = "gray" if body[16] & 3 == 0 else facts.color_space or "ycbcr"
    elif name == b"colr" and body[:4] == b"nclx" and body[8:10] == b"\0\0":
        facts.color_space = "srgb"


def _clean_aperture(body: bytes, facts: Facts) -> None:
    width, by_width, height, by_height = struct.unpack_from(">4I", body)
    if by_width and by_height and width // by_width and height // by_height:
        facts.width, facts.height = width // by_width, height // by_height


def _exif(meta: _Meta, window: Window, facts: Facts) -> None:
    item = next((one for one, kind in meta.types.items() if kind == b"Exif" and one in meta.places), None)
    if item is None:
        return
    method, offset, length = meta.places[item]
    if method != 0 or length < 8 or offset + length > window.size:
        return
    try:
        data = window.some(offset, min(length, _MOST_EXIF))
    except OutOfReach:
        return
    start = 4 + int.from_bytes(data[:4], "big")
    read_exif(data[start:].removeprefix(b"Exif\0\0"), facts)
    facts.orientation = facts.turn  # Writers move EXIF's word into the boxes and leave a 1, or leave both.


def _sequence(moov: bytes, facts: Facts) -> None:
    """Count the pictures of a sequence; take its size where no still picture tells it."""
    for name, track in _boxes(moov):
        inside = dict(_boxes(track)) if name == b"trak" else {}
        media = dict(_boxes(inside.get(b"mdia", b"")))
        if media.get(b"hdlr", b"")[8:12] not in (b"pict", b"vide"):
            continue
        tables = dict(_boxes(dict(_boxes(media.get(b"minf", b""))).get(b"stbl", b"")))
        sizes, facts.seconds = tables.get(b"stsz", b""), _seconds(media.get(b"mdhd", b""), tables.get(b"stts", b""))
        if len(sizes) >= 12:
            facts.frames = max(int.from_bytes(sizes[8:12], "big"), 1)
        shape = inside.get(b"tkhd", b"")[-8:]
        if facts.width is None and len(shape) == 8:
            facts.width, facts.height = (side >> 16 for side in struct.unpack(">II", shape))
        return


def _seconds(head: bytes, times: bytes) -> float | None:
    """Add up how long each picture of a track is shown."""
    scale = int.from_bytes(head[20:24] if head[:1] == b"\1" else head[12:16], "big")
    if not scale or len(times) < 8:
        return None
    entries = times[8 : 8 + len(times[8:]) // 8 * 8]
    total: int = sum(count * length for count, length in struct.iter_unpack(">II", entries))
    return round(total / scale, 6)
