"""What is put on videos stands where and when it was asked for, in its colors; the rest of the pictures stays."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mediaframe.engines.av.cues import Cue, read_cues, stretches
from mediaframe.errors import AssetError, RecipeError
from mediaframe.recipes import image, video
from tests.engines.clips import ffmpeg, needs_ffmpeg, pictures, told

_SIZE = (128, 96)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of gray with a tone."""
    path = tmp_path_factory.mktemp("clip") / "source.mp4"
    ffmpeg("-f", "lavfi", "-i", "color=0x606060:s=128x96:r=10:d=2", "-f", "lavfi", "-i", "sine=d=2:r=44100",
           "-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709", "-c:v", "libx264", "-crf", 4,
           "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", path)  # fmt: skip
    return path


@pytest.fixture(scope="module")
def logo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red square of 24 pixels, half of it transparent."""
    path = tmp_path_factory.mktemp("logo") / "logo.png"
    rows = np.zeros((24, 24, 4), np.uint8)
    rows[:, :12] = (220, 40, 30, 255)
    Image.fromarray(rows).save(path)
    return path


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.srt"
    path.write_text(
        "1\n00:00:00,500 --> 00:00:01,000\n<i>First</i>\n\n2\n00:00:01,200 --> 00:00:01,600\n{\\an8}Second &amp; last\n"
    )
    return path


@needs_ffmpeg
def test_a_watermark_stands_where_that_of_a_picture_would(source: Path, logo: Path, tmp_path: Path) -> None:
    steps: dict[str, Any] = {"gravity": "northwest", "margin": "8px", "opacity": 0.5}
    video.watermark(logo, **steps).mp4(crf=4).run(source, to=tmp_path / "made.mp4")

    frames = pictures(tmp_path / "made.mp4", _SIZE)
    ground = io.BytesIO()
    Image.fromarray(pictures(source, _SIZE)[0]).save(ground, "PNG")
    wanted = np.asarray(
        Image.open(io.BytesIO(image.watermark(logo, **steps).png().run(ground.getvalue()))).convert("RGB")
    )
    assert len(frames) == 20
    for frame in (frames[0], frames[-1]):
        off = np.abs(frame.astype(int) - wanted)
        assert off[12:28, 10:18].max() <= 6
        assert off[40:].max() <= 3
        assert off.mean() < 1


@needs_ffmpeg
def test_text_is_drawn_as_on_a_picture(source: Path, tmp_path: Path) -> None:
    video.text("Hi", size=40, gravity="center", color="#20c040").mp4(crf=4).run(source, to=tmp_path / "made.mp4")

    frame = pictures(tmp_path / "made.mp4", _SIZE)[10].astype(int)
    green = (frame[..., 1] - frame[..., 0] > 80).nonzero()
    assert 100 < len(green[0]) < 2000
    assert 24 <= green[0].min() <= green[0].max() <= 72


@needs_ffmpeg
def test_burned_captions_are_seen_while_they_are_shown_and_no_longer(source: Path, talk: Path, tmp_path: Path) -> None:
    video.captions(talk, mode="burn").mp4(crf=4).run(source, to=tmp_path / "made.mp4")

    frames = pictures(tmp_path / "made.mp4", _SIZE).astype(int)
    shown = [bool((frame > 220).any()) for frame in frames]
    assert shown == [5 <= at < 10 or 12 <= at < 16 for at in range(20)]
    assert (frames[6] > 220).all(axis=2).nonzero()[0].min() > 70
    assert np.abs(frames[:, :40] - pictures(source, _SIZE)[0, :40].astype(int)).max() <= 3


@needs_ffmpeg
def test_a_part_of_a_video_with_captions_has_those_of_the_part(source: Path, talk: Path, tmp_path: Path) -> None:
    video.captions(talk, mode="burn").clip(1, 2).mp4(crf=4).run(source, to=tmp_path / "made.mp4")

    shown = [bool((frame > 220).any()) for frame in pictures(tmp_path / "made.mp4", _SIZE)]
    assert shown == [2 <= at < 6 for at in range(10)]


@needs_ffmpeg
@pytest.mark.parametrize(
    ("end", "codec"), [("mp4", "mov_text"), ("mov", "mov_text"), ("mkv", "subrip"), ("webm", "webvtt")]
)
def test_attached_captions_are_a_track_that_reads_back(
    end: str, codec: str, source: Path, talk: Path, tmp_path: Path
) -> None:
    path, back = tmp_path / f"made.{end}", tmp_path / "back.srt"

    getattr(video.captions(talk, language="eng"), end)(preset="ultrafast").run(source, to=path)

    stream = told(path, "s")[0]
    assert (stream["codec_name"], stream["tags"]["language"]) == (codec, "eng")
    ffmpeg("-i", path, "-map", "0:s", back)
    cues = read_cues(back.read_bytes())
    assert [one.text for one in cues] == ["First", "Second & last"]
    times = [(one.start, one.end) for one in cues]
    assert np.allclose(times, [(0.5, 1.0), (1.2, 1.6)], atol=0.008)  # WebM begins with the 7 ms that Opus needs first


@needs_ffmpeg
def test_captions_are_attached_to_copied_pictures(source: Path, talk: Path, tmp_path: Path) -> None:
    video.captions(talk).mp4(codec="copy").run(source, to=tmp_path / "made.mp4")

    assert [one["codec_name"] for one in told(tmp_path / "made.mp4", "s")] == ["mov_text"]
    assert np.array_equal(pictures(tmp_path / "made.mp4", _SIZE), pictures(source, _SIZE))


@needs_ffmpeg
def test_a_fade_darkens_pictures_and_sound_at_both_ends(source: Path, tmp_path: Path) -> None:
    video.fade(into=0.5, out=0.5).mp4(crf=4).run(source, to=tmp_path / "made.mp4")

    levels = pictures(tmp_path / "made.mp4", _SIZE).mean(axis=(1, 2, 3))
    assert levels[0] < 3
    assert np.diff(levels[:6]).min() > 10
    assert np.abs(levels[6:15] - pictures(source, _SIZE)[0].mean()).max() < 3
    assert levels[-1] < 40
    loud = _levels(tmp_path / "made.mp4")
    assert loud[0] < 0.3 * loud[9] > loud[-1]


def _levels(path: Path) -> list[float]:
    """Root mean square of each tenth of a second of the sound, by ffmpeg."""
    words = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "f32le", "-ac", "1", "-ar", "8000", "-"]
    samples = np.frombuffer(subprocess.run(words, capture_output=True, check=True).stdout, "<f4")
    return [float(np.sqrt((part**2).mean())) for part in np.array_split(samples, 20)]


@needs_ffmpeg
def test_loudness_of_a_video_is_brought_where_it_was_asked_for_while_pictures_are_copied(
    source: Path, tmp_path: Path
) -> None:
    video.loudness(-30).mp4(codec="copy").run(source, to=tmp_path / "made.mp4")

    words = ["ffmpeg", "-nostats", "-i", str(tmp_path / "made.mp4"), "-af", "ebur128", "-f", "null", "-"]
    said = subprocess.run(words, capture_output=True, check=True, text=True).stderr
    assert float(said.rsplit("I:", 1)[1].split("LUFS")[0]) == pytest.approx(-30, abs=0.7)
    assert np.array_equal(pictures(tmp_path / "made.mp4", _SIZE), pictures(source, _SIZE))


@needs_ffmpeg
def test_a_gain_halves_the_sound_of_a_video(source: Path, tmp_path: Path) -> None:
    video.gain(-6.0206).mp4(preset="ultrafast").run(source, to=tmp_path / "made.mp4")

    assert np.mean(_levels(tmp_path / "made.mp4")) == pytest.approx(np.mean(_levels(source)) / 2, rel=0.05)


def test_webvtt_with_hours_left_out_settings_and_overlaps_is_read() -> None:
    data = (
        b"WEBVTT\n\nNOTE no cue\n\nintro\n00:01.000 --> 00:03.500 line:0\n<v Ann>Hello\nthere\n\n"
        b"00:02.000 --> 00:04.000\nYes\n"
    )

    cues = read_cues(data)

    assert cues == (Cue(1.0, 3.5, "Hello\nthere"), Cue(2.0, 4.0, "Yes"))
    assert stretches(cues) == [Cue(1.0, 2.0, "Hello\nthere"), Cue(2.0, 3.5, "Hello\nthere\nYes"), Cue(3.5, 4.0, "Yes")]


@pytest.mark.parametrize("data", [b"", b"no captions", b"\xff\xfe\x00", b"00:00:05,000 --> 00:00:01,000\nbackward"])
def test_what_holds_no_captions_says_so(data: bytes) -> None:
    with pytest.raises(AssetError, match="no cue"):
        read_cues(data)


def test_a_language_is_three_letters() -> None:
    with pytest.raises(RecipeError, match="three small letters"):
        video.captions("talk.srt", language="English")
