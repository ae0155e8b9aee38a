"""Waveforms: peaks as numbers are those of the samples themselves; the picture shows them."""

from __future__ import annotations

import io
import json
import wave
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from mediaframe.engines.av.waveform import drawn
from mediaframe.errors import AssetError
from mediaframe.model.kind import Shape
from mediaframe.ops.audio import Waveform
from mediaframe.recipes import audio, video

RATE = 8000


def sound(samples: np.ndarray[Any, Any]) -> bytes:
    """Write samples of 16 bits, one column for each channel, by Python's own wave."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return out.getvalue()


def swelling(count: int, channels: int = 1) -> np.ndarray[Any, Any]:
    """A tone that grows louder over some noise; the second channel is softer."""
    chance = np.random.default_rng(5)
    tone = np.sin(np.arange(count) / 3) * np.linspace(500, 30_000, count) + chance.normal(0, 400, count)
    return np.stack([tone / (1 + number) for number in range(channels)], axis=1).clip(-32768, 32767).astype(np.int16)


def expected(samples: np.ndarray[Any, Any], each: int) -> list[list[int]]:
    """The least and the greatest of each stretch, written as a plain loop."""
    return [[int(part.min()), int(part.max())] for part in np.split(samples, range(each, len(samples), each))]


@pytest.mark.parametrize("count", [1, 7, 100, 999, 25_600, 25_601, 40_000, 123_457])
def test_peaks_are_the_least_and_the_greatest_sample_of_each_stretch(count: int) -> None:
    samples = swelling(count)

    found = json.loads(audio.peaks(points=100, bits=16).run(sound(samples)))

    each = found["samples_per_pixel"]
    assert np.array(found["data"]).reshape(-1, 2).tolist() == expected(samples[:, 0], each)
    assert {name: found[name] for name in ("version", "channels", "sample_rate", "bits")} == {
        "version": 2, "channels": 1, "sample_rate": RATE, "bits": 16,
    }  # fmt: skip
    assert found["length"] == len(found["data"]) // 2 <= 100
    assert found["length"] >= min(count, 98)


def test_numbers_of_8_bits_are_those_of_16_divided_by_256() -> None:
    data = sound(swelling(10_000))

    low, high = (json.loads(audio.peaks(points=50, bits=bits).run(data)) for bits in (8, 16))

    assert low["data"] == [int(value / 256) for value in high["data"]]


def test_channels_are_averaged_or_kept_apart() -> None:
    samples = swelling(5000, channels=2)

    mixed, apart = (json.loads(audio.peaks(50, bits=16, split=split).run(sound(samples))) for split in (False, True))

    each = mixed["samples_per_pixel"]
    average = np.array([int(value / 2) for value in samples.sum(axis=1, dtype=int)])
    assert (mixed["channels"], apart["channels"]) == (1, 2)
    assert np.array(mixed["data"]).reshape(-1, 2).tolist() == expected(average, each)
    whole = np.array(apart["data"]).reshape(-1, 2, 2)
    assert [whole[:, channel].tolist() for channel in (0, 1)] == [expected(samples[:, one], each) for one in (0, 1)]


def test_steps_before_are_heard() -> None:
    samples = swelling(16_000)

    found = json.loads(audio.clip(0.5, 1.5).peaks(points=40, bits=16).run(sound(samples)))

    each = found["samples_per_pixel"]
    assert np.array(found["data"]).reshape(-1, 2).tolist() == expected(samples[4000:12_000, 0], each)


def test_nothing_left_to_hear_is_an_error() -> None:
    with pytest.raises(AssetError) as raised:
        audio.clip(5, 6).peaks().run(sound(swelling(800)))

    assert raised.value.code == "E_OP"


# ---- the picture -----------------------------------------------------------------------------------------


def picture(recipe: Any, data: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(recipe.png().run(data)))).astype(int)


def test_the_picture_reaches_as_far_as_the_samples_swing() -> None:
    samples = np.repeat([0, 16_384, -16_384, 32_767], 2000)[:, None].astype(np.int16)

    pixels = picture(audio.waveform(4, 100, color="#ffffff", background="#000000"), sound(samples))

    shown = pixels[..., 0] / 255
    assert shown.shape == (100, 4)
    assert np.allclose(shown.sum(axis=0), 1, atol=0.01)  # each is one level: a line of one pixel
    heights = [float((shown[:, column] * (np.arange(100) + 0.5)).sum()) for column in range(4)]
    assert heights == pytest.approx([50, 25, 75, 0.5], abs=0.51)


def test_a_tone_fills_what_it_swings_over() -> None:
    samples = np.tile([-20_000, 20_000], 4000)[:, None].astype(np.int16)

    plain, loud = (
        picture(audio.waveform(50, 80, color="#ff0000", background="#000000", normalize=normalize), sound(samples))
        for normalize in (False, True)
    )

    assert plain[..., 0].sum(axis=0) / 255 == pytest.approx([80 * 20_000 / 32_768] * 50, abs=0.1)
    assert (loud[..., 0] == 255).all()


def test_bars_stand_apart() -> None:
    pixels = picture(audio.waveform(40, 20, bar=3, gap=2, normalize=True), sound(swelling(8000)))

    seen = pixels[..., 3].max(axis=0) > 0
    assert seen.tolist() == [True, True, True, False, False] * 8


def test_what_is_transparent_is_told_and_edges_are_not_dark() -> None:
    recipe = audio.waveform(60, 40, color="#3366cc")

    pixels = picture(recipe, sound(swelling(8000)))

    shape = recipe.steps[0].infer(Shape("audio", seconds=1.0))
    assert (shape.kind, shape.size, shape.alpha, pixels.shape) == ("image", (60, 40), True, (40, 60, 4))
    assert set(map(tuple, pixels[..., :3].reshape(-1, 3).tolist())) == {(0x33, 0x66, 0xCC)}
    assert audio.waveform(background="#fff").steps[0].infer(Shape("audio")).alpha is False


def test_a_half_transparent_color_lies_over_its_background_as_pillow_has_it() -> None:
    op = Waveform(2, 4, color="#ff000080", background="#0000ffc0")

    made = drawn(np.array([-1.0, -0.5]), np.array([1.0, 0.5]), op)

    theirs = Image.new("RGBA", (2, 4), (0, 0, 255, 0xC0))
    theirs.alpha_composite(Image.new("RGBA", (1, 4), (255, 0, 0, 0x80)), (0, 0))
    theirs.alpha_composite(Image.new("RGBA", (1, 2), (255, 0, 0, 0x80)), (1, 1))
    assert np.abs(made.astype(int) - np.asarray(theirs)).max() <= 2


def test_a_sound_of_fewer_samples_than_columns_is_drawn_over_all_of_them() -> None:
    pixels = picture(audio.waveform(64, 16), sound(swelling(5)))

    assert (pixels[..., 3].max(axis=0) > 0).all()


def test_the_sound_of_a_video_is_drawn_too() -> None:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        pictures, tone = container.add_stream("libx264", rate=10), container.add_stream("aac", rate=RATE, layout="mono")
        pictures.width, pictures.height, pictures.pix_fmt = 16, 16, "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
            container.mux(pictures.encode(frame))
        for start in range(0, 4096, 1024):
            part = np.sin(np.arange(start, start + 1024) / 3).astype(np.float32)[None] / 2
            heard = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            heard.sample_rate, heard.pts = RATE, start
            container.mux(tone.encode(heard))
        container.mux(pictures.encode(None))
        container.mux(tone.encode(None))

    pixels = picture(video.soundtrack().waveform(32, 20, background="#000"), out.getvalue())

    assert pixels.shape == (20, 32, 3)
    assert 6 <= (pixels[:, 16].max(axis=1) > 60).sum() <= 14
