"""A long work shows how far it is within an asset, takes a bounded memory, and ends where it hangs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mediaframe as mf
from mediaframe.work import events
from mediaframe.work.events import Progress, Tally, Telling
from tests.engines.clips import ffmpeg, needs_ffmpeg


@needs_ffmpeg
def test_a_run_shows_how_far_it_is_within_a_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "INTERVAL", 0.0)
    (tmp_path / "in").mkdir()
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=10:d=6", "-c:v", "libx264", "-pix_fmt", "yuv420p",
           tmp_path / "in/clip.mp4")  # fmt: skip
    frame = mf.scan(str(tmp_path / "in")).with_columns(a=mf.video.mp4(preset="ultrafast"), b=mf.video.resize(32).webm())
    seen: list[Progress] = []

    frame.export(str(tmp_path / "out"), watch=seen.append)

    shares = [one.done + one.partial for one in seen]
    assert shares == sorted(shares)
    assert [one for one in seen if one.done == 0 and 0 < one.partial < 1]
    assert [one for one in seen if one.done == 0 and 1 < one.partial < 2]
    assert (seen[-1].done, seen[-1].partial) == (2, 0)


def test_a_share_is_told_until_the_result_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "INTERVAL", 0.0)
    tally = Tally(total=2)
    tally.enter("running")
    telling = Telling(0, tally.hear)

    telling.share(0.25)
    halfway = tally.progress()
    telling.count([{"status": "written", "bytes": 5}], 3)
    after = tally.progress()

    assert (halfway.done, halfway.partial) == (0, 0.25)
    assert "25 % of one more" in halfway.line()
    assert (after.done, after.partial) == (1, 0.0)


_PEAK = """
import resource, sys
from mediaframe.recipes import video
from mediaframe.work.slot import Slot
from pathlib import Path
request = {"do": "render", "kind": "video", "format": "mp4",
           "renditions": [{"name": "one", "recipe": video.mp4().to_json()}]}
with Slot() as slot:
    for header, payload in slot.ask(request, Path(sys.argv[1])):
        if "rendition" in header:
            assert header["status"] == "ok", header
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@needs_ffmpeg
@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kB on Linux")
def test_a_minute_of_1080p_takes_less_than_500_mb(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=30:d=60", "-c:v", "libx264", "-preset", "ultrafast",
           "-pix_fmt", "yuv420p", tmp_path / "clip.mp4")  # fmt: skip

    said = subprocess.run([sys.executable, "-c", _PEAK, str(tmp_path / "clip.mp4")], capture_output=True, check=True)

    assert int(said.stdout) < 500 * 1024
