"""Names: keys below the root of a store, and uris of local files."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from mediaframe.errors import StoreError

SYSTEM = "_mediaframe"
"""The folder below a destination that is ours: runs, manifests, commits."""

TEMP = ".mf-tmp-"
"""How the name of a file that is being written begins; a listing does not show it."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(://|::)")


def check_name(name: str) -> str:
    """Give the name back if it is a key below the root of a store.

    >>> check_name("thumb/a.jpg")
    'thumb/a.jpg'
    >>> check_name("../a.jpg")
    Traceback (most recent call last):
    mediaframe.errors.StoreError: name '../a.jpg': expected no empty part, no '.' and no '..' between slashes
    """
    if not name:
        raise StoreError("name '': expected at least one character", code="E_NAME_INVALID")
    if "\0" in name:
        raise StoreError(f"name {name!r}: expected no NUL", code="E_NAME_INVALID")
    if any(part in ("", ".", "..") for part in name.split("/")):
        raise StoreError(
            f"name {name!r}: expected no empty part, no '.' and no '..' between slashes",
            code="E_NAME_INVALID",
        )
    if not name.isascii():
        try:
            name.encode("utf-8")
        except UnicodeEncodeError:
            raise StoreError(f"name {name!r}: expected Unicode text", code="E_NAME_INVALID") from None
    return name


def clash_key(name: str) -> bytes:
    r"""Give 16 bytes that are equal for names that one file system may take for the same.

    These are names that differ in case or in how accents are composed.

    >>> clash_key("A/É.jpg") == clash_key("a/e\u0301.JPG")
    True
    """
    # Folding can decompose and composing can make what folds again, so both are done twice (Unicode D145).
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).casefold()
    data = unicodedata.normalize("NFC", folded).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).digest()


def is_url(text: str) -> bool:
    """Whether the text names a scheme, such as `s3://` or `file://`; else it is a local path."""
    return _URL.match(text) is not None


def local_uri(path: str) -> str:
    r"""Give the uri of a local path: the path itself where it is Unicode, else `file://` with percents.

    >>> local_uri("/photos/100% [a]#1?.jpg")
    '/photos/100% [a]#1?.jpg'
    >>> local_uri("/photos/caf\udce9.jpg")
    'file:///photos/caf%E9.jpg'
    """
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "file://" + quote(os.fsencode(path))
    return path


def local_path(uri: str) -> str | None:
    """Give the local path behind a uri, or None where it is not local. Percents count in `file://` alone.

    >>> local_path("file:///photos/a%20b.jpg"), local_path("/a%20b.jpg"), local_path("s3://b/k")
    ('/photos/a b.jpg', '/a%20b.jpg', None)
    """
    if not is_url(uri):
        return uri
    scheme, mark, rest = uri.partition("://")
    if not mark or scheme.lower() not in ("file", "local") or "::" in scheme:
        return None
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost"):
        return os.fsdecode(unquote_to_bytes(rest))
    return os.fsdecode(unquote_to_bytes(slash + path))


def readable(text: str) -> str:
    r"""Give the text with bytes that are not Unicode in percents, so that a table can hold it.

    >>> readable("caf\udce9.jpg")
    'caf%E9.jpg'
    """
    if text.isascii():
        return text
    return re.sub("[\ud800-\udfff]", lambda one: _percents(one[0]), text)


def _percents(char: str) -> str:
    try:
        return "".join(f"%{byte:02X}" for byte in os.fsencode(char))
    except UnicodeEncodeError:
        return "\N{REPLACEMENT CHARACTER}"
