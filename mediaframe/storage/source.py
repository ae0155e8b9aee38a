"""Sources: media read by their full uri, within a limit, and counted."""

from __future__ import annotations

import os
import stat as modes
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mediaframe.errors import AssetError, StoreError
from mediaframe.storage.access import Access
from mediaframe.storage.connect import OBJECT_STORES, may_travel, scheme
from mediaframe.storage.failures import told
from mediaframe.storage.local import open_regular
from mediaframe.storage.names import local_path, readable
from mediaframe.storage.reach import reach
from mediaframe.storage.redact import redact
from mediaframe.storage.retry import Requests
from mediaframe.storage.stat import Stat, from_os

_ONE_FOR_ALL = OBJECT_STORES | {"memory", "http", "https"}
_STREAMED = frozenset({"http", "https"})


class Sources:
    """Reads sources by uri, wherever they are; many threads may share one.

    >>> Sources().read("/dev/null", 100)
    Traceback (most recent call last):
    mediaframe.errors.AssetError: /dev/null: a pipe, socket or device, not a file
    """

    def __init__(
        self,
        storage_options: Mapping[str, Any] | None = None,
        requests: Requests | None = None,
        *,
        ship_secrets: bool = False,
    ) -> None:
        self._options = dict(storage_options or {})
        self._requests = requests
        self._ship_secrets = ship_secrets
        self._reached: dict[str, Access] = {}
        self._lock = threading.Lock()
        self._reads = 0
        self._read_bytes = 0

    def __reduce__(self) -> tuple[Callable[..., Sources], tuple[Any, ...]]:
        options = dict(may_travel(self._options, ship_secrets=self._ship_secrets))
        return partial(Sources, ship_secrets=self._ship_secrets), (options, self._requests)

    @property
    def reads(self) -> int:
        """How many reads were asked for so far."""
        return self._reads

    @property
    def read_bytes(self) -> int:
        """How many bytes they gave."""
        return self._read_bytes

    def read(self, uri: str, limit: int) -> bytes:
        """Read a source whole; `b""` if it is empty, E_LIMIT_BYTES if it has more bytes than the limit."""
        path = local_path(uri)
        data = self._counted(_read_local(path, limit) if path is not None else self._read_remote(uri, limit))
        if len(data) > limit:
            raise AssetError(f"{_say(uri)}: over the limit of {limit} bytes", code="E_LIMIT_BYTES")
        return data

    def read_range(self, uri: str, start: int, length: int) -> bytes:
        """Read some bytes of a source; fewer where it ends before."""
        path = local_path(uri)
        if path is None:
            access, below = self._connected(uri)
            return self._counted(access.read_range(below, _say(uri), start, length))
        with told(_say(uri), "read"), open_regular(_absolute(path)) as file:
            file.seek(start)
            return self._counted(file.read(length))

    def stat(self, uri: str) -> Stat | None:
        """Look at a source without reading it; None where there is none. Its name is the uri."""
        path = local_path(uri)
        if path is None:
            access, below = self._connected(uri)
            return access.stat(below, _say(uri), uri)
        with told(_say(uri), "read"):
            try:
                found = os.stat(_absolute(path))
            except (FileNotFoundError, NotADirectoryError):
                return None
        return from_os(uri, found) if modes.S_ISREG(found.st_mode) else None

    def fetch(self, uri: str, limit: int) -> tuple[Stat, bytes | None] | None:
        """Look at a source and read it, on S3 by one request; None where there is none, no bytes where too many."""
        if local_path(uri) is None and scheme(uri) not in _STREAMED:
            access, below = self._connected(uri)
            found = access.fetch(below, _say(uri), uri, limit)
            if found is not None and found[1] is not None:
                self._counted(found[1])
            return found
        stat = self.stat(uri)
        if stat is None or stat.bytes > limit:
            return None if stat is None else (stat, None)
        return stat, self.read(uri, limit)

    def _read_remote(self, uri: str, limit: int) -> bytes:
        access, below = self._connected(uri)
        if scheme(uri) not in _STREAMED:
            return access.read_range(below, _say(uri), 0, limit + 1)
        with told(_say(uri), "read"):
            return access.gate.call(lambda: _streamed(access.files, below, limit + 1))

    def _connected(self, uri: str) -> tuple[Access, str]:
        kind, _, rest = uri.partition("://")
        if "::" in uri:
            place = uri.partition("::")[2]
        elif kind.lower() in _ONE_FOR_ALL:
            place = kind.lower()
        else:
            place = f"{kind.lower()}://{rest.partition('/')[0]}"
        with told(_say(uri), "read"), self._lock:
            if place not in self._reached:
                self._reached[place], below = reach(uri, self._options, self._requests)
                return self._reached[place], below
        access = self._reached[place]
        return access, str(access.files._strip_protocol(uri.partition("::")[0]))

    def _counted(self, data: bytes) -> bytes:
        with self._lock:
            self._reads += 1
            self._read_bytes += len(data)
        return data


def _streamed(files: Any, path: str, most: int) -> bytes:
    """Read from a web server, which need not know of ranges, and may send without end."""
    with files.open(path, "rb", block_size=0) as file:
        parts, rest = list[bytes](), most
        while rest > 0 and (part := file.read(min(rest, 1 << 20))):
            parts.append(bytes(part))
            rest -= len(part)
        return b"".join(parts)


def _read_local(path: str, limit: int) -> bytes:
    with told(readable(path), "read"), open_regular(_absolute(path)) as file:
        if file.stat.st_size > limit:
            text = f"{readable(path)}: {file.stat.st_size} bytes are over the limit of {limit}"
            raise AssetError(text, code="E_LIMIT_BYTES")
        return file.read(limit + 1)


def _absolute(path: str) -> str:
    if "\0" in path or not os.path.isabs(path):
        raise StoreError(f"{readable(path)!r}: expected an absolute path or a url", code="E_SOURCE_NOT_FOUND")
    return path


def _say(uri: str) -> str:
    return readable(redact(uri))
