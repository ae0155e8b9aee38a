"""How much of a JPEG a recipe needs: by how much it is shrunk while it is decoded, told from the recipe alone."""

from __future__ import annotations

from mediaframe.engines.base import Task
from mediaframe.measures.statistics import Colors
from mediaframe.model.finish import Measure
from mediaframe.ops.image.color import Color
from mediaframe.ops.image.describe import Describe
from mediaframe.ops.image.effects import Vignette
from mediaframe.ops.image.geometry import AutoOrient, Flip, Flop, Mode, Resize, Rotate
from mediaframe.ops.image.pages import Page
from mediaframe.ops.image.tone import Brightness, Contrast, Flatten, Gamma, Grayscale, Hue, Saturation, Sepia, Tint

MARGIN = 1.15
"""How many times the size that is asked for is decoded at least. A decode of just that size is softer than one that is
reduced with lanczos3: over nine photos of 4 to 24 megapixels SSIM 0.9967 with no margin, 0.9984 with this one, 0.9987
for the whole picture, at 38, 37 and 63 ms."""

FLOOR = 1380
"""Pixels of the longer side that are decoded at least: 1200 with the margin, so that all results up to 1200 px share
one decode. A part of the engine's revision."""

_SHRINKS = (8, 4, 2)

_EACH_PIXEL = (
    AutoOrient, Brightness, Color, Contrast, Describe, Flatten, Flip, Flop, Gamma, Grayscale, Hue, Page, Saturation,
    Sepia, Tint, Vignette,
)  # fmt: skip
"""Steps that move pixels or change each for itself. Curves and reductions do not quite commute: over four photos of 8
to 24 megapixels, reduced to 600 px, a curve on the reduced decode was 0.4 to 0.7 levels off on average, no step at all
0.5. `normalize` is not among them: its percentiles move (1.2 levels)."""


def factor(task: Task, width: int, height: int) -> int:
    """Give 1, 2, 4 or 8: the most that leaves what the recipe needs and the floor.

    Parameters
    ----------
    task
        The recipe.
    width, height
        The full size, as the recipe sees it.
    """
    needed = _needed(task, width, height)
    if needed is None:
        return 1
    for shrink in _SHRINKS:
        across, down = width // shrink, height // shrink  # libvips leaves out what is left over
        if across >= needed[0] * MARGIN and down >= needed[1] * MARGIN and max(across, down) >= FLOOR:
            return shrink
    return 1


def upright(task: Task) -> bool:
    """Whether the picture is turned as its orientation says."""
    return all(step.enabled for step in task.steps if isinstance(step, AutoOrient))


def page_of(task: Task) -> int:
    """Say which page is asked for, from 1; 0 stands for the one that the file is opened at."""
    return next((step.number for step in task.steps if isinstance(step, Page)), 0)


def scales(step: object) -> bool:
    """Whether a step means the same on a reduced picture."""
    return isinstance(step, _EACH_PIXEL) or (isinstance(step, Rotate) and step.angle % 90 == 0)


def _needed(task: Task, width: int, height: int) -> tuple[int, int] | None:
    turned = False
    for one in task.steps:
        step = one.resize if isinstance(one, Mode) else one
        if isinstance(step, Resize):
            if step.linear:
                return None  # Shrinking while decoding mixes the numbers of the file, not light.
            size = step.plan(height, width) if turned else step.plan(width, height)
            across, down = size.scaled
            return (down, across) if turned else (across, down)
        if step is not None and not scales(step):
            return None
        turned ^= isinstance(step, Rotate) and step.angle % 180 != 0
    # Measures are defined on reduced pictures; only a file shows every pixel, and colors are counted over all of them.
    return (1, 1) if isinstance(task.end, Measure) and not isinstance(task.end, Colors) else None
