"""Workers that would not make the same bytes and join while a run goes on: they get no work, and count for nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import mediaframe as mf
from mediaframe.errors import RunError
from mediaframe.run import Run
from mediaframe.work.batch import batches
from mediaframe.work.cluster.pool import ClusterPool
from tests.cluster.conftest import ByHand
from tests.cluster.work import BROKEN, STRANGER, handlers
from tests.run.media import picture

pytestmark = pytest.mark.slow

COUNT = 16


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Give a file that holds up all assets but the first ones for as long as it is there."""
    (tmp_path / "gate").touch()
    return tmp_path / "gate"


@pytest.fixture
def begun(tmp_path: Path, gate: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Give what starts a run of small batches, and waits until it has done something."""
    source = tmp_path / "in"
    source.mkdir()
    for number in range(COUNT):
        word = "gate" if number > 1 else "plain"
        picture(number, 64, 48).save(source / f"{number:02d}.jpg", comment=f"name={number};word={word};".encode())
    file, _ = handlers(tmp_path)
    monkeypatch.setattr(
        "mediaframe.work.doing.CLUSTER", lambda: lambda *args, **more: ClusterPool(*args, **more, handlers=file)
    )
    monkeypatch.setattr("mediaframe.work.carry.batches", partial(batches, seconds=0.0))

    def start(hand: ByHand, **given: Any) -> Run:
        frame = mf.scan(source).with_columns(hero=mf.image.resize(48).webp(), thumb=mf.image.resize(24).webp())
        run = frame.start(tmp_path / "out", client=hand.address, **given)
        while not run.progress.done and run.state != "failed":
            time.sleep(0.05)
        return run

    return start


def kept_out(caplog: pytest.LogCaptureFixture, why: str) -> None:
    """Wait until a worker was given no more work."""
    until = time.monotonic() + 150
    while not any(why in one.getMessage() for one in caplog.records):
        assert time.monotonic() < until, caplog.text
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("preload", "why"),
    [
        (STRANGER, "engine vips is vips 7.0"),
        (BROKEN, "it cannot begin: AttributeError"),
    ],
    ids=["other versions", "cannot begin"],
)
def test_a_stranger_that_joins_is_kept_out_and_the_others_do_its_work(
    by_hand: Callable[[int], ByHand],
    begun: Callable[..., Run],
    gate: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    preload: str,
    why: str,
) -> None:
    hand = by_hand(0)
    hand.worker()
    run = begun(hand)

    hand.worker(preload)
    kept_out(caplog, why)
    gate.unlink()
    run.result(150)

    assert run.state == "complete"
    assert run.manifest.height == 2 * COUNT
    assert set(run.manifest["status"]) == {"written"}
    assert mf.verify(tmp_path / "out", deep=True).ok


def test_a_run_that_strangers_alone_are_left_to_ends_typed_and_can_go_on(
    by_hand: Callable[[int], ByHand],
    begun: Callable[..., Run],
    gate: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hand = by_hand(0)
    worker = hand.worker()
    run = begun(hand, patience=4)

    hand.worker(STRANGER)
    kept_out(caplog, "vips 7")
    worker.kill()
    with pytest.raises(RunError, match=r"got none for 4 s; worker tcp.* is kept out: would not make.*vips 7") as ended:
        run.result(150)
    gate.unlink()
    again = mf.resume(tmp_path / "out", client=False)

    assert ended.value.code == "E_WORKER_LOST"
    assert ended.value.retryable
    assert again.id == run.id
    assert again.state == "complete"
    assert again.manifest.height == 2 * COUNT
    assert set(again.manifest["status"]) == {"written"}


def test_a_worker_that_comes_when_strangers_alone_are_left_takes_the_work(
    by_hand: Callable[[int], ByHand],
    begun: Callable[..., Run],
    gate: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    hand = by_hand(0)
    worker = hand.worker()
    run = begun(hand)

    hand.worker(STRANGER)
    kept_out(caplog, "vips 7")
    worker.kill()
    hand.worker()
    gate.unlink()
    run.result(150)

    assert run.state == "complete"
    assert run.manifest.height == 2 * COUNT
    assert mf.verify(tmp_path / "out", deep=True).ok
