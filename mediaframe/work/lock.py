"""One writer for a destination at a time: a lock with an owner and an expiry."""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mediaframe.errors import RunError, StoreError
from mediaframe.storage.store import Store

LOG = logging.getLogger("mediaframe")

NAME = "_mediaframe/lock.json"
EXPIRY = 60.0
"""Seconds after which a lock that nobody renews may be taken over."""


class Lock:
    """Holds the destination while a run writes to it, and renews its claim from a thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._id = uuid.uuid4().hex
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="mediaframe-lock", daemon=True)

    def __enter__(self) -> Self:
        try:
            self._store.write(NAME, self._claim())
        except StoreError as error:
            if error.code != "E_STORE_CONFLICT":
                raise
            self._take_over()
        if self._store.single_writer:
            LOG.warning(
                "%s: this store cannot refuse the second of two writers; see to it that one run at a time writes there",
                self._store.url,
            )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if self._owner().get("id") == self._id:
            self._store.remove(NAME)

    def _take_over(self) -> None:
        owner = self._owner()
        if owner and not _is_dead(owner):
            raise RunError(
                f"{self._store.url}: expected no other run here, got one of process {owner.get('pid')} on "
                f"{owner.get('host')}; wait for it, or try again {EXPIRY:.0f} s after it died",
                code="E_RUN_LOCKED",
            )
        self._store.write(NAME, self._claim(), replace=True)
        if self._owner().get("id") != self._id:  # Two took over at once; the later writer has it.
            raise RunError(f"{self._store.url}: another run began at the same moment", code="E_RUN_LOCKED")

    def _claim(self) -> bytes:
        owner = {
            "id": self._id,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": _started(os.getpid()),
            "expires": time.time() + EXPIRY,
        }
        return json.dumps(owner).encode()

    def _owner(self) -> dict[str, Any]:
        try:
            owner = json.loads(self._store.read(NAME))
        except (StoreError, ValueError):
            return {}
        return owner if isinstance(owner, dict) else {}

    def _renew(self) -> None:
        while not self._done.wait(EXPIRY / 4):
            try:
                self._store.write(NAME, self._claim(), replace=True)
            except StoreError:
                continue  # The next beat tries again; three may fail before the claim expires.


def _is_dead(owner: dict[str, Any]) -> bool:
    if float(owner.get("expires", 0)) < time.time():
        return True
    pid = owner.get("pid")
    if owner.get("host") != socket.gethostname() or not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return _started(pid) != owner.get("started")


def _started(pid: int) -> str | None:
    """Say when a process began, where the platform tells: a number may come back as another process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None
