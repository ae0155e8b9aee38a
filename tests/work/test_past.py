"""What earlier runs have left is read part by part, and gives what one table of all would give."""

from __future__ import annotations

import hashlib
import random
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import RunError
from mediaframe.storage.index import Index
from mediaframe.storage.store import Store
from mediaframe.table.schema import RENDITION, schema
from mediaframe.work import commit as committing
from mediaframe.work import past
from mediaframe.work.commit import RunFiles, commit, head_commit
from mediaframe.work.job import FORMAT, Job

SMALL = mf.image.resize(8).png()
LARGE = mf.image.resize(16).png()
GROUP = 8


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "GROUP", GROUP)
    monkeypatch.setattr(past, "GROUP", GROUP)


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store.open(tmp_path / "out" if request.param == "local" else f"memory://{uuid.uuid4().hex}")


def line(row: int, uri: str | None, name: str = "small", attempt: int = 1, status: str = "written") -> dict[str, Any]:
    return {
        "row": row, "place": 0 if name == "small" else 1, "attempt": attempt, "attempts": attempt, "asset_id": f"{row}",
        "source": f"s3://in/{row}", "source_version": "v", "rendition": name, "recipe": repr(SMALL),
        "recipe_id": SMALL.id, "status": status, "uri": uri, "bytes": 3, "sha256": f"{uri}{attempt}",
        "written_at": f"2026-01-01T00:00:{attempt:02d}+00:00",
    }  # fmt: skip


def ran(store: Store, run: str, logs: list[list[dict[str, Any]]]) -> RunFiles:
    """Leave what a run leaves that has written these logs, and commit it."""
    files = RunFiles(store, run)
    for at, log in enumerate(logs):
        files.log(f"{at:06d}", log)
    head = head_commit(store)
    job = Job((("small", SMALL), ("large", LARGE)), "{id}.{ext}").to_json()
    files.write_plan({"form": FORMAT, "head": head.number if head else 0, "run": run, "job": job})
    commit(files)
    return files


def first_of(tables: list[pl.DataFrame]) -> pl.DataFrame:
    """Give of each file the first word, as polars says it of all tables at once."""
    rows = pl.concat(tables).filter(pl.col("uri").is_not_null())
    return rows.unique("uri", keep="first", maintain_order=True)


def test_a_manifest_is_in_the_order_of_the_input_whatever_the_log_says_first(store: Store) -> None:
    words = [(row, name) for row in range(50) for name in ("small", "large")]
    first = [line(row, f"{row}-{name}", name, 1, "failed") for row, name in words]
    second = [line(row, f"{row}-{name}", name, 2) for row, name in words if row % 3]
    lines = [*first, *second]
    random.Random(5).shuffle(lines)

    ran(store, "20260101T000000-aaaaaa", [lines[start : start + 7] for start in range(0, len(lines), 7)])

    head = head_commit(store)
    assert head is not None
    entry = next(one for one in head.manifests if one["table"] == "renditions")
    found = past.read_manifest(store, entry)
    assert found.select("asset_id", "rendition").rows() == [(f"{row}", name) for row, name in words]
    assert found["attempts"].to_list() == [2 if row % 3 else 1 for row, _ in words]
    assert (entry["rows"], entry["failed"]) == (100, 34)


def test_parts_are_no_larger_than_a_group_and_come_to_the_whole(store: Store) -> None:
    ran(store, "20260101T000000-aaaaaa", [[line(row, f"{row}") for row in range(3 * GROUP + 1)]])
    head = head_commit(store)
    assert head is not None
    entry = head.manifests[0]

    found = list(past.parts(store, entry))

    assert [part.height for part in found] == [GROUP, GROUP, GROUP, 1]
    assert pl.concat(found).equals(past.read_manifest(store, entry))
    assert next(past.parts(store, entry, ["uri"])).columns == ["uri"]


def test_of_each_file_the_newest_word_is_true(store: Store) -> None:
    tables = []
    for number, names in enumerate([range(30), range(20, 40), range(5, 25)]):
        run = f"2026010{number + 1}T000000-aaaaaa"
        ran(store, run, [[line(at, f"{name}", attempt=number + 1) for at, name in enumerate([*names, names[0]])]])
    head = head_commit(store)
    assert head is not None
    entries = [one for one in reversed(head.manifests) if one["table"] == "renditions"]
    tables = [past.read_manifest(store, one) for one in entries]

    found = list(past.live(store, head))

    assert max(part.height for part in found) <= GROUP
    assert pl.concat(found).equals(first_of(tables))
    assert past.all_live(store, head).height == 40
    assert pl.concat(past.live(store, head, ["bytes"])).columns == ["bytes"]


def test_a_manifest_far_away_is_fetched_by_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open(f"memory://{uuid.uuid4().hex}")
    ran(store, "20260101T000000-aaaaaa", [[line(row, f"{row}") for row in range(40)]])
    head = head_commit(store)
    assert head is not None
    asked: list[int] = []
    read_range = Store.read_range
    monkeypatch.setattr(past, "_PIECE", 500)
    monkeypatch.setattr(
        Store, "read_range", lambda self, name, at, size: (asked.append(size), read_range(self, name, at, size))[1]
    )
    monkeypatch.setattr(Store, "read", lambda self, name: pytest.fail(f"{name} was read whole"))

    found = list(past.live(store, head))

    assert sum(part.height for part in found) == 40
    assert len(asked) > 5
    assert set(asked) == {500}


def test_a_manifest_that_was_changed_or_is_gone_is_told_before_a_row_of_it_is_used(store: Store) -> None:
    ran(store, "20260101T000000-aaaaaa", [[line(0, "a")]])
    head = head_commit(store)
    assert head is not None
    entry = head.manifests[0]
    store.write(entry["name"], store.read(entry["name"]) + b"x", replace=True)

    with pytest.raises(RunError, match="was changed after its commit"):
        next(past.parts(store, entry))
    store.remove(entry["name"])
    with pytest.raises(RunError, match="is missing") as gone:
        next(past.parts(store, entry))

    assert gone.value.code == "E_MANIFEST"


def test_what_later_runs_have_written_anew_is_named(store: Store) -> None:
    old = RunFiles(store, "20260101T000000-aaaaaa")
    old.log("000000", [line(row, f"{row}") for row in range(30)])
    old.write_plan({"form": FORMAT, "head": 0, "run": old.run, "job": Job((("small", SMALL),), "{id}.{ext}").to_json()})
    later = [line(at, f"{name}", status="written" if name % 2 else "reused") for at, name in enumerate(range(25, 35))]

    ran(store, "20260102T000000-bbbbbb", [later])

    assert past.superseded(old) == ["25", "27", "29"]


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[int]]]:
    """Give how many digests the index was asked for, each time."""
    asked: list[int] = []
    take_many = Index.take_many

    def counted(self: Index, digests: Any) -> dict[bytes, str]:
        asked.append(len(list(digests)))
        return take_many(self, digests)

    monkeypatch.setattr(Index, "take_many", counted)
    return lambda: asked


def test_a_check_compares_a_page_at_a_time(watched: Callable[[], list[int]], monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"memory://{uuid.uuid4().hex}"
    store = Store.open(url)
    monkeypatch.setattr(sys.modules[mf.verify.__module__], "_MANY", 10)
    ran(store, "20260101T000000-aaaaaa", [[line(row, f"{row:02d}") for row in range(45)]])
    for name in [*(f"{row:02d}" for row in range(40)), "extra"]:
        store.write(name, b"long" if name == "07" else b"123")

    found = mf.verify(url)

    assert watched() == [10, 10, 10, 10, 1]
    assert found.checked == 45
    assert found.missing == ("40", "41", "42", "43", "44")
    assert found.changed == ("07",)
    assert found.extra == ("extra",)


def test_a_manifest_of_an_older_writer_is_read_and_what_it_did_not_know_is_null(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "out")
    ran(store, "a", [[line(0, "a.png")]])
    head = head_commit(store)
    assert head is not None
    entry = dict(next(one for one in head.manifests if one["table"] == "renditions"))
    path = tmp_path / "out" / entry["name"]
    pl.read_parquet(path).drop("parts", "origin").write_parquet(path)
    entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()

    whole = past.read_manifest(store, entry)
    some = pl.concat(past.parts(store, entry, ["uri", "parts"]))

    assert whole.schema == schema(RENDITION)
    assert whole.select("uri", "origin", "parts").rows() == [("a.png", None, None)]
    assert some.rows() == [("a.png", None)]
