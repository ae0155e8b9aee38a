"""Ways in which a run might lose, spoil, double or pass over something, each held by a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mediaframe as mf
import mediaframe.run as running
from mediaframe.errors import LayoutError, RunError, StoreError
from mediaframe.storage.source import Sources
from mediaframe.work.carry import Work
from mediaframe.work.commit import AREA
from mediaframe.work.task import Worker
from tests.run.media import picture, pictures

THUMB = mf.image.resize(32).png()
OTHER = mf.image.resize(24).png()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return pictures(tmp_path / "in", 3, 64, 48)


def thumbs(source: Path, recipe: Any = THUMB) -> mf.MediaFrame:
    return mf.scan(source).probe().with_columns(thumb=recipe)


def killed(export: Callable[[], object], monkeypatch: pytest.MonkeyPatch, whole: int = 1) -> None:
    """Let an export die after so many assets were worked through and logged, as if it had been killed."""
    original = Work.__call__

    def call(work: Work, batch: Any, slot: Any) -> Any:
        original(work, type(batch)(batch.index, batch.items[:whole]), slot)
        raise _PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(Work, "__call__", call)
        patch.setattr(running.Run, "_tell", lambda *_: None)
        with pytest.raises(_PowerCutError):
            export()


class _PowerCutError(BaseException):
    """Nobody catches it."""


# ---- nothing is lost -------------------------------------------------------------------------------------------------


def test_a_result_never_takes_the_place_of_a_source(source: Path) -> None:
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    frame = mf.scan(source).with_columns(thumb=mf.image.resize(32).jpeg())

    with pytest.raises(LayoutError, match="source") as refused:
        frame.export(source, layout="{stem}.{ext}", on_exists="replace")

    assert refused.value.code == "E_NAME_COLLISION"
    assert {path.name: path.read_bytes() for path in source.iterdir() if path.is_file()} == before


def test_a_result_takes_the_place_of_no_source_by_way_of_a_link(source: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source)
    before = (source / "000.jpg").read_bytes()
    frame = mf.scan(source).with_columns(thumb=mf.image.resize(32).jpeg())

    with pytest.raises(LayoutError, match="source"):
        frame.export(tmp_path / "link", layout="{stem}.{ext}", on_exists="replace")

    assert (source / "000.jpg").read_bytes() == before


def test_a_file_of_others_that_stood_in_the_way_is_not_replaced_by_a_retry(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Worker.__call__

    def call(worker: Worker, batch: Any, slot: Any) -> Any:
        (to / "thumb").mkdir(parents=True, exist_ok=True)
        (to / "thumb" / "001.png").write_bytes(b"somebody else's")
        return original(worker, batch, slot)

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "__call__", call)
        run = thumbs(source).export(to)
    assert run.failures["error_code"].to_list() == ["E_STORE_CONFLICT"]

    run.retry()

    assert (to / "thumb" / "001.png").read_bytes() == b"somebody else's"
    assert run.failures["error_code"].to_list() == ["E_STORE_CONFLICT"]


def test_garbage_is_not_what_others_put_where_a_run_failed(source: Path, to: Path) -> None:
    (source / "001.jpg").write_bytes((source / "001.jpg").read_bytes()[:700])
    run = mf.scan(source).with_columns(thumb=THUMB).export(to)
    assert run.failures.height == 1
    (to / "thumb" / "001.png").write_bytes(b"drawn by hand")

    mf.gc(to, dry_run=False, older_than=0)

    assert (to / "thumb" / "001.png").read_bytes() == b"drawn by hand"


# ---- the manifest tells the truth ------------------------------------------------------------------------------------


def test_a_retry_of_an_older_run_does_not_take_back_what_a_later_run_wrote(source: Path, to: Path) -> None:
    (source / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    older = mf.scan(source).with_columns(thumb=THUMB).export(to)
    mf.scan(source).with_columns(thumb=OTHER).export(to, on_exists="replace")

    with pytest.raises(RunError, match="export again"):
        older.retry()

    assert mf.verify(to, deep=True).ok


def test_a_retry_goes_on_where_later_runs_wrote_other_files(source: Path, to: Path) -> None:
    (source / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    older = mf.scan(source).with_columns(thumb=THUMB).export(to)
    mf.scan(source).with_columns(small=OTHER).export(to)
    picture(7, 64, 48).save(source / "bad.jpg")

    # The version that was scanned is gone; that is told, and all else stays.
    assert older.retry().failures["error_code"].to_list() == ["E_SOURCE_CHANGED"]
    assert mf.verify(to, deep=True).ok


def test_a_killed_run_is_not_gone_on_with_over_what_a_later_run_wrote(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(lambda: thumbs(source).export(to), monkeypatch)
    thumbs(source, OTHER).export(to, on_exists="replace")

    thumbs(source).export(to, on_exists="replace")

    assert mf.verify(to, deep=True).ok
    assert {path.name for path in (to / "thumb").iterdir()} == {"000.png", "001.png", "002.png"}


def test_what_was_done_and_is_gone_is_made_again_when_a_killed_run_goes_on(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(lambda: thumbs(source).export(to), monkeypatch)
    (to / "thumb" / "000.png").unlink()

    assert mf.resume(to).state == "complete"
    assert mf.verify(to, deep=True).ok


def test_what_was_reused_and_is_gone_is_made_again_when_a_killed_run_goes_on(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thumbs(source).head(2).export(to)
    killed(lambda: thumbs(source).export(to), monkeypatch)
    (to / "thumb" / "000.png").unlink()

    assert mf.resume(to).state == "complete"
    assert mf.verify(to, deep=True).ok


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_lines_of_one_attempt_the_one_that_tells_of_a_file_counts(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    run = thumbs(source).export(to)
    log = next((to / AREA / "runs" / run.id / "rows").glob("0*.jsonl"))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    lost = [{**line, "status": "failed", "uri": None, "error_code": "E_WORKER_LOST"} for line in lines]
    for name, told in zip(["000000-a", "000000-b"], [lines, lost][::turn], strict=True):
        (log.parent / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in told))
    log.unlink()

    monkeypatch.setattr(Sources, "read", _no_reading)
    run.retry()

    assert run.manifest["status"].to_list() == ["written"] * 3


def _no_reading(*_: object) -> bytes:
    raise AssertionError("what is there is not made again")


def test_a_run_that_left_something_out_is_not_called_complete(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Worker.__call__

    def call(worker: Worker, batch: Any, slot: Any) -> Any:
        return original(worker, type(batch)(batch.index, batch.items[:-1]), slot)

    with monkeypatch.context() as patch:
        patch.setattr(Worker, "__call__", call)
        with pytest.raises(RunError, match="resume"):
            thumbs(source).export(to)

    assert mf.resume(to).state == "complete"
    assert mf.manifest(to).height == 3


def _no_child(*_: object) -> None:
    raise OSError("no process can be made")


def test_a_machine_on_which_no_child_starts_stops_the_run_and_fails_no_asset(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("mediaframe.work.slot.Process", _no_child)
        with pytest.raises(RunError, match="the decoder does not start"):
            thumbs(source).export(to, slots=1)

    assert mf.resume(to).state == "complete"


def test_a_probe_on_a_machine_on_which_no_child_starts_blames_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x10moov" + bytes(8))
    monkeypatch.setattr("mediaframe.work.slot.Process", _no_child)

    with pytest.raises(RunError, match="the decoder does not start"):
        mf.scan(tmp_path).probe().collect(slots=1)


# ---- nothing is passed over ------------------------------------------------------------------------------------------


def test_results_of_a_killed_run_among_the_sources_are_no_sources(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(lambda: thumbs(source).export(source), monkeypatch)

    run = thumbs(source).export(source)

    assert run.manifest["uri"].to_list() == [f"thumb/00{n}.png" for n in range(3)]
    assert mf.verify(source, deep=True).checked == 3


def unreachable(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store of the sources not answer for one of them."""

    def silent(original: Any) -> Any:
        def read(sources: Sources, uri: str, *args: int) -> bytes:
            if uri.endswith(name):
                raise StoreError("no answer", code="E_SOURCE_UNAVAILABLE")
            return bytes(original(sources, uri, *args))

        return read

    for method in ("read", "read_range"):
        monkeypatch.setattr(Sources, method, silent(getattr(Sources, method)))


def test_a_source_that_could_not_be_reached_is_asked_again_by_the_next_run(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        unreachable("001.jpg", patch)
        assert thumbs(source).export(to).failures["error_code"].to_list() == ["E_SOURCE_UNAVAILABLE"]

    assert thumbs(source).export(to).manifest["status"].to_list() == ["reused", "written", "reused"]


def test_a_source_that_could_not_be_reached_is_asked_again_by_a_retry(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        unreachable("001.jpg", patch)
        run = thumbs(source).export(to)
    assert run.failures["error_code"].to_list() == ["E_SOURCE_UNAVAILABLE"]

    run.retry()

    assert run.manifest["status"].to_list() == ["written"] * 3
    assert mf.verify(to, deep=True).ok


def test_a_raised_limit_counts_for_a_run_that_was_killed(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = mf.scan(source).with_columns(thumb=THUMB)
    killed(lambda: frame.export(to, limits=mf.Limits(bytes=100)), monkeypatch)

    run = frame.export(to, limits=mf.Limits())

    assert run.state == "complete"
    assert run.manifest["status"].to_list() == ["written"] * 3


def test_another_layout_is_honored_where_names_are_known_late(source: Path, to: Path) -> None:
    thumbs(source).export(to)

    run = thumbs(source).export(to, layout="by-key/{key}.{ext}")

    assert run.manifest["status"].to_list() == ["written"] * 3
    assert all(uri.startswith("by-key/") for uri in run.manifest["uri"])
    assert thumbs(source).export(to, layout="by-key/{key}.{ext}").manifest["status"].to_list() == ["reused"] * 3


def test_values_of_another_engine_are_measured_again_on_refresh(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = mf.scan(source).probe().with_columns(sharp=mf.image.sharpness())
    frame.export(to)
    assert frame.export(to, refresh="engine").measures["status"].to_list() == ["reused"] * 3

    monkeypatch.setattr(running, "engine_versions", lambda _: frozenset({"another 1.0"}))

    assert frame.export(to, refresh="engine").measures["status"].to_list() == ["measured"] * 3


def test_the_run_that_began_last_is_the_newest_whatever_the_clock_says(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = thumbs(source).head(1).export(to)
    ahead = f"2999{first.id[4:]}"
    (to / AREA / "runs" / first.id).rename(to / AREA / "runs" / ahead)
    commit = next((to / AREA / "commits").iterdir())
    commit.write_text(commit.read_text().replace(f'"{first.id}"', f'"{ahead}"'))

    killed(lambda: thumbs(source).export(to), monkeypatch)

    assert mf.open_run(to).id > ahead
    assert mf.resume(to).state == "complete"
    assert mf.manifest(to).height == 3
