"""Videos and sounds: whether the container is all there. What is in it, an engine says."""

from __future__ import annotations

import struct

from mediaframe.table.header.facts import Damage, Facts, OutOfReach, Window, cut
from mediaframe.table.header.isobmff import top_boxes

_SEGMENT = b"\x18\x53\x80\x67"


def read_boxes(window: Window, facts: Facts) -> None:
    """See whether the boxes of an MP4 and its kin end within the file."""
    found: set[bytes] = set()
    try:
        for name, _, _, whole in top_boxes(window):
            found.add(name)
            if not whole:
                raise cut(f"the box {name.decode('latin-1')!r} goes beyond the end")
    except OutOfReach:
        return
    except Damage as damage:
        if damage.code == "E_TRUNCATED":
            raise
        return  # bytes of no meaning at the end are common, and the engine passes over them
    if found.isdisjoint((b"moov", b"moof")):
        raise cut("the box with the index (moov) is missing")


def read_matroska(window: Window, facts: Facts) -> None:
    """See whether the segment of a Matroska or WebM ends within the file."""
    start = window.head.find(_SEGMENT, 0, 4096)
    if start < 0 or start + 12 > len(window.head):
        return
    first = window.head[start + 4]
    length = 9 - first.bit_length()
    if not 1 <= length <= 8:
        return
    ones = (1 << 7 * length) - 1
    declared = int.from_bytes(window.head[start + 4 : start + 4 + length], "big") & ones
    if declared != ones and start + 4 + length + declared > window.size:  # all ones: the length was not known
        raise cut(f"{declared} bytes are declared, {window.size - start - 4 - length} are there")


_UNKNOWN = (0, 0xFFFFFFFF)
"""Sizes that are written where the end is not known yet, and stay when nobody comes back to mend them."""
_SLIP = 8
"""Bytes by which writers are off without anything missing: a chunk header, or the padding of an odd chunk."""


def read_riff(window: Window, facts: Facts) -> None:
    """See whether the chunks of a WAV or an AVI end within the file."""
    declared = struct.unpack_from("<I", window.head, 4)[0] if len(window.head) >= _SLIP else 0
    if window.head[:4] == b"RIFF" and declared not in _UNKNOWN and declared > window.size:
        raise cut(f"{declared + 8} bytes are declared, {window.size} are there")


_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def read_asf(window: Window, facts: Facts) -> None:
    """See whether a WMV or a WMA has as many bytes as it declares."""
    start = window.head.find(_FILE_PROPERTIES)
    if start < 0 or start + 92 > len(window.head):
        return
    declared, flags = struct.unpack_from("<Q", window.head, start + 40)[0], window.head[start + 88]
    if not flags & 1 and declared > window.size:  # a broadcast says nothing that holds
        raise cut(f"{declared} bytes are declared, {window.size} are there")


_TAIL = 66_000
"""Bytes within which the last page of an Ogg begins: a page has 65,307 at the most."""
_PAGE = struct.Struct("<4sBBqIIIB")


def read_ogg(window: Window, facts: Facts) -> None:
    """See whether the last page of an Ogg ends within the file. What stands before it plays all the same."""
    begin = max(0, window.size - _TAIL)
    try:
        tail = window.some(begin, _TAIL)
    except OutOfReach:
        return
    at = tail.rfind(b"OggS\0")
    if at < 0 or at + _PAGE.size > len(tail):
        missing = at >= 0
    else:
        lengths = tail[at + _PAGE.size : at + _PAGE.size + tail[at + _PAGE.size - 1]]
        missing = at + _PAGE.size + tail[at + _PAGE.size - 1] + sum(lengths) > len(tail)
    if missing:
        facts.warning = ("W_DURATION_MISMATCH", "the file ends within a page, which does not play")


def read_mp3(window: Window, facts: Facts) -> None:
    """See whether anything comes after the tags in front of an MP3 (ID3v2, 3.1)."""
    head = window.head[:10]
    if len(head) < len(b"ID3") + 7 or head[:3] != b"ID3":
        return
    length = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
    if length >= window.size:
        raise cut("the file ends within its tags, or behind them")
