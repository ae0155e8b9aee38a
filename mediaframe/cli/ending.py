"""What is said when a run ends, or is stopped: totals, failures with advice, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import polars as pl
from rich.padding import Padding
from rich.text import Text

from mediaframe.cli.options import Connections
from mediaframe.cli.progress import Follower
from mediaframe.cli.screen import (
    BAD,
    FAINT,
    GOOD,
    STRONG,
    WARN,
    emit,
    err,
    faint,
    in_shell,
    out,
    place,
    plain,
    size,
    table,
    time_span,
)  # fmt: skip
from mediaframe.errors import CODES, MediaframeError
from mediaframe.run import Run

SHOWN = 20
"""Failures that are shown one by one."""

_STATES = {
    "complete": ("done", GOOD),
    "complete_with_errors": ("done, with failures", WARN),
    "failed": ("failed", BAD),
    "cancelled": ("stopped", WARN),
}


def show_run(run: Run, stored: Connections, *, as_json: bool) -> None:
    """Say what became of a run."""
    summary, failures = run.summary, run.failures
    if as_json:
        emit({**summary, "to": place(run.to), "failures": _advised(failures)})
        return
    console = out()
    word, tone = _STATES.get(run.state, (run.state, ""))
    console.print(
        Text.assemble(
            (word, f"{STRONG} {tone}"), f"  {_told(summary)}", (f"  in {time_span(summary.get('seconds'))}", FAINT)
        )
    )
    if summary.get("bytes_in"):
        read, written = summary["bytes_in"], summary["bytes_out"]
        console.print(faint(f"{size(read)} read, {size(written)} written"))
    console.print(Text.assemble(place(run.to), (f"  run {plain(run.id)}", FAINT)), soft_wrap=True)
    if failures.height:
        console.print()
        show_failures(failures)
    _next(run, failures, stored)


def _told(summary: Mapping[str, Any]) -> str:
    counts = summary.get("counts", {})
    words = [f"{counts[one]:,} {one}" for one in ("written", "reused", "skipped", "failed") if counts.get(one)]
    if summary.get("measured"):
        words.append(f"{summary['measured']:,} measured")
    if summary.get("excluded"):
        words.append(f"{summary['excluded']:,} could not be read")
    return ", ".join(words) or "nothing to do"


def show_failures(failures: pl.DataFrame, indent: int = 0) -> None:
    """List failures with what to do about them."""
    rows = [
        (
            _short(row["source"]),
            faint(row["what"]),
            Text(plain(row["error_code"]), style=BAD),
            _told_or_advice(row),
        )
        for row in failures.head(SHOWN).iter_rows(named=True)
    ]
    console = out()
    console.print(Padding(table(("failed", "rendition", "code", "what to do"), rows), (0, 0, 0, indent)))
    if failures.height > SHOWN:
        console.print(faint(f"… and {failures.height - SHOWN:,} more; --json gives them all"))


def show_stop(destination: str, follower: Follower, stored: Connections, *, as_json: bool) -> None:
    """Say what an interrupt leaves, and how to go on."""
    kept = _kept(destination, stored) if follower.began else None
    total = follower.last.total if follower.last and kept else None
    done = kept.manifest.height + kept.measures.height if kept else 0
    again = f"mediaframe resume {shlex.quote(place(destination))}{stored.words}" if kept else None
    if as_json:
        run = kept.id if kept else None
        emit({"state": "cancelled", "id": run, "to": place(destination), "done": done, "total": total, "resume": again})
        return
    console = err()
    if again is None:
        console.print(Text.assemble(("stopped", f"{STRONG} {WARN}"), "  before anything was written"))
        return
    console.print(
        Text.assemble(
            ("stopped", f"{STRONG} {WARN}"), f"  {done:,} of {total:,} done and kept; go on with:\n  {again}"
        ),
        soft_wrap=True,
    )


def _kept(destination: str, stored: Connections) -> Run | None:
    """Open the run that was stopped."""
    try:
        return Run.open(destination, storage_options=stored.destination)
    except MediaframeError:  # Stopped so early, or for such a reason, that there is nothing to go on with.
        return None


def _next(run: Run, failures: pl.DataFrame, stored: Connections) -> None:
    where = shlex.quote(place(run.to)) + stored.words
    if run.state == "cancelled":
        out().print(faint(f"go on with: mediaframe resume {where}"), soft_wrap=True)
    elif failures.height and bool(failures["retryable"].fill_null(value=False).any()):
        out().print(faint(f"try what may work now: mediaframe retry {where}"), soft_wrap=True)


def _advised(failures: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {**row, "source": place(row["source"]), "advice": _advice(row["error_code"])}
        for row in failures.iter_rows(named=True)
    ]


def _advice(code: str | None) -> str:
    return in_shell(CODES[code].advice) if code in CODES else ""


def _told_or_advice(row: Mapping[str, Any]) -> str:
    """Give what to do; where that stands in the message alone, give the message."""
    advice = _advice(row["error_code"])
    return plain(row["error"]) if advice.startswith("See ") and row["error"] else advice


def _short(source: str) -> str:
    parts = place(source).split("/")
    return "/".join(["…", *parts[-2:]]) if len(parts) > 3 else "/".join(parts)
