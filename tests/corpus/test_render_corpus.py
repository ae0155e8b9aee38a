"""Everything of the corpus rendered small: what is damaged fails, and nothing is a fault of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.storage.names import local_path

pytestmark = pytest.mark.slow

RECIPES = {
    "small": mf.image.resize(64).png(),
    "poster": mf.video.frame(at=0).resize(64).png(),
    "cover": mf.document.page(1).resize(64).png(),
}
LAYOUT = "{rendition}/{id}.{ext}"

UNNOTICED = {"images/bmp/badrle.bmp", "images/jpeg/bitflips.jpg"}
"""Damage of a few pixels that no decoder here complains of: any bytes would be pixels to them."""


@pytest.fixture(scope="module")
def run(truth: list[Any], tmp_path_factory: pytest.TempPathFactory) -> mf.Run:
    root = str(truth[0].file).removesuffix(truth[0].path)
    return mf.scan(root).probe().with_columns(**RECIPES).export(tmp_path_factory.mktemp("made"), layout=LAYOUT)


def _rows(run: mf.Run, truth: Any) -> pl.DataFrame:
    return run.manifest.filter(source=str(truth.file))


def test_nothing_of_the_corpus_is_a_fault_of_ours_or_kills_a_child(run: mf.Run) -> None:
    bad = run.failures.filter(pl.col("error_code").is_in(["E_INTERNAL", "E_DECODER_CRASH", "E_WORKER_LOST"]))

    assert bad.select("source", "error_code", "error").rows() == []


def test_every_damaged_picture_fails_with_a_code(run: mf.Run, truth: list[Any]) -> None:
    excluded = set(run.excluded["uri"])
    damaged = [one for one in truth if one.kind == "image" and one.expect.startswith("error")]

    passed = {
        one.path for one in damaged if set(_rows(run, one)["status"]) != {"failed"} and str(one.file) not in excluded
    }

    assert len(damaged) > 40
    assert passed == UNNOTICED


def test_every_asset_whose_name_or_content_a_recipe_takes_has_a_row(run: mf.Run, truth: list[Any]) -> None:
    told = {*run.manifest["source"], *run.excluded["uri"]}

    lost = [one.path for one in truth if one.kind in ("image", "video", "document") and str(one.file) not in told]

    assert lost == []


def test_what_was_written_of_the_corpus_verifies(run: mf.Run) -> None:
    found = mf.verify(run.to, deep=True)

    assert found.ok
    assert found.extra == ()
    assert found.checked > 300


@pytest.mark.skipif(sys.platform == "win32", reason="its disk takes few of these names")
def test_odd_names_are_rows_and_files(truth: list[Any], tmp_path: Path) -> None:
    maker = Path(str(truth[0].file).removesuffix(truth[0].path), "make_odd_names.py")
    subprocess.run([sys.executable, str(maker), str(tmp_path / "odd")], check=True, capture_output=True)
    listed = [one for one in json.loads((tmp_path / "odd.json").read_text()) if one["made"]]
    wanted = {os.fsdecode(bytes.fromhex(one["name_hex"])) for one in listed if one["expect"] == "ok"}
    frame = mf.scan(tmp_path / "odd", hidden=True).probe().with_columns(small=RECIPES["small"])

    run = frame.export(tmp_path / "made", layout=LAYOUT)

    written = run.manifest.filter(status="written")["source"]
    found = {(local_path(uri) or uri).removeprefix(f"{tmp_path}/odd/") for uri in written}
    assert len(wanted) > 40
    assert wanted - found == set()
    assert set(run.failures["error_code"]) <= {"E_SOURCE_EMPTY", "E_UNSUPPORTED_FORMAT"}
    assert mf.verify(run.to).ok
    assert sorted(os.listdir(tmp_path)) == ["made", "odd", "odd.json"]
