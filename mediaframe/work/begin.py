"""A run begun: rows frozen, names checked, earlier work found, and the plan published."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import polars as pl

from mediaframe.errors import RunError
from mediaframe.model.package import files_of
from mediaframe.storage.index import Index
from mediaframe.storage.store import Store
from mediaframe.work.among import own_results
from mediaframe.work.carry import settle
from mediaframe.work.commit import Commit, RunFiles, head_commit, runs
from mediaframe.work.events import Tally
from mediaframe.work.freeze import Freezer
from mediaframe.work.frozen import Frozen
from mediaframe.work.job import FORMAT, Job
from mediaframe.work.known import Known
from mediaframe.work.past import live, measured, parts, superseded
from mediaframe.work.stream import Stream
from mediaframe.work.version import mediaframe_version

Rows = Callable[[Known | None, Known | None], Stream]
"""Gives the rows of a frame, told what is known of their headers, and what was measured before."""

OnExists = Literal["error", "replace", "version"]

STAMP = "%Y%m%dT%H%M%S"
"""What the id of a run begins with: its time."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What a run begins with."""

    files: RunFiles
    job: Job
    ours: bool
    """Whether an earlier attempt at the same rows was killed, so that what stands there may be ours."""
    again: bool = False
    """Whether what failed in that attempt is tried once more, since the limits are others now."""


def begin(
    store: Store,
    run_id: str,
    job: Job,
    rows: Rows,
    tally: Tally,
    *,
    on_exists: OnExists,
    engines: frozenset[str] | None,
    stopped: Callable[[], bool] = lambda: False,
) -> Begun:
    """Freeze the rows, refuse what cannot be, and publish the plan; nothing of a medium is written.

    Parameters
    ----------
    run_id
        What the run is called, unless it goes on with an earlier one.
    rows
        Gives the stream of rows, once it is told what is known of their headers from before.
    engines
        The versions of the engines, where results of other versions are to be made again.
    stopped
        Says whether the run was told to stop; it is asked between batches, whatever a batch waits for.
    """
    run_id = _after(run_id, runs(store))
    if on_exists == "version":
        job = replace(job, prefix=f"{run_id}/")
    with _frozen(store, job, rows, on_exists, engines, stopped) as (frozen, freezer, stream):
        earlier = None if on_exists == "version" else _adopted(store, job, frozen.digest)
        if earlier is None:
            if on_exists == "error":
                freezer.refuse_stale()
            files = RunFiles(store, run_id)
            _publish(files, job, frozen, stream, tally)
            return Begun(files, job, ours=False)
    files = RunFiles(store, earlier)
    begun = Job.from_json(files.plan()["job"])
    again = begun.limits != job.limits
    ours = dict(job.recipes)  # The plan names inputs without secrets, and in its own order.
    begun = replace(begun, recipes=tuple((name, ours[name]) for name, _ in begun.recipes))
    begun = replace(begun, limits=job.limits, cache_control=job.cache_control, replace=job.replace)
    return Begun(files, begun, ours=True, again=again)


def rehearse(store: Store, job: Job, rows: Rows, on_exists: OnExists, folder: Path) -> None:
    """Plan as a run would, and write the rows that the manifest would have into a folder here, nothing elsewhere."""
    if on_exists == "version":
        job = replace(job, prefix=f"{new_id()}/")
    with _frozen(store, job, rows, on_exists, None) as (frozen, freezer, _):
        if on_exists == "error":
            freezer.refuse_stale()
        frozen.rehearse(job, folder)


def new_id() -> str:
    """Make the id of a run: its time, and some chance.

    >>> len(new_id())
    22
    """
    return f"{datetime.now(UTC):{STAMP}}-{secrets.token_hex(3)}"


@contextmanager
def _frozen(
    store: Store,
    job: Job,
    rows: Rows,
    on_exists: OnExists,
    engines: frozenset[str] | None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[Frozen, Freezer, Stream]]:
    head = head_commit(store) if on_exists != "version" else None
    with (
        Known(_rows(live(store, head)), name="rendition", also="uri") as files,
        Known(_measured(store, head, engines), name="measure") as values,
        Known(_probed(store, head), source="uri") as probed,
        Index() as ours,
        tempfile.TemporaryDirectory(prefix="mediaframe-") as folder,
    ):
        stream = rows(probed, values)
        freezer = Freezer(
            job, store, files=files, values=values, check_stale=on_exists == "error", engines=engines,
            inputs=stream.worker.inputs,
        )  # fmt: skip
        stream.prober.keep_in = Path(folder)
        stream.leave_out = own_results(store, stream.root, lambda: _results(store), ours)
        frozen = freezer.freeze(_unless(stopped, stream.frozen()), Path(folder))
        freezer.refuse_clashes()
        yield frozen, freezer, stream


def _unless(stopped: Callable[[], bool], batches: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Give the batches, until the run is told to stop."""
    while (batch := None if stopped() else next(batches, None)) is not None:
        yield batch
    if stopped():
        raise RunError("stopped while rows were planned; nothing was begun", code="E_CANCELLED")


def _rows(parts: Iterable[pl.DataFrame]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield from part.iter_rows(named=True)


def _results(store: Store) -> Iterator[str]:
    """Give the names of what runs have made here, or were about to make when they were killed."""
    head = head_commit(store)
    for entry in head.manifests if head else ():
        if entry["table"] == "renditions":
            for part in parts(store, entry, ["uri", "parts"]):
                rows = part.filter(part["uri"].is_not_null()).iter_rows(named=True)
                yield from (name for row in rows for name, _, _ in files_of(row))
    for files in _unfinished(store):
        yield from files.names()
        yield from files.folders()


def _measured(store: Store, head: Commit | None, engines: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    """Give the values that are known, of these engines alone where they are given."""
    for row in _rows(measured(store, head)):
        if engines is None or row["engine"] in engines:
            yield row


def _probed(store: Store, head: Commit | None) -> Iterator[dict[str, Any]]:
    """Give what the last run knew of headers, if the same mediaframe read them."""
    if head is None:
        return
    files = RunFiles(store, head.run)
    if files.plan()["mediaframe"] == mediaframe_version():
        for table in files.tables("probed"):
            yield from table.iter_rows(named=True)


def _unfinished(store: Store) -> Iterator[RunFiles]:
    """Give the runs that never came to their end, the newest first."""
    for run in reversed(runs(store)):
        files = RunFiles(store, run)
        summary = files.summary()
        if summary is None or summary["state"] not in ("complete", "complete_with_errors"):
            yield files


def _adopted(store: Store, job: Job, digest: str) -> str | None:
    """Find a run of the same recipes over the same rows that never came to its end, and may go on.

    One that was to replace is not gone on with by one that is not, nor one whose files others have written anew.
    """
    for files in _unfinished(store):
        plan = files.plan()
        same = plan["identity"] == job.identity(digest) and (job.replace or not plan["job"]["replace"])
        if same and not superseded(files):
            return files.run
    return None


def _after(run_id: str, known: list[str]) -> str:
    """Give an id that comes after all that are known, whatever the clock says: the newest run is the last one.

    >>> _after("20240101T000000-aaaaaa", ["20250101T000000-bbbbbb"])
    '20250101T000001-aaaaaa'
    """
    if not known or run_id > known[-1]:
        return run_id
    try:
        last = datetime.strptime(known[-1][:15], STAMP).replace(tzinfo=UTC)
    except ValueError:
        return run_id
    return f"{last + timedelta(seconds=1):{STAMP}}-{run_id.rpartition('-')[2]}"


def _publish(files: RunFiles, job: Job, frozen: Frozen, stream: Stream, tally: Tally) -> None:
    """Write the frozen input, then what is settled already, then the plan that makes them count."""
    files.write_parts("input", frozen.parts)
    files.write_parts("probed", stream.prober.kept)
    excluded = [*stream.excluded, *frozen.excluded]
    if excluded:
        files.write_table("excluded", pl.concat(excluded, how="diagonal_relaxed"))
    for number, path in enumerate(frozen.lines):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        settle(files, tally, number, lines)
    head = head_commit(files.store)
    plan: dict[str, Any] = {
        "form": FORMAT,
        "head": head.number if head else 0,
        "run": files.run,
        "identity": job.identity(frozen.digest),
        "rows": frozen.rows,
        "job": job.to_json(),
        "mediaframe": mediaframe_version(),
        "created_at": datetime.now(UTC).isoformat(),
    }
    files.write_plan(plan)
