"""What the boxes of an MP4 or a MOV say that FFmpeg passes over: how long all plays, and whether it lies elsewhere."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediaframe.engines.base import Source

_UNKNOWN = (0, (1 << 32) - 1, (1 << 64) - 1)
_MOST_BOXES = 512
_SELF = 1
"""The flag of an entry of a data reference whose data stand in the file itself."""

Span = tuple[int, int]
"""Where what a box holds begins and ends."""


def movie_header(source: Source) -> float | None:
    """Read the playing time in the movie header (mvhd, ISO/IEC 14496-12, 8.2.2)."""
    for start, end in _inside(source, (0, source.size), "moov", "mvhd"):
        if end - start < 32:  # version, flags, times, scale and duration of version 1
            continue
        told = bytes(source.view()[start : start + 32])
        scale, ticks = struct.unpack_from(*((">IQ", told, 20) if told[0] == 1 else (">II", told, 12)))
        return ticks / scale if scale and ticks not in _UNKNOWN else None
    return None


def external(source: Source) -> bool:
    """Say whether it takes samples from another file: by a data reference (dref, 8.7.2), or as a reference movie.

    FFmpeg opens neither; of a reference by URL it would read the bytes at these places of the file itself.
    """
    whole = (0, source.size)
    if any(True for _ in _inside(source, whole, "moov", "rmra")):
        return True
    entries = (
        source.view()[at : at + 4]
        for start, end in _inside(source, whole, "moov", "trak", "mdia", "minf", "dinf", "dref")
        for name, at, _ in _boxes(source, (start + 8, end))  # after version, flags and count
        if name in (b"url ", b"urn ", b"alis", b"rsrc")
    )
    return any(len(flags) == 4 and not flags[3] & _SELF for flags in entries)


def _inside(source: Source, span: Span, *path: str) -> Iterator[Span]:
    """Give all boxes at the end of a path of names."""
    for name, start, end in _boxes(source, span):
        if name != path[0].encode():
            continue
        if len(path) == 1:
            yield start, end
        else:
            yield from _inside(source, (start, end), *path[1:])


def _boxes(source: Source, span: Span) -> Iterator[tuple[bytes, int, int]]:
    """Give name, begin and end of what boxes hold."""
    view, (start, end) = source.view(), span
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        size, name, head = int.from_bytes(view[start : start + 4], "big"), bytes(view[start + 4 : start + 8]), 8
        if size == 1:
            size, head = int.from_bytes(view[start + 8 : start + 16], "big"), 16
        size = size or end - start
        if size < head:
            return
        yield name, start + head, min(end, start + size)
        start += size
