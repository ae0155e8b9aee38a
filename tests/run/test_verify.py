"""What a destination is held against: its manifest, and whether that is the one that was committed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import mediaframe as mf
from mediaframe.errors import RunError
from mediaframe.work.commit import AREA
from tests.run.conftest import THUMB


def test_verify_names_every_missing_changed_and_extra_file(frame: mf.MediaFrame, tmp_path: Path) -> None:
    to = tmp_path / "out"
    frame.export(to)
    (to / "thumb" / "000.webp").unlink()
    data = bytearray((to / "thumb" / "001.webp").read_bytes())
    data[-5] ^= 1
    (to / "thumb" / "001.webp").write_bytes(data)
    (to / "thumb" / "002.webp").write_bytes(b"short")
    (to / "stranger.txt").write_text("hello")

    quick, deep = mf.verify(to), mf.verify(to, deep=True)

    assert (quick.missing, quick.changed) == (("thumb/000.webp",), ("thumb/002.webp",))
    assert (deep.missing, deep.changed) == (("thumb/000.webp",), ("thumb/001.webp", "thumb/002.webp"))
    assert quick.extra == deep.extra == ("stranger.txt",)
    assert not quick
    assert "NOT OK" in repr(deep)


def test_a_manifest_that_was_tampered_with_is_not_believed(frame: mf.MediaFrame, tmp_path: Path) -> None:
    to = tmp_path / "out"
    frame.export(to)
    (path,) = (to / AREA / "manifests").glob("*-renditions.parquet")
    pl.read_parquet(path).head(1).write_parquet(path)

    with pytest.raises(RunError, match="changed after its commit"):
        mf.verify(to)


def test_a_run_that_has_not_ended_is_named_where_there_is_no_manifest_yet(tmp_path: Path) -> None:
    plan = tmp_path / AREA / "runs" / "20260101T000000-abcdef" / "plan.json"
    plan.parent.mkdir(parents=True)
    plan.write_text("{}")

    with pytest.raises(RunError, match="run 20260101T000000-abcdef has not come to its end; resume it"):
        mf.verify(tmp_path)


@pytest.mark.parametrize("kept", [1, 4])
def test_a_check_says_how_many_files_in_words_that_fit(source: Path, tmp_path: Path, kept: int) -> None:
    mf.scan(source).head(kept).with_columns(thumb=THUMB).export(tmp_path / "out")

    said = repr(mf.verify(tmp_path / "out"))

    assert f"sizes of {kept} file{'s' * (kept > 1)} compared, 0 missing" in said
