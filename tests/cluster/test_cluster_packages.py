"""Results of several files on a cluster: workers publish the same files as are published here."""

from __future__ import annotations

from pathlib import Path

import pytest

import mediaframe as mf
from tests.engines.packages import clip, files

pytestmark = pytest.mark.slow


def test_workers_publish_whole_packages_and_say_where_collected_ones_are(client, tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a.mp4", "b.mp4"):
        clip(source / name, 2.2, sound=(0, 2.2))
    frame = mf.scan(source).with_columns(hls=mf.video.hls(ladder=(32,), segment_seconds=2, preset="ultrafast"))

    here = frame.export(tmp_path / "here", client=False)
    there = frame.export(tmp_path / "there", client=client)
    rows = frame.collect(client=client, to=tmp_path / "scratch")["hls"]

    assert here.state == there.state == "complete"
    published = files(tmp_path / "here" / "hls")
    assert len(published) == 20
    assert files(tmp_path / "there" / "hls") == published
    assert mf.verify(tmp_path / "there", deep=True).ok
    assert there.manifest["parts"].to_list() == here.manifest["parts"].to_list()
    for name, row in zip("ab", rows, strict=True):
        assert files(Path(row["uri"]).parent) == files(tmp_path / "here" / "hls" / name)
