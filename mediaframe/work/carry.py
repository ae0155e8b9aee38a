"""A run carried out: batches through the slots, the row log as they end, the manifest at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mediaframe.errors import RunError
from mediaframe.storage.source import Sources
from mediaframe.work.batch import Batch, batches
from mediaframe.work.commit import RunFiles, commit
from mediaframe.work.events import Tally
from mediaframe.work.inputs import Inputs
from mediaframe.work.job import Job
from mediaframe.work.outcome import Outcome
from mediaframe.work.pending import Pending
from mediaframe.work.pool import Pool
from mediaframe.work.slot import Slot
from mediaframe.work.task import Worker


def carry_out(
    files: RunFiles,
    job: Job,
    pool: Pool,
    tally: Tally,
    *,
    stopped: Callable[[], bool],
    again: bool = False,
    ours: bool = False,
    sources: Sources | None = None,
    inputs: Inputs | None = None,
) -> str:
    """Work through what is pending, then commit; gives the state the run ends in.

    Parameters
    ----------
    again
        Whether what failed is tried once more.
    ours
        Whether a file that stands under a name of this run may be ours, left behind by an attempt that was killed. What
        that had made and is not there any more is then made again.
    """
    pending = Pending(files, job, look=ours)
    left = pending.count(again=again)
    tally.total += left
    tally.enter("running")
    if again or ours:
        # Uploads in parts that the killed attempt had begun end here; a resumed run sweeps a disk as well.
        if files.store.local is None:
            files.store.sweep(older_than=0)
        job = replace(job, replace=True)
    worker = Worker(job, sources or Sources(), files.store, stopped, inputs=inputs)
    if left:
        worker.require_inputs()
    work = Work(worker, files)
    for outcome in pool.run(work, batches(pending.items(again=again)), hear=tally.hear):
        tally.count(outcome.lines, outcome.bytes_in, batch=outcome.batch)
        left -= len(outcome.lines)
    if stopped():
        return "cancelled"
    if left > 0:
        raise RunError(f"run {files.run}: nothing was told of {left} results; resume it", code="E_INTERNAL")
    failed = commit(files).failed > 0 or files.table("excluded") is not None
    return "complete_with_errors" if failed else "complete"


@dataclass(frozen=True, slots=True)
class Work:
    """What is done with a batch, wherever that is: it is worked through, and the row log tells that it is done."""

    worker: Worker
    files: RunFiles

    def __call__(self, batch: Batch, slot: Slot) -> Outcome:
        """Work through a batch."""
        outcome = self.worker(batch, slot)
        self.files.store.settle()
        # Written where the work is done, so that what is done is kept when nobody waits for it any more.
        self.files.log(f"{batch.index:06d}", outcome.lines)
        return outcome

    def arrive(self) -> None:
        """See, in another process, that it writes to the same place: a folder may be another one there."""
        if not self.files.planned:
            raise RunError(
                f"{self.files.store.url}: a worker does not find the run {self.files.run} there; write to a place that "
                "all workers share, such as an object store or a shared folder"
            )
        self.worker.require_inputs()

    def alone(self, batch: Batch) -> list[Batch]:
        """Cut a batch into batches of one asset."""
        return self.worker.alone(batch)

    def lost(self, batch: Batch) -> Outcome:
        """Say that the processes that had a batch died of it, in the row log as well."""
        outcome = self.worker.lost(batch)
        self.files.log(f"{batch.index:06d}", outcome.lines)
        return outcome


def settle(files: RunFiles, tally: Tally, number: int, lines: list[dict[str, Any]]) -> None:
    """Log lines that were settled while planning: what is reused, and what cannot be done."""
    files.log(f"plan-{number:05d}", lines)
    tally.total += len(lines)
    tally.count(lines)
