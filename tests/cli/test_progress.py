"""What is shown while a run goes on."""

import io

import pytest
from rich.console import Console

from mediaframe.cli import progress as shown
from mediaframe.cli.progress import following
from mediaframe.work.events import Progress


def at(state: str = "running", done: int = 0, failed: int = 0, left: float | None = None) -> Progress:
    return Progress(
        state=state, total=100, done=done, written=done - failed, reused=0, skipped=0, failed=failed,
        bytes_in=0, bytes_out=0, seconds=1.0, rate=2.5, left=left,
    )  # fmt: skip


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    file = io.StringIO()
    monkeypatch.setattr(shown, "err", lambda: Console(file=file, force_terminal=True, width=120))
    return file


def test_a_terminal_sees_rate_time_left_and_failures(terminal: io.StringIO) -> None:
    with following() as follower:
        follower(at(done=40, failed=2, left=24.0))

    said = terminal.getvalue()
    assert "40 of 100" in said
    assert "2.5/s" in said
    assert "24.0 s left" in said
    assert "2 failures" in said


def test_a_log_gets_a_line_every_ten_seconds(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 4.0, 10.5, 10.5, 15.0, 21.0, 21.0])
    monkeypatch.setattr(shown.time, "monotonic", lambda: next(clock))

    with following() as follower:
        for done in (10, 20, 30, 40):
            follower(at(done=done))

    told = capsys.readouterr()
    assert [line.split(" of")[0] for line in told.err.splitlines()] == ["mediaframe: 20", "mediaframe: 40"]
    assert told.out == ""


def test_a_run_that_is_planned_only_has_not_begun() -> None:
    with following(quiet=True) as follower:
        follower(at(state="planning"))
        planned = follower.began
        follower(at())

    assert (planned, follower.began) == (False, True)
