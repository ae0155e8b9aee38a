"""How near a file looks to the picture that it was made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyvips

from mediaframe.engines.vips.color import in_srgb
from mediaframe.engines.vips.ssimulacra2 import SIDE, Bytes, Judge


def judge(image: pyvips.Image, read: Callable[[bytes], pyvips.Image]) -> Callable[[bytes], float]:
    """Give what scores files, read as is said, against a picture by SSIMULACRA 2."""
    known = Judge(_pixels(image))
    return lambda data: known.score(_pixels(read(data)))


def _pixels(image: pyvips.Image) -> Bytes:
    """Give the pixels as sRGB or gray; what is too small for a score is continued at its right and lower edges."""
    image = in_srgb(image)
    width, height = max(SIDE, image.width), max(SIDE, image.height)
    if (width, height) != (image.width, image.height):
        image = image.embed(0, 0, width, height, extend="copy")
    found: np.ndarray[Any, np.dtype[np.uint8]] = np.frombuffer(image.write_to_memory(), np.uint8)
    return found.reshape(height, width, image.bands)
