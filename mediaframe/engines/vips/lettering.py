"""Letters made into a mask: text laid out in one font, taken literally, within bounds."""

from __future__ import annotations

import hashlib
import html
import math
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyvips

from mediaframe.engines.base import Source
from mediaframe.engines.vips.fontfile import renamed
from mediaframe.errors import AssetError

PLAIN, BOLD = "DejaVu Sans,", "DejaVu Sans, Bold"
"""The fonts that come along."""

AREA = 64_000_000
"""Pixels that a text may take, more than can be seen of it included."""

_CONTROL = {one: None for one in (*range(32), *range(127, 160)) if chr(one) not in "\n\t"}
_NOTHING = "no text to render"
_TOO_TALL, _TALLEST = "typically too big", 32_767


@dataclass(frozen=True, slots=True)
class Letters:
    """A text as it was laid out."""

    mask: pyvips.Image
    """Its ink: one band, 255 where a letter is."""
    left: int
    top: int
    """Where the ink stands in the lines."""
    height: int
    """Of all lines, whatever ink they have: two texts stand on one baseline."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font that libvips knows, and the file it has to load first."""

    name: str
    """As Pango writes it: a family, a comma, a style."""
    file: str | None = None

    @classmethod
    def built_in(cls, *, bold: bool) -> Font:
        """Give one of the fonts that come along."""
        return cls(BOLD if bold else PLAIN)

    @classmethod
    def of(cls, source: Source, sha256: str | None, face: int = 1) -> Font:
        """Give the font of a file, under a name that only its content has; raises AssetError where it is none."""
        data = bytes(source.view())
        family = f"mf{sha256 or hashlib.sha256(data).hexdigest()}f{face}"
        path = Path(_folder().name) / f"{family}.font"
        if not path.exists():
            path.write_bytes(renamed(data, family, face))
        return cls(f"{family},", str(path))


@lru_cache(maxsize=1)
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="mediaframe-fonts-")


def letters(text: str, font: Font, size: float, width: float, align: str) -> Letters | None:
    r"""Lay a text out; None where there is nothing to be seen.

    Parameters
    ----------
    text
        What is written; lines end at `\n`.
    font
        The font. Glyphs that it does not have are not taken from others.
    size
        Pixels of the em.
    width
        Pixels at which lines wrap, within a word where it is longer.
    align
        "left", "center" or "right".
    """
    text = _plain(text)
    if not text:
        return None
    height = _line_height(font, size)
    lines = 1 + text.count("\n") + len(text) * size / max(width, size)
    if lines * height * max(width, size) > AREA:
        raise AssetError(
            f"text: {len(text):,} characters of {size:.0f} px take more than {AREA / 1e6:.0f} megapixels; "
            "write less or smaller",
            code="E_PARAM",
        )
    mask = _drawn(text, font, size, width=max(1, round(width)), wrap="word-char", align=_ALIGNED[align])
    if mask is None:
        return None
    # The ink of a line stands within it, but for a little below.
    count = max(1, math.ceil((mask.yoffset + mask.height) / height - 0.15))
    return Letters(mask, mask.xoffset, mask.yoffset, round(count * height))


_ALIGNED = {"left": "low", "center": "centre", "right": "high"}


def _plain(text: str) -> str:
    """Give the text without what is no text: control characters, halves of characters, empty ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.translate(_CONTROL).strip("\n").rstrip()


def _drawn(text: str, font: Font, size: float, **options: object) -> pyvips.Image | None:
    more = {"fontfile": font.file} if font.file else {}
    # Other fonts of the process are no help for a missing glyph: which they are depends on what was done before.
    marked = f'<span fallback="false">{html.escape(text, quote=False)}</span>'
    try:
        drawn = pyvips.Image.text(marked, font=f"{font.name} {size:.2f}px", dpi=72, **more, **options)
    except pyvips.Error as error:
        if _NOTHING in str(error):
            return None
        if _TOO_TALL in str(error):
            raise AssetError(
                f"text: {len(text):,} characters of {size:.0f} px are over {_TALLEST:,} px tall; write less or smaller",
                code="E_PARAM",
            ) from None
        raise
    return drawn.copy_memory()


@lru_cache(maxsize=64)
def _line_height(font: Font, size: float) -> float:
    one, many = _drawn("x", font, size), _drawn("x" + "\nx" * 8, font, size)
    if one is None or many is None:
        return size * 1.2
    return max(1.0, float(many.height - one.height) / 8)


def thickened(mask: pyvips.Image, radius: float) -> pyvips.Image:
    """Give a mask of the same size that reaches further by a radius in every direction: a dilation with a disc."""
    edge = radius + 0.3  # A disc of whole pixels that looks round: by 4 px also one that is 4 across and 1 down.
    reach = math.floor(edge)
    if reach < 1:
        return mask
    pixels = mask.numpy().reshape(mask.height, mask.width)
    found = pixels.copy()
    for row in range(reach + 1):
        half = math.floor(math.sqrt(edge**2 - row**2))
        wide = _widened(pixels, half)
        np.maximum(found[row:], wide[: len(wide) - row], out=found[row:])
        np.maximum(found[: len(wide) - row], wide[row:], out=found[: len(wide) - row])
    return pyvips.Image.new_from_memory(found.tobytes(), mask.width, mask.height, 1, "uchar")


def _widened(pixels: Any, half: int) -> Any:
    """Give the largest value within so many pixels to the left and right, by doubling the run that is covered."""
    wide = np.pad(pixels, ((0, 0), (half, half)))
    covered, wanted = 1, 2 * half + 1
    while covered < wanted:
        step = min(covered, wanted - covered)
        wide = np.maximum(wide[:, :-step], wide[:, step:])
        covered += step
    return wide
