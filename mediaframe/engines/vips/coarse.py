"""A JPEG decoded coarsely and in gray: all that a perceptual hash looks at."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyvips
from PIL import Image

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.foreign import bounded, plain, trouble
from mediaframe.measures.image import Dhash, Phash
from mediaframe.model.limits import Limits
from mediaframe.ops.image.geometry import AutoOrient

LEAST = 250
"""Pixels that both sides keep: 2000 / 8. Mean distance to the hashes of whole photographs (40 of 0.3 to 24 megapixels):
phash 0.20 bits at 240, 0.15 at 256, 0.05 at 480; dhash 0.53, 0.30 and 0.13."""

_MARK = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends the data of a scan: any marker but a stuffed zero and the restarts."""


def coarsely(task: Task) -> bool:
    """Whether a recipe wants no more than a hash of the picture as it is."""
    return isinstance(task.end, Dhash | Phash) and all(isinstance(step, AutoOrient) for step in task.steps)


def coarse(source: Source, limits: Limits) -> pyvips.Image:
    """Decode a JPEG of plain colors in gray, at the least size that a hash needs.

    By Pillow's libjpeg-turbo, since libvips cannot leave the colors out.
    """
    data = source.view()
    with trouble("jpeg"), bounded(limits):
        picture = Image.open(io.BytesIO(data), formats=["JPEG"])
        if min(picture.size) >= 8 * LEAST and picture.info.get("progressive"):
            picture = Image.open(io.BytesIO(first_scans(data) or data), formats=["JPEG"])
        picture.draft("L", (LEAST, LEAST))
        picture.load()
        gray = picture if picture.mode == "L" else picture.convert("L")
        return plain(gray.tobytes(), gray.size, "L")


class _Frame(NamedTuple):
    """What the frame header of a progressive JPEG says."""

    blocks: int
    """At least as many as any of its components has."""
    components: tuple[int, ...]


def first_scans(data: Any) -> bytes | None:
    """Give a progressive JPEG with the means of its blocks alone; None where it is not progressive, or not whole.

    At an eighth of its size libjpeg shows nothing but these means. The finer scans are left out; in their place it is
    told, in a few bytes, that there is nothing finer: it would otherwise guess, and take twice the time.

    Source: ITU-T T.81, annex G: the first scans (`Ss` = 0), and runs of end-of-band for the others.
    """
    parts, frame, at = [bytes(data[:2])], None, 2
    while (mark := _next(data, at)) is not None:
        at, code = mark
        if code == 0xD9:
            return b"".join([*parts, *_nothing_finer(frame), b"\xff\xd9"]) if frame else None
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if code == 0xC2:
            frame = _frame(bytes(data[at + 4 : end]))
        if code == 0xDA:
            after = _MARK.search(data, end)
            if after is None or frame is None:
                return None
            if data[end - 3] == 0:  # The scan begins with the coefficient that is the mean.
                parts.append(bytes(data[at : after.start()]))
            at = after.start()
        else:
            parts.append(bytes(data[at:end]))
            at = end
    return None


def _next(data: Any, at: int) -> tuple[int, int] | None:
    """Find the next marker; any number of fill bytes may stand before its code."""
    at = data.find(b"\xff", at)
    while 0 <= at < len(data) - 1 and data[at + 1] == 0xFF:
        at += 1
    return (at, data[at + 1]) if 0 <= at < len(data) - 1 else None


def _frame(header: bytes) -> _Frame:
    height, width = int.from_bytes(header[1:3], "big"), int.from_bytes(header[3:5], "big")
    return _Frame((width // 8 + 5) * (height // 8 + 5), tuple(header[6 + 3 * one] for one in range(header[5])))


_LONGEST_RUN = 32767


def _nothing_finer(frame: _Frame) -> Iterator[bytes]:
    """Give a scan for each component that says of all its blocks that no further coefficient follows."""
    yield b"\xff\xdd\x00\x04\x00\x00"  # No restarts.
    # One code of one bit, for a run of end-of-band whose length is in 14 more bits.
    yield b"\xff\xc4\x00\x14\x10" + bytes([1, *[0] * 15, 0xE0])
    bits = ("0" + "1" * 14) * -(-frame.blocks // _LONGEST_RUN)
    bits += "1" * (-len(bits) % 8)
    runs = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    for component in frame.components:
        yield b"\xff\xda\x00\x08\x01" + bytes([component, 0, 1, 63, 0]) + runs
