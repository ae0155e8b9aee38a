"""Header: what the first bytes of a file tell; and the window through which the readers look at a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mediaframe.model.kind import Kind

More = Callable[[int, int], bytes]
"""Fetch a range: offset and length in, bytes out; fewer where the file ends."""

HEAD = 64 << 10
_BLOCK = 64 << 10
_RANGES = 8
_LONGEST = 1 << 20


@dataclass(slots=True)
class Facts:
    """What is known so far; readers fill it as they go, so that damage keeps what stands before it."""

    width: int | None = None
    """As stored; see `orientation`."""
    height: int | None = None
    orientation: int | None = None
    """As EXIF says."""
    turn: int | None = None
    """What turns the picture in place of EXIF's word, where the format has one of its own."""
    frames: int | None = None
    seconds: float | None = None
    """Playing time of an animation, once through."""
    bits: int | None = None
    alpha: bool | None = None
    color_space: str | None = None
    codec: str | None = None
    taken_at: datetime | None = None
    camera: str | None = None
    gps: bool | None = None
    format: str | None = None
    """Where the reader knows better than the signature: an MPO is a JPEG until its index is read."""
    warning: tuple[str, str] | None = None
    """A code and words for what can be read all the same."""


@dataclass(frozen=True, slots=True)
class Header:
    """What the first bytes of a file tell. Names are those of the asset columns; None means not known.

    Where `complete` is False, an engine has to be asked for the rest.
    """

    format: str | None = None
    kind: Kind | None = None
    media_type: str | None = None
    width: int | None = None
    """As displayed."""
    height: int | None = None
    orientation: int | None = None
    frames: int | None = None
    pages: int | None = None
    seconds: float | None = None
    bits: int | None = None
    alpha: bool | None = None
    color_space: str | None = None
    codec: str | None = None
    taken_at: datetime | None = None
    camera: str | None = None
    gps: bool | None = None
    code: str | None = None
    error: str | None = None
    complete: bool = True

    @property
    def status(self) -> str:
        """Give ok, warning (it can be read all the same) or error."""
        if self.code is None:
            return "ok"
        return "warning" if self.code in WARNINGS or self.code.startswith("W_") else "error"


WARNINGS = frozenset({"E_FORMAT_MISMATCH", "E_EXTERNAL_REF"})
"""Codes of what can be read all the same; those that begin with W_ are others."""


class Damage(Exception):  # noqa: N818  # it is what was found, and never leaves this folder
    """The header shows that the file is damaged."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def cut(message: str) -> Damage:
    """Say that bytes are missing."""
    return Damage("E_TRUNCATED", message)


def corrupt(message: str) -> Damage:
    """Say that bytes are wrong."""
    return Damage("E_CORRUPT", message)


class OutOfReach(Exception):  # noqa: N818  # not a fault: what is there stays unknown
    """What is asked for lies outside the ranges that may be fetched."""


class Window:
    """A file seen through its head and at most eight further ranges of at most 1 MB each."""

    def __init__(self, head: bytes, size: int, more: More | None = None) -> None:
        self.head = head
        self.size = max(size, len(head)) if more is None else size
        self._more = more
        self._left = _RANGES if more else 0
        self._blocks: list[tuple[int, bytes]] = [(0, head)]

    @property
    def whole(self) -> bool:
        """Whether the head is all there is."""
        return len(self.head) >= self.size

    def some(self, offset: int, length: int, ahead: int = _BLOCK) -> bytes:
        """Give the bytes of a range, fewer at its end; what must be fetched is `ahead` bytes long."""
        length = min(length, max(0, self.size - offset), _LONGEST)
        if length <= 0:
            return b""
        for start, block in self._blocks:
            if start <= offset and offset + length <= start + len(block):
                return block[offset - start : offset - start + length]
        if self._more is None or self._left <= 0:
            raise OutOfReach
        self._left -= 1
        block = self._more(offset, min(max(length, ahead), self.size - offset, _LONGEST))
        self._blocks.append((offset, block))
        return block[:length]

    def need(self, offset: int, length: int, what: str, ahead: int = _BLOCK) -> bytes:
        """Give the bytes of a range, all of them; `what` says what is missing where the file ends before."""
        if offset + length > self.size:
            raise cut(f"the file ends within {what}")
        data = self.some(offset, length, ahead)
        if len(data) < length:
            raise OutOfReach if length > _LONGEST else cut(f"the file ends within {what}")
        return data
