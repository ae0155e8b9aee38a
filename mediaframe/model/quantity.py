"""Quantities as people write them ("200 kB", "10%", "#f80") made into plain values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from mediaframe.model import language

_BYTES = {
    "": 1, "b": 1, "k": 1000, "kb": 1000, "m": 1000**2, "mb": 1000**2, "g": 1000**3, "gb": 1000**3,
    "tb": 1000**4, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}  # fmt: skip

_SECONDS = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0, "min": 60.0, "h": 3600.0}

_COLORS = {
    "white": "#ffffff", "black": "#000000", "red": "#ff0000", "lime": "#00ff00", "green": "#008000",
    "blue": "#0000ff", "yellow": "#ffff00", "cyan": "#00ffff", "magenta": "#ff00ff", "gray": "#808080",
    "grey": "#808080", "silver": "#c0c0c0", "orange": "#ffa500", "purple": "#800080", "pink": "#ffc0cb",
    "brown": "#a52a2a", "navy": "#000080", "teal": "#008080", "maroon": "#800000", "olive": "#808000",
    "transparent": "#00000000",
}  # fmt: skip

_LONGEST = 65_535

_NUMBER = re.compile(r"([0-9]*\.?[0-9]+)\s*([A-Za-z%]*)")


def _number(text: str, units: dict[str, float] | dict[str, int], example: str) -> float:
    match = _NUMBER.fullmatch(text.strip())
    if not match or match[2].lower() not in units:
        raise ValueError(example)
    return float(match[1]) * units[match[2].lower()]


def parse_bytes(value: object) -> int:
    """Read a number of bytes; kB is 1000, KiB is 1024.

    >>> parse_bytes("200 kB"), parse_bytes("1 MiB"), parse_bytes(512)
    (200000, 1048576, 512)
    """
    if isinstance(value, str):
        return math.floor(_number(value, _BYTES, "bytes such as 200000 or '200 kB'"))
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError("bytes such as 200000 or '200 kB'")
    return int(value)


def parse_seconds(value: object) -> float:
    """Read a length of time in seconds.

    >>> parse_seconds("1.5 s"), parse_seconds("250 ms"), parse_seconds(2)
    (1.5, 0.25, 2.0)
    """
    if isinstance(value, str):
        return _number(value, _SECONDS, "seconds such as 1.5 or '250 ms'")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("seconds such as 1.5 or '250 ms'")
    return float(value)


_BITS = {"": 1, "k": 1000, "kbit": 1000, "kbps": 1000, "m": 1000**2, "mbit": 1000**2, "mbps": 1000**2}


def parse_bits(value: object) -> int:
    """Read a number of bits in a second.

    >>> parse_bits("128k"), parse_bits("2.5 Mbps"), parse_bits(64_000)
    (128000, 2500000, 64000)
    """
    allowed = "bits in a second such as 128000, '128k' or '2.5M'"
    if isinstance(value, str):
        return round(_number(value.removesuffix("/s"), _BITS, allowed))
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError(allowed)
    return int(value)


def parse_moment(value: object) -> str:
    """Read a moment of a clip: seconds, or a share of its length. Canonical form is text.

    >>> parse_moment("10%"), parse_moment(1), parse_moment("1.5 s")
    ('10%', '1s', '1.5s')
    """
    if isinstance(value, str) and value.strip().endswith("%"):
        share = _number(value, {"%": 1.0}, "a moment such as 1.5 or '10%'")
        if share <= 100:
            return f"{share:g}%"
        raise ValueError("a moment such as 1.5 or '10%'")
    try:
        return f"{parse_seconds(value):g}s"
    except ValueError:
        choice = " (which frame there is said by pick=)" if value in ("best", "keyframe", "exact") else ""
        raise ValueError(f"a moment such as 1.5 or '10%'{choice}") from None


def parse_color(value: object) -> str:
    """Read a color into `#rrggbb`, or `#rrggbbaa` where it is not opaque.

    >>> parse_color("#f80"), parse_color("white"), parse_color("#00000080")
    ('#ff8800', '#ffffff', '#00000080')
    """
    allowed = "a color such as '#f80', '#ff8800', '#ff880080' or 'white'"
    if not isinstance(value, str):
        raise ValueError(allowed)
    text = _COLORS.get(value.strip().lower(), value.strip().lower())
    digits = text.removeprefix("#")
    if not text.startswith("#") or not re.fullmatch(r"[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8}", digits):
        raise ValueError(allowed)
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    return "#" + (digits[:6] if digits[6:] == "ff" else digits)


def parse_colors(value: object) -> tuple[str, ...]:
    """Read several opaque colors, as a list or as text with spaces or commas between them.

    >>> parse_colors("#f80, white"), parse_colors(["#ff8800"])
    (('#ff8800', '#ffffff'), ('#ff8800',))
    """
    allowed = "1 to 64 opaque colors, such as ['#f80', 'white'] or '#f80 white'"
    parts = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not 1 <= len(parts) <= 64:
        raise ValueError(allowed)
    try:
        found = tuple(parse_color(one) for one in parts)
    except ValueError:
        raise ValueError(allowed) from None
    if any(len(one) > 7 for one in found):
        raise ValueError(allowed)
    return tuple(dict.fromkeys(found))


def color_bands(color: str) -> tuple[int, int, int, int]:
    """Give red, green, blue and alpha (0 to 255) of a color in canonical form.

    >>> color_bands("#ff8800")
    (255, 136, 0, 255)
    """
    red, green, blue, alpha = bytes.fromhex((color.removeprefix("#") + "ff")[:8])
    return red, green, blue, alpha


def parse_point(value: object) -> tuple[float, float]:
    """Read a point as shares of width and height.

    >>> parse_point("30%, 70%"), parse_point((0.5, 0.25))
    ((0.3, 0.7), (0.5, 0.25))
    """
    allowed = "a point such as (0.3, 0.7) or '30%, 70%', each from 0 to 1"
    if isinstance(value, str):
        value = tuple(value.split(","))
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(allowed)
    shares = []
    for part in value:
        try:
            text = str(part).strip()
            share = round(float(text[:-1]) / 100, 6) if text.endswith("%") else float(text)
        except ValueError:
            raise ValueError(allowed) from None
        if not 0 <= share <= 1:
            raise ValueError(allowed)
        shares.append(share)
    return shares[0], shares[1]


def parse_aspect(value: object) -> str:
    """Read the proportion of width to height.

    >>> parse_aspect("16:9"), parse_aspect("4 / 5"), parse_aspect(1.91)
    ('16:9', '4:5', '1.91:1')
    """
    allowed = "width to height such as '16:9' or 1.5, from 1:100 to 100:1"
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}:1"
    parts = re.split(r"[:/]", value) if isinstance(value, str) else []
    try:
        width, height = (_number(part, {"": 1.0}, allowed) for part in parts)
    except ValueError:
        raise ValueError(allowed) from None
    if not height or not 0.01 <= width / height <= 100:
        raise ValueError(allowed)
    return f"{width:g}:{height:g}"


def aspect_ratio(aspect: str) -> float:
    """Give width divided by height for an aspect in canonical form.

    >>> aspect_ratio("3:2")
    1.5
    """
    width, height = map(float, aspect.split(":"))
    return width / height


def parse_length(value: object) -> str:
    """Read a length: pixels, or a share of another length. Canonical form is text.

    >>> parse_length("5%"), parse_length(24), parse_length("24 px")
    ('5%', '24px', '24px')
    """
    allowed = f"a length such as 24 (pixels) or '5%', from 0 to {_LONGEST} px or 1000%"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(allowed)
    try:
        number = _number(value, {"": 1.0, "px": 1.0, "%": 1.0}, allowed) if isinstance(value, str) else float(value)
    except ValueError:
        raise ValueError(allowed) from None
    share = isinstance(value, str) and value.strip().endswith("%")
    if not 0 <= number <= (1000 if share else _LONGEST):  # NaN is neither
        raise ValueError(allowed)
    return f"{number:.6g}" + ("%" if share else "px")


def pixels(length: object, whole: float) -> float:
    """Give the pixels of a length; shares are of `whole`.

    >>> pixels("5%", 640), pixels("24px", 640)
    (32.0, 24.0)
    """
    text = parse_length(length)
    number = float(text.rstrip("px%"))
    return number * whole / 100 if text.endswith("%") else number


_POINTS = {"": 1.0, "pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4}

PAPERS = {
    "a3": (297.0, 420.0), "a4": (210.0, 297.0), "a5": (148.0, 210.0), "a6": (105.0, 148.0),
    "letter": (215.9, 279.4), "legal": (215.9, 355.6), "tabloid": (279.4, 431.8),
}  # fmt: skip
"""Millimeters of sheets of paper, upright (ISO 216, ANSI/ASME Y14.1)."""

LARGEST_PAGE = 14_400
"""Points of a side of a page at the most (ISO 32000-1, annex C.2)."""


def parse_points(value: object) -> float:
    """Read a length on paper in points of 1/72 inch.

    >>> parse_points("10 mm"), parse_points("0.5 in"), parse_points(36)
    (28.3465, 36.0, 36.0)
    """
    allowed = "a length on paper such as '10 mm', '0.5 in' or 36 (points)"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(allowed)
    number = _number(value, _POINTS, allowed) if isinstance(value, str) else float(value)
    if not 0 <= number <= LARGEST_PAGE:  # NaN is neither
        raise ValueError(f"{allowed}, from 0 to {LARGEST_PAGE} points")
    return round(number, 4)


def parse_page(value: object) -> str:
    """Read the size of a page: the name of a sheet, "fit", or width and height. Canonical form is text.

    >>> parse_page("A4"), parse_page(("148 mm", "8 in")), parse_page("fit")
    ('a4', '419.5276x576pt', 'fit')
    """
    allowed = f"'fit', one of {', '.join(PAPERS)}, or width and height such as '210 mm x 297 mm'"
    if isinstance(value, str):
        word = value.strip().lower()
        if word == "fit" or word in PAPERS:
            return word
        value = tuple(f"{side}pt" for side in word[:-2].split("x")) if _PAGE.fullmatch(word) else word.split("x")
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ValueError(allowed)
    try:
        sides = [parse_points(side) for side in value]
    except ValueError:
        raise ValueError(allowed) from None
    if min(sides) < 3:
        raise ValueError(f"{allowed}, 3 to {LARGEST_PAGE} points each")
    return "x".join(f"{side:.4f}".rstrip("0").rstrip(".") for side in sides) + "pt"


_PAGE = re.compile(r"[0-9.]+x[0-9.]+pt")


def page_points(page: str) -> tuple[float, float]:
    """Give width and height of a page in canonical form, in points.

    >>> page_points("letter")
    (612.0, 792.0)
    """
    if page in PAPERS:
        width, height = (round(side * 72 / 25.4, 4) for side in PAPERS[page])
    else:
        width, height = map(float, page.removesuffix("pt").split("x"))
    return width, height


def parse_words(value: object) -> tuple[str, ...]:
    """Read a list of words or phrases, also from a text with commas.

    >>> parse_words("oak, dining chair"), parse_words(["oak"])
    (('oak', 'dining chair'), ('oak',))
    """
    if isinstance(value, str):
        value = re.split(r"[,;]", value)
    if not isinstance(value, tuple | list) or not all(isinstance(one, str) for one in value):
        raise ValueError("words such as ['oak', 'chair'] or 'oak, chair'")
    return tuple(dict.fromkeys(word for one in value if (word := one.strip())))


def parse_sides(value: object) -> tuple[int, ...]:
    """Read a ladder of sides in pixels, the smallest first; also from a text with commas.

    >>> parse_sides((540, 240)), parse_sides("360, 720"), parse_sides(480)
    ((240, 540), (360, 720), (480,))
    """
    told = f"1 to {_RUNGS} sides of 16 to 8192 px, such as (240, 540) or '240, 540'"
    if isinstance(value, str):
        value = value.split(",")
    given: tuple[object, ...] = tuple(value) if isinstance(value, tuple | list) else (value,)
    texts = [str(one).strip() for one in given if isinstance(one, int | str)]
    if len(texts) < len(given) or not all(text.isascii() and text.isdigit() for text in texts):
        raise ValueError(told)
    sides = tuple(sorted({int(text) for text in texts}))
    if not 1 <= len(sides) <= _RUNGS or sides[0] < 16 or sides[-1] > 8192:
        raise ValueError(told)
    return sides


_RUNGS = 8


def parse_track(value: object) -> str:
    """Read which stream of one kind is meant: its number from 0, its language, or "default". Canonical form is text.

    >>> parse_track(1), parse_track("ger"), parse_track("default")
    ('1', 'deu', 'default')
    """
    told = "a number from 0 on, a language such as 'eng', or 'default'"
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    word = value.strip().lower() if isinstance(value, str) else ""
    if word == "default" or re.fullmatch(r"0|[1-9][0-9]{0,2}", word):
        return word
    if word == "all" or (found := language.code(word)) is None:
        raise ValueError(told)
    return found


def parse_tracks(value: object) -> str:
    """Read which streams of one kind are meant: several of `parse_track`, "all" or "none". Canonical form is text.

    >>> parse_tracks("all"), parse_tracks([0, 2]), parse_tracks("en, ger")
    ('all', '0,2', 'eng,deu')
    """
    if isinstance(value, str) and value.strip().lower() in ("all", "none"):
        return value.strip().lower()
    parts: object = value.split(",") if isinstance(value, str) else value
    given = list(parts) if isinstance(parts, tuple | list) else [parts]
    try:
        found = list(dict.fromkeys(parse_track(one) for one in given))
    except ValueError:
        found = []
    if not found or ("default" in found and len(found) > 1):
        raise ValueError("'default', 'all', 'none', numbers from 0 on such as 1 or [0, 2], or languages such as 'eng'")
    return ",".join(found)


PARSERS: dict[str, Callable[[object], object]] = {
    "bytes": parse_bytes,
    "bits/s": parse_bits,
    "s": parse_seconds,
    "moment": parse_moment,
    "color": parse_color,
    "colors": parse_colors,
    "point": parse_point,
    "aspect": parse_aspect,
    "length": parse_length,
    "points": parse_points,
    "page": parse_page,
    "words": parse_words,
    "sides": parse_sides,
    "track": parse_track,
    "tracks": parse_tracks,
}
"""Units whose values may be written as text; an argument with such a unit is read by its parser."""


def human_bytes(count: float) -> str:
    """Write a number of bytes as people read it.

    >>> human_bytes(1234567)
    '1.2 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if abs(count) < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
