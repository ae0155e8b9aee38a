"""A run that is killed loses nothing: kill -9 of the driver and of its children at random moments."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import RunError
from mediaframe.work.commit import AREA, RunFiles, runs
from tests.processes import children
from tests.run.media import pictures

DRIVER = str(Path(__file__).with_name("driver.py"))
IMAGES = 300
KILLS = 10


def start(*words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, DRIVER, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def torment(process: subprocess.Popen[bytes], to: Path, chance: random.Random, seconds: float) -> bool:
    """Kill children now and then, and the driver so long after it began; says whether it was still at work."""
    while process.poll() is None and not has_begun(process.pid, to):
        time.sleep(0.01)
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        time.sleep(min(0.15, max(0.0, until - time.monotonic())))
        victims = children(process.pid)
        if victims and chance.random() < 0.2:
            with_care(chance.choice(victims))
    alive = process.poll() is None
    finish(process)
    return alive


def finish(process: subprocess.Popen[bytes]) -> None:
    with_care(process.pid)
    process.communicate()


def with_care(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def has_begun(pid: int, to: Path) -> bool:
    """Whether the driver holds the lock."""
    try:
        return bool(json.loads((to / AREA / "lock.json").read_text())["pid"] == pid)
    except (OSError, ValueError):
        return False


def planned(to: Path) -> bool:
    return any((to / AREA / "runs").glob("*/plan.json"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
def test_a_run_killed_ten_times_and_its_children_too_ends_with_every_row_once(tmp_path: Path) -> None:
    source, to = pictures(tmp_path / "in", IMAGES, 1200, 900), tmp_path / "out"
    chance = random.Random(7)

    killed = 0
    for _ in range(KILLS):
        words = ("resume",) if planned(to) else ()
        killed += torment(start(str(source), str(to), *words), to, chance, chance.uniform(0.1, 0.9))
    if not planned(to):  # All ten fell before the plan was written.
        start(str(source), str(to)).communicate()
    run = mf.resume(to)

    assert killed == KILLS
    assert run.state in ("complete", "complete_with_errors")
    rows = run.manifest
    assert rows.height == IMAGES * 2
    assert rows.select("asset_id", "rendition").is_duplicated().sum() == 0
    # A child that was killed twice on the same asset costs that row, with the code that says so; nothing else may fail.
    failed = rows.filter(pl.col("status") == "failed")
    assert set(failed["error_code"]) <= {"E_DECODER_CRASH"}
    assert failed.height <= 4
    run.retry()
    assert set(run.manifest["status"]) == {"written"}
    for name, size, sha256 in run.manifest.select("uri", "bytes", "sha256").iter_rows():
        data = (to / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (size, sha256)
    check = mf.verify(to, deep=True)
    assert check.ok
    assert check.extra == ()
    assert run.assets["sharp"].null_count() == 0
    assert not list(to.rglob(".mf-tmp-*"))


@pytest.mark.slow
def test_an_export_that_is_said_again_after_a_kill_goes_on_with_the_same_run(tmp_path: Path) -> None:
    source, to = pictures(tmp_path / "in", 120), tmp_path / "out"
    process = start(str(source), str(to))
    while process.poll() is None and not list(to.rglob("rows/0*.jsonl")):
        time.sleep(0.02)
    finish(process)

    again = start(str(source), str(to))
    out, err = again.communicate(timeout=60)

    assert out.decode().strip() == "complete", err.decode()
    from_store = mf.open_run(to)
    assert len(runs(from_store.store)) == 1
    assert from_store.manifest.height == 240
    assert mf.verify(to, deep=True).ok


def test_a_second_writer_is_refused_and_a_dead_one_is_not_waited_for(tmp_path: Path) -> None:
    source, to = pictures(tmp_path / "in", 3), tmp_path / "out"
    frame = mf.scan(source).with_columns(small=mf.image.resize(32).png())
    lock = to / AREA / "lock.json"
    lock.parent.mkdir(parents=True)
    alive = {"id": "x", "host": os.uname().nodename, "pid": os.getpid(), "expires": time.time() + 60}
    stat = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]

    lock.write_text(json.dumps({**alive, "started": stat}))
    with pytest.raises(RunError, match="expected no other run here") as refused:
        frame.export(to)
    lock.write_text(json.dumps({**alive, "pid": 2**22 - 1, "started": "1"}))
    run = frame.export(to)

    assert refused.value.code == "E_RUN_LOCKED"
    assert run.state == "complete"
    assert not lock.exists()


def test_what_was_left_by_a_run_that_died_before_its_plan_is_of_no_harm(tmp_path: Path) -> None:
    source, to = pictures(tmp_path / "in", 2), tmp_path / "out"
    stray = to / AREA / "runs" / "20200101T000000-abcdef" / "input" / "part-00000.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"half a file")

    run = mf.scan(source).with_columns(small=mf.image.resize(32).png()).export(to)

    assert run.state == "complete"
    assert RunFiles(run.store, run.id).plan()["rows"] == 2
