"""Index: a map from 16-byte digests to small values that spills to disk, in bounded memory."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator

from mediaframe.errors import StoreError
from mediaframe.storage.closing import Closing

_CACHE_KIB = 16 * 1024
_MANY = 500


class Index(Closing):
    """Who claims a digest first, keeps it; for finding names that clash, and results to use again.

    It lives in a temporary file without a name of its own, so nothing is left behind. Threads may share one.

    >>> with Index() as index:
    ...     index.claim(b"0" * 16, "first"), index.claim(b"0" * 16, "second"), len(index)
    (None, 'first', 1)
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self._lock = threading.Lock()
        handle, self._path = tempfile.mkstemp(prefix="mediaframe-index-", suffix=".sqlite", dir=folder)
        os.close(handle)
        self._base = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        # Whoever forgets to close it lets go of the file with the index; from 3.13 on SQLite warns otherwise.
        weakref.finalize(self, self._base.close)
        # Nothing here outlives the process, so nothing is journaled or synced.
        for pragma in (
            "journal_mode=OFF",
            "synchronous=OFF",
            "locking_mode=EXCLUSIVE",
            f"cache_size=-{_CACHE_KIB}",
        ):
            self._base.execute(f"PRAGMA {pragma}")
        self._base.execute("CREATE TABLE claims (digest BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        self._base.execute("BEGIN")
        with contextlib.suppress(OSError):  # Windows keeps open files; there `close` removes it.
            os.unlink(self._path)

    def __len__(self) -> int:
        with self._lock, _told():
            return int(self._base.execute("SELECT count(*) FROM claims").fetchone()[0])

    def claim(self, digest: bytes, value: str) -> str | None:
        """Keep the value if the digest is new and give None, else give the value that holds it."""
        _check(digest)
        with self._lock, _told():
            done = self._base.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (digest, value))
            return None if done.rowcount else self._found(digest)

    def add_many(self, digests: Iterable[bytes]) -> list[bool]:
        """Add digests without values; says of each, in order, whether it is new."""
        with self._lock, _told():
            add = "INSERT OR IGNORE INTO claims VALUES (?, '')"
            return [bool(self._base.execute(add, (_check(digest),)).rowcount) for digest in digests]

    def put_many(self, pairs: Iterable[tuple[bytes, str]]) -> None:
        """Set many values; a later one takes the place of an earlier one."""
        with self._lock, _told():
            self._base.executemany("INSERT OR REPLACE INTO claims VALUES (?, ?)", map(_pair, pairs))

    def get(self, digest: bytes) -> str | None:
        """Give the value of a digest, None where it has none."""
        _check(digest)
        with self._lock, _told():
            return self._found(digest)

    def get_many(self, digests: Iterable[bytes]) -> dict[bytes, str]:
        """Give the values of those digests that have one."""
        asked = [_check(digest) for digest in digests]
        found: dict[bytes, str] = {}
        with self._lock, _told():
            for start in range(0, len(asked), _MANY):
                part = asked[start : start + _MANY]
                marks = ",".join("?" * len(part))
                found.update(self._base.execute(f"SELECT * FROM claims WHERE digest IN ({marks})", part))  # noqa: S608 - marks alone
        return found

    def take_many(self, digests: Iterable[bytes]) -> dict[bytes, str]:
        """Give the values of those digests that have one, and forget them."""
        found = self.get_many(digests)
        with self._lock, _told():
            self._base.executemany("DELETE FROM claims WHERE digest = ?", ((digest,) for digest in found))
        return found

    def values(self) -> Iterator[str]:
        """Give all values, in the order of their digests; what is put in meanwhile may be left out."""
        last = b""
        while True:
            with self._lock, _told():
                after = "SELECT * FROM claims WHERE digest > ? ORDER BY digest LIMIT ?"
                found = self._base.execute(after, (last, _MANY)).fetchall()
            if not found:
                return
            yield from (str(value) for _, value in found)
            last = found[-1][0]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._base.close()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)

    def _found(self, digest: bytes) -> str | None:
        row = self._base.execute("SELECT value FROM claims WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else str(row[0])


def digest_of(name: str) -> bytes:
    """Give the 16 bytes that stand for a name."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _check(digest: bytes) -> bytes:
    if len(digest) != 16:
        raise ValueError(f"index: expected a digest of 16 bytes, got {len(digest)}")
    return digest


def _pair(pair: tuple[bytes, str]) -> tuple[bytes, str]:
    return _check(pair[0]), pair[1]


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        text = f"the temporary index: {error}; TMPDIR says where it is kept"
        raise StoreError(text, code="E_STORE_FULL" if "full" in str(error) else "E_STORE_UNAVAILABLE") from error
