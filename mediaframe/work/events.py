"""What happened in a run, and who is told: results counted where they are made, added up, and shown to watchers."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

LOG = logging.getLogger("mediaframe")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come, at one moment."""

    state: str
    total: int
    done: int
    written: int
    reused: int
    skipped: int
    failed: int
    bytes_in: int
    bytes_out: int
    seconds: float
    rate: float
    """Results in a second, over the last ten seconds."""
    left: float | None
    """Seconds that are left, where it can be said."""
    errors: Mapping[str, int] = field(default_factory=dict)
    """Failures by code."""
    partial: float = 0.0
    """How much of the results that are being made is done, as whole ones: 0.5 where one is half done."""

    def line(self) -> str:
        """Say it in one line."""
        if self.state == "planning":
            return "planning"
        left = f", about {self.left:.0f} s left" if self.left is not None and self.state == "running" else ""
        pace = f" ({self.rate:.1f} a second{left})" if self.rate else ""
        failed = f", {self.failed} failed" if self.failed else ""
        begun = f" and {100 * self.partial:.0f} % of one more" if 0 < self.partial < 1 else ""
        return f"{self.done} of {self.total}{begun}{pace}{failed}"


Watcher = Callable[[Progress], None]

INTERVAL = 0.25
"""Seconds between two words of one teller at the least."""


@dataclass(slots=True)
class Counted:
    """Results by what became of them, and bytes."""

    status: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    bytes_in: int = 0
    bytes_out: int = 0
    partial: float = 0.0

    def add(self, rows: Iterable[Mapping[str, Any]], bytes_in: int = 0) -> None:
        """Count rows of the row log, and the bytes that were read for them."""
        for row in rows:
            self.status[row["status"]] += 1
            if row["status"] == "failed":
                self.errors[row["error_code"] or "E_INTERNAL"] += 1
            if row["status"] == "written":
                self.bytes_out += row["bytes"] or 0
        self.bytes_in += bytes_in

    def plain(self) -> dict[str, Any]:
        """Give it as plain values."""
        sizes = {"bytes_in": self.bytes_in, "bytes_out": self.bytes_out, "partial": self.partial}
        return {"status": dict(self.status), "errors": dict(self.errors), **sizes}

    def update(self, other: Counted) -> None:
        """Add what another has counted."""
        self.status.update(other.status)
        self.errors.update(other.errors)
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out
        self.partial += other.partial


class Telling:
    """Tells now and then how far a batch is, from where it is worked on; what it tells may be lost.

    It tells all that it has counted, so that nothing is missing when the next word comes through.
    """

    def __init__(self, batch: int, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self._batch, self._tell = batch, tell
        self._counted = Counted()
        self._told = time.monotonic()

    def count(self, rows: Iterable[Mapping[str, Any]], bytes_in: int) -> None:
        """Count what became of an asset, and tell it unless something was told a moment ago."""
        self._counted.add(rows, bytes_in)
        self._counted.partial = 0.0
        self._tell_now_and_then()

    def share(self, partial: float) -> None:
        """Note how much of the results of an asset is done, which are not counted yet."""
        self._counted.partial = partial
        self._tell_now_and_then()

    def _tell_now_and_then(self) -> None:
        now = time.monotonic()
        if now - self._told >= INTERVAL:
            self._told = now
            self._tell({"batch": self._batch, **self._counted.plain()})


class Tally:
    """Counts results as they come and tells the watchers, at most four times a second.

    Of batches that are under way it knows what was told of them; when one is back, what it gives counts instead.
    """

    WINDOW = 10.0

    def __init__(self, total: int = 0, watchers: Iterable[Watcher] = ()) -> None:
        self._lock = threading.Lock()
        self._watchers = tuple(watchers)
        self._began = time.monotonic()
        self._told = 0.0
        self._recent: deque[tuple[float, int]] = deque()
        self._done = Counted()
        self._under_way: dict[int, Counted] = {}
        self.total = total
        self.state = "planning"

    def count(self, rows: Iterable[Mapping[str, Any]], bytes_in: int = 0, *, batch: int | None = None) -> None:
        """Count rendition rows that are settled, all those of a batch where it is said, and the bytes read for them."""
        with self._counting():
            if batch is not None:
                self._under_way.pop(batch, None)
            self._done.add(rows, bytes_in)
        self.tell()

    def hear(self, news: Mapping[str, Any]) -> None:
        """Take note of how far a batch is."""
        told = Counted(Counter(news["status"]), Counter(news["errors"]), news["bytes_in"], news["bytes_out"],
                       news.get("partial", 0.0))  # fmt: skip
        with self._counting():
            self._under_way[news["batch"]] = told
        self.tell()

    def enter(self, state: str) -> None:
        """Say that the run is in a new state."""
        self.state = state
        if state == "running":
            self._began = time.monotonic()
        with self._counting():
            self._under_way.clear()  # What never came back counts for nothing.
        self.tell(always=True)

    def tell(self, *, always: bool = False) -> None:
        """Tell the watchers, unless they were told a moment ago."""
        now = time.monotonic()
        if not self._watchers or (not always and now - self._told < INTERVAL):
            return
        self._told = now
        progress = self.progress()
        for watcher in self._watchers:
            watcher(progress)

    def progress(self) -> Progress:
        """Give the numbers of this moment."""
        with self._lock:
            now = time.monotonic()
            while self._recent and now - self._recent[0][0] > self.WINDOW:
                self._recent.popleft()
            span = min(self.WINDOW, max(now - self._began, 1e-3))
            rate = max(0.0, sum(count for _, count in self._recent) / span)
            all_of = self._all()
            done = all_of.status.total()
            left = (self.total - done) / rate if rate > 0 else None
            return Progress(
                state=self.state,
                total=self.total,
                done=done,
                written=all_of.status["written"],
                reused=all_of.status["reused"],
                skipped=all_of.status["skipped"],
                failed=all_of.status["failed"],
                bytes_in=all_of.bytes_in,
                bytes_out=all_of.bytes_out,
                seconds=now - self._began,
                rate=rate,
                left=left,
                errors=dict(all_of.errors),
                partial=all_of.partial,
            )

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """Note by how many results the sum grows; it shrinks where a batch is done again."""
        with self._lock:
            before = self._all().status.total()
            yield
            self._recent.append((time.monotonic(), self._all().status.total() - before))

    def _all(self) -> Counted:
        found = Counted()
        for one in (self._done, *self._under_way.values()):
            found.update(one)
        return found
