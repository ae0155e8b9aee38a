"""The pages about converting videos and sounds are followed to the letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from tests.engines.clips import ffmpeg, needs_ffmpeg, told

PAGES = Path(__file__).parents[2] / "docs" / "how-to"


@needs_ffmpeg
@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "made"),
    [
        ("video.md", {"clip.mp4", "small.webm", "part.mp4", "budget.mp4", "clip.mov", "cut.mp4", "leveled.mp4",
                      "parted.mp4", "branded.mp4", "captions.mp4", "burned.mp4"}),
        ("audio.md", {"song.mp3", "speech.wav", "track.m4a", "leveled.mp3", "tagged.mp3", "kept.m4a"}),
    ],
)  # fmt: skip
def test_every_example_runs(page: str, made: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=5", "-f", "lavfi", "-i", "sine=d=5:r=44100", "-c:v", "libx264",
           "-pix_fmt", "yuv420p", "-g", 10, "-c:a", "aac", "-shortest", "clip.mkv")  # fmt: skip
    ffmpeg("-i", "clip.mkv", "-c", "copy", "clip.mp4")
    ffmpeg("-i", "clip.mkv", "-vn", "song.wav")
    Path("videos").mkdir()
    Path("videos/one.mp4").write_bytes(Path("clip.mp4").read_bytes())
    Image.new("RGB", (20, 20), "red").save("logo.png")
    Image.new("RGB", (20, 20), "red").save("cover.jpg")
    Path("talk.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n")
    names: dict[str, object] = {}

    for example in re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(encoding="utf-8"), re.DOTALL):
        exec(example, names)  # the examples of our own page

    assert made <= {path.name for path in tmp_path.iterdir()}
    for name in made:
        assert all(int(one["nb_read_frames"]) > 0 for kind in "va" for one in told(Path(name), kind))
