"""Every video of the corpus that decodes becomes a package that Debian's ffmpeg plays without a complaint."""

from __future__ import annotations

import subprocess
from pathlib import Path

import m3u8
import polars as pl
import pytest

import mediaframe as mf
from tests.corpus.conftest import CORPUS
from tests.engines.clips import needs_ffmpeg

BROKEN = {"E_CORRUPT", "E_TRUNCATED"}


@needs_ffmpeg
@pytest.mark.soak
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_each_video_that_can_be_written_as_a_file_becomes_a_package_that_plays(tmp_path: Path) -> None:
    videos = mf.scan(CORPUS / "video").probe().filter(pl.col("kind") == "video")
    part = mf.video.clip(0, 8)
    frame = videos.with_columns(
        file=part.mp4(preset="ultrafast"),
        hls=part.hls(ladder=(120, 240), segment_seconds=2, preset="ultrafast", dash=True, poster="50%"),
    )

    run = frame.export(tmp_path / "out", layout="{rendition}/{name}.{ext}", slots=2)

    rows = run.manifest.pivot(on="rendition", index="source", values="status")
    assert rows["file"].to_list() == rows["hls"].to_list()
    assert set(run.failures["error_code"]) <= BROKEN
    made = run.manifest.filter(rendition="hls", status="written")
    assert made.height > 25
    for name, seconds in made.select("uri", "seconds").iter_rows():
        path = tmp_path / "out" / name
        words = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:v:0", "-map", "0:a:0?", "-f", "null", "-"]
        done = subprocess.run(words, capture_output=True, check=True)
        assert not done.stderr, (name, done.stderr)
        for one in m3u8.load(str(path)).playlists:
            lasts = [part.duration for part in m3u8.load(str(path.parent / one.uri)).segments]
            assert not one.stream_info.resolution or sum(lasts) == pytest.approx(seconds, abs=0.001)
    assert mf.verify(tmp_path / "out", deep=True).ok
