"""Sounds: what steps do to samples, how loud it is said to be, and what is written; ffmpeg is a second reader."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mediaframe.errors import AssetError, RecipeError
from mediaframe.model.kind import Shape
from mediaframe.recipes import audio, video
from tests.engines.clips import ffmpeg, needs_ffmpeg

RATE = 44_100


def tone(seconds: float, level: float = 0.25, channels: int = 2) -> np.ndarray:
    """A tone of 1 kHz."""
    samples = level * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * RATE)) / RATE)
    return np.repeat(samples[:, None], channels, axis=1)


def wav(samples: np.ndarray) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((samples.shape[1], 2, RATE, 0, "NONE", ""))
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())
    return out.getvalue()


def read(data: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(data)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
    return samples / 32767


@pytest.fixture(scope="module")
def steady() -> bytes:
    return wav(tone(3))


def test_a_wav_keeps_every_sample(steady: bytes) -> None:
    assert np.array_equal(read(audio.wav().run(steady)), read(steady))


def test_a_part_is_cut_at_the_sample(steady: bytes) -> None:
    made = read(audio.clip(0.5, "1250 ms").wav().run(steady))

    assert np.array_equal(made, read(steady)[RATE // 2 : RATE // 2 + 33_075])


def test_gain_multiplies(steady: bytes) -> None:
    made = read(audio.gain(-6).wav().run(steady))

    assert np.allclose(made, read(steady) * 10 ** (-6 / 20), atol=2 / 32767)


def test_mono_is_the_mean_of_both_channels() -> None:
    left = tone(0.5)
    left[:, 1] = 0

    made = read(audio.channels(1).wav().run(wav(left)))

    assert made.shape[1] == 1
    assert np.allclose(made[:, 0], left.mean(axis=1), atol=2 / 32767)


def test_fades_begin_and_end_in_silence_and_leave_the_middle(steady: bytes) -> None:
    made = read(audio.fade(into=1, out=1).wav().run(steady))

    loud = [np.abs(made[at : at + 441]).max() for at in (0, RATE * 3 // 2, len(made) - 441)]
    assert loud[0] < 0.01
    assert loud[1] == pytest.approx(0.25, abs=0.001)
    assert loud[2] < 0.01


def test_trim_leaves_the_sound_between_two_silences() -> None:
    samples = np.concatenate([np.zeros((RATE, 2)), tone(1.0), np.zeros((RATE // 2, 2)), tone(0.5), np.zeros((RATE, 2))])

    made = read(audio.trim().wav().run(wav(samples)))

    assert len(made) / RATE == pytest.approx(2.0, abs=0.03)


def test_nothing_but_silence_cannot_be_trimmed() -> None:
    with pytest.raises(AssetError, match="all of it is silent"):
        audio.trim().wav().run(wav(np.zeros((RATE, 1))))


@pytest.mark.parametrize("level", [0.02, 0.25, 0.9])
def test_a_sound_is_brought_to_its_loudness(level: float) -> None:
    made = audio.loudness(-20).wav(bits=24).run(wav(tone(4, level)))

    assert audio.lufs().run(made) == pytest.approx(-20, abs=0.1)


def test_loudness_is_given_up_before_peaks_go_over() -> None:
    clicks = np.zeros((4 * RATE, 1))
    clicks[::4410] = 0.5

    made = read(audio.loudness(-10, peak=-1).wav().run(wav(clicks)))

    assert np.abs(made).max() <= 10 ** (-1 / 20) + 0.01


def test_silence_has_no_loudness_and_stays_silent() -> None:
    quiet = wav(np.zeros((2 * RATE, 1)))

    assert audio.lufs().run(quiet) is None
    assert not read(audio.loudness(-16).wav().run(quiet)).any()
    assert audio.silence().run(quiet) == pytest.approx(2.0, abs=0.01)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg's program")
@pytest.mark.parametrize("level", [0.03, 0.4])
def test_loudness_is_what_ffmpegs_program_says(level: float, tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(wav(tone(4, level)))

    told = subprocess.run(
        ["ffmpeg", "-nostats", "-i", path, "-af", "ebur128", "-f", "null", "-"], capture_output=True, text=True
    ).stderr

    assert audio.lufs().run(path) == pytest.approx(float(re.findall(r"I:\s+(-[\d.]+) LUFS", told)[-1]), abs=0.1)


_WRITES: dict[str, tuple[Any, str, int]] = {
    "mp3": (audio.mp3(), "mp3", 44_100),
    "m4a": (audio.m4a(), "aac", 44_100),
    "opus": (audio.opus(), "opus", 48_000),
    "ogg": (audio.ogg(), "opus", 48_000),
    "flac": (audio.flac(), "flac", 44_100),
    "wav": (audio.wav(), "pcm_s16le", 44_100),
    "wav 24": (audio.rate(22_050).wav(bits=24), "pcm_s24le", 22_050),
}


@pytest.mark.parametrize("name", _WRITES)
def test_a_format_holds_its_codec_plays_as_long_and_is_the_same_each_time(name: str, steady: bytes) -> None:
    recipe, codec, rate = _WRITES[name]

    made = [recipe.run(steady) for _ in range(2)]

    assert made[0] == made[1]
    with av.open(io.BytesIO(made[0])) as container:
        stream = container.streams.audio[0]
        assert (stream.codec.canonical_name, stream.rate, stream.channels) == (codec, rate, 2)
        heard = np.concatenate([frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)])
        assert container.duration / 1e6 == pytest.approx(3.0, abs=0.07)
    assert np.abs(heard.astype(float)).max() > 0


@pytest.mark.parametrize("name", ["mp3", "m4a", "opus", "flac"])
def test_tags_are_stripped_or_kept_as_was_asked(name: str, tmp_path: Path) -> None:
    path = tmp_path / "tagged.flac"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("flac", rate=RATE, layout="stereo", format="s16")
        out.metadata.update({"title": "Ein Lied", "artist": "Änne"})
        frame = av.AudioFrame.from_ndarray(
            (tone(1) * 32767).astype("<i2").reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate, frame.pts = RATE, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))

    def tags(metadata: str) -> dict[str, str]:
        with av.open(io.BytesIO(getattr(audio, name)(metadata=metadata).run(path))) as made:
            told = {**made.metadata, **made.streams.audio[0].metadata}
        return {key.lower(): text for key, text in told.items() if key.lower() in ("title", "artist")}

    assert tags("keep") == {"title": "Ein Lied", "artist": "Änne"}
    assert tags("strip") == {}


def test_the_sound_of_a_video_is_its_soundtrack(tmp_path: Path, steady: bytes) -> None:
    from fractions import Fraction

    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 32, 32, "yuv420p"
        sound = out.add_stream("flac", rate=RATE, layout="stereo", format="s16")
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32), np.uint8), format="gray")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(pictures.encode(frame))
        samples = (tone(1) * 32767).round().astype("<i2")
        heard = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="stereo")
        heard.sample_rate, heard.pts = RATE, 0
        out.mux(sound.encode(heard))
        out.mux(pictures.encode(None))
        out.mux(sound.encode(None))

    assert np.array_equal(read(video.soundtrack().wav().run(path)), samples / 32767)
    with pytest.raises(AssetError, match="no sound in it"):
        video.mute().soundtrack().wav().run(path)


@needs_ffmpeg
@pytest.mark.parametrize("word", ["wav", "flac", "mp3"])
def test_sound_that_begins_late_stays_beside_the_pictures(word: str, tmp_path: Path) -> None:
    late, made = tmp_path / "late.mp4", tmp_path / f"made.{word}"
    pictures = ("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1")
    sound = ("-itsoffset", "0.5", "-f", "lavfi", "-i", "sine=frequency=330:duration=0.5:sample_rate=44100")
    ffmpeg(*pictures, *sound, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", late)

    getattr(video.soundtrack(), word)().run(late, to=made)

    ffmpeg("-i", made, "-ac", "1", "-c:a", "pcm_s16le", tmp_path / "read.wav")
    samples = read((tmp_path / "read.wav").read_bytes())[:, 0]
    assert np.abs(samples[: RATE * 46 // 100]).max() < 0.002
    assert np.abs(samples[RATE * 55 // 100 : RATE * 95 // 100]).max() > 0.05
    assert len(samples) / RATE == pytest.approx(1.0, abs=0.06)


def test_steps_say_how_long_the_sound_plays() -> None:
    shape = Shape("audio", seconds=10.0)

    assert audio.clip(2, 5).steps[0].infer(shape).seconds == 3.0
    assert audio.trim().steps[0].infer(shape).seconds is None
    with pytest.raises(RecipeError, match="expected an end after the start"):
        audio.clip(5, 2)


@pytest.mark.parametrize("name", _WRITES)
def test_a_sound_of_which_nothing_decodes_gives_no_empty_file(name: str, steady: bytes) -> None:
    data = bytearray(audio.m4a().run(steady))
    start = data.index(b"mdat") + 4
    data[start:] = bytes(len(data) - start)

    with pytest.raises(AssetError) as caught:
        _WRITES[name][0].run(bytes(data))

    assert caught.value.code in ("E_CORRUPT", "E_TRUNCATED")
