"""SVG and SVGZ: the size that the outermost tag declares, and whether the drawing asks for other files."""

from __future__ import annotations

import math
import re
import zlib

from mediaframe.model.sniff import text_of
from mediaframe.table.header.facts import Facts, Window, corrupt, cut

_ROOT = re.compile(r"<(?:[\w.-]+:)?svg(?=[\s>/])", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\s+([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_LENGTH = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([a-zA-Z%]*)\s*")
_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "pt": 96 / 72,
    "pc": 16.0,
    "q": 96 / 101.6,
}
# No part may run over the next "<": a drawing of a million open tags is searched once, not a million times.
_OUTSIDE = re.compile(
    r"<(?:[\w.-]+:)?(?:image|use|feImage|tref|include)\b[^<>]*\bhref\s*=\s*[\"'](?!\s*(?:#|data:|&))\s*[^\"'\s]"
    r"|<!ENTITY[^<>\"']*\sSYSTEM\b|@import\s|\burl\(\s*[\"']?(?:https?|file|//)",
    re.IGNORECASE,
)
_MOST_TEXT = 1 << 20
_MOST_SIDE = 1e9


def read_svg(window: Window, facts: Facts) -> None:
    """Read the declared size in CSS pixels; without one it is that of the view box."""
    facts.frames, facts.alpha, facts.color_space, facts.bits = 1, True, "srgb", 8
    text = _COMMENT.sub("", text_of(_plain(window)) or "")
    root = _ROOT.search(text)
    if root is None:
        raise cut("there is no svg tag")
    attributes, end = _attributes(text, root.end())
    if end >= len(text) and window.whole:
        raise cut("the svg tag does not end")
    facts.width, facts.height = _size(attributes)
    if _OUTSIDE.search(text):
        facts.warning = ("E_EXTERNAL_REF", "the drawing asks for other files, which are left out")


def _plain(window: Window) -> bytes:
    head = window.head
    if head[:2] != b"\x1f\x8b":
        return head
    unpack = zlib.decompressobj(31)
    try:
        data = unpack.decompress(head, _MOST_TEXT)
    except zlib.error as error:
        raise corrupt(f"the packed drawing does not unpack: {error}") from None
    if window.whole and not unpack.eof and not unpack.unconsumed_tail:
        raise cut("the packed drawing has no end")
    return data


def _attributes(text: str, at: int) -> tuple[dict[str, str], int]:
    found: dict[str, str] = {}
    while match := _ATTRIBUTE.match(text, at):
        found.setdefault(match[1], match[2] if match[2] is not None else match[3])
        at = match.end()
    return found, at


def _size(attributes: dict[str, str]) -> tuple[int | None, int | None]:
    width, height = _pixels(attributes.get("width")), _pixels(attributes.get("height"))
    box = _box(attributes.get("viewBox"))
    if box is not None:
        # As librsvg: a side that is given decides the other by the box; none given, the box is the size.
        if width is None and height is None:
            width, height = box
        elif width is None and height is not None:
            width = height * box[0] / box[1]
        elif height is None and width is not None:
            height = width * box[1] / box[0]
    if width is None or height is None or not 0 < width < _MOST_SIDE or not 0 < height < _MOST_SIDE:
        return None, None
    return max(math.floor(width + 0.5), 1), max(math.floor(height + 0.5), 1)


def _pixels(length: str | None) -> float | None:
    match = _LENGTH.fullmatch(length or "")
    factor = _PIXELS.get(match[2].lower()) if match else None
    return float(match[1]) * factor if match and factor else None


def _box(value: str | None) -> tuple[float, float] | None:
    try:
        numbers = [float(part) for part in re.split(r"[\s,]+", (value or "").strip())]
    except ValueError:
        return None
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)) or numbers[2] <= 0 or numbers[3] <= 0:
        return None
    return numbers[2], numbers[3]
