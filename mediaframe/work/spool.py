"""Spool: a result on its way from a child, in memory while it is small and on disk beyond, hashed as it comes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.model.package import is_media_type, is_part

KEPT = 16 << 20
"""Bytes that are kept in memory at the most."""
_MOST = Limits().parts


def _nameless() -> IO[bytes]:
    """Open a file that is gone when it is closed."""
    return tempfile.NamedTemporaryFile(prefix="mediaframe-")


@dataclass(frozen=True, slots=True)
class SpooledPart:
    """A part of a package as it came."""

    name: str
    media_type: str
    data: bytes | Path
    """Its bytes, or a file that stands until the spool of the main file is closed."""
    size: int
    sha256: str

    def row(self) -> dict[str, Any]:
        """Give what a manifest tells of it."""
        return {"name": self.name, "bytes": self.size, "sha256": self.sha256, "media_type": self.media_type}


class Spool:
    """Takes pieces; gives the whole as bytes, or as a file where it is large.

    >>> spool = Spool(limit=100)
    >>> spool.add(b"one"); spool.add(b"two")
    >>> spool.data, spool.size
    (b'onetwo', 6)
    """

    def __init__(self, limit: int, kept: int = KEPT, opened: Callable[[], IO[bytes]] = _nameless) -> None:
        self._limit = limit
        self._kept = kept
        self._opened = opened
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self.size = 0
        self.parts: Parts | None = None
        """The parts that came before it, where it is the main file of a package; closed with it."""

    def add(self, piece: bytes) -> None:
        """Take the next piece; raises E_LIMIT_OUTPUT when there are too many bytes."""
        self.size += len(piece)
        if self.size > self._limit:
            self.close()
            raise AssetError(
                f"the result has more than {self._limit} bytes; see Limits.output and Limits.media_bytes",
                code="E_LIMIT_OUTPUT",
            )
        self._digest.update(piece)
        if self._file is None and self.size > self._kept:
            self._file = self._opened()
            self._file.writelines(self._pieces)
            self._pieces = []
        if self._file is None:
            self._pieces.append(piece)
        else:
            self._file.write(piece)

    @property
    def data(self) -> bytes | Path:
        """All that came: bytes, or a file that stands until `close`."""
        if self._file is None:
            self._pieces = [b"".join(self._pieces)]
            return self._pieces[0]
        self._file.flush()
        return Path(self._file.name)

    @property
    def sha256(self) -> str:
        """SHA-256 of all that came."""
        return self._digest.hexdigest()

    @property
    def package(self) -> tuple[SpooledPart, ...]:
        """The parts of a package; none for a single file."""
        return tuple(self.parts.whole) if self.parts is not None else ()

    def close(self) -> None:
        """Let the file go, and its parts."""
        self._pieces = []
        if self._file is not None:
            self._file.close()
            self._file = None
        if self.parts is not None:
            self.parts.close()


class Parts:
    """The parts of one package as they come, one after the other: the first in memory, the others in a folder."""

    def __init__(self, limit: int, most: int) -> None:
        self.left = limit
        """Bytes that may still come."""
        self._most = most
        self._room = KEPT
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._begun: tuple[str, Spool] | None = None
        self._names = set[str]()
        self.whole: list[SpooledPart] = []

    def add(self, name: object, piece: bytes) -> None:
        """Take a piece of a part; its name comes from a process that is not trusted."""
        if self._begun is None or self._begun[0] != name:
            if self._begun is not None or not isinstance(name, str) or not is_part(name) or name in self._names:
                raise AssetError("the decoder names a part in a way that is not allowed", code="E_DECODER_CRASH")
            if len(self.whole) >= self._most:
                raise AssetError(f"the result has more than {self._most} parts; see Limits.parts",
                                 code="E_LIMIT_OUTPUT")  # fmt: skip
            self._begun = name, Spool(self.left, self._room, self._file)
        self._begun[1].add(piece)

    def end(self, name: object, media_type: object, piece: bytes) -> None:
        """Take the last piece of a part."""
        self.add(name, piece)
        if self._begun is None or not is_media_type(media_type):
            raise AssetError("the decoder says of a part what is not allowed", code="E_DECODER_CRASH")
        text, spool = self._begun
        data = spool.data
        self._room -= spool.size if isinstance(data, bytes) else 0
        self.whole.append(SpooledPart(text, str(media_type), data, spool.size, spool.sha256))
        self._names.add(text)
        self.left -= spool.size
        self._begun = None
        spool.close()

    def _file(self) -> IO[bytes]:
        """Open a file that stands after it is closed: there can be more parts than a process may have open files."""
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="mediaframe-")
        return (Path(self._folder.name) / f"{len(self.whole):06d}").open("wb")

    def close(self) -> None:
        """Let all of them go."""
        if self._begun is not None:
            self._begun[1].close()
        self._begun, self.whole = None, []
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class Pieces:
    """The results of one request as its frames come: large ones in pieces, small ones with their last frame.

    The parts of a package come before its main file.
    """

    def __init__(self, names: Iterable[str], limit: int, parts: int = _MOST) -> None:
        self._names = frozenset(names)
        self._limit = limit
        self._most = parts
        self._begun: dict[str, Spool] = {}
        self._parts: dict[str, Parts] = {}

    def take(self, header: Mapping[str, Any], payload: bytes) -> Spool | None:
        """Take a frame; gives the whole result with its last frame, which names the rendition, and None before."""
        name = header.get("piece_of") or header.get("part_of") or header.get("rendition")
        if name is None:
            return None
        if name not in self._names:
            raise AssetError("the decoder speaks of a rendition that was not asked for", code="E_DECODER_CRASH")
        if "rendition" not in header and "part" in header:
            self._take_part(name, header, payload)
            return None
        if name not in self._begun:
            before = self._parts.get(name)
            self._begun[name] = Spool(self._limit if before is None else before.left)
            self._begun[name].parts = before
        spool = self._begun[name]
        spool.add(payload)
        if "rendition" not in header:
            return None
        self._parts.pop(name, None)
        return self._begun.pop(name)

    def _take_part(self, name: str, header: Mapping[str, Any], payload: bytes) -> None:
        if name in self._begun:
            raise AssetError("the decoder sends a part behind its main file", code="E_DECODER_CRASH")
        parts = self._parts.setdefault(name, Parts(self._limit, self._most))
        if "part_of" in header:
            parts.end(header["part"], header.get("media_type"), payload)
        else:
            parts.add(header["part"], payload)

    def close(self) -> None:
        """Let go of what was begun and not ended."""
        for spool in self._begun.values():
            spool.close()
        for parts in self._parts.values():
            parts.close()
        self._begun, self._parts = {}, {}
