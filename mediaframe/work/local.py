"""Local: where tasks run when there is no cluster: long-lived threads of this process, each with its slot."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Condition, RLock, Thread
from typing import Any, Generic, TypeVar

from mediaframe.errors import MediaframeError, UsageError, expected
from mediaframe.model.limits import Limits
from mediaframe.storage.closing import Closing
from mediaframe.work import machine
from mediaframe.work.admission import Admission
from mediaframe.work.slot import Hear, Slot, unheard

T = TypeVar("T")
R = TypeVar("R")

_JOIN = 5.0  # seconds that a thread is given to end when the pool closes
_LOOK = 0.2  # seconds between two looks at whether an interrupt has come


class LocalPool(Closing):
    """Slots with a thread each; results come as they complete.

    By default there is one slot more than there are cores (measured: 3 % faster on a quiet machine, 20 % on a
    loaded one). `memory` is what all slots may need together: 70 % of the machine's, or of the container's.
    """

    def __init__(
        self,
        slots: int | None = None,
        limits: Limits | None = None,
        *,
        memory: int | None = None,
        handlers: str | Path | None = None,
    ) -> None:
        if slots is not None and slots < 1:
            raise UsageError(expected("LocalPool(slots=...)", "a number above 0", slots))
        self.admission = Admission(memory)
        count = slots or machine.cores() + 1
        self.slots = tuple(Slot(limits, handlers=handlers, admission=self.admission) for _ in range(count))
        self._jobs: SimpleQueue[tuple[_Run[Any, Any], Any] | None] = SimpleQueue()
        self._runs: set[_Run[Any, Any]] = set()
        self._threads: list[Thread] = []
        self._closed = False
        # A pool that is forgotten lets its threads go; they hold the queue and their slot, never the pool.
        self._goodbye = weakref.finalize(self, _dismiss, self._jobs, count)

    def run(
        self, do: Callable[[T, Slot], R], tasks: Iterable[T], ahead: int = 2, hear: Hear | None = None
    ) -> Iterator[R]:
        """Do each task with a slot, in threads; gives results as they complete, in no order.

        Tasks are pulled one by one in the caller's thread, at most slots x `ahead` before their results are
        taken. What `do` raises is raised here, after the rest was stopped. Leaving the iterator stops too:
        no new task starts, and what runs loses its child, so that its `do` meets `E_CANCELLED`. What tasks say by
        `slot.tell` comes to `hear`, in the caller's thread, before their results.
        """
        if self._closed:
            raise UsageError("this pool is closed; make a new one")
        self._start()
        run: _Run[T, R] = _Run(do, hear or unheard)
        self._runs.add(run)
        waiting, most = iter(tasks), len(self.slots) * ahead
        more = True
        try:
            while True:
                while more and not run.stopped and run.flying < most:
                    more = self._launch(run, waiting)
                if not run.flying:
                    return
                yield from run.land()
        finally:
            run.stop()
            run.wait()
            self._runs.discard(run)

    def stop(self) -> None:
        """Start no task any more and end those that run; the iterators of `run` end when they are back.

        May be called by any thread, and by a signal handler.
        """
        for run in tuple(self._runs):
            run.stop()

    def close(self) -> None:
        """Stop, and end threads and children."""
        self._closed = True
        self.stop()
        self._goodbye()
        for thread in self._threads:
            thread.join(_JOIN)
        for slot in self.slots:
            slot.close()

    def _start(self) -> None:
        if not self._threads:
            self._threads = [
                Thread(target=_work, args=(self._jobs, slot), name=f"mediaframe-slot-{at}", daemon=True)
                for at, slot in enumerate(self.slots)
            ]
            for thread in self._threads:
                thread.start()

    def _launch(self, run: _Run[T, R], waiting: Iterator[T]) -> bool:
        for task in waiting:
            run.flying += 1
            self._jobs.put((run, task))
            return True
        return False


class _Run(Generic[T, R]):
    """One call of `run`: its results, and whether it goes on."""

    def __init__(self, do: Callable[[T, Slot], R], hear: Hear) -> None:
        self.do, self.hear = do, hear
        self.results: SimpleQueue[tuple[R | None, BaseException | None, bool] | Mapping[str, Any]] = SimpleQueue()
        self.flying = 0
        self.stopped = False
        self._slots: set[Slot] = set()
        self._lock = RLock()  # A signal handler may stop a run while its own thread is stopping it.
        self._idle = Condition(self._lock)

    def land(self) -> Iterator[R]:
        """Wait for one result; gives it, raises what `do` raised, or gives nothing when it was not done."""
        result, error, done = self._next()
        self.flying -= 1
        if error is not None:
            if self.stopped and isinstance(error, MediaframeError) and error.code == "E_CANCELLED":
                return
            raise error
        if done:
            yield result  # type: ignore[misc]  # None only where R is None

    def _next(self) -> tuple[R | None, BaseException | None, bool]:
        while True:
            try:
                # Not without a timeout: polars puts a handler of its own on SIGINT, one that restarts what it
                # interrupts, and an interrupt would wait until a result is there (polars 2.1, for minutes).
                found = self.results.get(timeout=_LOOK)
            except Empty:
                continue
            if isinstance(found, tuple):
                return found
            self.hear(found)

    def stop(self) -> None:
        """Start nothing any more, and end the children of what runs."""
        with self._lock:
            self.stopped = True
            for slot in self._slots:
                slot.cancel()

    def wait(self) -> None:
        """Wait for what runs, after `stop`.

        It looks at what is in the slots, since a count of results can be wrong here: a KeyboardInterrupt may fall
        between taking a result and counting it.
        """
        with self._idle:
            while self._slots:
                self._idle.wait()

    def work(self, task: T, slot: Slot) -> None:
        """Do one task in the slot's thread."""
        result: tuple[R | None, BaseException | None, bool] = (None, None, False)
        try:
            if self._enter(slot):
                result = (self.do(task, slot), None, True)
        except BaseException as error:  # noqa: BLE001  It is raised in the thread that takes the results.
            result = (None, error, False)
        with self._idle:
            self._slots.discard(slot)  # Before the result is seen: another run may have the slot then.
            self._idle.notify_all()
        self.results.put(result)

    def _enter(self, slot: Slot) -> bool:
        with self._lock:
            if self.stopped:
                return False
            slot.resume()
            slot.tell = self.results.put
            self._slots.add(slot)
            return True


def _work(jobs: SimpleQueue[tuple[_Run[Any, Any], Any] | None], slot: Slot) -> None:
    while (job := jobs.get()) is not None:
        run, task = job
        run.work(task, slot)
        del job, run, task  # What was done is not kept while waiting for the next.


def _dismiss(jobs: SimpleQueue[Any], count: int) -> None:
    for _ in range(count):
        jobs.put(None)
