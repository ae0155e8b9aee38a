"""Admission: work starts when the memory that it declares is free, first come, first served."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition

from mediaframe.errors import AssetError
from mediaframe.work import machine

_LOOK = 0.1  # seconds between two looks at whether the waiting is still wanted


class Admission:
    """A budget of bytes that threads share. What needs more than all of it runs alone.

    >>> admission = Admission(100)
    >>> with admission.hold(60), admission.hold(40):
    ...     admission.held
    100
    """

    def __init__(self, total: int | None = None) -> None:
        self.total = machine.budget() if total is None else total
        self.held = 0
        self._changed = Condition()
        self._queue: deque[object] = deque()

    @contextmanager
    def hold(self, need: int, stopped: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Wait for `need` bytes and hold them; raises AssetError (E_CANCELLED) when `stopped` says so."""
        need = max(0, min(need, self.total))
        self._enter(need, stopped)
        try:
            yield
        finally:
            with self._changed:
                self.held -= need
                self._changed.notify_all()

    def _enter(self, need: int, stopped: Callable[[], bool]) -> None:
        ticket = object()
        with self._changed:
            self._queue.append(ticket)  # In order, so that a large one is not passed by small ones for ever.
            try:
                while self._queue[0] is not ticket or self.held + need > self.total:
                    if stopped():
                        raise AssetError("stopped while waiting for memory", code="E_CANCELLED")
                    self._changed.wait(_LOOK)
                self.held += need
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
