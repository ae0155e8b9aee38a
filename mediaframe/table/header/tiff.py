"""TIFF and BigTIFF: the first directory, and how many there are."""

from __future__ import annotations

from mediaframe.table.header.exif import ORIENTATION, Directories, Value, read_tags
from mediaframe.table.header.facts import Facts, OutOfReach, Window, corrupt, cut

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _EXTRA = (
    0x100,
    0x101,
    0x102,
    0x103,
    0x106,
    0x115,
    0x152,
)
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 0x111, 0x117, 0x144, 0x145
_WANTED = frozenset({_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _EXTRA, ORIENTATION})
_COLORS = {
    0: "gray",
    1: "gray",
    2: "srgb",
    3: "srgb",
    4: "gray",
    5: "cmyk",
    6: "ycbcr",
    8: "lab",
    9: "lab",
    10: "lab",
}
_MOST_PAGES = 10_000
_MOST_SIDE = 1 << 31


def read_tiff(window: Window, facts: Facts) -> None:
    """Read the first directory, then follow the chain to count the pages."""
    window.need(0, 8, "the TIFF header")
    directories = Directories(lambda offset, length: window.some(offset, length))
    raw, following = _directory(directories, window, directories.first)
    tags = dict(directories.values(raw, _WANTED))
    facts.width, facts.height = _number(tags, _WIDTH), _number(tags, _HEIGHT)
    facts.bits = _number(tags, _BITS) or 1
    facts.color_space = _COLORS.get(_number(tags, _PHOTOMETRIC) or 0)
    extra = tags.get(_EXTRA, ())
    facts.alpha = any(kind in (1, 2) for kind in extra) if isinstance(extra, tuple) else False
    if not facts.width or not facts.height:
        raise corrupt("the first directory says no size")
    if facts.width >= _MOST_SIDE or facts.height >= _MOST_SIDE:
        raise corrupt(f"the first directory says {facts.width}x{facts.height}")
    read_tags(directories, raw, facts)
    _inside(directories, raw, window, _plain_bytes(tags))
    facts.frames = _pages(directories, window, following)


def _number(tags: dict[int, Value], tag: int) -> int | None:
    value = tags.get(tag)
    return value[0] if isinstance(value, tuple) and value else None


def _directory(directories: Directories, window: Window, offset: int) -> tuple[bytes, int]:
    if offset + 2 > window.size:
        raise cut("the directory lies beyond the end")
    raw, following = directories.entries(offset)
    if not raw:
        raise cut("the file ends within the directory")
    return raw, following


def _inside(directories: Directories, raw: bytes, window: Window, plain_bytes: int | None) -> None:
    """See that the last strip or tile lies within the file."""
    wanted = frozenset({_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES})
    try:
        places = dict(directories.values(raw, wanted))
    except OutOfReach:
        return
    starts = places.get(_STRIPS) or places.get(_TILES) or ()
    lengths = places.get(_STRIP_BYTES) or places.get(_TILE_BYTES) or ()
    if starts and max(starts) > window.size:
        raise cut("a part of the picture lies beyond the end")
    # Of plain pixels libtiff works the lengths out itself: wrong ones do no harm.
    if plain_bytes is not None:
        if starts and min(starts) + plain_bytes > window.size:
            raise cut("the pixels end before the last row")
    elif len(starts) == len(lengths) and any(a + b > window.size for a, b in zip(starts, lengths, strict=True)):
        raise cut("a part of the picture ends beyond the end")


def _plain_bytes(tags: dict[int, Value]) -> int | None:
    """Say how many bytes pixels take that are not compressed; None for the others."""
    if _number(tags, _COMPRESSION) not in (None, 1) or _number(tags, _PHOTOMETRIC) == 6:
        return None
    width, height = _number(tags, _WIDTH) or 0, _number(tags, _HEIGHT) or 0
    row = width * (_number(tags, _BITS) or 1) * (_number(tags, _SAMPLES) or 1)
    return (row + 7) // 8 * height


def _pages(directories: Directories, window: Window, offset: int) -> int | None:
    seen = {directories.first}
    while offset and offset not in seen:
        if len(seen) > _MOST_PAGES:
            return None
        try:
            raw, following = directories.entries(offset)
        except OutOfReach:
            return None
        except ValueError:
            break  # a chain that leads nowhere: what was counted is what can be read
        if not raw:
            break
        seen.add(offset)
        offset = following
    return len(seen)
