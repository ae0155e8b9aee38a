"""A secret in the environment or the storage options of driver, scheduler and workers is found nowhere but there."""

from __future__ import annotations

import logging
import pickle
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import mediaframe as mf
from mediaframe.storage.store import Store
from mediaframe.work.cluster import plugin
from mediaframe.work.cluster.pool import ClusterPool
from tests.cluster.conftest import ByHand
from tests.cluster.work import handlers
from tests.run.media import picture
from tests.storage.conftest import SECRET, options

pytestmark = pytest.mark.slow

PAGES = (
    *(f"/info/main/{name}.html" for name in ("workers", "logs", "exceptions")),
    *(f"/json/{name}" for name in ("counts.json", "identity.json", "index.html")),
    *("/metrics", "/sysinfo", "/health", "/sitemap.json", "/individual-plots.json"),
)
"""Pages that are written as they are asked for."""
DRAWN = (
    *("/status", "/tasks", "/workers", "/graph", "/groups", "/events", "/exceptions", "/profile"),
    *("/individual-memory-by-key", "/individual-compute-time-per-key"),
)
"""Pages whose content comes to the browser after the page."""


def held(dask_scheduler) -> bytes:
    """Give what a scheduler has of its tasks, of its plugins, and of what was told."""
    tasks = [(key, repr(one), pickle.dumps(one.run_spec)) for key, one in dask_scheduler.tasks.items()]
    return pickle.dumps((tasks, dask_scheduler.worker_plugins, dask_scheduler.get_events()))


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Read the pages that the scheduler and its workers show, those of the tasks and the drawn ones included."""
    info = client.scheduler_info()
    root = f"http://127.0.0.1:{info['services']['dashboard']}"
    tasks = client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks))
    named = [f"/info/{page}/{key}.html" for key in tasks for page in ("task", "call-stack")]
    workers = [urllib.parse.quote(address, safe="") for address in info["workers"]]
    named += [f"/info/{page}/{one}.html" for one in workers for page in ("worker", "call-stacks", "logs")]
    yield from ((page, read(root + page)) for page in (*PAGES, *named))
    yield from ((page, drawn(root + page)) for page in DRAWN)
    for worker in info["workers"].values():
        root = f"http://127.0.0.1:{worker['services']['dashboard']}"
        yield from ((page, read(root + page)) for page in ("/metrics", "/sysinfo", "/json/counts.json"))
        yield from ((page, drawn(root + page)) for page in ("/status", "/system"))


def read(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def drawn(url: str) -> str:
    """Give a page and what is drawn on it, as a browser gets it."""
    client = pytest.importorskip("bokeh.client")
    plain = pytest.importorskip("bokeh.core.json_encoder").serialize_json
    try:
        session = client.pull_session(url=url)
    except (RuntimeError, ValueError) as error:  # What the server cannot send, no browser gets either.
        return f"{read(url)}\nnot drawn: {error}"
    try:
        return read(url) + plain(session.document.to_json())
    finally:
        session.close()


@pytest.fixture(params=["connection", "shipped"])
def given(request: pytest.FixtureRequest, moto: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Plant a secret in the environment, and give storage options that name a connection or hold the secret."""
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, SECRET)
    for name, value in options(moto).items():
        monkeypatch.setenv(f"MEDIAFRAME_CONNECTION_ACME_{name.upper()}", value)
    return {"connection": "acme"} if request.param == "connection" else options(moto)


def test_a_planted_secret_is_found_nowhere(
    given: dict[str, Any],
    by_hand: Callable[[int], ByHand],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shipped, root = "secret" in given, f"s3://shop/{uuid.uuid4().hex}"
    sent: list[bytes] = []
    packed = plugin.Parcel.__init__
    monkeypatch.setattr(
        plugin.Parcel, "__init__", lambda self, data, label: (sent.append(data), packed(self, data, label))[0]
    )
    file, log = handlers(tmp_path)
    monkeypatch.setattr(
        "mediaframe.work.doing.CLUSTER", lambda: lambda *args, **more: ClusterPool(*args, **more, handlers=file)
    )
    source = Store.open(f"{root}/in", given)
    for number, word in enumerate(["plain", "poison", "hang"]):
        path = tmp_path / f"{number}.jpg"
        picture(number, 64, 48).save(path, comment=f"name={number};word={word};".encode())
        source.write(path.name, path.read_bytes())
    hand = by_hand(1)

    caplog.set_level(logging.DEBUG)
    frame = mf.scan(f"{root}/in", storage_options=given).with_columns(thumb=mf.image.resize(32).webp())
    run = frame.start(f"{root}/out", client=hand.address, ship_secrets=shipped, storage_options=given)
    try:
        while "2" not in log.read_text() and run.state != "failed":
            time.sleep(0.05)
        with Client(hand.address, set_as_default=False) as client:
            shown = dict(pages(client))
            scheduler = client.run_on_scheduler(held)
            logs = repr((client.get_scheduler_logs(), client.get_worker_logs()))
            profile = repr(client.profile())
        reprs = repr((frame, run, run._pool, run._doing, source, run.store))
    finally:
        run.cancel()
        run.result(30)
    run.resume(client=False)

    assert run.manifest["status"].value_counts(sort=True).rows() == [("written", 2), ("failed", 1)]
    assert len(sent) >= 2
    assert any(page.startswith("/info/task/mediaframe-") for page in shown)
    # What is drawn of times and profiles holds values of a kind that Bokeh cannot send, with these versions.
    assert sum("not drawn" not in shown[page] for page in DRAWN) >= len(DRAWN) - 2
    everything = {page: text.encode() for page, text in shown.items()}
    texts = {"logs": logs, "profile": profile, "reprs": reprs + repr(run), "log": caplog.text}
    everything |= {name: text.encode() for name, text in texts.items()}
    everything["programs"] = Path(hand.log).read_bytes()
    everything |= {stat.name: run.store.read(stat.name) for stat in run.store.list()}
    if not shipped:  # What is shipped stands in the tasks, and nowhere else.
        everything |= {"scheduler": scheduler, **{f"parcel {at}": one for at, one in enumerate(sent)}}
    else:
        assert SECRET.encode() in b"".join(sent)
    assert [name for name, data in everything.items() if SECRET.encode() in data] == []
