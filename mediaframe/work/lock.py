"""One writer for a destination at a time: a lock with an owner and an expiry.

Who finds the owner dead takes over by creating an object that is named after that owner, which one process alone can,
and then puts its own claim in the place of the old one. Should it die in between, the same is done with its object.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mediaframe.errors import RunError, StoreError
from mediaframe.storage.store import Store

LOG = logging.getLogger("mediaframe")

NAME = "_mediaframe/lock.json"
AFTER = "_mediaframe/lock-after-"
"""How the names of objects begin that exist while a lock is taken over."""
EXPIRY = 60.0
"""Seconds after which a lock that nobody renews may be taken over."""

_SETTLING = 0.5
"""Seconds that a store is given to show the later of two writers, where it cannot refuse one."""
_TURNS = 8
"""How often others may come first before it is given up."""


class Lock:
    """Holds the destination while a run writes to it, and renews its claim from a thread.

    `lost` is called, from that thread, when another process has taken the destination over: this one was asleep, or
    could not reach the store, for longer than its claim held.
    """

    def __init__(self, store: Store, lost: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._lost = lost
        self._id = uuid.uuid4().hex
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="mediaframe-lock", daemon=True)

    def __enter__(self) -> Self:
        for _ in range(_TURNS):
            if self._take():
                break
        else:
            raise RunError(f"{self._store.url}: other runs began at the same moment; try again", code="E_RUN_LOCKED")
        try:
            if self._store.single_writer:
                LOG.warning(
                    "%s: this store cannot refuse the second of two writers; "
                    "see to it that one run at a time writes there",
                    self._store.url,
                )
                self._see_alone()
            self._thread.start()
        except BaseException:
            self._let_go()  # Else it would hold until it expires: this process lives.
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._let_go()

    def _let_go(self) -> None:
        with contextlib.suppress(StoreError):  # It expires; what the run has to say must not be lost for this.
            if self._holds():
                self._store.remove(NAME)

    # ---- taking ------------------------------------------------------------------------------------------------------

    def _take(self) -> bool:
        """Take the lock where it is free or its owner dead; gives False where another came first."""
        if self._create(NAME):
            return True
        first = owner = self._owner(NAME)
        if first is None:
            return False
        self._refuse(first)
        names = list[str]()
        while owner is not None:
            names.append(_after(owner))
            if self._create(names[-1]):
                return self._succeed(first, names)
            owner = self._owner(names[-1])
            if owner is not None:
                self._refuse(owner)
        return False

    def _succeed(self, first: dict[str, Any], names: list[str]) -> bool:
        """Put our claim in the place of the dead one, if that still stands: nobody else may do so now."""
        still = self._owner(NAME)
        mine = still is not None and still["id"] == first["id"]
        if mine:
            self._store.write(NAME, self._claim(), replace=True)
        for name in names if mine else names[-1:]:
            self._store.remove(name)
        return mine

    def _create(self, name: str) -> bool:
        try:
            self._store.write(name, self._claim())
        except StoreError as error:
            if error.code != "E_STORE_CONFLICT":
                raise
            return False
        return True

    def _refuse(self, owner: dict[str, Any]) -> None:
        if not _is_dead(owner):
            raise RunError(
                f"{self._store.url}: expected no other run here, got one of process {owner.get('pid')} on "
                f"{owner.get('host')}; wait for it, or try again {EXPIRY:.0f} s after it died",
                code="E_RUN_LOCKED",
            )

    def _see_alone(self) -> None:
        time.sleep(_SETTLING)
        if not self._holds():  # Two began at once; the later writer has it.
            raise RunError(f"{self._store.url}: another run began at the same moment", code="E_RUN_LOCKED")

    def _claim(self) -> bytes:
        owner = {
            "id": self._id,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "space": _space(),
            "started": _started(os.getpid()),
            "expires": time.time() + EXPIRY,
        }
        return json.dumps(owner).encode()

    # ---- holding -----------------------------------------------------------------------------------------------------

    def _owner(self, name: str) -> dict[str, Any] | None:
        """Give the claim under a name, None where there is none; a store that does not answer is no free lock."""
        try:
            data = self._store.read(name)
        except StoreError as error:
            if error.code != "E_SOURCE_NOT_FOUND":
                raise
            return None
        try:
            owner = json.loads(data)
        except ValueError:
            owner = None
        return owner if isinstance(owner, dict) and "id" in owner else {"id": hashlib.sha256(data).hexdigest()}

    def _holds(self) -> bool:
        owner = self._owner(NAME)
        return owner is not None and owner["id"] == self._id

    def _renew(self) -> None:
        while not self._done.wait(EXPIRY / 4):
            try:
                if not self._holds():
                    LOG.warning("%s: another run has taken the destination over; this one stops", self._store.url)
                    self._lost()
                    return
                self._store.write(NAME, self._claim(), replace=True)
            except StoreError:
                continue  # The next beat tries again; three may fail before the claim expires.


def _after(owner: dict[str, Any]) -> str:
    """Name the object that one process alone can create: the one that succeeds a dead owner."""
    return f"{AFTER}{hashlib.sha256(str(owner['id']).encode()).hexdigest()[:32]}.json"


def _is_dead(owner: dict[str, Any]) -> bool:
    if float(owner.get("expires", 0)) < time.time():
        return True
    pid = owner.get("pid")
    if (
        owner.get("host") != socket.gethostname()
        or owner.get("space", _space()) != _space()
        or not isinstance(pid, int)
    ):
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


def _space() -> str | None:
    """Say in which space numbers of processes count: containers of one machine may bear one name."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return None
