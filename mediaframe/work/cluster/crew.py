"""Crew: the workers of a cluster as a run sees them: who is there, who would make the same bytes, who is kept out."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from threading import Thread
from typing import Any

from distributed import Client
from distributed.client import ClosedClientError

from mediaframe.errors import MediaframeError, RunError, UsageError
from mediaframe.storage.redact import redact
from mediaframe.work.cluster.plugin import Farewell, Slots, differences_of, erred_on, farewell_of

LOG = logging.getLogger("mediaframe")

ANSWER = 5.0
"""Seconds that the scheduler is given to answer."""
GONE = (OSError, TimeoutError, RuntimeError, AttributeError, CancelledError, ClosedClientError)
"""What a client raises whose scheduler is dead."""

_LOOK = 1.0  # seconds between two looks at the workers


class Crew:
    """The workers of a cluster; those that would not make the same bytes get no work, and count for nothing.

    Parameters
    ----------
    client
        A client, or the address of a scheduler.
    patience
        Seconds that are waited for workers, or for the scheduler, when there is none.
    """

    def __init__(self, client: Any, patience: float) -> None:
        self.client, self._own = _connected(client, patience)
        self.patience = patience
        self.threads = 0
        """Threads that the workers had together when they were last looked at."""
        self.fit: frozenset[str] = frozenset()
        """Addresses of the workers that get work, as they were last seen."""
        self._kept_out: dict[str, str] = {}
        self._seen = self._looked = 0.0

    @property
    def place(self) -> str:
        """Where the scheduler is, without credentials."""
        scheduler = getattr(self.client, "scheduler", None)
        return redact(str(getattr(scheduler, "address", "the cluster")))

    @property
    def dashboard(self) -> str | None:
        """Where the cluster shows itself, without credentials."""
        with contextlib.suppress(*GONE, KeyError):
            link = self.client.dashboard_link
            return redact(link) if link else None
        return None

    @property
    def among(self) -> list[str] | None:
        """The workers that a task may go to; None, which is any, unless there is one that may have none."""
        return sorted(self.fit) if self._kept_out else None

    def look(self) -> None:
        """See now and then whether there are workers; raises RunError when there are none for too long."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        found = self._workers()
        if found:
            # One that has gone may come back under its address, and be another.
            self._kept_out = {worker: why for worker, why in self._kept_out.items() if worker in found}
        self.fit = frozenset(found).difference(self._kept_out)
        self.threads = sum(found[worker] for worker in self.fit)
        self._looked = now = time.monotonic()
        if self.threads:
            self._seen = now
        elif now - self._seen > self.patience:
            kept_out = "".join(f"; worker {worker} is kept out: {why}" for worker, why in self._kept_out.items())
            raise RunError(
                f"{self.place}: expected workers, got none for {self.patience:g} s{kept_out}; what is done is kept: "
                "start workers and resume the run, or resume it without the cluster",
                code="E_WORKER_LOST",
            )

    def wait(self, stopped: Callable[[], bool]) -> None:
        """Wait for the first workers, unless the run is stopped."""
        self._seen, self._looked = time.monotonic(), 0.0
        while not self.threads and not stopped():
            self.look()
            if not self.threads:
                time.sleep(0.2)

    def prepare(self, slots: Slots, name: str) -> None:
        """Give slots to all workers, those to come included, and see that those that are there are fit."""
        try:
            self.register(slots, name)
            found = self.client.run(differences_of, name, on_error="return")
        except GONE as error:
            raise RunError(f"{self.place}: the workers cannot be prepared: {redact(str(error))}") from error
        except ImportError as error:
            raise RunError(_not_there("a worker", error)) from error
        for worker, differences in sorted(found.items()):
            if isinstance(differences, ImportError):
                raise RunError(_not_there(worker, differences)) from differences
            if isinstance(differences, MediaframeError):
                raise RunError(f"worker {worker}: {differences.message}", code=differences.code) from differences
            if differences and not isinstance(differences, BaseException):  # Else it has left, or only just come.
                raise RunError(
                    f"worker {worker} {told(differences)}; install the same versions there as here, then resume the run"
                )

    def register(self, slots: Slots, name: str) -> None:
        """Let the scheduler give slots to all workers, unless it does already, for as long as this client is there."""
        self.client.register_plugin(Farewell(name, self.client.id), name=farewell_of(name))
        self.client.register_plugin(slots, name=name)

    def keep_out(self, worker: str, why: str) -> None:
        """Give a worker no more work, since it would not make the same bytes."""
        if worker not in self._kept_out:
            LOG.warning("worker %s is kept out: %s", worker, redact(why))
        self._kept_out[worker] = redact(why)
        self.fit = self.fit.difference([worker])
        self._looked = 0.0

    def where_failed(self, key: str) -> list[str]:
        """Give the workers on which a task failed by itself."""
        with contextlib.suppress(*GONE, KeyError):
            found: list[str] = self.client.run_on_scheduler(erred_on, key)
            return found
        return []

    def close(self) -> None:
        """Let go of the scheduler."""
        if self._own:
            beside(self.client.close, ANSWER)

    def _workers(self) -> Mapping[str, int]:
        try:
            found: Mapping[str, int] = self.client.sync(self.client.scheduler.ncores, callback_timeout=ANSWER)
        except GONE:
            return {}
        return found


def beside(call: Callable[[], Any], patience: float) -> None:
    """Do a call to the cluster in a thread, and wait for it no longer than so many seconds: nobody may answer."""

    def work() -> None:
        with contextlib.suppress(*GONE, KeyError):
            call()

    thread = Thread(target=work, name="mediaframe-cluster", daemon=True)
    thread.start()
    thread.join(patience)


def told(differences: list[str]) -> str:
    """Say in what a worker differs."""
    more = "; ..." if len(differences) > 5 else ""
    return f"would not make the same bytes: {'; '.join(differences[:5])}{more}"


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


def _not_there(who: str, error: ImportError) -> str:
    return f"{who} cannot import what it needs ({error}); install the same mediaframe on scheduler and workers"
