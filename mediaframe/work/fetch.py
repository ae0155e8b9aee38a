"""A source read whole, and by its content seen what it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.model.media_type import sniff
from mediaframe.storage.failures import told
from mediaframe.storage.local import open_regular
from mediaframe.storage.names import local_path, readable
from mediaframe.storage.source import Sources
from mediaframe.table.header import HEAD, read_header
from mediaframe.work.batch import Item

SPOOL = 64 << 20
"""Bytes above which a local file is handed over as it stands instead of being read into memory."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Read:
    """A source as it was read."""

    data: bytes | Path
    size: int
    sha256: str
    kind: str | None
    format: str | None
    pixels: int | None
    frames: int | None = None


def fetch(item: Item, sources: Sources, limits: Limits) -> Read:
    """Read a source whole, and see by its content what it is; raises where it is not the one that was scanned."""
    data = _data(item, sources, limits.media_bytes if item.kind in ("video", "audio") else limits.bytes)
    size, sha256 = _digest(data)
    if size == 0:
        raise AssetError("the file is empty", code="E_SOURCE_EMPTY")
    head = piece(data, 0, HEAD)
    found = sniff(head)
    pixels, frames = item.pixels, item.frames
    if pixels is None and found is not None and found.kind == "image":
        # Nobody probed it: without its size a large picture would be given the memory of a common one.
        header = read_header(head, size, lambda start, length: piece(data, start, length))
        pixels, frames = (header.width or 0) * (header.height or 0) or None, header.frames
    kind, format = (found.kind, found.format) if found else (None, None)
    return Read(data, size, sha256, kind, format, pixels, frames)


def piece(data: bytes | Path, start: int, length: int) -> bytes:
    """Give a range of a source; fewer bytes where it ends before."""
    if isinstance(data, bytes):
        return data[start : start + length]
    with told(readable(str(data)), "read"), open_regular(str(data)) as file:
        file.seek(start)
        return file.read(length)


def whole(data: bytes | Path) -> bytes:
    """Give all bytes of what may be a file."""
    return data if isinstance(data, bytes) else data.read_bytes()


def _data(item: Item, sources: Sources, limit: int) -> bytes | Path:
    # What is far away is looked at and read by one request.
    near = local_path(item.uri)
    fetched = sources.fetch(item.uri, limit) if near is None else None
    stat = sources.stat(item.uri) if near is not None else fetched and fetched[0]
    if stat is None:
        raise AssetError("the source is not there any more", code="E_SOURCE_NOT_FOUND")
    if item.version is not None and stat.version != item.version:
        raise AssetError(
            f"expected the version that was scanned, {item.version}, got {stat.version}; export it anew",
            code="E_SOURCE_CHANGED",
        )
    if stat.bytes > limit:
        raise AssetError(f"{stat.bytes} bytes are over the limit of {limit}; see Limits.bytes", code="E_LIMIT_BYTES")
    if near is None:
        return (fetched and fetched[1]) or b""
    return Path(near) if stat.bytes > SPOOL else sources.read(item.uri, limit)


def _digest(data: bytes | Path) -> tuple[int, str]:
    if isinstance(data, bytes):
        return len(data), hashlib.sha256(data).hexdigest()
    digest, size = hashlib.sha256(), 0
    with told(readable(str(data)), "read"), open_regular(str(data)) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()
