"""A video that is written in parts at the same time has the pictures and the sound of one that is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediaframe.errors import RecipeError
from mediaframe.recipes import video
from tests.engines.clips import ffmpeg, length, needs_ffmpeg, pictures, told

pytestmark = needs_ffmpeg

_SIZE = (96, 64)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine seconds that move, with B-frames, few key frames and a tone."""
    path = tmp_path_factory.mktemp("clip") / "source.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=25:d=9", "-f", "lavfi", "-i", "sine=d=9:r=44100",
           "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", 100, "-bf", 3, "-c:a", "aac", "-shortest", path)  # fmt: skip
    return path


def _score(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """PSNR of each frame."""
    error = ((one.astype(float) - other) ** 2).mean(axis=(1, 2, 3))
    found: np.ndarray[Any, Any] = 10 * np.log10(255**2 / np.maximum(error, 1e-9))
    return found


@pytest.mark.parametrize("end", ["mp4", "mkv"])
def test_parts_have_every_frame_once_and_no_seam(end: str, source: Path, tmp_path: Path) -> None:
    whole, parted = tmp_path / f"whole.{end}", tmp_path / f"parted.{end}"

    getattr(video, end)(crf=20).run(source, to=whole)
    getattr(video, end)(crf=20, segments=3).run(source, to=parted)

    assert length(parted) == pytest.approx(length(whole), abs=0.01)
    frames, wanted = pictures(parted, _SIZE), pictures(source, _SIZE)
    assert len(frames) == len(wanted) == 225
    scores = _score(frames, wanted)
    assert scores.min() > 28
    joins = [75, 150]
    assert min(scores[join - 3 : join + 3].min() for join in joins) > scores.min() - 0.1
    stream, other = told(parted)[0], told(whole)[0]
    for name in ("nb_read_frames", "time_base", "r_frame_rate", "start_time", "color_space"):
        assert stream.get(name) == other.get(name)
    assert told(parted, "a")[0]["nb_read_frames"] == told(whole, "a")[0]["nb_read_frames"]


@pytest.mark.parametrize(
    "end",
    [
        video.mp4(codec="h265", preset="ultrafast", segments=2),
        video.mp4(codec="av1", preset="ultrafast", segments=2),
        video.mkv(codec="av1", preset="ultrafast", segments=2),
        video.webm(preset="ultrafast", segments=2),
    ],
    ids=repr,
)
def test_every_codec_can_be_written_in_parts(end: Any, source: Path, tmp_path: Path) -> None:
    end.run(source, to=tmp_path / "made")

    frames = pictures(tmp_path / "made", _SIZE)
    assert len(frames) == 225
    assert _score(frames, pictures(source, _SIZE))[110:116].min() > 22


def test_parts_are_the_same_bytes_each_time(source: Path) -> None:
    recipe = video.resize(48).mp4(segments=4)

    assert recipe.run(source) == recipe.run(source)


def test_a_part_with_captions_and_fades_is_parted_as_well(source: Path, tmp_path: Path) -> None:
    (tmp_path / "talk.srt").write_text("1\n00:00:03,600 --> 00:00:04,400\nHello\n")
    steps = video.captions(tmp_path / "talk.srt", mode="burn", size=20).fade(out=1).clip(0.5, 8.5)

    steps.mp4(crf=10).run(source, to=tmp_path / "whole.mp4")
    steps.mp4(crf=10, segments=2).run(source, to=tmp_path / "parted.mp4")

    one, other = pictures(tmp_path / "whole.mp4", _SIZE), pictures(tmp_path / "parted.mp4", _SIZE)
    assert len(one) == len(other) == 200
    assert _score(one, other).min() > 30


@pytest.mark.parametrize("steps", [video.rate(10), video.speed(2), video.clip(0, 1.5)], ids=repr)
def test_what_cannot_be_parted_is_written_in_one(steps: Any, source: Path) -> None:
    assert steps.mp4(segments=3).run(source) == steps.mp4().run(source)


def test_a_budget_and_parts_are_refused_before_the_first_byte() -> None:
    with pytest.raises(RecipeError, match="leave segments or max_bytes out"):
        video.mp4(segments=2, max_bytes="1 MB")
