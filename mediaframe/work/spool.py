"""Spool: a result on its way from a child, in memory while it is small and on disk beyond, hashed as it comes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

from mediaframe.errors import AssetError

KEPT = 16 << 20
"""Bytes that are kept in memory at the most."""


class Spool:
    """Takes pieces; gives the whole as bytes, or as a file where it is large.

    >>> spool = Spool(limit=100)
    >>> spool.add(b"one"); spool.add(b"two")
    >>> spool.data, spool.size
    (b'onetwo', 6)
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self.size = 0

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
        if self._file is None and self.size > KEPT:
            self._file = tempfile.NamedTemporaryFile(prefix="mediaframe-")  # noqa: SIM115  # closed by `close`
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

    def close(self) -> None:
        """Let the file go."""
        self._pieces = []
        if self._file is not None:
            self._file.close()
            self._file = None


class Pieces:
    """The results of one request as its frames come: large ones in pieces, small ones with their last frame."""

    def __init__(self, names: Iterable[str], limit: int) -> None:
        self._names = frozenset(names)
        self._limit = limit
        self._begun: dict[str, Spool] = {}

    def take(self, header: Mapping[str, Any], payload: bytes) -> Spool | None:
        """Take a frame; gives the whole result with its last frame, which names the rendition, and None before."""
        name = header.get("piece_of") or header.get("rendition")
        if name is None:
            return None
        if name not in self._names:
            raise AssetError("the decoder speaks of a rendition that was not asked for", code="E_DECODER_CRASH")
        spool = self._begun.setdefault(name, Spool(self._limit))
        spool.add(payload)
        return self._begun.pop(name) if "rendition" in header else None

    def close(self) -> None:
        """Let go of what was begun and not ended."""
        while self._begun:
            self._begun.popitem()[1].close()
