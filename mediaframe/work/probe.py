"""Probe one asset: its header is read here; what that cannot say is asked of an engine, in a child."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from mediaframe.errors import CODES, AssetError, MediaframeError, RunError
from mediaframe.model.media_type import by_name, by_word
from mediaframe.table.header import HEAD, Header, read_header
from mediaframe.table.header.facts import WARNINGS
from mediaframe.table.schema import PROBED

Read = Callable[[int, int], bytes]
"""Give a range of the source: offset and length in, bytes out; fewer where it ends."""

Ask = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Send a request to a child that holds the source; gives its answer, or raises a MediaframeError."""

_NAMES = tuple(field.name for field in PROBED)
_OTHER = {
    ("mp4", "audio"): "m4a", ("m4a", "video"): "mp4", ("ogv", "audio"): "ogg", ("ogg", "video"): "ogv",
    ("wmv", "audio"): "wma", ("wma", "video"): "wmv",
}  # fmt: skip
"""Formats that have another name where their streams say another kind."""


def probe_one(name: str, size: int, read: Read, ask: Ask | None = None) -> dict[str, object]:
    """Give all that a probe adds to the row of one asset, by the names of the columns.

    What cannot be read has a status and a code; so have faults of the store and of the child.

    Parameters
    ----------
    name
        The name of the file; it is held against the content.
    size
        How many bytes it has.
    read
        Gives ranges of it: the first 64 KB, and few others where these are not enough.
    ask
        Asks an engine, for videos, sounds and documents; without it their rows have the format alone.
    """
    try:
        header = read_header(read(0, min(size, HEAD)) if size > 0 else b"", size, read, name)
    except (MediaframeError, OSError) as error:
        return _failed(name, error)
    row: dict[str, object] = {column: getattr(header, column, None) for column in _NAMES}
    fault = (header.code, header.error)
    if not header.complete and ask is not None:
        fault = _asked(header, ask, row, fault)
    return _judged(row, *fault)


def lost(name: str) -> dict[str, object]:
    """Give the row of an asset that was lost with the processes that had it, again and again."""
    return _failed(name, AssetError("the workers that had it died, again and again", code="E_WORKER_LOST"))


Fault = tuple[str | None, str | None]


def _asked(header: Header, ask: Ask, row: dict[str, object], fault: Fault) -> Fault:
    """Take over what the engine says. The graver of two faults is told, of two alike the first."""
    try:
        facts = dict(ask({"do": "probe", "format": header.format, "kind": header.kind}))
    except RunError:  # No child starts here, whatever the file is.
        raise
    except MediaframeError as error:
        found: Fault = (error.code, error.message)
    else:
        found = (facts.pop("error_code", None), facts.pop("error", None))
        taken = facts.pop("taken_at", None)
        row["taken_at"] = datetime.fromisoformat(taken) if isinstance(taken, str) else None
        row.update({column: value for column, value in facts.items() if column in row and column != "status"})
        _rename(header, row)
    return max(fault, found, key=lambda one: _GRAVITY[_status(one[0])])


_GRAVITY = {"ok": 0, "warning": 1, "error": 2}


def _rename(header: Header, row: dict[str, object]) -> None:
    """Name the format by its streams: an MP4 without pictures is a sound."""
    kind = row["kind"]
    if kind == header.kind or header.format is None or header.media_type is None:
        return
    other = _OTHER.get((header.format, str(kind)))
    if other is not None:
        row["format"], row["media_type"] = other, by_word(other).media_type
    else:
        row["media_type"] = f"{kind}/{header.media_type.partition('/')[2]}"


def _failed(name: str, error: MediaframeError | OSError) -> dict[str, object]:
    """Give the row of an asset whose bytes could not be read."""
    named = by_name(name)
    row: dict[str, object] = {**dict.fromkeys(_NAMES), "kind": named.kind if named else None}
    if isinstance(error, MediaframeError):
        return _judged(row, error.code, error.message)
    codes = {FileNotFoundError: "E_SOURCE_NOT_FOUND", PermissionError: "E_SOURCE_DENIED"}
    code = codes.get(type(error), "E_SOURCE_UNAVAILABLE")
    return _judged(row, code, f"{CODES[code].meaning} ({error.strerror or type(error).__name__})")


def _judged(row: dict[str, object], code: str | None, error: str | None) -> dict[str, object]:
    return row | {"status": _status(code), "error_code": code, "error": error}


def _status(code: str | None) -> str:
    if code is None:
        return "ok"
    return "warning" if code in WARNINGS or code.startswith("W_") else "error"
