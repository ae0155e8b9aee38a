"""Station: the slots of one process of a cluster, taken by tasks and given back; it knows no library of clusters."""

from __future__ import annotations

import pickle
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Condition
from typing import Any, Literal

from mediaframe.errors import AssetError, MediaframeError, RunError
from mediaframe.model.limits import Limits
from mediaframe.work.admission import Admission
from mediaframe.work.pool import Arriving
from mediaframe.work.slot import Hear, Slot, unheard
from mediaframe.work.version import mediaframe_version

_TRIES = 5

KEPT = 4
"""How many kinds of work are kept ready: a run has at most three."""


@dataclass(frozen=True, slots=True)
class Landed:
    """What became of a task: its result, what it raised, or that it was stopped, with what was done until then."""

    state: Literal["done", "failed", "stopped", "unfit", "unready"]
    value: Any = None


class Station:
    """Has a slot for each task that runs here at the same time; their children start at the first need."""

    def __init__(
        self, limits: Limits, expected: Mapping[str, str], *, memory: int | None = None, handlers: str | None = None
    ) -> None:
        self.limits, self.expected, self.handlers = limits, expected, handlers
        self.admission = Admission(memory)
        self._changed = Condition()
        self._free: list[tuple[float, Slot]] = []
        self._busy: dict[Slot, int] = {}
        self._stopped: set[int] = set()
        self._closed = False
        self._work: dict[bytes, Any] = {}
        self._differences: list[str] | None = None

    def do(self, run: int, work: bytes, task: bytes, tell: Hear = unheard) -> Landed:
        """Do one task of a run; whatever it raises is told, not raised. `tell` is told how far it is."""
        slot = self._take(run)
        if slot is None:
            return Landed("stopped")
        slot.tell = tell
        try:
            if differences := self._differ(slot):
                return Landed("unfit", differences)
            result = self._ready(work)(pickle.loads(task), slot)  # noqa: S301  our own driver's
            return Landed("stopped" if slot.cancelled else "done", result)
        except MediaframeError as error:
            return Landed("stopped") if error.code == "E_CANCELLED" and slot.cancelled else Landed("failed", error)
        except Exception as error:  # noqa: BLE001  It is raised where the results are taken.
            told = RunError(f"a task failed on a worker: {type(error).__name__}: {error}", code="E_INTERNAL")
            return Landed("failed", told)
        finally:
            self._give(slot)

    def differences(self) -> list[str]:
        """Say in what this process and its child differ from what is expected."""
        slot = self._take(0)
        if slot is None:
            return []
        try:
            return self._differ(slot)
        finally:
            self._give(slot)

    def stop(self, run: int) -> None:
        """Start no task of a run any more, and end what it has running. Never waits."""
        with self._changed:
            self._stopped.add(run)
            for slot, of in self._busy.items():
                if of == run:
                    slot.cancel()

    def rest(self, idle: float) -> None:
        """End the children of slots that nobody used for some seconds: their run may be gone without a word."""
        with self._changed:
            since = time.monotonic() - idle
            old = [slot for used, slot in self._free if used < since]
            self._free = [(used, slot) for used, slot in self._free if used >= since]
        for slot in old:
            slot.close()

    def close(self, patience: float = 5.0) -> None:
        """End all that runs, and the children."""
        with self._changed:
            self._closed = True
            for slot in self._busy:
                slot.cancel()
            self._changed.wait_for(lambda: not self._busy, patience)
        self.rest(-1)

    def _take(self, run: int) -> Slot | None:
        with self._changed:
            if self._closed or run in self._stopped:
                return None
            if self._free:
                slot = self._free.pop()[1]
            else:
                slot = Slot(self.limits, handlers=self.handlers, admission=self.admission)
            slot.resume()
            self._busy[slot] = run
            return slot

    def _give(self, slot: Slot) -> None:
        with self._changed:
            del self._busy[slot]
            self._changed.notify_all()
            if not self._closed:
                self._free.append((time.monotonic(), slot))
                return
        slot.close()

    def _ready(self, work: bytes) -> Any:
        """Give what is done, as it was unpacked at the first task: it may hold connections."""
        with self._changed:
            ready = self._work.get(work)
        if ready is None:
            ready = pickle.loads(work)  # noqa: S301  our own driver's
            if isinstance(ready, Arriving):
                ready.arrive()
            with self._changed:
                ready = self._work.setdefault(work, ready)
                while len(self._work) > KEPT:
                    del self._work[next(iter(self._work))]
        return ready

    def _differ(self, slot: Slot) -> list[str]:
        if self._differences is None:
            try:
                here = fitness(slot)
            except AssetError as error:
                if error.code == "E_CANCELLED":
                    raise
                return [f"its decoder does not answer: {error.message}"]
            self._differences = [
                f"{name} is {here.get(name, 'not there')}, expected {self.expected.get(name, 'not there')}"
                for name in sorted({*here, *self.expected})
                if here.get(name) != self.expected.get(name)
            ]
        return self._differences


def fitness(slot: Slot) -> dict[str, str]:
    """Say what a process and its child work with: versions, and what each format can do."""
    answer = _asked(slot)
    python = slot.hello["python"].rpartition(".")[0]
    found = {"mediaframe": mediaframe_version(), "python": platform.python_version().rpartition(".")[0]}
    found["python of the decoder"] = python
    for engine in answer["engines"]:
        found[f"engine {engine['name']}"] = engine.get("version", "missing")
    for read in answer["reads"]:
        found[f"reading {read['format']} ({read['engine']})"] = "missing" if read["install"] else "there"
    for write in answer["writes"]:
        found[f"writing {write['format']}"] = "missing" if write["problem"] else "there"
    for word in (*answer["operations"], *answer["measures"]):
        found[f"{word['kind']}.{word['word']}"] = " ".join(word["engines"]) or "missing"
    return found


def _asked(slot: Slot) -> dict[str, Any]:
    """Ask a child what it can; one that is killed meanwhile, by whoever needs its memory, is started again."""
    for left in reversed(range(_TRIES)):
        try:
            *_, (header, _payload) = slot.ask({"do": "formats"})
        except AssetError as error:
            if error.code != "E_DECODER_CRASH" or not left:
                raise
        else:
            return header
    raise AssertionError("unreachable")
