"""The boxes of an AVIF that is an animation: delays, how often it is played, and the clocks that writers put in."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from mediaframe.engines.vips.reel import timed

_INSIDE = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")
_CLOCKS = (b"mvhd", b"tkhd", b"mdhd")
_FOREVER = (1 << 64) - 1
_MOST_FRAMES = 1 << 20


class Box(NamedTuple):
    """A box: its name, and where its content begins and ends."""

    name: bytes
    start: int
    end: int


class Sequence(NamedTuple):
    """What the boxes say of the time of an animation."""

    delays: tuple[int, ...]
    """Of each frame, in milliseconds; empty where it is not told."""
    plays: int
    """How often it is played; 0 goes on forever."""


def sequence(data: Any) -> Sequence:
    """Read the time of an animation, from the first track that tells it.

    Source: ISO/IEC 14496-12, and libavif's `read.c` for the repetitions that follow from the lengths of track and edit.
    """
    scale, lengths, whole, edit = 1000, list[int](), _FOREVER, None
    for box in _boxes(data, 0, len(data)):
        body = bytes(data[box.start : box.end])
        if box.name == b"tkhd" and not lengths:
            whole, edit = _number(body, 28, 20), None
        elif box.name == b"elst" and not lengths:
            edit = _edit(body)
        elif box.name == b"mdhd" and not lengths:
            scale = max(1, int.from_bytes(body[20:24] if body[:1] == b"\1" else body[12:16], "big"))
        elif box.name == b"stts" and not lengths:
            lengths = _lengths(body)
    return Sequence(timed(tuple(lengths), scale / 1000) if lengths else (), _plays(whole, edit))


def stamped(data: bytes, plays: int) -> bytes:
    """Say how often an animation is played, and take the moment at which it was written out of it.

    libavif writes animations that go on forever, and the clock into the headers of movie, tracks and media; bytes may
    not depend on the clock. Only fields of a fixed size are changed.
    """
    made = bytearray(data)
    edits = {_edit(bytes(data[box.start : box.end])) for box in _boxes(data, 0, len(data)) if box.name == b"elst"}
    once = max(one[0] for one in edits if one) if any(edits) else 0
    for box in _boxes(data, 0, len(data)):
        wide = data[box.start] == 1
        if box.name in _CLOCKS and wide:
            made[box.start + 4 : box.start + 20] = bytes(16)
        if box.name in (b"mvhd", b"tkhd") and wide and plays:
            at = box.start + (24 if box.name == b"mvhd" else 28)
            struct.pack_into(">Q", made, at, once * plays)
        if box.name == b"elst" and plays == 1:
            made[box.start + 3] = 0  # Without the flag nothing is repeated.
    return bytes(made)


def _boxes(data: Any, at: int, end: int) -> Iterator[Box]:
    """Give the boxes of the movie, those inside of others after them."""
    while at + 8 <= end:
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        size = end - at if size == 0 else size
        if size < head or at + size > end:
            return
        box = Box(bytes(data[at + 4 : at + 8]), at + head, at + size)
        yield box
        if box.name in _INSIDE:
            yield from _boxes(data, box.start, box.end)
        at += size


def _number(body: bytes, wide: int, narrow: int) -> int:
    """Give a length of time that takes eight bytes in version 1 and four in version 0."""
    size, at = (8, wide) if body[:1] == b"\1" else (4, narrow)
    found = int.from_bytes(body[at : at + size], "big")
    return _FOREVER if found == (1 << 8 * size) - 1 else found


def _edit(body: bytes) -> tuple[int, bool] | None:
    """Give the length of the only edit, and whether it is repeated."""
    if int.from_bytes(body[4:8], "big") != 1:
        return None
    return _number(body, 8, 8), bool(body[3] & 1)


def _lengths(body: bytes) -> list[int]:
    found: list[int] = []
    for count, length in struct.iter_unpack(">II", body[8 : 8 + int.from_bytes(body[4:8], "big") * 8]):
        found += [length] * min(count, _MOST_FRAMES - len(found))
    return found


def _plays(whole: int, edit: tuple[int, bool] | None) -> int:
    if edit is None:
        return 0  # Nothing is said: what is played in a page goes on.
    once, repeated = edit
    if not repeated:
        return 1
    return 0 if whole == _FOREVER or not once else max(1, -(-whole // once))
