"""Law 10: nothing is visible until it is whole."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mediaframe as mf
from mediaframe.errors import StoreError
from mediaframe.storage import local
from mediaframe.storage.store import Store
from mediaframe.work.commit import AREA
from mediaframe.work.lock import NAME as LOCK

THUMB = mf.image.resize(64).webp()
TEMP = local.TEMP

Published = Callable[[Path], dict[str, bytes]]


class Writes:
    """Notes each name that is written, in order, and does something before it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, before: Callable[[str], None] = lambda name: None) -> None:
        self.names: list[str] = []
        write = Store.write

        def noted(store: Store, name: str, *args: Any, **words: Any) -> None:
            if name != LOCK:
                before(name)
            write(store, name, *args, **words)
            if name != LOCK:
                self.names.append(name)

        monkeypatch.setattr(Store, "write", noted)

    def places(self, mark: str) -> list[int]:
        """Say where in the order the names stand that begin with a mark."""
        return [at for at, name in enumerate(self.names) if name.startswith(mark)]


def leftovers(root: Path) -> list[str]:
    """Name what a write has left behind that is no whole file."""
    return [str(path) for path in root.rglob("*") if path.name.startswith(TEMP)]


def test_objects_come_first_then_the_row_log_then_the_manifest_then_the_commit_mark(
    photos: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Objects first, then the row log, then the manifest, then the commit mark."""
    frame = mf.scan(photos(5)).probe().with_columns(thumb=THUMB)
    writes = Writes(monkeypatch)

    run = frame.export(tmp_path / "out", slots=1)

    root = f"{AREA}/runs/{run.id}"
    objects, log = writes.places("thumb/"), writes.places(f"{root}/rows/")
    manifests, marks = writes.places(f"{AREA}/manifests/"), writes.places(f"{AREA}/commits/")
    assert (len(objects), len(marks)) == (5, 1)
    assert max(writes.places(f"{root}/input/")) < writes.places(f"{root}/plan.json")[0] < min(objects)
    assert max(objects) < max(log) < min(manifests)
    assert max(manifests) < marks[0] < writes.places(f"{root}/run.json")[0]


def test_the_row_log_never_tells_of_a_file_that_is_not_there(
    photos: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Objects first, then the row log."""
    to, told = tmp_path / "out", list[str]()
    frame = mf.scan(photos(12)).probe().with_columns(thumb=THUMB)
    write = Store.write

    def checked(store: Store, name: str, data: Any, **words: Any) -> None:
        if "/rows/" in name:
            for line in bytes(data).splitlines():
                uri = json.loads(line)["uri"]
                told.append(uri)
                assert (to / uri).stat().st_size == json.loads(line)["bytes"]
        write(store, name, data, **words)

    monkeypatch.setattr(Store, "write", checked)

    frame.export(to, slots=3)

    assert len(told) == 12


def test_readers_see_the_old_state_until_the_commit(
    photos: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers believe the manifest; a listing is advice."""
    to, frame = tmp_path / "out", mf.scan(photos(3)).probe()
    frame.with_columns(old=THUMB).export(to)
    before, seen = mf.manifest(to), list[bool]()

    def look(name: str) -> None:
        seen.append(mf.manifest(to).equals(before) and mf.verify(to, deep=True).ok)

    writes = Writes(monkeypatch, look)
    frame.with_columns(new=THUMB).export(to)

    mark = writes.places(f"{AREA}/commits/")[0]
    assert mark > 6
    assert all(seen[: mark + 1])
    assert sorted(set(mf.manifest(to)["rendition"])) == ["new", "old"]


def test_an_encoder_that_fails_leaves_nothing_under_the_name(
    photos: Callable[..., Path], tmp_path: Path, published: Published
) -> None:
    """Nothing is visible until it is whole."""
    frame = mf.scan(photos(2, 40, 30)).with_columns(
        thumb=THUMB, vast=mf.image.resize(17_000, 4, fit="fill", enlarge=True).webp()
    )

    run = frame.export(tmp_path / "out")

    assert set(run.failures["error_code"]) == {"E_ENCODE"}
    assert set(run.failures["what"]) == {"vast"}
    assert sorted(published(tmp_path / "out")) == ["thumb/00.webp", "thumb/01.webp"]
    assert leftovers(tmp_path) == []


class Disk:
    """A disk with room for so many bytes of results; a write that finds it full stops midway, as writes do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int, mark: str) -> None:
        self.room, self.mark = room, mark
        self.refused = 0
        self._fill = local._fill
        monkeypatch.setattr(local, "_fill", self.fill)

    def fill(self, temp: str, data: bytes | Path) -> None:
        if self.mark not in temp:
            return self._fill(temp, data)
        content = data.read_bytes() if isinstance(data, Path) else bytes(data)
        self._fill(temp, content[: self.room])
        if len(content) > self.room:
            self.refused += 1
            raise OSError(errno.ENOSPC, "No space left on device", temp)
        self.room -= len(content)
        return None


def test_a_full_disk_gives_rows_that_can_be_retried_and_nothing_partial(
    photos: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, published: Published
) -> None:
    """Nothing is visible until it is whole."""
    to = tmp_path / "out"
    frame = mf.scan(photos(6)).probe().with_columns(big=mf.image.png(), thumb=THUMB)
    disk = Disk(monkeypatch, room=120_000, mark="/out/big/")

    run = frame.export(to)

    full = run.manifest.filter(error_code="E_STORE_FULL")
    assert disk.refused == full.height > 1
    assert set(full["rendition"]) == {"big"}
    assert set(full["retryable"]) == {True}
    assert sorted(published(to)) == sorted(run.manifest["uri"].drop_nulls())
    assert leftovers(to) == []
    assert mf.verify(to, deep=True).ok
    assert run.state == "complete_with_errors"

    disk.room = 1 << 30
    run.retry()

    assert run.state == "complete"
    assert len(published(to)) == 12
    assert mf.verify(to, deep=True).ok


@pytest.mark.parametrize("mark", ["rows/", "manifests/", "commits/"])
def test_a_disk_that_is_too_full_for_the_books_stops_the_run_and_resume_ends_it(
    photos: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, published: Published, mark: str
) -> None:
    """Then the row log, then the manifest, then the commit mark: what is not in the books is not claimed."""
    to = tmp_path / "out"
    frame = mf.scan(photos(3)).probe().with_columns(thumb=THUMB)
    with monkeypatch.context() as patched:
        Disk(patched, room=10, mark=f"/{mark}")
        with pytest.raises(StoreError) as caught:
            frame.export(to)

    assert caught.value.code == "E_STORE_FULL"
    assert leftovers(to) == []
    with pytest.raises(mf.RunError, match="no manifest here"):
        mf.manifest(to)

    run = mf.resume(to)

    assert run.state == "complete"
    assert run.manifest["status"].to_list() == ["written"] * 3
    assert len(published(to)) == 3
    assert mf.verify(to, deep=True).ok


_LIMITED = """
import resource, sys
import mediaframe as mf
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
recipes = {"big": mf.image.resize(900, enlarge=True).png(), "thumb": mf.image.resize(64).webp()}
run = mf.scan(sys.argv[1]).probe().with_columns(**recipes).export(sys.argv[2])
print(run.state)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX's")
def test_files_that_the_system_refuses_to_grow_are_rows(
    photos: Callable[..., Path], tmp_path: Path, published: Published
) -> None:
    """Nothing is visible until it is whole; a run never dies of one file."""
    root = photos(3)
    large = photos(1, 900, 700, name="more") / "00.jpg"
    large.rename(root / "large.jpg")
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(entry or os.getcwd() for entry in sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(root), str(tmp_path / "out")], capture_output=True, text=True, env=here
    )

    assert done.stdout.split() == ["complete_with_errors"], done.stderr
    run = mf.open_run(tmp_path / "out")
    assert (root / "large.jpg").stat().st_size > 60_000
    assert set(run.failures.select("what", "error_code").rows()) == {("big", "E_STORE_FULL")}
    assert sorted(published(tmp_path / "out")) == [
        "thumb/00.webp",
        "thumb/01.webp",
        "thumb/02.webp",
        "thumb/large.webp",
    ]
    assert leftovers(tmp_path) == []
