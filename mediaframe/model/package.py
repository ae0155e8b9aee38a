"""Packages: results of several files, a main file and the parts that it names, in a folder of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAME = re.compile(r"(?!.{97})[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*(/[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*){0,3}")
_DEVICE = re.compile(r"(^|/)(con|prn|aux|nul|com\d|lpt\d)(\.|/|$)")
_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,80}")


def is_part(name: object) -> bool:
    """Whether a part may have a name: at most 96 lower-case letters, digits, `.`, `_`, `-`, in up to three folders.

    Every disk, store and URL takes these as they are, and no two of them are one for any.

    >>> is_part("720p/00001.m4s"), is_part("../up"), is_part("A.m4s"), is_part(".hidden"), is_part("aux.m4s")
    (True, False, False, False, False)
    """
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and _DEVICE.search(name) is None


def is_media_type(text: object) -> bool:
    """Whether a part may have a media type.

    >>> is_media_type("video/iso.segment"), is_media_type("text/html; charset=x")
    (True, False)
    """
    return isinstance(text, str) and _TYPE.fullmatch(text) is not None


def folder_of(name: str) -> str:
    """Give the folder of a main file, with its slash at the end.

    >>> folder_of("hls/clip/index.m3u8")
    'hls/clip/'
    """
    return name[: name.rfind("/") + 1]


def folders_above(name: str) -> Iterator[str]:
    """Give all folders that a name stands in, each with its slash at the end.

    >>> list(folders_above("hls/clip/index.m3u8"))
    ['hls/', 'hls/clip/']
    """
    at = name.find("/")
    while at >= 0:
        yield name[: at + 1]
        at = name.find("/", at + 1)


def files_of(row: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Give name, size and SHA-256 of each file that a row of a manifest tells of, the main file first.

    >>> part = {"name": "a.ts", "bytes": 4, "sha256": "cd", "media_type": "video/mp2t"}
    >>> list(files_of({"uri": "x/index.m3u8", "bytes": 7, "sha256": "ab", "parts": [part]}))
    [('x/index.m3u8', 3, 'ab'), ('x/a.ts', 4, 'cd')]
    """
    parts, size = row.get("parts") or (), row.get("bytes") or 0
    yield row["uri"], size - sum(part["bytes"] for part in parts), row.get("sha256") or ""
    folder = folder_of(row["uri"])
    for part in parts:
        yield folder + part["name"], part["bytes"], part["sha256"]
