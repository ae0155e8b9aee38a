"""Cluster: where tasks run when there is a Dask cluster: slots in its workers, rows to them and rows back."""

from __future__ import annotations

import contextlib
import logging
import pickle
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from distributed import Client, Future, KilledWorker

from mediaframe.errors import MediaframeError, RunError, UsageError
from mediaframe.model.limits import Limits
from mediaframe.storage.redact import redact
from mediaframe.work.plugin import Parcel, Slots, differences_of, do_task, stop_run
from mediaframe.work.pool import Losable
from mediaframe.work.slot import Slot
from mediaframe.work.station import Landed, fitness

T = TypeVar("T")
R = TypeVar("R")

LOG = logging.getLogger("mediaframe")

PATIENCE = 120.0
"""Seconds that a run waits for workers when there are none."""

_LOOK = 1.0  # seconds between two looks at the workers
_ANSWER = 5.0  # seconds that the scheduler is given to answer
_STOP = 15.0  # seconds that workers are given to end what they do when a run is stopped
_LOSSES = 3  # deaths of workers, each already more than the scheduler allows, after which a lone asset is given up
_GONE = (OSError, TimeoutError, RuntimeError, AttributeError, CancelledError)  # what a dead scheduler gives


class ClusterPool:
    """Slots in the workers of a Dask cluster, as many as they have threads; the same face as `LocalPool`.

    Tasks and results are rows. Retries are ours and not Dask's: a task whose worker was lost is handed out again,
    and one that loses its workers again and again is cut up, until the asset stands alone that does it.

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
        self.client, self._own = _connected(client, patience)
        self.name = f"mediaframe-{secrets.token_hex(4)}"
        self.limits, self.patience = limits or Limits(), patience
        self.threads = 0
        """Threads that the workers had together when they were last looked at."""
        self._handlers = str(handlers) if handlers else None
        self._numbers = count(1)
        self._runs: set[_Run[Any, Any]] = set()
        self._seen = self._looked = 0.0
        self._ready = self._closed = False
        self._plugin: Slots | None = None
        self._dashboard: str | None = None

    @property
    def dashboard(self) -> str | None:
        """Where the cluster shows itself, without credentials."""
        if self._dashboard or self._closed:
            return self._dashboard
        with contextlib.suppress(*_GONE, KeyError):
            link = self.client.dashboard_link
            return redact(link) if link else None
        return None

    def run(self, do: Callable[[T, Slot], R], tasks: Iterable[T], ahead: int = 2) -> Iterator[R]:
        """Do each task with a slot of a worker; gives results as they complete, in no order.

        Tasks are pulled in the caller's thread, at most `ahead` for each thread of the workers before their results
        are taken. What `do` raises is raised here. Leaving the iterator stops the rest. Raises RunError when
        there are no workers for longer than `patience`, and when they work with other versions.
        """
        if self._closed:
            raise UsageError("this pool is closed; make a new one")
        run: _Run[T, R] = _Run(self, next(self._numbers), do)
        self._runs.add(run)
        waiting, more = iter(tasks), True
        try:
            self._start(run)
            while True:
                while more and not run.stopped and len(run.flying) < max(1, self.threads) * ahead:
                    more = run.launch(waiting)
                if not run.flying and not run.launch_suspect():
                    return
                yield from run.land()
                if run.ended:
                    return
                self.look()
        finally:
            run.end()
            self._runs.discard(run)

    def stop(self) -> None:
        """Start no task any more and end those that run; the iterators of `run` end when they are back.

        May be called by any thread, and by a signal handler.
        """
        for run in tuple(self._runs):
            run.stop()

    def close(self) -> None:
        """Stop, and have the workers end the children of this pool."""
        self._closed = True
        for run in tuple(self._runs):
            run.end()
        if self._ready:
            _beside(lambda: self.client.unregister_worker_plugin(self.name), _STOP)
        if self._own:
            _beside(self.client.close, _ANSWER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def look(self) -> None:
        """See now and then whether there are workers; raises RunError when there are none for too long."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self.threads = sum(self._workers().values())
        self._looked = now = time.monotonic()
        if self.threads:
            self._seen = now
        elif now - self._seen > self.patience:
            raise RunError(
                f"{self._place()}: expected workers, got none for {self.patience:g} s; what is done is kept: "
                "start workers and resume the run, or resume it without the cluster",
                code="E_WORKER_LOST",
            )

    def register(self) -> None:
        """Let the scheduler give slots to all workers, those to come included, unless it does already."""
        self.client.register_plugin(self._plugin, name=self.name)

    def _workers(self) -> Mapping[str, int]:
        try:
            found: Mapping[str, int] = self.client.sync(self.client.scheduler.ncores, callback_timeout=_ANSWER)
        except _GONE:
            return {}
        return found

    def _place(self) -> str:
        scheduler = getattr(self.client, "scheduler", None)
        return redact(str(getattr(scheduler, "address", "the cluster")))

    # ---- before work starts

    def _start(self, run: _Run[Any, Any]) -> None:
        """Wait for workers, give them slots, and see that they would make the same bytes."""
        if self._ready:
            return
        self._seen, self._looked = time.monotonic(), 0.0
        while not self.threads and not run.stopped:
            self.look()
            if not self.threads:
                time.sleep(0.2)
        if run.stopped:
            return
        with Slot(self.limits) as slot:
            expected = fitness(slot)
        self._plugin, self._ready = Slots(self.limits, expected, self._handlers), True
        try:
            self.register()
            self._dashboard = self.dashboard
            found = self.client.run(differences_of, self.name, on_error="return")
        except _GONE as error:
            raise RunError(f"{self._place()}: the workers cannot be prepared: {redact(str(error))}") from error
        except ImportError as error:
            raise RunError(_not_there("a worker", error)) from error
        for worker, differences in sorted(found.items()):
            if isinstance(differences, ImportError):
                raise RunError(_not_there(worker, differences)) from differences
            if isinstance(differences, MediaframeError):
                raise RunError(f"worker {worker}: {differences.message}", code=differences.code) from differences
            if not isinstance(differences, BaseException):  # Else it has left, or only just come.
                _refuse(worker, differences)


class _Run(Generic[T, R]):
    """One call of `run`: what is on its way, and whether it goes on."""

    def __init__(self, pool: ClusterPool, number: int, do: Callable[[T, Slot], R]) -> None:
        self.pool, self.number, self.do = pool, number, do
        self.work = Parcel(pickle.dumps(do), "what is done")
        self.flying: dict[str, _Flight[T]] = {}
        self.suspects: deque[tuple[T, int]] = deque()
        """Tasks that lost their workers. Each is done again when nothing else is on its way, so that none is blamed for
        another: Dask blames all that a worker had in its queue."""
        self.stopped = self._told = False
        self._until = float("inf")
        self._keys = count()
        self._landed: SimpleQueue[Future | None] = SimpleQueue()

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

    def land(self) -> Iterator[R]:
        """Wait a moment for one task that is back; gives its results."""
        try:
            future = self._landed.get(timeout=_LOOK)
        except Empty:
            future = None
        if self.stopped and not self._told:
            self._tell()
        flight = self.flying.get(future.key) if future is not None else None
        if future is None or flight is None:
            return
        try:
            landed = future.result(timeout=_ANSWER)
        except TimeoutError:  # The worker was lost with the result; it is done again, or not.
            future.add_done_callback(self._landed.put)
            return
        except (KilledWorker, CancelledError) as error:
            del self.flying[future.key]
            yield from self._again(flight, killed=isinstance(error, KilledWorker))
            return
        except ImportError as error:
            raise RunError(_not_there("the cluster", error)) from error
        del self.flying[future.key]
        yield from self._take(flight, landed)

    def stop(self) -> None:
        """Start nothing any more. Any thread and a signal handler may call this; the workers are told by `land`."""
        self.stopped = True
        self._landed.put(None)

    def end(self) -> None:
        """Stop, and wait until nothing runs, or the time for that is over."""
        self.stop()
        if not self.flying:
            return
        if not self._told:
            self._tell()
        while self.flying and not self.ended:
            with contextlib.suppress(Empty):
                future = self._landed.get(timeout=0.2)
                if future is not None:
                    self.flying.pop(future.key, None)
        left = [flight.future for flight in self.flying.values()]
        self.flying = {}
        if left:
            _beside(lambda: self.pool.client.cancel(left, force=True), _ANSWER)

    def _submit(self, task: T, losses: int) -> None:
        number = next(self._keys)
        try:
            future = self.pool.client.submit(
                do_task,
                self.pool.name,
                self.number,
                self.work,
                Parcel(pickle.dumps(task), f"task {number}"),
                key=f"{self.pool.name}-{self.number}-{number}",
                pure=False,
                retries=0,
            )
        except _GONE as error:
            raise RunError(
                f"{self.pool._place()}: the client has left the cluster; what is done is kept: resume the run",
                code="E_WORKER_LOST",
            ) from error
        self.flying[future.key] = _Flight(task, losses, future)
        future.add_done_callback(self._landed.put)

    def _take(self, flight: _Flight[T], landed: Landed) -> Iterator[R]:
        if landed.state == "unfit":
            _refuse("that came later", landed.value)
        if landed.state == "failed":
            raise landed.value
        if landed.state == "unready" and not self.stopped:
            with contextlib.suppress(*_GONE):
                self.pool.register()
        if landed.state in ("stopped", "unready") and not self.stopped:  # Its worker was told to leave.
            self._submit(flight.task, flight.losses)
        elif landed.value is not None or landed.state == "done":
            yield landed.value

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
            raise RunError(f"{self.pool._place()}: workers die of this work", code="E_WORKER_LOST")

    def _tell(self) -> None:
        """Have the workers end what they do for this run, without waiting for their answers."""
        self._told = True
        pool = self.pool
        self._until = time.monotonic() + (_STOP if pool.threads else 0.0)
        _beside(lambda: pool.client.run(stop_run, pool.name, self.number, on_error="ignore"), 0)


@dataclass(frozen=True, slots=True)
class _Flight(Generic[T]):
    """A task that is on its way."""

    task: T
    losses: int
    future: Future


# ---- within ----------------------------------------------------------------------------------------------------------


def _connected(client: Any, patience: float) -> tuple[Client, bool]:
    """Give a client, and whether it is ours to close."""
    if isinstance(client, str):
        try:
            return Client(client, set_as_default=False, timeout=min(patience, 30.0), name="mediaframe"), True
        except (OSError, ValueError, TimeoutError) as error:
            place = redact(client)
            raise RunError(
                f"client={place!r}: expected the address of a scheduler that answers, such as tcp://127.0.0.1:8786 "
                f"({type(error).__name__})"
            ) from error
    if not isinstance(client, Client):
        raise UsageError(
            f"client=...: expected a distributed.Client, the address of a scheduler, or False for this process, "
            f"got {type(client).__name__}"
        )
    if client.asynchronous:
        raise UsageError("client=...: expected a client that is not asynchronous; make one with Client(address)")
    return client, False


def _beside(call: Callable[[], Any], patience: float) -> None:
    """Do a call to the cluster in a thread, and wait for it no longer than so many seconds: nobody may answer."""

    def work() -> None:
        with contextlib.suppress(*_GONE, KeyError):
            call()

    thread = Thread(target=work, name="mediaframe-cluster", daemon=True)
    thread.start()
    thread.join(patience)


def _not_there(who: str, error: ImportError) -> str:
    return f"{who} cannot import what it needs ({error}); install the same mediaframe on scheduler and workers"


def _refuse(worker: str, differences: list[str]) -> None:
    if differences:
        told = "; ".join(differences[:5]) + ("; ..." if len(differences) > 5 else "")
        raise RunError(
            f"worker {worker} would not make the same bytes: {told}; install the same versions there as here, "
            "then resume the run"
        )
