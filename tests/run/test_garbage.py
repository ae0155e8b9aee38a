"""Garbage is what runs left and nothing tells of; what others put there is never touched."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mediaframe as mf
from mediaframe.cli import app
from mediaframe.errors import RunError, UsageError
from mediaframe.work.commit import AREA
from tests.run.media import pictures


@pytest.fixture
def to(tmp_path: Path) -> Path:
    """Give a destination with a whole run, an own file of the user, and litter of each sort."""
    source, to = pictures(tmp_path / "in", 3, 64, 48), tmp_path / "out"
    run = mf.scan(source).with_columns(small=mf.image.resize(32).png()).export(to)
    (to / "mine.txt").write_text("mine")
    (to / ".mf-tmp-0123").write_bytes(b"half")
    stray = to / AREA / "runs" / "20200101T000000-abcdef" / "input" / "part-00000.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"of a run that died before its plan")
    nested = to / "nested" / AREA / "manifests" / "x.parquet"
    nested.parent.mkdir(parents=True)
    nested.write_bytes(b"of another destination")
    assert run.state == "complete"
    return to


def names(to: Path) -> set[str]:
    return {str(path.relative_to(to)) for path in to.rglob("*") if path.is_file()}


def test_a_dry_run_tells_and_removes_nothing(to: Path) -> None:
    before = names(to)

    found = mf.gc(to, older_than=0)

    assert found.dry_run
    assert found.objects == (f"{AREA}/runs/20200101T000000-abcdef/input/part-00000.parquet",)
    assert found.temporary == (".mf-tmp-0123",)
    assert found.foreign == 1
    assert names(to) == before


def test_what_is_removed_is_the_garbage_alone(to: Path) -> None:
    before = names(to)

    found = mf.gc(to, dry_run=False, older_than=0)

    assert before - names(to) == {*found.objects, *found.temporary}
    assert mf.verify(to, deep=True).ok
    assert mf.gc(to, older_than=0).count == 0


def test_what_is_young_is_left_alone(to: Path) -> None:
    assert mf.gc(to).count == 0
    assert mf.gc(to, older_than="1 h").count == 0

    eight_days = time.time() - 8 * 86400
    os.utime(to / ".mf-tmp-0123", (eight_days, eight_days))

    assert mf.gc(to).temporary == (".mf-tmp-0123",)


def test_what_a_finished_run_planned_and_does_not_tell_of_is_garbage(to: Path) -> None:
    run = mf.open_run(to)
    name = run.manifest["uri"][0]
    commit = max((to / AREA / "commits").iterdir())
    body = json.loads(commit.read_text())
    commit.write_text(json.dumps({**body, "manifests": []}))

    assert name in mf.gc(to, older_than=0).objects
    assert "mine.txt" not in mf.gc(to, older_than=0).objects


def test_what_an_unfinished_run_has_planned_is_kept(to: Path) -> None:
    run = mf.open_run(to)
    commit = max((to / AREA / "commits").iterdir())
    commit.unlink()
    (to / AREA / "runs" / run.id / "run.json").unlink()

    found = mf.gc(to, older_than=0)

    assert not [name for name in found.objects if name.endswith(".png")]


def test_what_stood_in_the_way_of_a_run_is_not_garbage(tmp_path: Path) -> None:
    source, to = pictures(tmp_path / "in", 2, 64, 48), tmp_path / "out"
    frame = mf.scan(source).with_columns(small=mf.image.resize(32).png())
    run = frame.export(to)
    log = next((to / AREA / "runs" / run.id / "rows").glob("0*.jsonl"))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    lines[0] |= {"status": "failed", "error_code": "E_STORE_CONFLICT"}
    taken = lines[0].pop("uri")
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    commit = max((to / AREA / "commits").iterdir())
    commit.write_text(json.dumps({**json.loads(commit.read_text()), "manifests": []}))

    found = mf.gc(to, older_than=0)

    assert taken not in found.objects
    assert lines[1]["uri"] in found.objects


def test_nothing_is_removed_while_a_run_is_at_work(to: Path) -> None:
    stat = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]
    owner = {"id": "x", "host": os.uname().nodename, "pid": os.getpid(), "expires": time.time() + 60, "started": stat}
    (to / AREA / "lock.json").write_text(json.dumps(owner))

    assert mf.gc(to, older_than=0).count == 2
    with pytest.raises(RunError, match="expected no other run here"):
        mf.gc(to, dry_run=False, older_than=0)


@pytest.mark.parametrize("age", ["soon", -1, "1 year"])
def test_an_age_that_is_none_is_refused(tmp_path: Path, age: str | int) -> None:
    with pytest.raises(UsageError, match="older_than"):
        mf.gc(tmp_path, older_than=age)


def test_the_shell_tells_and_removes(to: Path) -> None:
    shell = CliRunner()

    told = shell.invoke(app, ["gc", str(to), "--older-than", "0", "--json"])
    kept = (to / ".mf-tmp-0123").exists()
    removed = shell.invoke(app, ["gc", str(to), "--older-than", "0", "--delete"])

    assert json.loads(told.stdout)["temporary"] == [".mf-tmp-0123"]
    assert kept
    assert removed.exit_code == 0
    assert not (to / ".mf-tmp-0123").exists()
