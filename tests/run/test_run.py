"""What an export promises: nothing twice, nothing over another's file, every asset a row, everything checkable."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import LayoutError, RunError, StoreError, UsageError
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from mediaframe.table.schema import RENDITION, schema
from mediaframe.work.commit import AREA, head_commit
from tests.run.conftest import THUMB
from tests.run.media import files, picture


class Reads:
    """Counts what is read of the sources."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.uris: list[str] = []
        for name in ("read", "read_range"):
            monkeypatch.setattr(Sources, name, self._counting(getattr(Sources, name)))

    def _counting(self, method: Any) -> Any:
        def read(sources: Sources, uri: str, *args: Any) -> bytes:
            self.uris.append(uri)
            return bytes(method(sources, uri, *args))

        return read


def test_an_export_gives_one_row_for_each_asset_and_rendition(frame: mf.MediaFrame, tmp_path: Path) -> None:
    run = frame.export(tmp_path / "out")

    assert run.state == "complete"
    assert run.manifest.schema == pl.Schema(schema(RENDITION))
    assert run.manifest["status"].to_list() == ["written"] * 4
    assert run.manifest["uri"].to_list() == files(tmp_path / "out") == [f"thumb/00{n}.webp" for n in range(4)]
    assert run.assets["sharp"].null_count() == 0
    assert mf.verify(tmp_path / "out", deep=True).ok
    assert run.summary["counts"] == {"written": 4}
    assert json.loads((tmp_path / "out" / AREA / "runs" / run.id / "run.json").read_text())["state"] == "complete"


def test_a_second_run_does_nothing_twice_and_reads_no_source(
    frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = frame.export(tmp_path / "out")
    times = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in files(tmp_path / "out")}

    reads = Reads(monkeypatch)
    second = frame.export(tmp_path / "out")

    assert reads.uris == []
    assert second.manifest["status"].to_list() == ["reused"] * 4
    assert second.measures["status"].to_list() == ["reused"] * 4
    assert second.manifest["sha256"].to_list() == first.manifest["sha256"].to_list()
    assert {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in files(tmp_path / "out")} == times


def test_one_changed_source_is_all_that_is_made_again(
    frame: mf.MediaFrame, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame.export(tmp_path / "out")
    picture(99, 160, 120).save(source / "002.jpg", quality=85)

    reads = Reads(monkeypatch)
    with pytest.raises(RunError, match="on_exists='replace'"):
        frame.export(tmp_path / "out")
    run = frame.export(tmp_path / "out", on_exists="replace")

    assert {Path(uri).name for uri in reads.uris} == {"002.jpg"}
    assert run.manifest["status"].to_list() == ["reused", "reused", "written", "reused"]
    assert mf.verify(tmp_path / "out", deep=True).ok


def test_what_failed_is_tried_again_by_the_next_export_and_all_else_is_not_read(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = source / "001.jpg"
    bad.write_bytes(bad.read_bytes()[:-600])
    frame = mf.scan(source).probe().with_columns(thumb=mf.image.resize(32).png())
    first = frame.export(tmp_path / "out")

    reads = Reads(monkeypatch)
    second = frame.export(tmp_path / "out")
    kept = frame.filter(~pl.col("uri").is_in(second.failures["source"].to_list())).export(tmp_path / "out")

    assert first.failures["source"].to_list() == second.failures["source"].to_list() == [str(bad)]
    assert not second.failures["retryable"].any()
    assert reads.uris == [str(bad)]
    assert kept.state == "complete"


def test_a_file_that_was_lost_is_made_again(frame: mf.MediaFrame, tmp_path: Path) -> None:
    frame.export(tmp_path / "out")
    (tmp_path / "out" / "thumb" / "001.webp").unlink()

    run = frame.export(tmp_path / "out")

    assert run.manifest["status"].to_list() == ["reused", "written", "reused", "reused"]


def test_other_peoples_files_are_named_before_anything_is_written(frame: mf.MediaFrame, tmp_path: Path) -> None:
    to = tmp_path / "out"
    (to / "thumb").mkdir(parents=True)
    (to / "thumb" / "001.webp").write_bytes(b"somebody else's")

    with pytest.raises(RunError, match=r"thumb/001\.webp") as refused:
        frame.export(to)

    assert refused.value.code == "E_STORE_CONFLICT"
    assert files(to) == ["thumb/001.webp"]
    assert (to / "thumb" / "001.webp").read_bytes() == b"somebody else's"
    assert head_commit(Store.open(to)) is None


def test_replace_puts_ours_in_their_place(frame: mf.MediaFrame, tmp_path: Path) -> None:
    to = tmp_path / "out"
    (to / "thumb").mkdir(parents=True)
    (to / "thumb" / "001.webp").write_bytes(b"somebody else's")

    run = frame.export(to, on_exists="replace")

    assert run.state == "complete"
    assert mf.verify(to, deep=True).ok


def test_version_writes_under_a_fresh_prefix_each_time(frame: mf.MediaFrame, tmp_path: Path) -> None:
    to = tmp_path / "out"
    first = frame.export(to, on_exists="version")
    second = frame.export(to, on_exists="version")

    assert first.id != second.id
    assert files(to) == sorted(f"{run.id}/thumb/00{n}.webp" for run in (first, second) for n in range(4))
    assert mf.verify(to, deep=True).ok


def test_names_that_clash_are_told_before_the_first_byte(frame: mf.MediaFrame, tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"4 results|3 results") as refused:
        frame.export(tmp_path / "out", layout="{rendition}/all.{ext}")

    assert refused.value.code == "E_NAME_COLLISION"
    assert "add a column to the layout" in refused.value.message
    assert files(tmp_path / "out") == []


def test_a_layout_with_the_key_lets_equal_results_share_a_file(source: Path, tmp_path: Path) -> None:
    (source / "copy.jpg").write_bytes((source / "000.jpg").read_bytes())
    frame = mf.scan(source).with_columns(thumb=THUMB)

    run = frame.export(tmp_path / "out", layout="{key}.{ext}", slots=1)

    assert run.manifest.height == 5
    assert len(files(tmp_path / "out")) == 4
    assert sorted(run.manifest["status"]) == ["reused", "written", "written", "written", "written"]
    assert all(row["uri"] == f"{row['key']}.webp" for row in run.manifest.to_dicts())
    assert frame.export(tmp_path / "out", layout="{key}.{ext}").manifest["status"].unique().to_list() == ["reused"]


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(frame: mf.MediaFrame, tmp_path: Path) -> None:
    run = frame.export(tmp_path / "out", dry_run=True, originals=True)

    assert run.state == "planned"
    assert run.manifest["status"].unique().to_list() == ["planned"]
    assert run.manifest["uri"].to_list()[:2] == ["thumb/000.webp", "originals/000.jpg"]
    assert not list((tmp_path / "out").rglob("*"))


def test_originals_are_copied_byte_for_byte_on_request(frame: mf.MediaFrame, source: Path, tmp_path: Path) -> None:
    run = frame.export(tmp_path / "out", originals="raw/{stem}.{ext}")

    assert run.manifest.filter(rendition="original")["recipe"].unique().to_list() == ["copy"]
    for path in source.iterdir():
        assert (tmp_path / "out" / "raw" / path.name).read_bytes() == path.read_bytes()


def test_what_a_store_refused_for_a_while_is_made_by_retry_alone(
    frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Store.write

    def refusing(store: Store, name: str, *args: Any, **options: Any) -> None:
        if name in ("thumb/001.webp", "thumb/003.webp"):
            raise StoreError("the store is away", code="E_STORE_UNAVAILABLE")
        write(store, name, *args, **options)

    monkeypatch.setattr(Store, "write", refusing)
    run = frame.export(tmp_path / "out")
    assert run.state == "complete_with_errors"
    assert run.manifest["status"].to_list() == ["written", "failed", "written", "failed"]
    assert run.failures["retryable"].to_list() == [True, True]
    monkeypatch.setattr(Store, "write", write)
    reads = Reads(monkeypatch)

    run.retry()

    assert {Path(uri).name for uri in reads.uris} == {"001.jpg", "003.jpg"}
    assert run.state == "complete"
    assert run.manifest["status"].to_list() == ["written"] * 4
    assert run.manifest["attempts"].to_list() == [1, 2, 1, 2]
    assert mf.open_run(tmp_path / "out").manifest.equals(run.manifest)


def test_a_wrong_value_in_a_row_is_that_rows_error(source: Path, tmp_path: Path) -> None:
    frame = mf.scan(source).with_columns(side=pl.col("name").replace_strict({"001.jpg": 0}, default=32))
    frame = frame.with_columns(small=mf.image.resize(pl.col("side")).png()).drop("side")

    run = frame.export(tmp_path / "out")

    assert run.manifest["status"].to_list() == ["written", "failed", "written", "written"]
    assert run.failures["error_code"].to_list() == ["E_PARAM"]
    assert run.failures["error"].to_list() == ["resize(width=...): expected 1 to 65535 px, got 0"]
    assert run.manifest["recipe"][0] == "image.resize(width=32).png()"


def test_no_asset_is_ever_without_a_row(source: Path, tmp_path: Path) -> None:
    (source / "empty.jpg").write_bytes(b"")
    (source / "cut.jpg").write_bytes((source / "000.jpg").read_bytes()[:1500])
    (source / "text.jpg").write_text("no picture at all")
    probed = mf.scan(source).probe()

    kept = probed.with_columns(thumb=THUMB).export(tmp_path / "kept")
    filtered = probed.filter(pl.col("width") > 10).with_columns(thumb=THUMB).export(tmp_path / "filtered")

    told = dict(kept.failures.select("source", "error_code").iter_rows())
    assert {Path(uri).name: code for uri, code in told.items()}["empty.jpg"] == "E_SOURCE_EMPTY"
    assert kept.manifest.height + kept.excluded.height >= 6
    assert "empty.jpg" in filtered.excluded["name"].to_list()
    assert filtered.summary["excluded"] == filtered.excluded.height
    assert kept.state == filtered.state == "complete_with_errors"


def test_a_budget_of_bytes_is_kept(source: Path, tmp_path: Path) -> None:
    frame = mf.scan(source).with_columns(
        small=mf.image.webp(quality=90, max_bytes="1.5 kB"), never=mf.image.jpeg(max_bytes=20)
    )

    run = frame.export(tmp_path / "out")

    small, never = run.manifest.filter(rendition="small"), run.manifest.filter(rendition="never")
    assert small["bytes"].max() <= 1500
    assert small["quality"].max() < 90
    assert never["error_code"].unique().to_list() == ["E_INFEASIBLE"]
    assert never["outcome"].unique().to_list() == ["infeasible"]
    assert small["outcome"].unique().to_list() == ["met"]
    assert "max_bytes" in never["error"][0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"layout": "{nme}.{ext}"}, "did you mean 'name'"),
        ({"layout": "../{name}"}, "no '..'"),
        ({"on_exists": "overwrite"}, "'error' or 'replace' or 'version'"),
        ({"originals": "{nope}"}, "no column 'nope'"),
    ],
)
def test_a_wrong_word_raises_before_any_byte(
    frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], says: str
) -> None:
    reads = Reads(monkeypatch)

    with pytest.raises(UsageError, match=says):
        frame.export(tmp_path / "out", **wrong)

    assert reads.uris == []
    assert not list((tmp_path / "out").rglob("*"))


def test_sources_that_changed_after_the_plan_are_not_rendered(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = mf.scan(source).collect()
    os.utime(source / "002.jpg", ns=(1, 1))

    run = mf.scan(table).with_columns(thumb=THUMB).export(tmp_path / "out")

    assert run.manifest["error_code"].to_list() == [None, None, "E_SOURCE_CHANGED", None]


def test_two_exports_to_one_place_keep_each_others_files_true(source: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    mf.scan(source).with_columns(thumb=THUMB).export(to)
    mf.scan(source).with_columns(big=mf.image.resize(100).png()).export(to)

    check = mf.verify(to, deep=True)

    assert check.ok
    assert check.checked == 8
    assert check.extra == ()
    assert set(mf.manifest(to)["rendition"]) == {"thumb", "big"}


def test_a_run_that_ended_has_nothing_to_resume(frame: mf.MediaFrame, tmp_path: Path) -> None:
    run = frame.export(tmp_path / "out")
    again = mf.resume(tmp_path / "out")

    assert again.id == run.id
    assert again.state == "complete"


def test_a_place_without_runs_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="export to it first"):
        mf.resume(tmp_path)
    with pytest.raises(RunError, match="export to it first"):
        mf.verify(tmp_path)


@pytest.mark.parametrize("below", ["web", "."])
def test_results_among_the_sources_do_not_become_sources(source: Path, below: str) -> None:
    frame = mf.scan(source).probe().with_columns(thumb=THUMB)
    frame.export(source / below)

    again = frame.export(source / below)

    assert again.manifest.height == 4
    assert again.manifest["status"].unique().to_list() == ["reused"]
    assert mf.scan(source / "web" if below == "web" else source / "thumb").collect().height >= 4


def test_results_that_are_scanned_by_themselves_are_sources(source: Path, tmp_path: Path) -> None:
    to = tmp_path / "out"
    mf.scan(source).with_columns(big=mf.image.resize(100).webp()).export(to)

    run = mf.scan(to / "big").with_columns(tiny=mf.image.resize(16).webp()).export(to)

    assert run.manifest["uri"].to_list() == [f"tiny/00{n}.webp" for n in range(4)]
    assert mf.verify(to, deep=True).checked == 8


def test_one_layout_after_the_other_does_nothing_twice(
    frame: mf.MediaFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "out"
    for layout in ("{rendition}/{stem}.{ext}", "{stem}-{rendition}.{ext}"):
        frame.export(to, layout=layout)
    reads = Reads(monkeypatch)

    first = frame.export(to, layout="{rendition}/{stem}.{ext}")
    second = frame.export(to, layout="{stem}-{rendition}.{ext}")

    assert first.summary["counts"] == second.summary["counts"] == {"reused": 4}
    assert first.manifest["uri"].to_list() == [f"thumb/00{n}.webp" for n in range(4)]
    assert reads.uris == []
    assert mf.verify(to, deep=True).checked == 8


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_file_is_no_place_to_export_to(frame: mf.MediaFrame, tmp_path: Path, dry_run: bool) -> None:
    (tmp_path / "out").write_bytes(b"somebody else's")

    with pytest.raises(UsageError, match="expected a folder to export to, got a file"):
        frame.export(tmp_path / "out", dry_run=dry_run)

    assert (tmp_path / "out").read_bytes() == b"somebody else's"
