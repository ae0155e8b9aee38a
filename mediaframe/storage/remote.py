"""Any other file system of fsspec as a store: whole objects, put if absent where the store can do that."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from mediaframe.errors import StoreError
from mediaframe.storage.failures import told
from mediaframe.storage.names import SYSTEM
from mediaframe.storage.reach import reach
from mediaframe.storage.redact import redact
from mediaframe.storage.retry import Requests
from mediaframe.storage.s3 import Logged, S3Access
from mediaframe.storage.stat import Leftover, Stat, from_info

UPLOADS = f"{SYSTEM}/uploads"
"""Where uploads in parts are told before they begin."""


class RemotePlace:
    """A prefix on a file system of fsspec; see `Store` for what its methods promise."""

    def __init__(self, url: str, options: Mapping[str, Any], requests: Requests | None = None) -> None:
        self.url = redact(url).rstrip("/")
        with told(redact(url), "read"):
            self.access, path = reach(url, options, requests)
        self.root = path.rstrip("/")
        self._single_writer: bool | None = None
        self._asking = threading.Lock()

    @property
    def at_once(self) -> int:
        """How many requests to make at once."""
        return self.access.gate.requests.concurrency

    @property
    def retried(self) -> int:
        """How many requests were sent again."""
        return self.access.gate.retried

    @property
    def single_writer(self) -> bool:
        """Whether the store cannot refuse a second writer by itself; asks it with two puts, once."""
        with self._asking:
            if self._single_writer is None:
                name = f"{SYSTEM}/probe-{uuid.uuid4().hex}"
                try:
                    refuses = self.access.refuses_second_put(partial(self._probe, name))
                    self._single_writer = not refuses
                finally:
                    if isinstance(self.access, S3Access):
                        self.remove(name)
            return self._single_writer

    def uri(self, name: str) -> str:
        """Where an object is."""
        return f"{self.url}/{name}"

    def read(self, name: str) -> bytes:
        """Read all bytes."""
        return self.access.read(self._path(name), self.uri(name))

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Read some bytes; fewer where the object ends before."""
        return self.access.read_range(self._path(name), self.uri(name), start, length)

    def stat(self, name: str) -> Stat | None:
        """Look without reading; None where no object is."""
        return self.access.stat(self._path(name), self.uri(name), name)

    def list(self, prefix: str) -> Iterator[Stat]:
        """List objects; by key where the store lists by key, else folder by folder."""
        for path, info in self.access.find(self.root, prefix, self.url):
            if not path.startswith(f"{UPLOADS}/"):
                yield from_info(path, info)

    def write(
        self,
        name: str,
        data: bytes | Path,
        *,
        replace: bool,
        durable: bool,
        media_type: str | None,
        cache_control: str | None,
        metadata: dict[str, str] | None,
    ) -> None:
        """Put an object; what a store has answered is durable."""
        given: dict[str, Any] = {
            "replace": replace,
            "media_type": media_type,
            "cache_control": cache_control,
            "metadata": metadata or {},
        }
        if isinstance(self.access, S3Access):
            given["logged"] = self._log(name)
        self.access.write(self._path(name), self.uri(name), data, **given)

    def remove(self, name: str) -> None:
        """Remove an object; nothing happens where none is."""
        self.access.remove(self._path(name), self.uri(name))

    def settle(self) -> None:
        """Nothing to do: what a store has answered is durable."""

    def ours(self, name: str) -> bool:
        """Whether the store itself tells that mediaframe has written an object."""
        return self.access.ours(self._path(name), self.uri(name))

    # ---- uploads in parts

    def sweep(self, older_than: float) -> int:
        """Abort uploads in parts that were told of and never ended."""
        limit, swept = time.time() - older_than, 0
        with told(self.url, "write"):
            logs = list(self.access.find(self.root, f"{UPLOADS}/", self.url))
            for log, info in logs:
                found = from_info(log, info)
                if found.modified is None or found.modified.timestamp() <= limit:
                    swept += self._abort_logged(log)
        return swept

    def leftovers(self) -> Iterator[Leftover]:
        """Give uploads in parts that nobody ended, whoever began them."""
        with told(self.url, "read"):
            for name, upload, begun in self.access.uploads(self.root):
                yield Leftover(name, upload, begun)

    def discard(self, leftover: Leftover) -> None:
        """Abort an upload in parts."""
        if leftover.upload is not None:
            with told(self.uri(leftover.name), "write"):
                self.access.abort(self._path(leftover.name), leftover.upload)

    def _log(self, name: str) -> Logged:
        """Give what tells of an upload: its name before it begins, its id before its first part."""
        log = f"{UPLOADS}/{uuid.uuid4().hex}.json"

        def note(path: str | None, upload: str | None) -> None:
            if path is None:
                self.remove(log)
                return
            body = json.dumps({"name": name, "upload": upload}).encode()
            self._write_plainly(log, body, replace=True)

        return note

    def _abort_logged(self, log: str) -> int:
        try:
            told_of = json.loads(self.read(log))
        except StoreError as error:
            if error.code != "E_SOURCE_NOT_FOUND":
                raise
            return 0  # A writer that still lives has ended its upload since the logs were listed.
        name, upload, swept = told_of["name"], told_of["upload"], 0
        # Killed before the id was told: it is found by its name.
        found = [upload] if upload else [one for at, one, _ in self.access.uploads(self.root) if at == name]
        for one in found:
            self.access.abort(self._path(name), one)
            swept += 1
        self.remove(log)
        return swept

    def _probe(self, name: str, data: bytes) -> None:
        self._write_plainly(name, data, replace=False)

    def _write_plainly(self, name: str, data: bytes, *, replace: bool) -> None:
        self.write(name, data, replace=replace, durable=True, media_type=None, cache_control=None, metadata=None)

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"
