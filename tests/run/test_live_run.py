"""A run that is live: how far it is, stopped, gone on with, awaited; what made it fail."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import LayoutError, RunError
from mediaframe.work.commit import AREA
from mediaframe.work.events import Tally
from mediaframe.work.lock import Lock
from tests.run.conftest import THUMB
from tests.run.media import files, pictures


def test_a_live_run_tells_how_far_it_is_and_can_be_stopped_and_resumed(tmp_path: Path) -> None:
    frame = mf.scan(pictures(tmp_path / "in", 60, 800, 600)).with_columns(a=mf.image.blur(8).webp(effort=6), b=THUMB)
    told: list[Any] = []
    run = frame.start(tmp_path / "out", watch=told.append)
    while run.progress.done < 4 and run.state != "complete":
        time.sleep(0.01)

    run.cancel()
    run.result(timeout=20)

    done = run.manifest.height
    assert run.state == "cancelled"
    assert 0 < done < 120
    assert set(run.manifest["status"]) == {"written"}
    assert {progress.state for progress in told} >= {"running", "cancelled"}
    assert mf.resume(tmp_path / "out").manifest.height == 120
    assert mf.verify(tmp_path / "out", deep=True).ok


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_keeps_what_is_done(tmp_path: Path) -> None:
    source, to = pictures(tmp_path / "in", 250, 1200, 900), tmp_path / "out"
    driver = str(Path(__file__).with_name("driver.py"))
    process = subprocess.Popen([sys.executable, driver, str(source), str(to)], stderr=subprocess.PIPE)
    while not list(to.rglob("rows/0*.jsonl")):
        time.sleep(0.02)

    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=20)

    assert time.monotonic() - began < 5
    assert b"KeyboardInterrupt" in err
    run = mf.open_run(to)
    assert run.state == "cancelled"
    assert 0 < run.manifest.height < 500
    assert not (to / AREA / "lock.json").exists()
    assert run.resume().manifest.height == 500
    assert mf.verify(to, deep=True).ok


def test_a_run_that_is_stopped_while_it_plans_has_planned_nothing(tmp_path: Path) -> None:
    frame = mf.scan(pictures(tmp_path / "in", 40, 800, 600)).probe().with_columns(sharp=mf.image.sharpness())
    run = frame.filter(pl.col("sharp") > 0).with_columns(thumb=THUMB).start(tmp_path / "out")
    while run.state != "planning":
        time.sleep(0.001)
    time.sleep(0.1)

    run.cancel()

    with pytest.raises(RunError, match="stopped"):
        run.result(timeout=20)
    assert run.state == "cancelled"
    assert files(tmp_path / "out") == []
    assert not list((tmp_path / "out").rglob("plan.json"))


def test_a_run_that_is_stopped_before_it_begins_to_plan_plans_nothing(
    frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, take = threading.Event(), Lock._take
    monkeypatch.setattr(Lock, "_take", lambda lock: told.wait(20) and take(lock))
    run = frame.start(tmp_path / "out")

    run.cancel()
    told.set()

    with pytest.raises(RunError, match="stopped while rows were planned") as stopped:
        run.result(timeout=20)
    assert stopped.value.code == "E_CANCELLED"
    assert not list((tmp_path / "out").rglob("plan.json"))


def test_a_run_can_be_awaited(frame: mf.MediaFrame, tmp_path: Path) -> None:
    async def whole() -> str:
        run = await frame.start(tmp_path / "out")
        return run.state

    assert asyncio.run(whole()) == "complete"


def test_what_made_a_live_run_fail_is_raised_by_its_result(frame: mf.MediaFrame, tmp_path: Path) -> None:
    run = frame.start(tmp_path / "out", layout="same.{ext}")

    with pytest.raises(LayoutError):
        run.result()
    assert run.state == "failed"


def test_a_live_run_keeps_its_name(frame: mf.MediaFrame, tmp_path: Path) -> None:
    run = frame.start(tmp_path / "out")
    name = run.id

    run.result(timeout=60)

    assert run.id == name
    assert mf.open_run(tmp_path / "out", name).state == "complete"


def test_progress_says_no_rate_before_there_is_one() -> None:
    tally = Tally(total=8)
    planning = tally.progress().line()
    tally.enter("running")

    assert planning == "planning"
    assert tally.progress().line() == "0 of 8"


def test_a_live_run_that_failed_and_was_resumed_has_no_failure_left(
    frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("mediaframe.run.carry_out", _disk_full)
        run = frame.start(tmp_path / "out")
        with pytest.raises(OSError, match="no space"):
            run.result(60)

    run.resume()

    assert run.result(60).state == "complete"


def _disk_full(*_: Any, **__: Any) -> str:
    raise OSError("no space is left")
