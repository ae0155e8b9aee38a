"""What of a picture is worth keeping: by an anchor, a point, attention, entropy, or faces."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import pyvips

from mediaframe.engines.vips.color import in_srgb
from mediaframe.engines.vips.handle import alpha_apart, colors
from mediaframe.errors import AssetError
from mediaframe.model.detector import detector_identity, face_detector
from mediaframe.model.sizing import ANCHORS, Point

FINDS = ("attention", "entropy", "face")
"""Gravities that look at the pixels."""

_LOOKED_AT = 1024
"""Pixels of the longer side of what a detector is given, so that its time and what it finds do not grow with the
picture; part of the engine's revision."""

Detect = Callable[[bytes, int, int], Iterable[tuple[float, float, float, float]]]


def place(image: pyvips.Image, width: int, height: int, gravity: str, focus: Point | None) -> tuple[int, int]:
    """Give left and top of a box of this size, by the point that is kept in view or by gravity."""
    room = image.width - width, image.height - height
    if focus is None and gravity == "face":
        focus = _between_faces(image, width, height)
        gravity = "attention"  # Where there is no face.
    if focus is None and gravity in FINDS:
        cut = in_srgb(image).copy_memory().smartcrop(width, height, interesting=gravity)
        return -cut.xoffset, -cut.yoffset
    if focus is None:
        across, down = ANCHORS[gravity]
        return half_up(room[0] * across), half_up(room[1] * down)
    left, top = half_up(focus[0] * image.width - width / 2), half_up(focus[1] * image.height - height / 2)
    return min(max(left, 0), room[0]), min(max(top, 0), room[1])


def half_up(value: float) -> int:
    """Round, halves up."""
    return math.floor(value + 0.5)


# ---- faces -----------------------------------------------------------------------------------------------------------


class Face(NamedTuple):
    """A box, as shares of width and height."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> Point:
        """The point in its middle."""
        return self.left + self.width / 2, self.top + self.height / 2


def _between_faces(image: pyvips.Image, width: int, height: int) -> Point | None:
    """Give the middle of all faces where a box of this size holds them, else that of the largest."""
    found = faces(image)
    if not found:
        return None
    left, top = min(one.left for one in found), min(one.top for one in found)
    whole = Face(
        left, top, max(one.left + one.width for one in found) - left, max(one.top + one.height for one in found) - top
    )
    fits = whole.width * image.width <= width and whole.height * image.height <= height
    return whole.middle if fits else max(found, key=lambda one: (one.width * one.height, one)).middle


def faces(image: pyvips.Image) -> list[Face]:
    """Ask the detector that is installed, with a picture in sRGB of at most 1024 px."""
    plain, alpha = alpha_apart(in_srgb(image))
    if alpha is not None:
        plain = plain.bandjoin(alpha).flatten(background=[255] * colors(plain))
    factor = min(1.0, _LOOKED_AT / max(plain.width, plain.height))
    small = plain.colourspace("srgb").resize(factor)
    name, detect = _detector()
    try:
        boxes = [tuple(map(float, one)) for one in detect(bytes(small.write_to_memory()), small.width, small.height)]
        return sorted(_face(box, small.width, small.height) for box in boxes)
    except Exception as error:  # noqa: BLE001  # Whatever a stranger's detector raises costs one row, and is told.
        raise AssetError(f"the face detector {name} failed: {type(error).__name__}: {error}", code="E_OP") from None


def _face(box: tuple[float, ...], width: int, height: int) -> Face:
    left, top, across, down = box
    if not (math.isfinite(sum(box)) and across > 0 and down > 0):
        raise ValueError(f"expected boxes (left, top, width, height) in pixels, got {box}")
    return Face(left / width, top / height, across / width, down / height)


@lru_cache(maxsize=1)
def _detector() -> tuple[str, Any]:
    point = face_detector()
    detect: Detect = point.load()
    return detector_identity(point), detect
