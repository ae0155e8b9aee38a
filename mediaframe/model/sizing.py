"""How a medium meets a box: the sizes that a fit gives, and where anchors hold."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

Fit = Literal["cover", "contain", "fill", "inside", "outside"]
Anchor = Literal["center", "north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]
Point = tuple[float, float]

ANCHORS: dict[str, Point] = {
    "center": (0.5, 0.5), "north": (0.5, 0.0), "northeast": (1.0, 0.0), "east": (1.0, 0.5),
    "southeast": (1.0, 1.0), "south": (0.5, 1.0), "southwest": (0.0, 1.0), "west": (0.0, 0.5),
    "northwest": (0.0, 0.0),
}  # fmt: skip
"""Where an anchor holds, as shares of the room that is left."""


class Plan(NamedTuple):
    """Sizes of a resize: what the medium is scaled to, and what comes out after crop or padding."""

    scaled: tuple[int, int]
    final: tuple[int, int]


def nearest(value: float, step: int = 1) -> int:
    """Round half up to a multiple of `step`, at least one of it.

    >>> nearest(2.5), nearest(101, 2), nearest(0.1, 2)
    (3, 102, 2)
    """
    return max(1, math.floor(value / step + 0.5)) * step


def plan(
    size: tuple[int, int], box: tuple[int | None, int | None], fit: Fit, *, enlarge: bool = False, step: int = 1
) -> Plan:
    """Say the sizes for a medium of this size.

    Parameters
    ----------
    size
        Width and height of the medium.
    box
        Width and height asked for; one of them may be left out.
    fit
        How the medium meets the box.
    enlarge
        Whether it may grow.
    step
        What sides are multiples of: 2 for video with 4:2:0 colors.

    Examples
    --------
    >>> plan((1600, 1200), (320, 320), "cover")
    Plan(scaled=(427, 320), final=(320, 320))
    """
    width, height = size
    across, down = (box[0] / width if box[0] else None), (box[1] / height if box[1] else None)

    def scaled(horizontal: float, vertical: float) -> tuple[int, int]:
        may = [one if enlarge else min(1.0, one) for one in (horizontal, vertical)]
        return nearest(width * may[0], step), nearest(height * may[1], step)

    if across is None or down is None:
        scale = across or down or 1.0
        found = scaled(scale, scale)
        if enlarge or scale < 1.0:
            # The side that was asked for holds to the pixel, whatever floating point says.
            found = (nearest(box[0], step) if box[0] else found[0], nearest(box[1], step) if box[1] else found[1])
        return Plan(found, found)
    wanted = (nearest(box[0] or 1, step), nearest(box[1] or 1, step))
    if fit == "fill":
        return Plan(scaled(across, down), scaled(across, down))
    scale = min(across, down) if fit in ("inside", "contain") else max(across, down)
    found = scaled(scale, scale)
    if fit == "cover":
        return Plan(found, (min(wanted[0], found[0]), min(wanted[1], found[1])))
    return Plan(found, wanted if fit == "contain" else found)
