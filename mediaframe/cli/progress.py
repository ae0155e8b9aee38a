"""How far a run is, on stderr: a live bar on a terminal, a line every ten seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from mediaframe.cli.screen import BAD, FAINT, count, err, time_span
from mediaframe.work.events import Progress

EVERY = 10.0
"""Seconds between two lines where nobody watches."""


class Follower:
    """Is told the progress, remembers the last of it, and shows it."""

    def __init__(self) -> None:
        self.last: Progress | None = None

    def __call__(self, progress: Progress) -> None:
        """Take note."""
        self.last = progress

    def enter(self, doing: str, done: int = 0, total: int | None = None) -> None:
        """Say what is done now, where it is no run."""

    @property
    def began(self) -> bool:
        """Whether the run itself began, so that it can be resumed."""
        return self.last is not None and self.last.state != "planning"


class _Live(Follower):
    """A bar with rate, time left and failures."""

    def __init__(self, bar: Bar, task: TaskID) -> None:
        super().__init__()
        self._bar, self._task = bar, task

    def __call__(self, progress: Progress) -> None:
        super().__call__(progress)
        if progress.state == "planning":
            return
        begun = progress.done + progress.partial
        self._bar.update(
            self._task,
            total=progress.total if begun else None,  # It moves, until the first batch is back.
            completed=begun,
            description="rendering",
            told=Text.assemble(*_parts(progress)),
        )

    def enter(self, doing: str, done: int = 0, total: int | None = None) -> None:
        told = Text(f"{done} of {total}" if total else "", style=FAINT)
        self._bar.update(self._task, total=total, completed=done, description=doing, told=told)


def _parts(progress: Progress) -> list[str | tuple[str, str]]:
    parts: list[str | tuple[str, str]] = [f"{progress.done:,} of {progress.total:,}"]
    if progress.state == "running":
        parts.append((f"  {progress.rate:.1f}/s", FAINT))
        if progress.left is not None and progress.done < progress.total:
            parts.append((f"  {time_span(progress.left)} left", FAINT))
    if progress.failed:
        parts.append((f"  {count(progress.failed, 'failure')}", BAD))
    return parts


class _Lines(Follower):
    """A line now and then, for logs."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console
        self._said = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        super().__call__(progress)
        if progress.state == "running" and time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            self._console.print(f"mediaframe: {progress.line()}", soft_wrap=True)


@contextmanager
def following(doing: str = "reading headers", *, quiet: bool = False) -> Iterator[Follower]:
    """Show the progress of what is done within."""
    console = err()
    if quiet:
        yield Follower()
        return
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=32), _Told("{task.fields[told]}"))
    with Bar(*columns, console=console, transient=True) as bar:
        yield _Live(bar, bar.add_task(doing, total=None, told=Text("")))


class _Told(TextColumn):
    """The numbers beside the bar, with their colors."""

    def render(self, task: object) -> Text:
        """Give the text that was made for the task."""
        told: Text = task.fields["told"]  # type: ignore[attr-defined]  # rich gives its Task
        return told
