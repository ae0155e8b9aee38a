"""How much memory a recipe needs, said before the asset is opened and without a media library."""

from __future__ import annotations

from mediaframe.model.recipe import Finished

BASE = 160 << 20
"""Bytes of a child before it has opened anything: the interpreter, libvips, one engine."""

_OPEN = 4.0
"""Bytes of memory for each pixel of the source: the decoded picture, and what the decoder holds meanwhile."""

_STEP = 4.0
"""Bytes for each pixel of one step that is worked out in memory."""

_ENCODE = {"jpeg": 4.0, "png": 4.0, "webp": 12.0, "avif": 20.0}
"""Bytes for each pixel of the result while it is written."""


def memory_need(pixels: int | None, format: str | None, recipe: Finished) -> int:
    """Say how many bytes of memory a child may need for one recipe of one asset.

    Parameters
    ----------
    pixels
        Pixels of the source; 24 megapixels where it is not known.
    format
        The format of the source, such as "jpeg".
    recipe
        The recipe, all its arguments bound.
    """
    count = pixels or 24_000_000
    return BASE + int(count * _OPEN)
