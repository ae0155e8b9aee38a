"""What may stand in HTML: text without markup or hidden characters, sizes in words, pictures as data URIs."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"})
"""Media types that a browser shows and that hold nothing but pixels."""

GOOD, WARN, BAD = "#2f9e6b", "#c98a1b", "#e0524d"
"""Tones that read on white and on black."""

_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Thumb:
    """A small picture, as the bytes of a file, and what it shows in words."""

    data: bytes
    media_type: str
    alt: str
    caption: str = ""


def text(value: object, longest: int = 200) -> str:
    r"""Give a value as text that is safe in HTML, in attributes too.

    Characters that cannot be seen (controls, changes of the writing direction) are shown as a sign, since names of
    files come from strangers.

    >>> text("<b>a\nb")
    '&lt;b&gt;a⏎b'
    """
    plain = str(value)
    if len(plain) > longest:
        plain = f"{plain[: longest - 1]}…"
    plain = plain.replace("\r\n", "⏎").replace("\n", "⏎").replace("\r", "⏎").replace("\t", " ")
    return html.escape(_HIDDEN.sub("\ufffd", plain))


def size(count: float) -> str:
    """Say a number of bytes.

    >>> [size(one) for one in (1, 999, 1000, 23_456, 4_200_000, 3.1e9)]
    ['1 B', '999 B', '1 kB', '23 kB', '4.2 MB', '3.1 GB']
    """
    if count < 1000:
        return f"{count:.0f} B"
    units = ["kB", "MB", "GB", "TB"]
    count /= 1000
    while count >= 999.5 and len(units) > 1:
        count /= 1000
        units.pop(0)
    said = f"{count:.0f}" if count >= 10 else f"{count:.1f}".removesuffix(".0")
    return f"{said} {units[0]}"


def cell(name: str, value: object) -> str:
    """Give a value of a table as safe text: sizes in words, renditions in short.

    >>> cell("bytes", 23_456), cell("seconds", 1.23456), cell("sku", None)
    ('23 kB', '1.235', '–')
    """
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case int():
            return size(value) if name == "bytes" and value >= 0 else str(value)
        case float():
            return f"{value:.4g}"
        case datetime():
            return text(f"{value:%Y-%m-%d %H:%M}")
        case date() | timedelta():
            return text(value)
        case bytes():
            return f"{size(len(value))} of data"
        case list():
            return text(", ".join(map(str, value)), 60)
        case Mapping() if "media_type" in value and "status" in value:
            return _rendition(value)
        case _:
            return text(value, 60)


def data_uri(thumb: Thumb) -> str:
    """Give a picture as a data URI; ValueError for what is not plain pixels."""
    if thumb.media_type not in PICTURES:
        raise ValueError(f"a thumbnail: expected one of {', '.join(sorted(PICTURES))}, got {thumb.media_type!r}")
    return f"data:{thumb.media_type};base64,{b64encode(thumb.data).decode('ascii')}"


def _rendition(value: Mapping[str, object]) -> str:
    if value.get("error_code"):
        return text(value["error_code"])
    sides = f"{value.get('width')}×{value.get('height')}" if value.get("width") else ""
    count = value.get("bytes")
    words = [str(value["media_type"] or "").rpartition("/")[2], sides, size(count) if isinstance(count, int) else ""]
    return text(" ".join(word for word in words if word)) or "–"
