"""A JPEG decoded coarsely and in gray: all that a perceptual hash looks at."""

from __future__ import annotations

import io
import re
from typing import Any

from PIL import Image

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.foreign import bounded, plain, trouble
from mediaframe.engines.vips.handle import Handle
from mediaframe.engines.vips.structure import jpeg_segments, jpeg_size
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


def coarse(source: Source, limits: Limits) -> Image.Image:
    """Decode a JPEG of plain colors in gray, at the least size that a hash needs, as stored.

    By Pillow's libjpeg-turbo, since libvips cannot leave the colors out.
    """
    data = source.view()
    with trouble("jpeg"), bounded(limits):
        size = jpeg_size(data) or (0, 0)
        short = first_scans(data) if min(size) >= 8 * LEAST else None
        picture = Image.open(io.BytesIO(short or bare(data)), formats=["JPEG"])
        picture.draft("L", (LEAST, LEAST))
        picture.load()
        return picture if picture.mode == "L" else picture.convert("L")


def upright_gray(gray: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture as its orientation says."""
    turn = _TURNS.get(orientation)
    return gray if turn is None else gray.transpose(turn)


def handle_of(gray: Image.Image, width: int, height: int) -> Handle:
    """Give the handle of a picture that was decoded coarsely, for a size."""
    return Handle(plain(gray.tobytes(), gray.size, "L"), width, height, gray)


def bare(data: Any) -> bytes:
    """Give a JPEG without what cameras say in it: Pillow would read the EXIF for a resolution, 0.3 ms each time."""
    parts, scan = [bytes(data[:2])], len(data)
    for mark, start, end in jpeg_segments(data):
        if mark == b"\xda":
            scan = start
        elif mark[0] not in _SAID:
            parts.append(bytes(data[start:end]))
    return b"".join([*parts, memoryview(data)[scan:]])


_SAID = frozenset({*range(0xE1, 0xEE), 0xEF, 0xFE})
"""Comments, and applications' own segments but for those that tell which colors there are: JFIF and Adobe."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip


def first_scans(data: Any) -> bytes | None:
    """Give a progressive JPEG with the means of its blocks alone; None where it is not progressive, or not whole.

    At an eighth of its size libjpeg shows nothing but these means, so that the finer scans are left out. It would guess
    what is missing, and take twice the time, were the steps of all that is finer not 0.

    Source: ITU-T T.81, annex G: the first scans (`Ss` = 0); `smoothing_ok` of libjpeg's jdcoefct.c.
    """
    parts, progressive, at = [bytes(data[:2])], False, 2
    while (mark := _next(data, at)) is not None:
        at, code = mark
        if code == 0xD9:
            return b"".join([*parts, b"\xff\xd9"]) if progressive else None
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if code == 0xDA:
            after = _MARK.search(data, end)
            if after is None or not progressive:
                return None
            if data[end - 3] == 0:  # The scan begins with the coefficient that is the mean.
                parts.append(bytes(data[at : after.start()]))
            at = after.start()
            continue
        progressive = progressive or code == 0xC2
        if code not in _SAID:
            parts.append(_means_alone(bytes(data[at:end])) if code == 0xDB else bytes(data[at:end]))
        at = end
    return None


def _next(data: Any, at: int) -> tuple[int, int] | None:
    """Find the next marker; any number of fill bytes may stand before its code."""
    at = data.find(b"\xff", at)
    while 0 <= at < len(data) - 1 and data[at + 1] == 0xFF:
        at += 1
    return (at, data[at + 1]) if 0 <= at < len(data) - 1 else None


def _means_alone(tables: bytes) -> bytes:
    """Give quantization tables whose steps are 0 for all but the mean."""
    made, at = bytearray(tables), 4
    while at < len(made):
        width = 1 + (made[at] >> 4)
        first, last = at + 1 + width, at + 1 + 64 * width
        made[first:last] = bytes(len(made[first:last]))
        at = last
    return bytes(made)
