"""Many pictures on one sheet, in tiles, with a line of text below each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyvips

from mediaframe.engines.base import Piece, Task
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.color import in_srgb
from mediaframe.engines.vips.composite import Box, placed, put, tinted
from mediaframe.engines.vips.encode import SIDES
from mediaframe.engines.vips.handle import Handle, of
from mediaframe.engines.vips.lettering import Font, Letters, letters
from mediaframe.engines.vips.opening import open_picture
from mediaframe.errors import AssetError
from mediaframe.model.kind import Shape
from mediaframe.model.quantity import color_bands
from mediaframe.ops.merge import ContactSheet

_LONGEST = 300
"""Characters of a label that are looked at."""
_ONE_LINE = 100_000
"""Pixels of a line that is not to wrap."""


@engine.implements(ContactSheet)
def contact_sheet(pieces: Sequence[Piece], op: ContactSheet, task: Task) -> Handle:
    """Put pictures into tiles; each is opened when its turn comes."""
    count = len(pieces)
    width, height = op.infer([Shape("image")] * count).size or (1, 1)
    _hold(width, height, count, op, task)
    color = color_bands(op.background)
    bands = 4 if color[3] < 255 else 3
    sheet = np.full((height, width, bands), color[:bands], np.uint8)
    for number, piece in enumerate(pieces):
        left, top = op.corner(number, count)
        cell = sheet[top : top + op.tile[1] + op.room, left : left + op.tile[0]]
        cell[: op.tile[1]] = _tile(piece, cell[: op.tile[1]], task)
        label = op.bind(piece.row).label
        if label:
            cell[op.tile[1] :] = _labeled(label, cell[op.tile[1] :], op)
    image = pyvips.Image.new_from_memory(sheet, width, height, bands, "uchar")
    return of(image.copy(interpretation="srgb"))


def _hold(width: int, height: int, count: int, op: ContactSheet, task: Task) -> None:
    word = task.end.word if task.end else ""
    longest = min(task.limits.side, SIDES.get(word, task.limits.side))
    if width * height <= task.limits.pixels and max(width, height) <= longest:
        return
    raise AssetError(
        f"contact_sheet: {count} tiles in {op.across(count)} columns are {width}x{height} px, over "
        f"{task.limits.pixels / 1e6:g} megapixels or {longest} px a side ({word}); ask for smaller tiles or other "
        "columns, make several sheets, as with filter() or head(), or see Limits.pixels",
        code="E_LIMIT_PIXELS",
    )


Array = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def _tile(piece: Piece, ground: Array, task: Task) -> Array:
    base = _picture(ground)
    image = in_srgb(open_picture(piece, Task(limits=task.limits)).image)
    return _array(put(base, image, placed((image.width, image.height), (base.width, base.height), "center", 0)))


def _labeled(label: str, ground: Array, op: ContactSheet) -> Array:
    base = _picture(ground)
    found = _shortened(" ".join(label.split()), base.width, op.label_size)
    if found is None:
        return ground
    left = (base.width - found.mask.width) // 2
    top = (base.height - found.height) // 2 + found.top
    return _array(put(base, tinted(found.mask, op.ink), Box(left, top, found.mask.width, found.mask.height)))


def _shortened(text: str, width: int, size: int) -> Letters | None:
    """Lay out as much of a text as has room on a line, with an ellipsis where that is not all."""
    whole = _line(text[:_LONGEST], size)
    if whole is None or (whole.mask.width <= width and len(text) <= _LONGEST):
        return whole
    fits, over, best = 0, min(len(text), _LONGEST), _line("\N{HORIZONTAL ELLIPSIS}", size)
    while over - fits > 1:
        middle = (fits + over) // 2
        tried = _line(text[:middle].rstrip() + "\N{HORIZONTAL ELLIPSIS}", size)
        if tried is not None and tried.mask.width <= width:
            fits, best = middle, tried
        else:
            over = middle
    return best


def _line(text: str, size: int) -> Letters | None:
    return letters(text, Font.built_in(bold=False), size, _ONE_LINE, "left")


def _picture(ground: Array) -> pyvips.Image:
    height, width, bands = ground.shape
    image = pyvips.Image.new_from_memory(ground.tobytes(), width, height, bands, "uchar")
    return image.copy(interpretation="srgb")


def _array(image: pyvips.Image) -> Array:
    data = np.frombuffer(image.write_to_memory(), np.uint8)
    return data.reshape(image.height, image.width, image.bands)
