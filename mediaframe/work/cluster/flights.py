"""Flights: tasks on their way to the workers of a cluster and back, handed out again when they are lost."""

from __future__ import annotations

import contextlib
import logging
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from distributed import Future, KilledWorker

from mediaframe.errors import RunError
from mediaframe.storage.redact import redact
from mediaframe.work.cluster.crew import ANSWER, GONE, Crew, beside, told
from mediaframe.work.cluster.plugin import Parcel, do_task, stop_run
from mediaframe.work.cluster.station import Landed
from mediaframe.work.pool import Losable
from mediaframe.work.slot import Hear, Slot

T = TypeVar("T")
R = TypeVar("R")

LOG = logging.getLogger("mediaframe")

STOP = 15.0
"""Seconds that workers are given to end what they do when a run is stopped."""

_LOOK = 1.0  # seconds that one look for what has landed takes at the most
_LOSSES = 3  # deaths of workers, each already more than the scheduler allows, after which a lone asset is given up


@dataclass(frozen=True, slots=True)
class _Flight(Generic[T]):
    """A task that is on its way."""

    task: T
    losses: int
    future: Future
    among: frozenset[str] | None
    """The workers that it may go to; None where it may go to any."""


class Flights(Generic[T, R]):
    """All tasks of one run of a pool: what is on its way, and whether it goes on."""

    def __init__(
        self, crew: Crew, slots: str, number: int, do: Callable[[T, Slot], R], hear: Hear, register: Callable[[], None]
    ) -> None:
        self.crew, self.slots, self.number, self.do, self.hear = crew, slots, number, do, hear
        self.register = register
        """Gives slots again to workers that have none."""
        self.work = Parcel(pickle.dumps(do), "what is done")
        self.flying: dict[str, _Flight[T]] = {}
        self.suspects: deque[tuple[T, int]] = deque()
        """Tasks that lost their workers. Each is done again when nothing else is on its way, so that none is blamed for
        another: Dask blames all that a worker had in its queue."""
        self._grounded: list[tuple[T, int]] = []
        """Tasks that no worker may have now."""
        self.stopped = self._told = False
        self._until = float("inf")
        self._keys = count()
        self._landed: SimpleQueue[Future | Mapping[str, Any] | None] = SimpleQueue()

    @property
    def in_hand(self) -> int:
        """How many tasks were handed out, or would be if there were somebody to do them."""
        return len(self.flying) + len(self._grounded)

    @property
    def ended(self) -> bool:
        """Whether the workers had their time to stop, and it is not waited for them any longer."""
        return time.monotonic() > self._until

    def launch(self, waiting: Iterator[T]) -> bool:
        """Hand out the next task; false when there is none."""
        for task in waiting:
            self._submit(task, 0)
            return True
        return False

    def launch_suspect(self) -> bool:
        """Hand out one task that lost its workers; false when there is none."""
        if self.stopped or not self.suspects:
            return False
        self._submit(*self.suspects.popleft())
        return True

    def arrived(self, news: Mapping[str, Any]) -> None:
        """Take what a worker says of a task, in any thread; `land` passes it on."""
        self._landed.put(news)

    def land(self) -> Iterator[R]:
        """Wait a moment for one task that is back; gives its results."""
        try:
            found = self._landed.get(timeout=_LOOK)
        except Empty:
            found = None
        if self.stopped and not self._told:
            self._tell()
        if isinstance(found, Mapping):
            # What comes after its task, or of one that was handed out anew, says nothing any more.
            if found["key"] in self.flying:
                self.hear(found["news"])
            return
        flight = self.flying.get(found.key) if found is not None else None
        if found is not None and flight is not None:
            yield from self._settle(found, flight)

    def call_back(self) -> None:
        """Hand out anew what may go to workers alone that have left, once others are there."""
        if not self.crew.fit or self.stopped:
            return
        grounded, self._grounded = self._grounded, []
        for task, losses in grounded:
            self._submit(task, losses)
        for key, flight in list(self.flying.items()):
            if flight.among is not None and flight.among.isdisjoint(self.crew.fit):
                del self.flying[key]
                with contextlib.suppress(*GONE):
                    flight.future.cancel()
                self._submit(flight.task, flight.losses)

    def stop(self) -> None:
        """Start nothing any more. Any thread and a signal handler may call this; the workers are told by `land`."""
        self.stopped = True
        self._landed.put(None)

    def end(self) -> None:
        """Stop, and wait until nothing runs, or the time for that is over."""
        self.stop()
        self._grounded = []
        if not self.flying:
            return
        if not self._told:
            self._tell()
        while self.flying and not self.ended:
            with contextlib.suppress(Empty):
                found = self._landed.get(timeout=0.2)
                if isinstance(found, Future):
                    self.flying.pop(found.key, None)
        left = [flight.future for flight in self.flying.values()]
        self.flying = {}
        if left:
            beside(lambda: self.crew.client.cancel(left, force=True), ANSWER)

    def _submit(self, task: T, losses: int) -> None:
        number, among = next(self._keys), self.crew.among
        if among == []:
            self._grounded.append((task, losses))
            return
        try:
            future = self.crew.client.submit(
                do_task,
                self.slots,
                self.number,
                self.work,
                Parcel(pickle.dumps(task), f"task {number}"),
                key=f"{self.slots}-{self.number}-{number}",
                pure=False,
                retries=0,
                workers=among,
            )
        except GONE as error:
            raise RunError(
                f"{self.crew.place}: the client has left the cluster; what is done is kept: resume the run",
                code="E_WORKER_LOST",
            ) from error
        self.flying[future.key] = _Flight(task, losses, future, None if among is None else frozenset(among))
        future.add_done_callback(self._landed.put)

    def _settle(self, future: Future, flight: _Flight[T]) -> Iterator[R]:
        """Take the result of a task that is back, or see why there is none."""
        error: BaseException | None = None
        landed: Landed | None = None
        try:
            error = future.exception(timeout=ANSWER)
            landed = future.result(timeout=ANSWER) if error is None else None
        except TimeoutError:  # The worker was lost with the result; it is done again, or not.
            future.add_done_callback(self._landed.put)
            return
        except KilledWorker as killed:
            error = killed
        except CancelledError:
            error = None
        del self.flying[future.key]
        if landed is not None:
            yield from self._take(flight, landed)
        elif error is None or isinstance(error, KilledWorker):
            yield from self._again(flight, killed=error is not None)
        else:
            self._refuse(flight, error)

    def _take(self, flight: _Flight[T], landed: Landed) -> Iterator[R]:
        if landed.state == "failed":
            raise landed.value
        if landed.state == "unfit":
            worker, differences = landed.value
            self.crew.keep_out(worker, told(differences))
        if landed.state == "unready" and not self.stopped:
            with contextlib.suppress(*GONE):
                self.register()
        if landed.state == "done" or (landed.state == "stopped" and self.stopped):
            if landed.value is not None or landed.state == "done":
                yield landed.value
        elif not self.stopped:  # Its worker was told to leave, has no slots yet, or may have no work.
            self._submit(flight.task, flight.losses)

    def _again(self, flight: _Flight[T], *, killed: bool) -> Iterator[R]:
        """Keep what was lost for another time; give up an asset that was alone and lost its workers each time."""
        if self.stopped:
            return
        if not killed:
            self._submit(flight.task, flight.losses)
            return
        LOG.warning("workers were lost with a task; it is done again when the others are done")
        do: Any = self.do
        task, losses = flight.task, flight.losses + 1
        alone: list[T] = list(do.alone(task)) if isinstance(do, Losable) else [task]
        if losses == 1 or (len(alone) == 1 and losses <= _LOSSES):
            self.suspects.append((task, losses))
        elif len(alone) > 1:
            self.suspects.extend((one, losses) for one in alone)
        elif isinstance(do, Losable):
            yield do.lost(task)
        else:
            raise RunError(f"{self.crew.place}: workers die of this work", code="E_WORKER_LOST")

    def _refuse(self, flight: _Flight[T], error: BaseException) -> None:
        """Keep out a worker that cannot even begin a task: what a task itself raises is told by its result."""
        why = f"it cannot begin: {type(error).__name__}: {redact(str(error))}"
        places = self.crew.where_failed(flight.future.key)
        if not places:
            raise RunError(f"{self.crew.place}: a worker was refused: {why}", code="E_WORKER_LOST") from error
        for worker in places:
            self.crew.keep_out(worker, why)
        if not self.stopped:
            self._submit(flight.task, flight.losses)

    def _tell(self) -> None:
        """Have the workers end what they do for this run, without waiting for their answers."""
        self._told = True
        client, slots, number = self.crew.client, self.slots, self.number
        self._until = time.monotonic() + (STOP if self.crew.threads else 0.0)
        beside(lambda: client.run(stop_run, slots, number, on_error="ignore"), 0)
