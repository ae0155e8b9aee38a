"""Rows that come back: collect on a cluster, and what goes to Dask and comes from it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import MissingError, RunError, UsageError
from tests.run.media import pictures

pytestmark = pytest.mark.slow


@pytest.fixture
def measured(tmp_path):
    source = pictures(tmp_path / "in", 12)
    return mf.scan(source).probe().select("id", "uri", "name", "width").with_columns(sharp=mf.image.sharpness())


def test_measures_are_collected_on_a_cluster(client, measured):
    assert measured.collect(client=client).equals(measured.collect())


def test_files_are_not_collected_through_the_scheduler(client, measured):
    with pytest.raises(UsageError, match=r"the files of small would travel through the scheduler; give to="):
        measured.with_columns(small=mf.image.resize(32).png()).collect(client=client)


def test_files_are_collected_by_way_of_a_scratch_place(client, measured, tmp_path):
    frame = measured.with_columns(small=mf.image.resize(32).png())

    here, there = frame.collect(), frame.collect(client=client, to=tmp_path / "scratch")

    assert there["sharp"].equals(here["sharp"])
    small = there["small"].struct
    assert small.field("data").null_count() == 12
    assert small.field("sha256").to_list() == here["small"].struct.field("sha256").to_list()
    for uri, sha256 in zip(small.field("uri"), small.field("sha256"), strict=True):
        assert hashlib.sha256(Path(uri.removeprefix("file://")).read_bytes()).hexdigest() == sha256
    assert frame.collect(to=tmp_path / "scratch").equals(there.with_columns())


def test_a_scratch_place_that_workers_do_not_share_is_told(client, measured):
    with pytest.raises(RunError, match="give one that all workers share"):
        measured.with_columns(small=mf.image.resize(32).png()).collect(client=client, to="memory://scratch-here")


def test_rows_go_to_dask_and_come_back(measured, tmp_path):
    bag = measured.to_dask(tmp_path / "rows")

    wide = bag.filter(lambda row: row["width"] > 100).pluck("sharp").max()
    back = mf.from_dask(bag)

    rows = measured.collect()
    assert wide.compute(scheduler="sync") == rows["sharp"].max()
    assert back.collect().sort("uri")["sharp"].to_list() == rows.sort("uri")["sharp"].to_list()


def test_a_frame_without_rows_is_a_bag_without_records(measured, tmp_path):
    assert measured.filter(pl.col("width") < 0).to_dask(tmp_path / "rows").compute(scheduler="sync") == []


def test_files_do_not_go_to_dask(measured, tmp_path):
    with pytest.raises(UsageError, match=r"to_dask\(\): small are files; export\(\) them"):
        measured.with_columns(small=mf.image.resize(32).png()).to_dask(tmp_path / "rows")


def test_a_dask_dataframe_says_what_it_needs(measured, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)

    with pytest.raises(MissingError, match=r'pip install "dask\[dataframe\]"'):
        measured.to_dask(tmp_path / "rows", kind="dataframe")


@pytest.mark.parametrize("given", [3, [{"uri": "a.jpg"}], "a.jpg"], ids=str)
def test_what_is_no_collection_of_dask_is_refused(given):
    with pytest.raises(UsageError, match=r"expected a dask\.bag"):
        mf.from_dask(given)
