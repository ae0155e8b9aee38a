"""How far a run on a cluster is: seen within a batch, whatever is lost on the way, and exact in the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from distributed import Client

import mediaframe as mf
from mediaframe.work.cluster.pool import ClusterPool
from tests.cluster.work import handlers
from tests.run.media import picture

pytestmark = pytest.mark.slow

COUNT = 8


@pytest.fixture
def frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> mf.MediaFrame:
    """Give a frame whose assets fit into one batch, and take their time."""
    source = tmp_path / "in"
    source.mkdir()
    for number in range(COUNT):
        comment = f"name={number};word=slow;".encode()
        picture(number, 64, 48).save(source / f"{number}.jpg", comment=comment)
    file, _ = handlers(tmp_path)
    monkeypatch.setattr(
        "mediaframe.work.doing.CLUSTER", lambda: lambda *args, **more: ClusterPool(*args, **more, handlers=file)
    )
    return mf.scan(source).with_columns(thumb=mf.image.resize(32).webp())


def logs(to: Path) -> int:
    return len(list(to.rglob("rows/0*.jsonl")))


def kept(client: Client) -> list[int]:
    """Give how many words a scheduler keeps for each topic of ours."""

    def counted(dask_scheduler):
        topics = dask_scheduler._broker._topics.items()
        return [len(one.events) for name, one in topics if name.startswith("mediaframe-")]

    return list(client.run_on_scheduler(counted))


def test_progress_moves_within_a_batch_and_ends_exact(client: Client, frame: mf.MediaFrame, tmp_path: Path) -> None:
    seen: list[int] = []

    run = frame.export(tmp_path / "out", client=client, watch=lambda one: seen.append(one.done))

    assert logs(tmp_path / "out") == 1
    assert len({done for done in seen if 0 < done < COUNT}) >= 3
    assert run.progress.done == run.progress.written == seen[-1] == COUNT
    assert run.progress.bytes_out == run.manifest["bytes"].sum()
    assert sum(kept(client)) == 0


def test_words_that_are_lost_cost_nothing(
    client: Client, frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(client, "subscribe_topic", lambda topic, handler: None)
    monkeypatch.setattr(client, "unsubscribe_topic", lambda topic: None)

    run = frame.export(tmp_path / "out", client=client, watch=lambda one: seen.append(one.done))

    assert set(seen) == {0, COUNT}
    assert run.progress.done == run.progress.written == COUNT
    assert run.state == "complete"


def test_words_that_come_too_late_count_for_nothing(
    client: Client, frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    subscribe = client.subscribe_topic

    def late(topic, handler):
        """Hold back every word until the run is nearly over."""
        subscribe(topic, heard.append)
        handlers.append(handler)

    handlers: list = []
    monkeypatch.setattr(client, "subscribe_topic", late)

    def watch(progress):
        if progress.done:
            for event in heard:
                handlers[0](event)

    run = frame.export(tmp_path / "out", client=client, watch=watch)

    assert len(heard) >= 3
    assert run.progress.done == COUNT


def test_on_local_slots_progress_moves_within_a_batch_too(
    frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    monkeypatch.setattr("mediaframe.work.events.INTERVAL", 0.0)

    run = frame.export(tmp_path / "out", client=False, watch=lambda one: seen.append(one.done))

    assert logs(tmp_path / "out") == 1
    assert set(range(1, COUNT)) <= set(seen)
    assert run.progress.done == COUNT
