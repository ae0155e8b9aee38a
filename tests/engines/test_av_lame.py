"""MP3: every frame in its place, the first and the last sample told, and sound as FFmpeg's own LAME gives it."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from mediaframe.recipes import audio
from tests.engines.test_av_audio import tone, wav


def _decoded(data: bytes, folder: Path, channels: int) -> np.ndarray:
    """Decode with Debian's ffmpeg, which leaves out what the first frame says is no sound."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not here")
    path = folder / "made.mp3"
    path.write_bytes(data)
    ended = subprocess.run(
        ["ffmpeg", "-v", "warning", "-f", "mp3", "-i", path, "-f", "s16le", "-"], capture_output=True, check=True
    )
    assert ended.stderr == b""
    return np.frombuffer(ended.stdout, "<i2").reshape(-1, channels)


@pytest.mark.parametrize("bitrate", ["32k", "128k", "320k"])
@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_it_begins_and_ends_at_the_sample(rate: int, bitrate: str, channels: int, tmp_path: Path) -> None:
    source = wav(tone(0.8, channels=channels))

    made = _decoded(audio.rate(rate).mp3(bitrate=bitrate).run(source), tmp_path, channels)

    assert abs(len(made) - 0.8 * rate) <= 1


@pytest.mark.parametrize("samples", [1, 100, 1152, 1153, 5000])
def test_the_shortest_sounds_are_whole(samples: int, tmp_path: Path) -> None:
    source = wav(tone(1, channels=2)[:samples])

    made = _decoded(audio.mp3().run(source), tmp_path, 2)

    assert len(made) == samples


def test_it_sounds_as_what_the_lame_of_ffmpeg_makes(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).normal(0, 0.1, (44_100, 2)).cumsum(0) * 0.01
    source = wav(np.clip(noise + tone(1), -0.9, 0.9))
    (tmp_path / "in.wav").write_bytes(source)
    meant = np.frombuffer(source[44:], "<i2").reshape(-1, 2).astype(float)

    made = _decoded(audio.mp3(bitrate="128k").run(source), tmp_path, 2)
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", tmp_path / "in.wav", "-c:a", "libmp3lame", "-b:a", "128k", tmp_path / "o.mp3"],
        check=True,
    )
    theirs = _decoded((tmp_path / "o.mp3").read_bytes(), tmp_path, 2)

    off, usual = (np.sqrt(((one[: len(meant)] - meant[: len(one)]) ** 2).mean()) for one in (made, theirs))
    assert off <= 1.05 * usual


def test_the_delay_of_the_encoder_is_told(tmp_path: Path) -> None:
    with av.open(io.BytesIO(audio.mp3().run(wav(tone(0.5))))) as made:
        stream = made.streams.audio[0]
        start = stream.start_time

    assert round(start * stream.time_base * 44_100) == 1105
