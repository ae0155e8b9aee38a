"""The examples of videos on the page about one file of many are followed to the letter."""

from __future__ import annotations

import re
import wave
from pathlib import Path

import pytest

import mediaframe as mf
from tests.engines.packages import clip
from tests.run.media import pictures

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "one-file-of-many.md"


@pytest.mark.slow
def test_every_example_of_a_video_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pictures(Path("scans"), 2, 160, 120)
    Path("clips").mkdir()
    for name in "ab":
        clip(Path(f"clips/{name}.mp4"), 1, (96, 64), sound=(0, 1))
    with wave.open("music.mp3", "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    names: dict[str, object] = {"mf": mf}

    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[2:]:
        exec(code, names)

    assert {path.name for path in tmp_path.glob("*.*") if path.suffix in (".mp4", ".webm")} == {
        "tour.mp4", "tour.webm", "all.mp4", "starts.mp4"
    }  # fmt: skip
