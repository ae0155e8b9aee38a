"""Plugin: what runs in the workers of a Dask cluster: the slots of each process, and the tasks that take them."""

from __future__ import annotations

import time
from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from distributed import SchedulerPlugin, Worker, WorkerPlugin, get_worker
from tornado.ioloop import PeriodicCallback

from mediaframe.model.limits import Limits
from mediaframe.work.cluster.station import Landed, Station

GONE_FOR = 60.0
"""Seconds that a driver may be away before what it has in a cluster is let go: a broken connection is made again."""

_IDLE = 60.0  # seconds after which a worker ends children that nobody uses
_SHARE = 0.7  # of a worker's memory, as on one machine


@dataclass(frozen=True, slots=True, repr=False)
class Parcel:
    """What a task carries, closed: Dask writes the arguments of a task into its logs and pages."""

    data: bytes
    label: str

    def __repr__(self) -> str:
        return f"<{self.label}>"


class Slots(WorkerPlugin):  # type: ignore[misc]  # distributed has no types
    """Owns the slots of one worker process; workers that join later get one as well."""

    idempotent = True
    """To register it again does nothing, unless the scheduler has forgotten it."""

    def __init__(self, limits: Limits, expected: Mapping[str, str], handlers: str | None) -> None:
        self.limits, self.expected, self.handlers = limits, expected, handlers

    def setup(self, worker: Worker) -> None:
        """Make the slots; their children start with the first task."""
        limit = worker.memory_manager.memory_limit
        memory = int(limit * _SHARE) if limit else None
        self.station = Station(self.limits, self.expected, memory=memory, handlers=self.handlers)
        self._rest = PeriodicCallback(lambda: to_thread(self.station.rest, _IDLE), 1000 * _IDLE / 4)
        self._rest.start()

    async def teardown(self, worker: Worker) -> None:
        """End the children."""
        self._rest.stop()
        await to_thread(self.station.close)


class Farewell(SchedulerPlugin):  # type: ignore[misc]  # distributed has no types
    """Lets go of the slots of a driver that has left a scheduler without a word: killed, or its machine is gone."""

    idempotent = True

    def __init__(self, slots: str, client: str) -> None:
        self.slots, self.client, self.patience = slots, client, GONE_FOR

    def remove_client(self, scheduler: Any, client: str) -> None:
        """See a while after the driver left whether it is back."""
        if client == self.client:
            scheduler.loop.call_later(self.patience, self.let_go, scheduler)

    async def let_go(self, scheduler: Any) -> None:
        """Have the slots forgotten, unless the driver is there."""
        if self.client not in scheduler.clients:
            await forget(self.slots, scheduler)


def farewell_of(slots: str) -> str:
    """Name what watches over slots on the scheduler."""
    return f"{slots}-farewell"


def do_task(name: str, run: int, work: Parcel, task: Parcel) -> Landed:
    """Do a task on a worker; how far it is goes to who listens to the name of the slots."""
    plugin = get_worker().plugins.get(name)
    if plugin is None:  # The pool was closed meanwhile, the worker has only just come, or the scheduler was restarted.
        time.sleep(0.1)
        return Landed("unready")
    worker = get_worker()
    key = worker.get_current_task()
    news = partial(worker.log_event, name)
    landed: Landed = plugin.station.do(
        run, work.data, task.data, lambda told: news({"run": run, "key": key, "news": dict(told)})
    )
    return Landed("unfit", (worker.address, landed.value)) if landed.state == "unfit" else landed


async def differences_of(name: str, dask_worker: Worker | None = None) -> list[str]:
    """Say in what a worker differs from what its run expects."""
    assert dask_worker is not None  # noqa: S101  Dask gives it
    return await to_thread(dask_worker.plugins[name].station.differences)


def erred_on(key: str, dask_scheduler: Any = None) -> list[str]:
    """Say on which workers a task raised what no task of ours raises."""
    task = dask_scheduler.tasks.get(key)
    return sorted(task.erred_on or ()) if task is not None else []


async def forget(name: str, dask_scheduler: Any = None) -> None:
    """Let a scheduler and its workers forget slots, and what was told of their tasks."""
    dask_scheduler.plugins.pop(farewell_of(name), None)
    try:
        if name in dask_scheduler.worker_plugins:
            await dask_scheduler.unregister_worker_plugin(None, name)
    finally:
        # It keeps the last of each topic for as long as it lives.
        dask_scheduler._broker._topics.pop(name, None)


def stop_run(name: str, run: int, dask_worker: Worker | None = None) -> None:
    """End what a worker does for a run, without waiting."""
    plugin = dask_worker.plugins.get(name) if dask_worker is not None else None
    if plugin is not None:
        plugin.station.stop(run)
