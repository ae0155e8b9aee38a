"""A run from and to S3 that is killed loses nothing and leaves nothing that `gc` does not tell of."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import boto3
import pytest

import mediaframe as mf
from mediaframe.storage.store import Store
from mediaframe.work.commit import AREA, runs
from tests.processes import children
from tests.run.media import pictures
from tests.storage.conftest import SECRET, options

DRIVER = str(Path(__file__).with_name("driver.py"))
LARGE = 70 << 20
"""Bytes of an original that goes in parts."""


def start(moto: str, root: str, *words: str) -> subprocess.Popen[bytes]:
    told = [sys.executable, DRIVER, moto, SECRET, f"{root}/in", f"{root}/out", *words]
    return subprocess.Popen(told, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def killed(process: subprocess.Popen[bytes]) -> bool:
    alive = process.poll() is None
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return alive


def uploads(moto: str) -> list[str]:
    client = boto3.client(
        "s3", endpoint_url=moto, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    return [one["Key"] for one in client.list_multipart_uploads(Bucket="shop").get("Uploads", [])]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="children are found in /proc")
@pytest.mark.parametrize(
    ("count", "kills", "seconds"),
    [(40, 2, 0.5), pytest.param(500, 10, 2.0, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])],
    ids=["few", "many"],
)
def test_a_run_from_and_to_s3_killed_at_random_ends_with_every_row_once(
    moto: str, tmp_path: Path, count: int, kills: int, seconds: float
) -> None:
    root = f"s3://shop/{uuid.uuid4().hex}"
    source, store = Store.open(f"{root}/in", options(moto)), Store.open(f"{root}/out", options(moto))
    for path in sorted(pictures(tmp_path / "in", count, 96, 64).iterdir()):
        data = path.read_bytes()
        source.write(path.name, data + bytes(LARGE) if path.name == "001.jpg" and count > 100 else data)
    chance, done, dead = random.Random(11), 0, set[int]()

    # Each is killed somewhere between its plan and its commit, and its children now and then.
    for _ in range(kills):
        process = start(moto, root, *(["resume"] if runs(store) else []))
        while process.poll() is None and not (runs(store) and children(process.pid)):
            time.sleep(0.02)
        until = time.monotonic() + chance.uniform(0.2, seconds)
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
            if victims := children(process.pid):
                victim = chance.choice(victims)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim, signal.SIGKILL)
                    dead.add(victim)
        done += killed(process)
    run = mf.resume(f"{root}/out", storage_options=options(moto))

    assert done == kills
    assert len(dead) >= kills * 2
    # A child that was killed twice on the same asset costs that row, with the code that says so.
    assert set(run.failures["error_code"]) <= {"E_DECODER_CRASH"}
    run = run.retry()
    assert run.state == "complete"
    rows = run.manifest
    assert rows.height == count * 3
    assert not rows.select("asset_id", "rendition").is_duplicated().any()
    assert set(rows["status"]) <= {"written", "reused"}
    found = mf.verify(f"{root}/out", deep=True, storage_options=options(moto))
    assert found.ok
    garbage = mf.gc(f"{root}/out", older_than=0, storage_options=options(moto))
    assert set(found.extra) <= set(garbage.objects)
    assert garbage.foreign == 0
    assert uploads(moto) == []


def test_gc_tells_an_object_of_ours_by_what_the_store_keeps_of_it(moto: str) -> None:
    to = f"s3://shop/{uuid.uuid4().hex}"
    store = Store.open(to, options(moto))
    store.write("left/by-a-killed-run.webp", b"RIFF")
    store.write(f"nested/{AREA}/runs/x/plan.json", b"{}")
    store.write("nested/of-another-destination.webp", b"RIFF")
    client = boto3.client(
        "s3", endpoint_url=moto, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    client.put_object(Bucket="shop", Key=f"{to.removeprefix('s3://shop/')}/mine.txt", Body=b"mine")

    found = mf.gc(to, dry_run=False, older_than=0, storage_options=options(moto))

    assert found.objects == ("left/by-a-killed-run.webp",)
    assert found.foreign == 1
    assert [one.name for one in store.list()] == [
        "mine.txt",
        f"nested/{AREA}/runs/x/plan.json",
        "nested/of-another-destination.webp",
    ]


@pytest.mark.slow
def test_gc_asks_the_store_about_those_alone_that_may_go(
    moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = f"s3://shop/{uuid.uuid4().hex}"
    source = pictures(tmp_path / "in", 2, 48, 32)
    mf.scan(source).with_columns(small=mf.image.resize(8).png()).export(to, slots=1, storage_options=options(moto))
    store, asked = Store.open(to, options(moto)), list[str]()
    store.write("left.webp", b"RIFF")
    other = boto3.client(
        "s3", endpoint_url=moto, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    for name in ("a.txt", "b.txt"):
        other.put_object(Bucket="shop", Key=f"{to.removeprefix('s3://shop/')}/{name}", Body=b"mine")
    ours = Store.ours
    monkeypatch.setattr(Store, "ours", lambda self, name: (asked.append(name), ours(self, name))[1])

    young = mf.gc(to, storage_options=options(moto))
    asked_of_young = list(asked)
    old = mf.gc(to, older_than=0, storage_options=options(moto))
    asked_of_old = sorted(asked)
    monkeypatch.setattr("mediaframe.garbage._began", lambda known: time.time() + 60)
    asked.clear()
    before = mf.gc(to, older_than=0, storage_options=options(moto))

    assert (young.count, young.foreign, young.young, asked_of_young) == (0, 0, 3, [])
    assert (old.objects, old.foreign, old.young) == (("left.webp",), 2, 0)
    assert asked_of_old == ["a.txt", "b.txt", "left.webp"]
    # What stood there before the first run began is of others, and nobody is asked.
    assert (before.count, before.foreign, asked) == (0, 3, [])
