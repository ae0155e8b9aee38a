"""A secret in the environment of driver, scheduler and workers is found nowhere but there."""

from __future__ import annotations

import logging
import pickle
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from distributed import Client

import mediaframe as mf
from mediaframe.work import plugin
from mediaframe.work.cluster import ClusterPool
from tests.cluster.work import handlers
from tests.run.media import picture

pytestmark = pytest.mark.slow

SECRET = "planted-canary-8c1f"
PAGES = ("/info/main/workers.html", "/info/main/logs.html", "/json/counts.json", "/metrics", "/sysinfo")


def held(dask_scheduler) -> bytes:
    """Give what a scheduler has of its tasks, and of its plugins."""
    tasks = [(key, repr(one), pickle.dumps(one.run_spec)) for key, one in dask_scheduler.tasks.items()]
    return pickle.dumps((tasks, dask_scheduler.worker_plugins))


def pages(client: Client) -> str:
    """Read the pages that the scheduler shows, those of its tasks included."""
    info = client.scheduler_info()
    root = f"http://127.0.0.1:{info['services']['dashboard']}"
    tasks = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))
    found = []
    for page in (*PAGES, *(f"/info/task/{key}.html" for key in tasks)):
        try:
            with urllib.request.urlopen(root + page, timeout=10) as answer:
                found.append(answer.read().decode())
        except urllib.error.HTTPError as error:
            found.append(error.read().decode())
    return "\n".join(found)


def test_a_planted_secret_is_found_nowhere(by_hand, tmp_path, monkeypatch, caplog):
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    sent: list[bytes] = []
    packed = plugin.Parcel.__init__
    monkeypatch.setattr(
        plugin.Parcel, "__init__", lambda self, data, label: (sent.append(data), packed(self, data, label))[0]
    )
    file, log = handlers(tmp_path)
    monkeypatch.setattr(
        "mediaframe.run.CLUSTER", lambda: lambda *args, **more: ClusterPool(*args, **more, handlers=file)
    )
    source, to = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    for number, word in enumerate(["plain", "poison", "hang"]):
        comment = f"name={number};word={word};".encode()
        picture(number, 64, 48).save(source / f"{number}.jpg", comment=comment)
    hand = by_hand(1)

    caplog.set_level(logging.DEBUG)
    frame = mf.scan(source).with_columns(thumb=mf.image.resize(32).webp())
    run = frame.start(to, client=hand.address)
    while "2" not in log.read_text():
        time.sleep(0.05)
    with Client(hand.address, set_as_default=False) as client:
        shown = pages(client)
        scheduler = client.run_on_scheduler(held)
        logs = repr((client.get_scheduler_logs(), client.get_worker_logs()))
    said = repr((frame, run, run._pool, run._doing))
    run.cancel()
    run.result(30)
    run.resume(client=False)

    assert run.manifest["status"].value_counts(sort=True).rows() == [("written", 2), ("failed", 1)]
    assert len(sent) >= 2
    assert "mediaframe-" in shown
    everything = [*sent, scheduler, *(one.encode() for one in (shown, logs, said, repr(run), caplog.text))]
    everything += [path.read_bytes() for path in (*to.rglob("*"), Path(hand.log)) if path.is_file()]
    assert [one[:200] for one in everything if SECRET.encode() in one] == []
