"""The main job on a cluster: the same bytes and rows as here, and nothing lost when workers die."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from distributed import Client

import mediaframe as mf
from mediaframe.errors import RunError, UsageError
from mediaframe.run import Run
from mediaframe.work.cluster.pool import ClusterPool
from tests.cluster.conftest import cluster as started
from tests.cluster.work import handlers
from tests.run.media import picture, pictures

pytestmark = pytest.mark.slow

TIMES = ("written_at", "took", "attempts")
THUMB = mf.image.resize(64).webp()


def frame(source: Path) -> mf.MediaFrame:
    """Two renditions, a measure, and a filter that is measured on the way."""
    made = mf.scan(source).probe().with_columns(sharp=mf.image.sharpness())
    made = made.filter(pl.col("sharp") > 0.0)
    return made.with_columns(hero=mf.image.resize(240).webp(quality=70), thumb=THUMB)


def files(to: Path) -> dict[str, str]:
    """Give the digest of each file that was published."""
    found = [path for path in to.rglob("*") if path.is_file() and "_mediaframe" not in path.parts]
    return {str(path.relative_to(to)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def told(run: Run) -> pl.DataFrame:
    return run.manifest.drop(TIMES)


def named(folder: Path, words: list[str]) -> Path:
    """Fill a folder with pictures that say their name and a word in a comment."""
    folder.mkdir()
    for number, word in enumerate(words):
        picture(number, 64, 48).save(folder / f"{number:03d}.jpg", comment=f"name={number:03d};word={word};".encode())
    return folder


def with_handlers(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Let runs use children with handlers of the tests; gives the log of what they did."""
    file, log = handlers(folder)
    monkeypatch.setattr(
        "mediaframe.work.doing.CLUSTER", lambda: lambda *args, **more: ClusterPool(*args, **more, handlers=file)
    )
    return log


def test_local_slots_a_local_cluster_and_a_cluster_by_hand_make_the_same_bytes(client, by_hand, tmp_path):
    source = pictures(tmp_path / "in", 40)
    (source / "cut.jpg").write_bytes((source / "001.jpg").read_bytes()[:900])
    (source / "none.jpg").write_bytes(b"")
    address = by_hand(2).address

    here = frame(source).export(tmp_path / "here", client=False)
    there = frame(source).export(tmp_path / "there", client=client)
    with Client(address, set_as_default=False) as programs:
        programs.wait_for_workers(2, timeout=60)
    far = frame(source).export(tmp_path / "far", client=address)

    assert here.manifest.filter(status="written").height == 80
    assert files(tmp_path / "here") == files(tmp_path / "there") == files(tmp_path / "far")
    assert told(here).equals(told(there))
    assert told(here).equals(told(far))
    assert here.measures.drop(TIMES, strict=False).equals(there.measures.drop(TIMES, strict=False))
    assert here.excluded.equals(there.excluded)
    assert here.dashboard is None


def test_three_assets_of_200_that_kill_their_child_cost_three_rows(client, tmp_path, monkeypatch):
    words = ["poison" if number in (17, 90, 171) else "plain" for number in range(200)]
    source = named(tmp_path / "in", words)
    log = with_handlers(monkeypatch, tmp_path)

    run = mf.scan(source).with_columns(thumb=THUMB).export(tmp_path / "out", client=client)

    assert run.state == "complete_with_errors"
    assert dict(run.manifest["status"].value_counts().iter_rows()) == {"written": 197, "failed": 3}
    assert run.failures["error_code"].to_list() == ["E_DECODER_CRASH"] * 3
    executed = Counter(log.read_text().split())
    assert len(executed) == 200
    assert {name: times for name, times in executed.items() if times > 1} == {"017": 2, "090": 2, "171": 2}


def test_workers_killed_at_random_lose_nothing(tmp_path):
    source, chance, killed = pictures(tmp_path / "in", 240, 1200, 900), random.Random(11), 0
    with started(2) as client:
        run = frame(source).start(tmp_path / "out", client=client)
        while run.progress.state == "planning" and not run.progress.done:
            time.sleep(0.1)
        while run.state in ("planned", "planning", "running") and killed < 6:
            time.sleep(chance.uniform(0.5, 1.5))
            killed += kill_one(client, chance)
        run.result(120)

    assert killed >= 3
    assert run.state == "complete"
    assert run.manifest.height == 480
    assert run.manifest.select("asset_id", "rendition").is_duplicated().sum() == 0
    assert set(run.manifest["status"]) == {"written"}
    check = mf.verify(tmp_path / "out", deep=True)
    assert check.ok
    assert check.extra == ()


def kill_one(client: Client, chance: random.Random) -> int:
    """Kill a worker that a nanny will start again; says how many that were."""
    workers = sorted(client.nthreads())
    if not workers:
        return 0
    victim = chance.choice(workers)
    client.run(_end, workers=[victim], wait=False, on_error="ignore")
    return 1


def _end() -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_comes_later_works_and_one_that_leaves_is_not_missed(by_hand, tmp_path):
    source, hand = pictures(tmp_path / "in", 80, 1200, 900), by_hand(0)
    first = hand.worker()
    run = frame(source).start(tmp_path / "out", client=hand.address)
    while not run.progress.done:
        time.sleep(0.1)

    hand.worker()
    with Client(hand.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    first.terminate()
    run.result(120)

    assert run.state == "complete"
    assert set(run.manifest["status"]) == {"written"}
    assert run.manifest.height == 160
    assert mf.verify(tmp_path / "out", deep=True).ok


def test_a_run_without_workers_ends_typed_and_goes_on_elsewhere(by_hand, tmp_path):
    source, hand = pictures(tmp_path / "in", 80, 1200, 900), by_hand(0)
    worker = hand.worker()
    run = frame(source).start(tmp_path / "out", client=hand.address, patience=4)
    while not run.progress.done:
        time.sleep(0.05)
    worker.kill()
    began = time.monotonic()

    with pytest.raises(RunError, match="expected workers, got none for 4 s") as ended:
        run.result(60)
    took = time.monotonic() - began
    again = mf.resume(tmp_path / "out", client=False)

    assert ended.value.code == "E_WORKER_LOST"
    assert ended.value.retryable
    assert took < 40
    assert run.state == "failed"
    assert again.id == run.id
    assert again.state == "complete"
    assert again.manifest.height == 160
    assert mf.verify(tmp_path / "out", deep=True).ok


def test_a_scheduler_that_dies_ends_the_run_typed(by_hand, tmp_path):
    source, hand = pictures(tmp_path / "in", 100, 1200, 900), by_hand(1)
    run = mf.scan(source).with_columns(thumb=THUMB).start(tmp_path / "out", client=hand.address, patience=3)
    while not run.progress.done:
        time.sleep(0.05)

    hand.close()

    with pytest.raises(RunError) as ended:
        run.result(150)
    assert ended.value.code == "E_WORKER_LOST"
    assert mf.resume(tmp_path / "out", client=False).state == "complete"


def test_the_shell_sends_an_export_to_a_scheduler_and_goes_on_with_it(by_hand, tmp_path):
    source, address = pictures(tmp_path / "in", 4), by_hand(1).address
    recipe = ["--image", "small=resize(32).png()", "--json"]

    made = shell("export", str(source), str(tmp_path / "out"), *recipe, "--scheduler", address)
    again = shell("resume", str(tmp_path / "out"), "--scheduler", address)

    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["counts"] == {"written": 4}
    assert again.returncode == 0, again.stderr


def shell(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mediaframe", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


def test_a_cancel_ends_what_hangs_on_the_workers_and_keeps_what_is_done(client, tmp_path, monkeypatch):
    source = named(tmp_path / "in", ["plain"] * 60 + ["hang"] + ["plain"] * 9)
    log = with_handlers(monkeypatch, tmp_path)
    run = mf.scan(source).with_columns(thumb=THUMB).start(tmp_path / "out", client=client)
    while "060" not in log.read_text():
        time.sleep(0.05)

    began = time.monotonic()
    run.cancel()
    run.result(30)

    assert time.monotonic() - began < 8
    assert run.state == "cancelled"
    monkeypatch.undo()
    again = mf.resume(tmp_path / "out", client=client)
    assert again.state == "complete"
    assert again.manifest.height == 70
    assert max(Counter(log.read_text().split()).values()) == 1


def test_an_interrupt_ends_the_run_and_keeps_what_is_done(client, tmp_path):
    source = pictures(tmp_path / "in", 120, 1200, 900)

    def interrupt(progress):
        if progress.state == "running" and progress.done > 120:  # What was measured on the way is done when it begins.
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        frame(source).export(tmp_path / "out", client=client, watch=interrupt)
    run = mf.open_run(tmp_path / "out")

    assert run.state == "cancelled"
    assert run.retry(client=client).state == "complete"
    assert run.manifest.height == 240


def test_a_place_that_workers_do_not_share_is_told(client, tmp_path):
    source = pictures(tmp_path / "in", 2)

    with pytest.raises(RunError, match="write to a place that all workers share"):
        mf.scan(source).with_columns(thumb=THUMB).export("memory://cluster-test", client=client)


def test_a_literal_secret_is_refused_before_anything_is_planned(client, tmp_path):
    source = pictures(tmp_path / "in", 1)
    options = {"key": "planted-key", "secret": "planted-secret"}

    with pytest.raises(UsageError, match="literal secret") as refused:
        mf.scan(source).with_columns(thumb=THUMB).export("s3://bucket/a", client=client, storage_options=options)

    assert "planted" not in str(refused.value)


def test_two_runs_at_once_do_not_touch_one_another(client, tmp_path):
    source = pictures(tmp_path / "in", 60)
    runs = {
        name: mf.scan(source).with_columns(thumb=THUMB).start(tmp_path / name, client=client, limits=limits)
        for name, limits in (("narrow", mf.Limits(pixels=1_000)), ("wide", mf.Limits()))
    }

    states = {name: run.result(60).state for name, run in runs.items()}

    assert states == {"narrow": "complete_with_errors", "wide": "complete"}


def test_a_live_run_says_where_the_cluster_shows_itself(client, tmp_path):
    source, seen = pictures(tmp_path / "in", 3), []

    def watch(progress):
        seen.append(repr(run[0]) if run else "")

    run: list[Run] = []
    gate = threading.Event()

    def hold(progress):
        gate.wait(10)
        watch(progress)

    run.append(mf.scan(source).with_columns(thumb=THUMB).start(tmp_path / "out", client=client, watch=hold))
    gate.set()
    run[0].result(60)

    assert run[0].dashboard.startswith("http://127.0.0.1:")
    assert any(run[0].dashboard in one for one in seen)
    assert run[0].dashboard not in repr(run[0])
