"""Videos and sounds: whether the container is all there. What is in it, an engine says."""

from __future__ import annotations

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
