"""What happened in a run, and who is told: counted progress and its watchers."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
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

    def line(self) -> str:
        """Say it in one line."""
        if self.state == "planning":
            return "planning"
        left = f", about {self.left:.0f} s left" if self.left is not None and self.state == "running" else ""
        pace = f" ({self.rate:.1f} a second{left})" if self.rate else ""
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.done} of {self.total}{pace}{failed}"


Watcher = Callable[[Progress], None]


class Tally:
    """Counts results as they come and tells the watchers, at most four times a second."""

    INTERVAL = 0.25
    WINDOW = 10.0

    def __init__(self, total: int = 0, watchers: Iterable[Watcher] = ()) -> None:
        self._lock = threading.Lock()
        self._watchers = tuple(watchers)
        self._began = time.monotonic()
        self._told = 0.0
        self._recent: deque[tuple[float, int]] = deque()
        self._status: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._bytes_in = self._bytes_out = 0
        self.total = total
        self.state = "planning"

    def count(self, rows: Iterable[Mapping[str, Any]], bytes_in: int = 0) -> None:
        """Count rendition rows, and the bytes that were read for them."""
        with self._lock:
            before = self._status.total()
            for row in rows:
                self._status[row["status"]] += 1
                if row["status"] == "failed":
                    self._errors[row["error_code"] or "E_INTERNAL"] += 1
                if row["status"] == "written":
                    self._bytes_out += row["bytes"] or 0
            self._bytes_in += bytes_in
            self._recent.append((time.monotonic(), self._status.total() - before))
        self.tell()

    def enter(self, state: str) -> None:
        """Say that the run is in a new state."""
        self.state = state
        if state == "running":
            self._began = time.monotonic()
        self.tell(always=True)

    def tell(self, *, always: bool = False) -> None:
        """Tell the watchers, unless they were told a moment ago."""
        now = time.monotonic()
        if not self._watchers or (not always and now - self._told < self.INTERVAL):
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
            rate = sum(count for _, count in self._recent) / span
            done = self._status.total()
            left = (self.total - done) / rate if rate else None
            return Progress(
                state=self.state,
                total=self.total,
                done=done,
                written=self._status["written"],
                reused=self._status["reused"],
                skipped=self._status["skipped"],
                failed=self._status["failed"],
                bytes_in=self._bytes_in,
                bytes_out=self._bytes_out,
                seconds=now - self._began,
                rate=rate,
                left=left,
                errors=dict(self._errors),
            )
