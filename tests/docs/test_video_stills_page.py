"""The page about pictures out of videos and sounds is followed to the letter."""

from __future__ import annotations

import io
import json
import re
import shutil
import wave
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import mediaframe as mf

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "video-stills.md"


def tone(count: int) -> np.ndarray:
    return (np.sin(np.arange(count) / 9) * 12_000).astype(np.int16)


def clip(path: Path) -> None:
    """Four seconds with a key frame in each, and a tone."""
    chance = np.random.default_rng(2)
    scene = chance.integers(0, 255, (9, 16, 3)).astype(np.uint8).repeat(16, 0).repeat(16, 1)
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=10, options={"g": "10", "preset": "ultrafast"})
        pictures.width, pictures.height, pictures.pix_fmt = 256, 144, "yuv420p"
        sound = out.add_stream("aac", rate=8000, layout="mono")
        for number in range(40):
            frame = av.VideoFrame.from_ndarray(np.roll(scene, 3 * number, axis=1), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(pictures.encode(frame))
        for start in range(0, 32_000, 1000):
            part = tone(32_000)[None, start : start + 1000]
            heard = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            heard.sample_rate, heard.pts = 8000, start
            out.mux(sound.encode(heard))
        out.mux(pictures.encode(None))
        out.mux(sound.encode(None))


@pytest.mark.slow
def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    clip(Path("clip.mp4"))
    Path("videos").mkdir()
    shutil.copy("clip.mp4", "videos/one.mp4")
    with wave.open("song.wav", "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(tone(16_000).tobytes())
    names: dict[str, object] = {}

    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(code, names)

    sizes = {
        "poster.jpg": (256, 144), "fast.jpg": (256, 144), "best.jpg": (256, 144), "part.webp": (80, 60),
        "storyboard.jpg": (800, 450), "clip.gif": (256, 144), "clip.webp": (256, 144), "preview.webp": (240, 135),
        "song.png": (1200, 200), "bars.webp": (600, 80), "thumbnails/sprite.jpg": (1600, 900),
    }  # fmt: skip
    found = {}
    for name in sizes:
        with Image.open(io.BytesIO(Path(name).read_bytes())) as image:
            found[name] = image.size
    assert found == sizes
    assert mf.open_run("stills").manifest["status"].to_list() == ["written"] * 3
    assert Path("thumbnails/thumbnails.vtt").read_text().count("sprite.jpg#xywh=") == 100
    assert json.loads(str(names["peaks"]))["version"] == 2
