"""Segments: text from anywhere made into one part of a file name that every disk and store takes."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from mediaframe.errors import StoreError
from mediaframe.storage.names import readable

SEGMENT_BYTES = 200
KEY_BYTES = 900

_FORBIDDEN = re.compile(r'[/\\:*?"<>|\[\]]')
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])(?=\s*(?:\.|$))", re.IGNORECASE)
# Control, format (bidi, zero width), surrogates, line ends. Not Cn: Pythons differ in what is assigned.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def safe_segment(text: str, *, limit: int | None = SEGMENT_BYTES, keep: str = "") -> str:
    """Make text into one part of a name; empty where nothing is left.

    What is longer than the limit in bytes is cut, and a digest of the whole tells it apart; the ending
    `keep` stays.

    >>> safe_segment("a/b:c?.jpg"), safe_segment(" .hidden. "), safe_segment("con.txt"), safe_segment("...")
    ('a_b_c_.jpg', '_hidden', '_con.txt', '_')
    """
    whole = readable(text)
    plain = unicodedata.normalize("NFC", "".join(one for one in whole if unicodedata.category(one) not in _DROPPED))
    plain = _FORBIDDEN.sub("_", plain).strip()
    if plain.startswith((".", "-", "~")):
        plain = "_" + plain[1:]
    plain = plain.rstrip(". ")
    if _DEVICE.match(plain):
        plain = "_" + plain
    return plain if limit is None else _cut(plain, whole, limit, keep)


def safe_path(text: str) -> str:
    """Make the folders of a path safe, each by itself.

    >>> safe_path("summer/2024 //../x")
    'summer/2024/_/x'
    """
    return "/".join(part for part in (safe_segment(one) for one in text.split("/") if one) if part)


def check_key(name: str) -> str:
    """Give the name back if a store takes a name of this length."""
    if len(name.encode("utf-8")) > KEY_BYTES:
        raise StoreError(
            f"name {name[:60]!r}... has {len(name.encode('utf-8'))} bytes; at most {KEY_BYTES} are allowed",
            code="E_NAME_INVALID",
        )
    if not name:
        raise StoreError("the row gives an empty name", code="E_NAME_INVALID")
    return name


def slug(text: str) -> str:
    """Give the text in lower case with hyphens for all but letters and digits; accents go.

    >>> slug("Crème brûlée, 2 pièces!")
    'creme-brulee-2-pieces'
    """
    bare = "".join(one for one in unicodedata.normalize("NFKD", readable(text)) if not unicodedata.combining(one))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFC", bare.casefold())).strip("-")


def _cut(plain: str, whole: str, limit: int, keep: str) -> str:
    data = plain.encode("utf-8")
    if len(data) <= limit:
        return plain
    digest = hashlib.blake2b(whole.encode("utf-8"), digest_size=6).hexdigest()
    ending = keep if keep and plain.endswith(keep) and len(keep.encode()) <= limit // 4 else ""
    room = limit - len(f"~{digest}{ending}".encode())
    return f"{data[:room].decode('utf-8', 'ignore').rstrip('. ')}~{digest}{ending}"
