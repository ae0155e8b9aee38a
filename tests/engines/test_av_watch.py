"""Black stretches, scene cuts, loudness and silence of videos, held against what Debian's ffmpeg finds."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from mediaframe.errors import AssetError, RecipeError
from mediaframe.recipes import audio, video
from tests.engines.containers import RATE, clip, tone

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg to compare with")

# Black for a second from 0.4 s on, a bright picture, and black from 1.8 s to the end.
BLACK = [180] * 10 + [0] * 25 + [200] * 10 + [0] * 15


@cache
def darkened() -> bytes:
    return clip(levels=BLACK)


@cache
def cut() -> bytes:
    """Noise that moves, and cuts to other noise at 0.6 s and 1.4 s."""
    out, chance = io.BytesIO(), np.random.default_rng(7)
    scenes = [np.kron(chance.integers(0, 255, (13, 24, 3)), np.ones((8, 8, 1))).astype(np.uint8) for _ in range(3)]
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for at in range(50):
            scene = scenes[0 if at < 15 else 1 if at < 35 else 2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(scene[:96, at : at + 128]), format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def ffmpeg(data: bytes, path: Path, *args: str) -> str:
    path.write_bytes(data)
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(path), *args, "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stderr


# ---- black -------------------------------------------------------------------------------------------------


def test_black_stretches_are_told_up_to_the_end() -> None:
    found = video.black(least=0.5).run(darkened())

    assert found == [{"start": 0.4, "end": 1.4}, {"start": 1.8, "end": 2.4}]


def test_a_stretch_that_is_too_short_does_not_count() -> None:
    assert video.black(least=0.8).run(darkened()) == [{"start": 0.4, "end": 1.4}]
    assert video.black().run(darkened()) == []


def test_what_is_black_is_a_matter_of_level_and_share() -> None:
    gray = clip(levels=[40] * 25)

    assert video.black(least=0.5).run(gray) == []
    assert video.black(least=0.5, level=0.2).run(gray) == [{"start": 0.0, "end": 1.0}]
    assert video.black(least=0.5, share=0.0).run(gray) == [{"start": 0.0, "end": 1.0}]


def test_black_is_counted_in_seconds_of_the_result() -> None:
    assert video.clip(0.2, 1.0).black(least=0.5).run(darkened()) == [{"start": 0.2, "end": 0.8}]
    (faster,) = video.speed(2).black(least=0.4).run(darkened())
    assert (faster["start"], faster["end"]) == (pytest.approx(0.2, abs=0.04), pytest.approx(0.7, abs=0.04))


@needs_ffmpeg
@pytest.mark.parametrize(("least", "share", "level"), [(0.3, 0.98, 0.1), (0.8, 0.98, 0.1), (0.3, 0.5, 0.75)])
def test_black_stretches_are_those_of_blackdetect(least: float, share: float, level: float, tmp_path: Path) -> None:
    said = ffmpeg(darkened(), tmp_path / "a.mp4", "-vf", f"blackdetect=d={least}:pic_th={share}:pix_th={level}")

    theirs = [(float(one), float(two)) for one, two in re.findall(r"black_start:([\d.]+) black_end:([\d.]+)", said)]
    ours = [(one["start"], one["end"]) for one in video.black(least, share, level).run(darkened())]
    assert len(ours) == len(theirs) > 0
    # At the end of the file blackdetect of FFmpeg 5.1 takes the beginning of the last picture.
    assert np.abs(np.array(ours) - np.array(theirs)).max() <= 1 / RATE + 1e-6


# ---- scenes ------------------------------------------------------------------------------------------------


def test_cuts_are_told_at_the_first_picture_of_the_new_scene() -> None:
    assert video.scenes().run(cut()) == [0.6, 1.4]


def test_motion_and_a_slow_change_of_light_are_no_cuts() -> None:
    assert video.scenes().run(clip(levels=range(20, 220, 4))) == []


def test_cuts_are_counted_in_seconds_of_the_result() -> None:
    assert video.clip(0.4).scenes().run(cut()) == [0.2, 1.0]


@needs_ffmpeg
@pytest.mark.parametrize("threshold", [2.0, 10.0, 14.0])
def test_cuts_are_those_of_scdet(threshold: float, tmp_path: Path) -> None:
    said = ffmpeg(cut(), tmp_path / "a.mp4", "-vf", f"scdet=threshold={threshold}")

    theirs = [float(one) for one in re.findall(r"lavfi\.scd\.time: ([\d.]+)", said)]
    assert theirs
    assert video.scenes(threshold).run(cut()) == theirs


def test_a_threshold_beyond_the_scale_is_refused_before_the_first_byte() -> None:
    with pytest.raises(RecipeError, match=r"scenes\(threshold=\.\.\.\): expected 0 to 100"):
        video.scenes(threshold=400)


@pytest.mark.parametrize("recipe", [video.black(), video.scenes()], ids=repr)
def test_a_sound_has_no_pictures_to_watch(recipe: object) -> None:
    with pytest.raises(AssetError) as raised:
        recipe.run(tone("mp4", "aac", seconds=0.2))  # type: ignore[attr-defined]

    assert raised.value.code == "E_OP"


# ---- the sound of videos -----------------------------------------------------------------------------------


def sounding() -> bytes:
    """Three seconds of pictures with a tone; its middle second is silent."""
    wave = np.sin(np.arange(3 * 48000) / 20) * 0.3
    wave[48000:96000] = 0
    out = io.BytesIO()
    sound = tone("matroska", "flac", wave=wave)
    with (
        av.open(io.BytesIO(clip("matroska", seconds=3))) as shown,
        av.open(io.BytesIO(sound)) as heard,
        av.open(out, "w", format="matroska") as made,
    ):
        for source, stream in [(one, made.add_stream_from_template(one.streams[0])) for one in (shown, heard)]:
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = stream
                    made.mux(packet)
    return out.getvalue()


def test_loudness_and_silence_of_a_video_are_those_of_its_sound() -> None:
    data = sounding()

    assert video.lufs().run(data) == video.soundtrack().lufs().run(data)
    assert video.silence().run(data) == video.soundtrack().silence().run(data) == pytest.approx(1.0, abs=0.02)


def test_a_video_without_sound_has_no_loudness() -> None:
    silent = clip(seconds=0.2)

    assert [video.lufs().run(silent), video.silence().run(silent)] == [None, None]
    assert video.mute().lufs().run(clip(seconds=0.2, sound="aac")) is None


@needs_ffmpeg
def test_loudness_and_silence_are_those_of_ffmpeg(tmp_path: Path) -> None:
    data = sounding()

    loud = ffmpeg(data, tmp_path / "a.mkv", "-af", "ebur128")
    quiet = ffmpeg(data, tmp_path / "a.mkv", "-af", "silencedetect=n=-50dB:d=0.5")

    assert video.lufs().run(data) == pytest.approx(float(re.findall(r"I:\s+(-[\d.]+) LUFS", loud)[-1]), abs=0.1)
    told = sum(float(one) for one in re.findall(r"silence_duration: ([\d.]+)", quiet))
    assert video.silence().run(data) == pytest.approx(told, abs=0.01)
    assert audio.silence().run(tone("flac", "flac", seconds=0.5)) == 0
