"""Laws 1, 6 and 9: what a task carries, what it may not set, and what its child does not hold."""

from __future__ import annotations

import os
import pickle
import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.work.batch import Batch
from mediaframe.work.outcome import Outcome
from mediaframe.work.slot import Slot
from mediaframe.work.task import Worker

THUMB = mf.image.resize(64).webp()


@pytest.fixture
def crossed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Batch, Outcome]]:
    """What tasks are given and give back."""
    seen: list[tuple[Batch, Outcome]] = []
    work = Worker.__call__

    def noted(worker: Worker, batch: Batch, slot: Slot) -> Outcome:
        outcome = work(worker, batch, slot)
        seen.append((batch, outcome))
        return outcome

    monkeypatch.setattr(Worker, "__call__", noted)
    return seen


def _parts(value: Any) -> Iterator[Any]:
    yield value
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _parts(getattr(value, field.name))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _parts(key)
            yield from _parts(one)
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from _parts(one)


def test_a_task_gets_rows_and_returns_rows(
    crossed: list[tuple[Batch, Outcome]], photos: Callable[..., Path], tmp_path: Path
) -> None:
    """Rows travel, bytes stay. No media bytes go through the scheduler."""
    frame = mf.scan(photos(5)).probe().with_columns(thumb=THUMB, sharp=mf.image.sharpness())

    frame.export(tmp_path / "out", originals=True)

    assert sum(len(batch.items) for batch, _ in crossed) == 5
    assert sum(len(outcome.lines) for _, outcome in crossed) == 15
    for batch, outcome in crossed:
        held = [one for one in (*_parts(batch), *_parts(outcome)) if isinstance(one, bytes | bytearray | memoryview)]
        assert held == []


def test_what_travels_does_not_grow_with_the_media(
    crossed: list[tuple[Batch, Outcome]], photos: Callable[..., Path], tmp_path: Path
) -> None:
    """Rows travel, bytes stay."""
    sizes = []
    for side in (80, 1000):
        root = photos(4, side, side, name=f"in{side:04d}")
        frame = mf.scan(root).probe().with_columns(big=mf.image.png())
        frame.export(tmp_path / f"out{side:04d}", slots=1)
        sizes.append(sum(len(pickle.dumps(one)) for pair in crossed for one in pair))
        crossed.clear()

    small, large = sizes
    assert abs(large - small) < 400
    assert large < 4 * 4096


def test_two_runs_at_once_with_other_limits_do_not_touch_one_another(
    photos: Callable[..., Path], tmp_path: Path
) -> None:
    """No global settings. Limits, client, storage are arguments."""
    frame = mf.scan(photos(6)).with_columns(thumb=THUMB)
    runs: dict[str, mf.Run] = {}

    def export(name: str, limits: mf.Limits) -> None:
        runs[name] = frame.export(tmp_path / name, limits=limits, slots=2)

    threads = [
        threading.Thread(target=export, args=("narrow", mf.Limits(pixels=10_000))),
        threading.Thread(target=export, args=("wide", mf.Limits())),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(runs["narrow"].manifest["error_code"]) == {"E_LIMIT_PIXELS"}
    assert set(runs["wide"].manifest["status"]) == {"written"}


def test_a_run_leaves_the_settings_of_the_process_as_they_were(photos: Callable[..., Path], tmp_path: Path) -> None:
    """No global settings."""
    before = dict(os.environ), list(warnings.filters), Image.MAX_IMAGE_PIXELS, os.getcwd(), os.umask(0o022)
    frame = mf.scan(photos(1)).probe().with_columns(thumb=THUMB)

    frame.export(tmp_path / "out", limits=mf.Limits(pixels=40_000))

    after = dict(os.environ), list(warnings.filters), Image.MAX_IMAGE_PIXELS, os.getcwd(), os.umask(before[-1])
    assert after[:-1] == before[:-1]
    assert after[-1] == 0o022


_SPY = """
import os, socket

def look(request, source, send):
    found = {"environment": dict(os.environ), "here": os.listdir(), "relative": os.path.exists("planted.txt")}
    try:
        with open(f"/proc/{os.getppid()}/environ", "rb") as file:
            found["parent"] = file.read().decode(errors="replace")
    except OSError:
        found["parent"] = ""
    try:
        socket.create_connection(("127.0.0.1", request["port"]), timeout=2).close()
        found["network"] = True
    except OSError:
        found["network"] = False
    return found

HANDLERS = {"look": look}
"""


def test_the_process_that_parses_strangers_bytes_holds_no_keys(
    photos: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no credentials, an empty working directory, and no network where the platform allows that."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-in-the-environment")
    monkeypatch.chdir(photos(1, name="here"))
    Path("planted.txt").write_text("canary-in-the-directory")
    spy = tmp_path / "spy.py"
    spy.write_text(_SPY)

    with socket.create_server(("127.0.0.1", 0)) as server, Slot(handlers=spy) as slot:
        done = list(slot.ask({"do": "look", "port": server.getsockname()[1]}))[-1][0]
        hello = slot.hello

    assert "canary" not in str(done["environment"])
    assert done["here"] == []
    assert done["relative"] is False
    assert "canary" not in done["parent"] or hello["parent"] == "visible"
    assert done["network"] is (hello["network"] == "on")
