"""Odd input of a run: names, columns and rows that few have, each held by a test."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import LayoutError, RunError, StoreError, UsageError
from mediaframe.storage.source import Sources
from mediaframe.storage.stat import Stat, from_os
from tests.run.media import picture, pictures

THUMB = mf.image.resize(32).png()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return pictures(tmp_path / "in", 3, 64, 48)


def thumbs(source: Path, recipe: Any = THUMB) -> mf.MediaFrame:
    return mf.scan(source).probe().with_columns(thumb=recipe)


def test_copies_cannot_be_named_by_a_key_that_they_do_not_have(source: Path, to: Path) -> None:
    with pytest.raises(LayoutError, match="key"):
        thumbs(source).export(to, originals="originals/{key}.{ext}")


def test_columns_that_are_named_like_ours_within_are_refused(source: Path) -> None:
    table = pl.DataFrame({"uri": [str(source / "000.jpg")], "__mf_value_sharp": ["0.5"]})

    with pytest.raises(UsageError, match="__mf_"):
        mf.scan(table)


def test_an_error_in_bytes_that_are_no_text_does_not_stop_the_commit(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> bytes:
        raise StoreError("caf\udce9.jpg: gone", code="E_SOURCE_UNAVAILABLE")

    frame = mf.scan(source).with_columns(thumb=THUMB)
    monkeypatch.setattr(Sources, "read", read)

    run = frame.export(to)

    assert run.state == "complete_with_errors"
    assert run.failures["error"].to_list() == ["caf%E9.jpg: gone"] * 3


def test_one_asset_named_twice_is_refused_by_name_and_made_twice_by_column(source: Path, to: Path) -> None:
    uri = str(source / "000.jpg")
    frame = mf.scan(pl.DataFrame({"uri": [uri, uri], "n": [1, 2]})).with_columns(
        thumb=THUMB, sharp=mf.image.sharpness()
    )

    with pytest.raises(LayoutError, match="000"):
        frame.export(to)
    run = frame.export(to, layout="{n}.{ext}")

    assert sorted(run.manifest["uri"]) == ["1.png", "2.png"]
    assert run.assets["sharp"].null_count() == 0


@pytest.mark.parametrize("frame", ["head", "empty", "filtered"])
def test_a_run_of_no_rows_is_complete(source: Path, to: Path, tmp_path: Path, frame: str) -> None:
    (tmp_path / "empty").mkdir()
    frames = {
        "head": thumbs(source).head(0),
        "empty": thumbs(tmp_path / "empty"),
        "filtered": thumbs(source).filter(pl.col("width") > 10_000),
    }

    run = frames[frame].export(to)

    assert (run.state, run.manifest.height, mf.manifest(to).height) == ("complete", 0, 0)
    assert mf.verify(to).ok
    assert run.assets.height == run.failures.height == 0


def test_only_originals_only_measures_and_nothing_but_media_can_be_exported(source: Path, to: Path) -> None:
    copies = mf.scan(source).export(to / "copies", originals=True)
    values = mf.scan(source).with_columns(asset_id=mf.image.sharpness()).export(to / "values")
    alone = thumbs(source).select("thumb").export(to / "alone")

    assert copies.manifest["uri"].to_list() == [f"originals/00{n}.jpg" for n in range(3)]
    assert values.assets["asset_id"].null_count() == 0
    assert alone.manifest["status"].to_list() == ["written"] * 3


def test_media_columns_that_change_names_with_one_another_keep_their_recipes(source: Path, to: Path) -> None:
    frame = mf.scan(source).with_columns(a=mf.image.resize(32).png(), b=mf.image.resize(16).png())

    run = frame.rename({"a": "b", "b": "a"}).export(to)

    assert set(run.manifest.filter(pl.col("rendition") == "a")["width"]) == {16}
    assert set(run.manifest.filter(pl.col("rendition") == "b")["width"]) == {32}


def test_columns_that_users_name_like_ours_change_nothing_that_we_know(source: Path, to: Path) -> None:
    frame = thumbs(source).with_columns(status=pl.lit("error"), bytes=pl.lit(0), id=pl.lit("x"), version=pl.lit("y"))

    assert frame.export(to).manifest["status"].to_list() == ["written"] * 3
    assert frame.export(to).manifest["status"].to_list() == ["reused"] * 3


def test_names_that_differ_in_case_or_accents_alone_are_refused(source: Path, to: Path) -> None:
    for name in ("A.jpg", "a.jpg", "\u00e9.jpg", "e\u0301.jpg"):
        picture(5, 64, 48).save(source / name)

    with pytest.raises(LayoutError, match="2 results have a name"):
        thumbs(source).export(to)

    assert not (to / "thumb").exists()


def test_parts_with_columns_that_are_empty_in_some_read_back(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediaframe.frame.frame.ROWS", 1)
    uris = [str(source / f"00{n}.jpg") for n in range(3)]
    table = pl.DataFrame({"uri": uris, "note": [None, "two", None], "n": [None, None, 3]})

    run = mf.scan(table).with_columns(thumb=THUMB, nothing=pl.lit(None)).export(to)

    assert run.assets["note"].to_list() == [None, "two", None]
    assert run.assets["n"].to_list() == [None, None, 3]
    assert run.state == "complete"


def test_a_filter_that_raises_in_the_middle_begins_nothing(
    source: Path, to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mediaframe.frame.frame.ROWS", 1)
    uris = [str(source / f"00{n}.jpg") for n in range(3)]
    table = pl.DataFrame({"uri": uris, "n": ["1", "2", "three"]})
    frame = mf.scan(table).with_columns(thumb=THUMB).filter(pl.col("n").cast(pl.Int64) > 0)

    with pytest.raises(mf.errors.ExpressionError, match="three"):
        frame.export(to)

    assert not list(to.rglob("*.png"))
    with pytest.raises(RunError, match="no run here"):
        mf.open_run(to)


@pytest.mark.parametrize("seconds", [2**40, -(2**40)])
def test_a_file_from_another_age_has_no_time_that_a_table_can_hold(seconds: int) -> None:
    found: Any = SimpleNamespace(st_size=5, st_mtime_ns=seconds * 1_000_000_000)

    assert from_os("a.jpg", found) == Stat("a.jpg", 5, f"5-{seconds * 1_000_000_000}", None)


def test_a_row_that_has_nothing_for_a_late_name_fails_alone(source: Path, to: Path) -> None:
    table = pl.DataFrame({"uri": [str(source / "000.jpg"), str(source / "001.jpg")], "sku": [None, "b"]})

    run = mf.scan(table).with_columns(thumb=THUMB).export(to, layout="{sku}-{key}.{ext}")

    assert run.manifest["status"].to_list() == ["failed", "written"]
    assert run.failures["error_code"].to_list() == ["E_NAME_INVALID"]


def test_a_table_of_uris_alone_is_probed_and_its_results_are_used_again(source: Path, to: Path) -> None:
    uris = [str(path) for path in sorted(source.iterdir())]
    frame = mf.scan(uris).probe().with_columns(thumb=THUMB)

    assert frame.export(to).manifest["status"].to_list() == ["written"] * 3
    assert frame.export(to).manifest["status"].to_list() == ["reused"] * 3
    assert thumbs(source).select("thumb").export(to).manifest["source_version"].null_count() == 0

    found = frame.filter(pl.col("bytes") > 0).collect()
    assert found["bytes"].to_list() == [Path(uri).stat().st_size for uri in uris]
    assert found["modified"].null_count() == found["version"].null_count() == 0


def test_a_table_that_names_what_is_not_there_has_a_row_that_says_so(source: Path, to: Path) -> None:
    frame = mf.scan([str(source / "000.jpg"), str(source / "gone.jpg")]).probe().with_columns(thumb=THUMB)

    run = frame.export(to)

    assert run.manifest["status"].to_list() == ["written", "failed"]
    assert run.failures["error_code"].to_list() == ["E_SOURCE_NOT_FOUND"]


def test_what_a_table_or_the_user_said_before_the_probe_stays(source: Path) -> None:
    table = pl.DataFrame({"uri": [str(source / "000.jpg")] * 2, "bytes": [None, 7], "version": ["mine", None]})

    found = mf.scan(table).with_columns(modified=pl.lit("then")).probe().collect()

    assert found["bytes"].to_list() == [(source / "000.jpg").stat().st_size, 7]
    assert found["version"][0] == "mine"
    assert found["modified"].to_list() == ["then"] * 2
