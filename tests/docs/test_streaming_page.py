"""The page about streaming is followed to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mediaframe as mf
from tests.engines.packages import clip

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "streaming.md"


@pytest.mark.slow
def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clips").mkdir()
    clip(Path("clips/tour.mp4"), 2, (96, 64), sound=(0, 2))
    Path("tour.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHello\n")
    names: dict[str, object] = {}

    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(code, names)

    assert mf.verify("site", deep=True).ok
    assert {path.name for path in Path("site/hls/tour").iterdir()} == {
        "64p", "audio", "index.m3u8", "manifest.mpd", "poster.jpg"
    }  # fmt: skip
    assert Path("tour/index.m3u8").is_file()
    assert Path("captioned/captions/captions.vtt").is_file()
