"""From and to S3 on a cluster, driver, workers and children killed at random: nothing is lost, nothing is left over."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest

import mediaframe as mf
from mediaframe.errors import StoreError
from mediaframe.storage.store import Store
from mediaframe.work.commit import runs
from mediaframe.work.lock import NAME
from tests.cluster.conftest import ByHand
from tests.cluster.driver import OPTIONS
from tests.processes import children
from tests.run.media import pictures
from tests.storage.conftest import options

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc"),
]

DRIVER = str(Path(__file__).with_name("driver.py"))
LARGE = 70 << 20
"""Bytes of an original that goes in parts."""
WORKERS = 3


class Story:
    """A run on a cluster of programs, and who is killed in it."""

    def __init__(self, hand: ByHand, root: str, seed: int) -> None:
        self.hand, self.source, self.to = hand, f"{root}/in", f"{root}/out"
        self.store = Store.open(self.to, OPTIONS)
        self.chance = random.Random(seed)
        self.workers = [hand.worker() for _ in range(WORKERS)]
        self.killed = {"driver": 0, "worker": 0, "child": 0}

    def live(self, kills: list[str], seconds: float) -> None:
        """Start a driver, kill what is said at random moments while it is at work, then kill the driver."""
        words = [self.hand.address, self.source, self.to, *(["resume"] if runs(self.store) else [])]
        driver = subprocess.Popen([sys.executable, DRIVER, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wait_for(lambda: driver.poll() is not None or self.is_owner(driver.pid))
        for one in kills:
            time.sleep(self.chance.uniform(0.05, seconds))
            wait_for(lambda: driver.poll() is not None or self.at_work())
            if driver.poll() is None:
                self.kill_worker() if one == "worker" else self.kill_child()
        time.sleep(self.chance.uniform(0.05, seconds))
        self.killed["driver"] += driver.poll() is None
        kill(driver.pid)
        out, said = driver.communicate()
        assert driver.returncode == -signal.SIGKILL, (out, said[-2000:])

    def is_owner(self, pid: int) -> bool:
        """Whether a driver has the destination."""
        with contextlib.suppress(StoreError):
            return f'"pid": {pid},' in self.store.read(NAME).decode()
        return False

    def at_work(self) -> list[subprocess.Popen[bytes]]:
        """Give the workers that have begun."""
        return [one for one in self.workers if children(one.pid)]

    def kill_worker(self) -> None:
        """Kill a worker, whatever it does, and start another."""
        victim = self.chance.choice(self.at_work())
        self.killed["worker"] += kill(victim.pid)
        victim.wait()
        self.workers[self.workers.index(victim)] = self.hand.worker()

    def kill_child(self) -> None:
        """Kill a child that decodes."""
        found = [child for worker in self.workers for child in children(worker.pid)]
        self.killed["child"] += bool(found) and kill(self.chance.choice(found))


def kill(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def wait_for(what: Callable[[], Any], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "nothing came of it"
        time.sleep(0.02)


def bucket(endpoint: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )


def sums(endpoint: str, uris: list[str]) -> list[str]:
    """Give the digests of objects as another client reads them."""
    client = bucket(endpoint)

    def one(uri: str) -> str:
        found, _, key = uri.removeprefix("s3://").partition("/")
        return hashlib.sha256(client.get_object(Bucket=found, Key=key)["Body"].read()).hexdigest()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, uris))


@pytest.mark.parametrize(
    ("count", "lives", "seconds"),
    [(60, 2, 0.5), pytest.param(500, 10, 1.0, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])],
    ids=["few", "many"],
)
def test_a_run_on_a_cluster_from_and_to_s3_loses_nothing_whoever_is_killed(
    count: int,
    lives: int,
    seconds: float,
    moto: str,
    by_hand: Callable[[int], ByHand],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in options(moto).items():
        monkeypatch.setenv(f"MEDIAFRAME_CONNECTION_ACME_{name.upper()}", value)
    root = f"s3://shop/{uuid.uuid4().hex}"
    source = Store.open(f"{root}/in", OPTIONS)
    for path in sorted(pictures(tmp_path / "in", count, 900, 600).iterdir()):
        data = path.read_bytes()
        source.write(path.name, data + bytes(LARGE) if path.name == "001.jpg" else data)
    story = Story(by_hand(0), root, seed=count)

    for _ in range(lives):
        deaths = ["worker", "worker", "child", "child"]
        story.chance.shuffle(deaths)
        story.live(deaths, seconds)
    run = mf.resume(story.to, client=story.hand.address, storage_options=OPTIONS)

    assert story.killed["driver"] == lives
    assert story.killed["worker"] == 2 * lives
    assert story.killed["child"] >= lives
    rows = run.manifest
    assert rows.height == count * 3
    assert not rows.select("asset_id", "rendition").is_duplicated().any()
    # An asset whose child was killed twice, or whose workers were again and again, is a row that says so.
    assert set(run.failures["error_code"]) <= {"E_DECODER_CRASH", "E_WORKER_LOST"}
    run = run.retry()
    assert run.state == "complete"
    rows = run.manifest
    assert rows.height == count * 3
    assert set(rows["status"]) <= {"written", "reused"}
    assert sums(moto, [run.store.uri(name) for name in rows["uri"]]) == rows["sha256"].to_list()
    found = mf.verify(story.to, deep=True, storage_options=OPTIONS)
    garbage = mf.gc(story.to, older_than=0, storage_options=OPTIONS)
    assert found.ok
    assert set(found.extra) <= set(garbage.objects)
    assert garbage.foreign == 0
    assert garbage.uploads == ()
    assert bucket(moto).list_multipart_uploads(Bucket="shop").get("Uploads", []) == []
