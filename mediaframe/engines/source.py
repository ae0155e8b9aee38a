"""Source: the bytes of one asset as engines read them: behind a descriptor or in memory, never by a name."""

from __future__ import annotations

import io
import mmap
import os
from collections.abc import Mapping
from typing import Any

from mediaframe.model.limits import Limits


class Source:
    """The bytes of one asset, behind a descriptor or in memory; never a name."""

    def __init__(
        self, data: bytes | memoryview | None = None, *, fd: int | None = None, limits: Limits | None = None
    ) -> None:
        self.limits = limits or Limits()
        """What an input of a recipe is held against; the source of a task has its limits there."""
        self._data = data
        self._fd = fd
        self._map: mmap.mmap | None = None
        self.memo: dict[str, Any] = {}
        """What engines keep of the header between questions about one asset."""

    @property
    def size(self) -> int:
        """How many bytes there are."""
        if self._data is not None:
            return len(self._data)
        return os.fstat(self._fd).st_size if self._fd is not None else 0

    def view(self) -> Any:
        """Give all bytes, without a copy where they stand behind a descriptor."""
        if self._data is None and self._fd is not None and self.size:
            self._map = self._map or mmap.mmap(self._fd, 0, access=mmap.ACCESS_READ)
            return self._map
        return self._data or b""

    def head(self, count: int) -> bytes:
        """Give the first bytes."""
        return bytes(self.view()[:count])

    def file(self) -> io.BufferedIOBase:
        """Give a fresh file object that reads from the start."""
        if isinstance(self._data, memoryview):
            return _View(self._data)
        if self._data is not None or self._fd is None:
            return io.BytesIO(self._data or b"")
        return _Descriptor(self._fd, self.size)  # its own position, over a descriptor that others share

    def close(self) -> None:
        """Let the bytes go."""
        if self._map is not None:
            try:
                self._map.close()
            except BufferError:  # A library still holds a view; the map goes with the last of them.
                self._map = None
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


class Piece(Source):
    """One of many sources that are made into one, and what the arguments of the merge that are columns stand for."""

    def __init__(self, data: bytes | memoryview, *, limits: Limits, row: Mapping[str, object]) -> None:
        super().__init__(data, limits=limits)
        self.row = row


class _Shared(io.BufferedIOBase):
    """A file object over bytes that others read too, with a position of its own."""

    def __init__(self, size: int) -> None:
        self._size, self._at = size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        data = self._bytes(left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data

    def _bytes(self, count: int) -> bytes:
        raise NotImplementedError


class _Descriptor(_Shared):
    """A file object over a shared descriptor (`pread`)."""

    def __init__(self, fd: int, size: int) -> None:
        super().__init__(size)
        self._fd = fd

    def _bytes(self, count: int) -> bytes:
        return os.pread(self._fd, count, self._at)


class _View(_Shared):
    """A file object over bytes in memory, of which it copies those alone that are read."""

    def __init__(self, view: memoryview) -> None:
        super().__init__(view.nbytes)
        self._view = view

    def _bytes(self, count: int) -> bytes:
        return bytes(self._view[self._at : self._at + count])
