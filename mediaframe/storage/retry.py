"""Retries: requests to a store within limits, and tried again when what went wrong may pass; in this layer alone."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from mediaframe.errors import UsageError, expected
from mediaframe.storage.transient import transient

T = TypeVar("T")

_FIRST = 0.2
_LONGEST = 20.0
_LONGEST_ASKED = 60.0


@dataclass(frozen=True, slots=True)
class Requests:
    """How a store is asked: how many requests at once and in a second, and how often one is tried again.

    Holds for one store and one process; what storage options say of retries is replaced, so that tries do not
    multiply. A store that says that it is overloaded is sent half as many requests at once, then slowly more.

    >>> Requests(concurrency=8, rate=100).attempts
    6
    """

    concurrency: int = 32
    """Requests at once, at the most."""
    rate: float | None = None
    """Requests in a second, at the most."""
    attempts: int = 6
    """Times that one request is sent, at the most."""
    seconds: float = 120.0
    """Time after which a request is not sent again."""
    budget: float = 0.1
    """Retries for each request that is made; when most fail, asking more often makes it worse."""
    floor: int = 100
    """Retries that are allowed whatever the budget says."""

    def __post_init__(self) -> None:
        for name in ("concurrency", "attempts"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 1:
                raise UsageError(expected(f"Requests({name}=...)", "a whole number above 0", getattr(self, name)))
        for name in ("seconds", "budget", "floor"):
            if getattr(self, name) < 0:
                raise UsageError(expected(f"Requests({name}=...)", "a number from 0", getattr(self, name)))
        if self.rate is not None and self.rate <= 0:
            raise UsageError(expected("Requests(rate=...)", "a number above 0, or None", self.rate))


class Gate:
    """Lets requests to one store through; threads share it, and each waits for its turn.

    >>> Gate(Requests()).call(lambda: "answer")
    'answer'
    """

    def __init__(
        self,
        requests: Requests | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.requests = requests or Requests()
        self.made = 0
        """Requests that were sent for the first time."""
        self.retried = 0
        """Requests that were sent again."""
        self.limit = float(self.requests.concurrency)
        """Requests that may be under way at this moment."""
        self._sleep, self._clock = sleep, clock
        self._chance = random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._turns = threading.Condition()
        self._flying = 0
        self._next = 0.0
        self._cut = float("-inf")

    def call(self, do: Callable[[], T], *, tries: Callable[[], None] | None = None) -> T:
        """Make a request; `tries` is told before each time that it is sent again."""
        began, attempt = self._clock(), 1
        with self._turns:
            self.made += 1
        while True:
            try:
                with self._turn():
                    return do()
            except Exception as error:
                passing = transient(error)
                if passing is None or attempt >= self.requests.attempts:
                    raise
                pause = self._chance.uniform(0.0, min(_LONGEST, _FIRST * 2.0 ** (attempt - 1)))
                pause = max(pause, min(passing.after, _LONGEST_ASKED))
                if self._clock() - began + pause > self.requests.seconds or not self._granted():
                    raise
            self._sleep(pause)
            attempt += 1
            if tries is not None:
                tries()

    def _granted(self) -> bool:
        """Whether the budget has a retry left; takes it."""
        with self._turns:
            if self.retried >= self.requests.floor + self.requests.budget * self.made:
                return False
            self.retried += 1
            return True

    @contextmanager
    def _turn(self) -> Iterator[None]:
        began = self._enter()
        try:
            yield
        except Exception as error:
            passing = transient(error)
            self._leave(began, throttled=passing is not None and passing.throttled)
            raise
        except BaseException:
            self._leave(began, throttled=False)
            raise
        self._leave(began, throttled=False)

    def _enter(self) -> float:
        with self._turns:
            while self._flying >= max(1, int(self.limit)):
                self._turns.wait()
            self._flying += 1
            now = self._clock()
            due = max(now, self._next)
            if self.requests.rate:
                self._next = due + 1.0 / self.requests.rate
        if due > now:
            self._sleep(due - now)
        return due

    def _leave(self, began: float, *, throttled: bool) -> None:
        """Add to what may be under way, or halve it; all that were under way at a cut count as one."""
        with self._turns:
            self._flying -= 1
            if not throttled:
                self.limit = min(float(self.requests.concurrency), self.limit + 1.0 / self.limit)
            elif began > self._cut:
                self.limit, self._cut = max(1.0, self.limit / 2), self._clock()
            self._turns.notify_all()
