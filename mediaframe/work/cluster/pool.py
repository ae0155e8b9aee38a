"""Cluster: where tasks run when there is a Dask cluster: slots in its workers, rows to them and rows back."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from mediaframe.errors import UsageError
from mediaframe.model.limits import Limits
from mediaframe.storage.closing import Closing
from mediaframe.work.cluster.crew import ANSWER, Crew, beside
from mediaframe.work.cluster.flights import STOP, Flights
from mediaframe.work.cluster.plugin import Slots, forget
from mediaframe.work.cluster.station import fitness
from mediaframe.work.slot import Hear, Slot, unheard

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 120.0
"""Seconds that a run waits for workers when there are none."""


class ClusterPool(Closing):
    """Slots in the workers of a Dask cluster, as many as they have threads; the same face as `LocalPool`.

    Tasks and results are rows. Retries are ours and not Dask's: a task whose worker was lost is handed out again,
    and one that loses its workers again and again is cut up, until the asset stands alone that does it. A worker that
    joins and would not make the same bytes gets no work.

    Parameters
    ----------
    client
        A `distributed.Client`, or the address of a scheduler.
    limits
        How big is too big.
    patience
        Seconds that are waited for workers, or for the scheduler, when there is none.
    handlers
        A file with further handlers for the children; tests use it to crash them.
    """

    def __init__(
        self,
        client: Any,
        limits: Limits | None = None,
        *,
        patience: float = PATIENCE,
        handlers: str | Path | None = None,
    ) -> None:
        self.crew = Crew(client, patience)
        self.client = self.crew.client
        self.name = f"mediaframe-{secrets.token_hex(4)}"
        self.limits = limits or Limits()
        self._handlers = str(handlers) if handlers else None
        self._numbers = count(1)
        self._runs: dict[int, Flights[Any, Any]] = {}
        self._closed = False
        self._slots: Slots | None = None
        self._dashboard: str | None = None

    @property
    def dashboard(self) -> str | None:
        """Where the cluster shows itself, without credentials."""
        if self._dashboard is None and not self._closed:
            self._dashboard = self.crew.dashboard
        return self._dashboard

    def run(
        self, do: Callable[[T, Slot], R], tasks: Iterable[T], ahead: int = 2, hear: Hear | None = None
    ) -> Iterator[R]:
        """Do each task with a slot of a worker; gives results as they complete, in no order.

        Tasks are pulled in the caller's thread, at most `ahead` for each thread of the workers before their results
        are taken. What `do` raises is raised here. Leaving the iterator stops the rest. Raises RunError when
        there are no workers for longer than `patience`, and when those that are there when work starts would not make
        the same bytes. What tasks say by `slot.tell` comes to `hear`, in the caller's thread, unless it is lost.
        """
        if self._closed:
            raise UsageError("this pool is closed; make a new one")
        number = next(self._numbers)
        run: Flights[T, R] = Flights(self.crew, self.name, number, do, hear or unheard, self._register)
        self._runs[number] = run
        waiting, more = iter(tasks), True
        try:
            self._start(run)
            while True:
                while more and not run.stopped and run.in_hand < max(1, self.crew.threads) * ahead:
                    more = run.launch(waiting)
                if not run.in_hand and not run.launch_suspect():
                    return
                yield from run.land()
                if run.ended:
                    return
                self.crew.look()
                run.call_back()
        finally:
            run.end()
            del self._runs[number]

    def stop(self) -> None:
        """Start no task any more and end those that run; the iterators of `run` end when they are back.

        May be called by any thread, and by a signal handler.
        """
        for run in tuple(self._runs.values()):
            run.stop()

    def close(self) -> None:
        """Stop, and have the workers end the children of this pool."""
        self._closed = True
        for run in tuple(self._runs.values()):
            run.end()
        if self._slots is not None:
            beside(lambda: self.client.unsubscribe_topic(self.name), ANSWER)
            beside(lambda: self.client.run_on_scheduler(forget, self.name), STOP)
        self.crew.close()

    def _start(self, run: Flights[Any, Any]) -> None:
        """Wait for workers, give them slots, and see that they would make the same bytes."""
        if self._slots is not None:
            return
        self.crew.wait(lambda: run.stopped)
        if run.stopped:
            return
        with Slot(self.limits) as slot:
            expected = fitness(slot)
        self._slots = Slots(self.limits, expected, self._handlers)
        self.client.subscribe_topic(self.name, partial(_pass_on, weakref.ref(self)))
        self.crew.prepare(self._slots, self.name)
        self._dashboard = self.crew.dashboard

    def _register(self) -> None:
        if self._slots is not None:
            self.crew.register(self._slots, self.name)


def _pass_on(pool: weakref.ref[ClusterPool], event: tuple[float, dict[str, Any]]) -> None:
    """Take what a worker says, in the thread of the client; it keeps its listeners for as long as it lives."""
    found = pool()
    run = found._runs.get(event[1]["run"]) if found is not None else None
    if run is not None:
        run.arrived(event[1])
