"""What EXIF says: orientation, when and by which camera it was taken, whether it says where."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from datetime import datetime

from mediaframe.table.header.facts import Facts

Get = Callable[[int, int], bytes]
Value = tuple[int, ...] | bytes

_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_LETTERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_MOST_ENTRIES = 1024
_MOST_BYTES = 64 << 10

ORIENTATION, MAKE, MODEL, DATE, EXIF_IFD, GPS_IFD = 0x0112, 0x010F, 0x0110, 0x0132, 0x8769, 0x8825
_DATE_ORIGINAL, _DATE_DIGITIZED, _SUBSECONDS = 0x9003, 0x9004, 0x9291
_LATITUDE, _LONGITUDE = 2, 4
_DATE_TEXT = re.compile(r"([0-9]{4})[:/.-]([0-9]{2})[:/.-]([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})")
_OF_IMAGE = frozenset({ORIENTATION, MAKE, MODEL, DATE, EXIF_IFD, GPS_IFD})
_OF_EXIF = frozenset({_DATE_ORIGINAL, _DATE_DIGITIZED, _SUBSECONDS})
_OF_GPS = frozenset({_LATITUDE, _LONGITUDE})


class Directories:
    """The directories (IFDs) of a TIFF, or of EXIF, which is built like one."""

    def __init__(self, get: Get) -> None:
        self.get = get
        start = get(0, 16)
        if start[:2] not in (b"II", b"MM"):
            raise ValueError("neither byte order is named")
        self.order = "<" if start[:2] == b"II" else ">"
        self.big = len(start) == 16 and struct.unpack_from(self.order + "H", start, 2)[0] == 43
        self.first: int = struct.unpack_from(self.order + ("Q" if self.big else "I"), start, 8 if self.big else 4)[0]

    def entries(self, offset: int) -> tuple[bytes, int]:
        """Give the raw entries of the directory at an offset, and the offset of the next (0: none)."""
        head, entry, link = (8, 20, 8) if self.big else (2, 12, 4)
        count = int.from_bytes(self.get(offset, head), "little" if self.order == "<" else "big")
        if not 0 < count <= _MOST_ENTRIES:
            raise ValueError(f"a directory of {count} entries")
        data = self.get(offset + head, count * entry + link)
        following = data[count * entry :]
        after = int.from_bytes(following, "little" if self.order == "<" else "big") if len(following) == link else 0
        return data[: len(data) // entry * entry if len(data) < count * entry else count * entry], after

    def values(self, raw: bytes, wanted: frozenset[int]) -> Iterator[tuple[int, Value]]:
        """Give the wanted tags of raw entries with their values: numbers, or bytes for text."""
        shape, room = (self.order + "HHQ8s", 8) if self.big else (self.order + "HHI4s", 4)
        for tag, type_, count, inline in struct.iter_unpack(shape, raw):
            if tag in wanted and type_ in _SIZES:
                length = _SIZES[type_] * count
                if 0 < length <= _MOST_BYTES:
                    yield tag, self._value(type_, count, length, inline, room)

    def _value(self, type_: int, count: int, length: int, inline: bytes, room: int) -> Value:
        data = inline[:length]
        if length > room:
            (offset,) = struct.unpack(self.order + ("Q" if room == 8 else "I"), inline)
            data = self.get(offset, length)
        if type_ not in _LETTERS:
            return data
        letter = _LETTERS[type_]
        whole = min(count, len(data) // struct.calcsize("=" + letter))
        return struct.unpack_from(f"{self.order}{whole}{letter}", data)


def read_exif(data: bytes, facts: Facts) -> None:
    """Read an EXIF block, which begins like a TIFF; what is broken in it is left out."""
    try:
        directories = Directories(lambda offset, length: data[offset : offset + length])
        raw, _ = directories.entries(directories.first)
    except (ValueError, struct.error):
        return
    read_tags(directories, raw, facts)


def read_tags(directories: Directories, raw: bytes, facts: Facts) -> None:
    """Read the tags of a picture's own directory, and of the two that it points to."""
    found = _tags(directories, raw, _OF_IMAGE)
    (orientation,) = _number(found.get(ORIENTATION)) or (None,)
    if orientation is not None and 1 <= orientation <= 8 and facts.orientation is None:
        facts.orientation = orientation
    facts.camera = facts.camera or _camera(found)
    exif = _directory(directories, found.get(EXIF_IFD), _OF_EXIF)
    subseconds = exif.get(_SUBSECONDS)
    for date in (exif.get(_DATE_ORIGINAL), exif.get(_DATE_DIGITIZED), found.get(DATE)):
        facts.taken_at = facts.taken_at or _moment(date, subseconds)
    if GPS_IFD in found:
        gps = _directory(directories, found[GPS_IFD], _OF_GPS)
        facts.gps = _LATITUDE in gps and _LONGITUDE in gps
    elif facts.gps is None:
        facts.gps = False


def _tags(directories: Directories, raw: bytes, wanted: frozenset[int]) -> dict[int, Value]:
    found: dict[int, Value] = {}
    try:
        for tag, value in directories.values(raw, wanted):
            found.setdefault(tag, value)
    except struct.error:
        pass  # the entries before the damage hold
    return found


def _directory(directories: Directories, pointer: Value | None, wanted: frozenset[int]) -> dict[int, Value]:
    offset = _number(pointer)
    if not offset:
        return {}
    try:
        raw, _ = directories.entries(offset[0])
    except (ValueError, struct.error):
        return {}
    return _tags(directories, raw, wanted)


def _number(value: Value | None) -> tuple[int, ...]:
    return value[:1] if isinstance(value, tuple) else ()


def text(value: Value | None) -> str:
    """Give the text of a tag without padding."""
    if not isinstance(value, bytes):
        return ""
    return value.split(b"\0", 1)[0].decode("utf-8", "replace").strip()


def _camera(found: dict[int, Value]) -> str | None:
    make, model = text(found.get(MAKE)), text(found.get(MODEL))
    if model.lower().startswith(make.lower()):
        make = ""  # "Canon" and "Canon EOS 40D" need not say it twice
    return f"{make} {model}".strip() or None


def _moment(date: Value | None, subseconds: Value | None) -> datetime | None:
    match = _DATE_TEXT.match(text(date))
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups())
    digits = text(subseconds)
    fraction = int(digits[:6].ljust(6, "0")) if digits.isdecimal() and digits.isascii() else 0
    try:
        return datetime(year, month, day, hour, minute, second, fraction)  # noqa: DTZ001  # the camera's own time
    except ValueError:  # cameras whose clock was never set write 0000:00:00
        return None
