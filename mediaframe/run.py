"""One execution of a plan over frozen rows: start, resume, retry, cancel, and what became of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from mediaframe.errors import RunError, UsageError, did_you_mean
from mediaframe.model.limits import Limits
from mediaframe.storage.retry import Requests
from mediaframe.storage.store import Store
from mediaframe.work.ability import engine_versions
from mediaframe.work.begin import OnExists, begin, rehearse
from mediaframe.work.carry import carry_out
from mediaframe.work.commit import RunFiles, runs
from mediaframe.work.doing import Doing, pool_of
from mediaframe.work.events import Progress, Tally, Watcher
from mediaframe.work.job import Job
from mediaframe.work.known import Known
from mediaframe.work.lock import Lock
from mediaframe.work.past import refuse_superseded
from mediaframe.work.pool import Pool
from mediaframe.work.record import Record
from mediaframe.work.stream import Stream
from mediaframe.work.summary import summary_of

_TURN = 0.2
"""Seconds of one turn of waiting."""

PoolRows = Callable[[Pool, Known | None, Known | None], Stream]
"""Gives the rows of a frame, told which slots to use, what is known of headers, and what was measured before."""


class Run:
    """One execution: what was asked, how far it is, and what became of each asset.

    `manifest`, `failures`, `excluded` and `assets` are polars tables; `await run` and `run.result()` wait for the end.
    """

    def __init__(self, store: Store, run_id: str, doing: Doing) -> None:
        self.store = store
        self._doing = doing
        self._state = "planned"
        self._tally = Tally(watchers=doing.watch)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._pool: Pool | None = None
        self._dry: Path | None = None
        self.files = RunFiles(store, run_id)

    @property
    def id(self) -> str:
        """The name of the run: when it began, and some chance."""
        return self.files.run

    @classmethod
    def open(
        cls,
        to: str | os.PathLike[str],
        run_id: str | None = None,
        doing: Doing | None = None,
        *,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Run:
        """Open a run of a destination again, the newest unless it is named."""
        doing = doing or Doing()
        store = Store.open(to, storage_options, doing.requests, ship_secrets=doing.ship_secrets)
        known = runs(store)
        if not known or (run_id is not None and run_id not in known):
            what = f"no run {run_id!r}{did_you_mean(run_id, known)}" if run_id else "no run here"
            raise RunError(f"{store.url}: {what}; export to it first", code="E_MANIFEST")
        run = cls(store, run_id or known[-1], doing)
        summary = run.files.summary()
        run._state = summary["state"] if summary else "cancelled"
        return run

    # ---- what is known of it

    @property
    def to(self) -> str:
        """Where the results are."""
        return self.store.url

    @property
    def state(self) -> str:
        """One of planned, planning, running, complete, complete_with_errors, failed, cancelled."""
        return self._state

    @property
    def dashboard(self) -> str | None:
        """Where the cluster that works on it shows itself; None where there is none."""
        link: str | None = getattr(self._pool, "dashboard", None)
        return link

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self._tally.progress()

    @property
    def summary(self) -> dict[str, Any]:
        """What became of it, in numbers: the content of `run.json`."""
        return self.files.summary() or {"id": self.id, "state": self._state}

    @property
    def manifest(self) -> pl.DataFrame:
        """One row for each asset and rendition that applies, whatever became of it."""
        return self._record.renditions if self._dry is None else pl.read_parquet(self._dry / "*.parquet")

    @property
    def measures(self) -> pl.DataFrame:
        """One row for each asset and measure that applies."""
        return self._record.measures

    @property
    def excluded(self) -> pl.DataFrame:
        """Assets that a filter dropped because they could not be read, and those that no recipe takes for that."""
        return self._record.excluded

    @property
    def failures(self) -> pl.DataFrame:
        """Everything that did not work: renditions, measures and assets that could not be read."""
        return self._record.failures

    @property
    def assets(self) -> pl.DataFrame:
        """The frozen input, with the measured values as columns."""
        return self._record.assets

    @property
    def _record(self) -> Record:
        return Record(self.files, committed=self._state in ("complete", "complete_with_errors"))

    # ---- waiting, stopping, going on

    def result(self, timeout: float | None = None) -> Run:
        """Wait for the end; raises what made the run fail."""
        until = None if timeout is None else time.monotonic() + timeout
        while self._thread is not None and self._thread.is_alive():
            # In short turns: with polars loaded, a wait in a lock is not ended by Ctrl-C.
            self._thread.join(_TURN)
            if until is not None and time.monotonic() > until and self._thread.is_alive():
                raise TimeoutError(f"run {self.id} is still going: {self.progress.line()}")
        if self._error is not None:
            raise self._error
        return self

    def __await__(self) -> Generator[Any, None, Run]:
        return asyncio.to_thread(self.result).__await__()

    def cancel(self) -> None:
        """Stop: what is done is kept, and the run can be resumed."""
        self._stop.set()
        if self._pool is not None:
            self._pool.stop()

    def resume(self, *, client: Any = None) -> Run:
        """Go on where the run stopped; one that ended does nothing."""
        self._work_on(client)
        if self._state not in ("complete", "complete_with_errors"):
            self._go_on(again=False)
        return self

    def retry(self, *, client: Any = None) -> Run:
        """Try once more what failed; everything else stays as it is."""
        self._work_on(client)
        if self._state == "running":
            raise RunError(f"run {self.id}: expected a run that ended, got one that is running; wait for it")
        self._go_on(again=True)
        return self

    def __repr__(self) -> str:
        counts = self.summary.get("counts", {})
        told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()) if count)
        shown = f", see {self.dashboard}" if self._state in ("planning", "running") and self.dashboard else ""
        return f"Run {self.id} to {self.to}: {self._state}" + (f" ({told})" if told else "") + shown

    # ---- the doing

    def rehearse(self, job: Job, rows: PoolRows, on_exists: OnExists) -> Run:
        """Plan, write nothing, and let the manifest say what would be done."""
        _refuse_file(self.store)
        with self._slots(self._doing.limits) as pool:
            self._dry = Path(tempfile.mkdtemp(prefix="mediaframe-dry-"))
            weakref.finalize(self, shutil.rmtree, self._dry, ignore_errors=True)
            rehearse(self.store, job, partial(rows, pool), on_exists, self._dry)
        return self

    def begin(self, job: Job, rows: PoolRows, on_exists: OnExists, refresh: str | None) -> Run:
        """Freeze the rows, then carry the run out."""
        _refuse_file(self.store)
        self._state = "planning"
        with self._slots(self._doing.limits) as pool, Lock(self.store, self.cancel):
            try:
                engine = engine_versions(pool) if refresh == "engine" else None
                begun = begin(
                    self.store,
                    self.id,
                    job,
                    partial(rows, pool),
                    self._tally,
                    on_exists=on_exists,
                    engines=engine,
                    stopped=self._stop.is_set,
                )
            except BaseException as error:
                self._state = "cancelled" if isinstance(error, KeyboardInterrupt) or self._stop.is_set() else "failed"
                self._error = error
                raise
            self.files = begun.files
            self._carry_out(begun.job, pool, again=begun.again, ours=begun.ours)
        return self

    def in_background(self, *args: Any) -> Run:
        """Do what `begin` does in a thread."""

        def work() -> None:
            try:
                self.begin(*args)
            except BaseException as error:  # noqa: BLE001  # raised by result(), in the thread that asks
                self._error = error

        self._thread = threading.Thread(target=work, name=f"mediaframe-{self.id}")
        self._thread.start()
        return self

    def _go_on(self, *, again: bool) -> None:
        """Work through what is left, with slots of its own."""
        job = Job.from_json(self.files.plan()["job"])
        self._stop.clear()
        self._error = None
        with self._slots(job.limits) as pool, Lock(self.store, self.cancel):
            refuse_superseded(self.files)
            self.store.sweep(older_than=0)
            self._carry_out(job, pool, again=again, ours=not again)

    def _work_on(self, client: Any) -> None:
        if client is not None:
            self._doing = replace(self._doing, client=client)

    def _slots(self, limits: Limits) -> Pool:
        self._pool = pool_of(self._doing, limits, self.store)
        return self._pool

    def _carry_out(self, job: Job, pool: Pool, *, again: bool, ours: bool) -> None:
        began = datetime.now(UTC)
        self._state = "running"
        try:
            self._state = carry_out(
                self.files,
                job,
                pool,
                self._tally,
                stopped=self._stop.is_set,
                again=again,
                ours=ours,
                sources=self._doing.sources(),
                inputs=self._doing.inputs,
            )
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            self._state = "cancelled" if interrupted else "failed"
            self._tell(began, None if interrupted else error)
            raise
        self._tell(began, None)

    def _tell(self, began: datetime, error: BaseException | None) -> None:
        """Write `run.json`."""
        self._tally.enter(self._state)
        bytes_in = self._tally.progress().bytes_in
        self.files.write_summary(summary_of(self._record, self._state, began, bytes_in, error))


def _refuse_file(store: Store) -> None:
    if os.path.isfile(store.url):
        raise UsageError(f"{store.url}: expected a folder to export to, got a file; choose another place")


def open_run(
    to: str | os.PathLike[str],
    run_id: str | None = None,
    *,
    storage_options: Mapping[str, Any] | None = None,
    source_options: Mapping[str, Any] | None = None,
    requests: Requests | None = None,
    ship_secrets: bool = False,
) -> Run:
    """Open a run of a destination again, the newest unless it is named.

    Takes what `resume` takes for stores; `run.resume()` and `run.retry()` use it when the run goes on.
    """
    doing = Doing(
        storage_options=storage_options if source_options is None else source_options,
        requests=requests,
        ship_secrets=ship_secrets,
    )
    return Run.open(to, run_id, doing, storage_options=storage_options)


def resume(
    to: str | os.PathLike[str],
    run_id: str | None = None,
    *,
    slots: int | None = None,
    client: Any = None,
    patience: float = 120.0,
    storage_options: Mapping[str, Any] | None = None,
    source_options: Mapping[str, Any] | None = None,
    requests: Requests | None = None,
    ship_secrets: bool = False,
    watch: Watcher | None = None,
) -> Run:
    """Go on with a run that was stopped or killed; one that ended does nothing.

    Parameters
    ----------
    to
        Where the run writes.
    run_id
        Which run, the newest unless it is named.
    slots
        How many assets are worked on at once.
    client
        A client of a Dask cluster that does the work, or the address of its scheduler; the default client where there
        is one. `False` works here.
    patience
        Seconds that are waited for workers of the cluster when there are none.
    storage_options
        Passed to fsspec, for sources and destination; `{"connection": name}` stands for options that each machine
        knows.
    source_options
        The same for the sources alone, where they are others; `{}` where the sources need none.
    requests
        How many requests at once and in a second a store is sent, and how often one is tried again.
    ship_secrets
        Whether literal secrets of storage options may be sent to a cluster; else that is refused.
    watch
        Is called with the progress.
    """
    doing = Doing(
        slots=slots,
        storage_options=storage_options if source_options is None else source_options,
        watch=(watch,) if watch else (),
        client=client,
        patience=patience,
        requests=requests,
        ship_secrets=ship_secrets,
    )
    return Run.open(to, run_id, doing, storage_options=storage_options).resume()
