"""The smallest lossless PNG of a picture: no idle bands, the best of all filters, a palette where one is exact."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyvips

from mediaframe.engines.vips.handle import colors, has_alpha

_FILTERS = ("none", "sub", "up", "avg", "paeth", "all")
_MOST_COLORS = 256


def smallest_png(image: pyvips.Image, **options: Any) -> bytes:
    """Give the smallest of all ways to write the same pixels; each that leaves something out is read back and compared.

    Parameters
    ----------
    image
        Eight bits, in memory.
    options
        What `pngsave` is told besides: `interlace`, `keep`.
    """
    return min(_ways(image, **options), key=len)


def _ways(image: pyvips.Image, **options: Any) -> Iterator[bytes]:
    lean = _lean(image)
    for one in _FILTERS:
        yield lean.pngsave_buffer(compression=9, filter=one, **options)
    if lean.bands >= 3 and _count(lean) <= _MOST_COLORS:
        data = lean.pngsave_buffer(compression=9, palette=True, Q=100, dither=0, **options)
        if _same(pyvips.Image.pngload_buffer(data), lean):
            yield data


def _lean(image: pyvips.Image) -> pyvips.Image:
    """Leave out an alpha that is opaque everywhere, and colors that are gray everywhere."""
    if has_alpha(image) and image.extract_band(image.bands - 1).min() == 255:
        image = image.extract_band(0, n=image.bands - 1)
    if colors(image) == 3:
        red = image.extract_band(0)
        if all((red - image.extract_band(band)).abs().max() == 0 for band in (1, 2)):
            gray = red.copy(interpretation="b-w")
            image = gray.bandjoin(image.extract_band(3)) if has_alpha(image) else gray
    return image


def _count(image: pyvips.Image) -> int:
    """Count colors."""
    bands = np.frombuffer(image.write_to_memory(), np.uint8).reshape(-1, image.bands).astype(np.uint32)
    packed = bands @ (np.uint32(256) ** np.arange(image.bands, dtype=np.uint32))
    return int(np.unique(packed).size)


def _same(one: pyvips.Image, other: pyvips.Image) -> bool:
    """Whether two pictures look the same, one with bands that the other left out."""
    one = one.colourspace("srgb") if colors(one) < colors(other) else one
    one = one.addalpha() if has_alpha(other) and not has_alpha(one) else one
    return bool(one.bands == other.bands and (one - other).abs().max() == 0)
