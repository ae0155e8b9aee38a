"""The clips and sounds of the demo: a camera that pans over a picture, and a few chords."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator

import av
import numpy as np
from numpy.typing import NDArray

from mediaframe.demo import scenes

RATE = 44_100
_CHORDS = ((220.0, 277.18, 329.63), (246.94, 293.66, 369.99), (196.0, 246.94, 293.66), (220.0, 261.63, 329.63))


def clips() -> Iterator[tuple[str, bytes]]:
    """Make the clips and sounds: names below the folder of media, and what stands in them."""
    panorama = np.asarray(scenes.hills(scenes.EVENING)(800, 300, 701).numpy())
    yield "clips/pan-over-the-hills.mp4", _clip(panorama, 960, 544, seconds=4.0)
    tall = np.asarray(scenes.city(460, 440, 702).numpy())
    yield "clips/city-upright.mp4", _clip(tall, 480, 848, seconds=2.5)
    sound = _sound(3.0)
    yield "sounds/chords.wav", _wav(sound)
    yield "sounds/chords.mp3", _mp3(sound)


def _clip(picture: NDArray[np.uint8], width: int, height: int, seconds: float, rate: int = 24) -> bytes:
    """Pan over a picture, with sound."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        # One thread, no date, sides that fill the blocks of the codec: the same bytes each time.
        seen = container.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "24", "threads": "1"})
        seen.width, seen.height, seen.pix_fmt = width, height, "yuv420p"
        heard = container.add_stream("aac", rate=RATE, layout="stereo")
        count = round(seconds * rate)
        for number in range(count):
            share = number / (count - 1)
            ease = share * share * (3 - 2 * share)
            left = round(ease * (picture.shape[1] - width))
            top = round((1 - ease) * (picture.shape[0] - height))
            view = np.ascontiguousarray(picture[top : top + height, left : left + width])
            container.mux(seen.encode(av.VideoFrame.from_ndarray(view, format="rgb24")))
        container.mux(seen.encode(None))
        _sing(container, heard, _sound(seconds))
    return file.getvalue()


def _mp3(sound: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="stereo", options={"b": "128k"})
        _sing(container, stream, sound)
    return file.getvalue()


def _sing(container: av.container.OutputContainer, stream: av.AudioStream, sound: NDArray[np.float32]) -> None:
    size = 1152
    for at in range(0, sound.shape[1], size):
        part = np.ascontiguousarray(sound[:, at : at + size])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = RATE, at
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _sound(seconds: float) -> NDArray[np.float32]:
    """Give a plucked chord for each second, left and right a little apart."""
    time = np.arange(round(seconds * RATE)) / RATE
    total = np.zeros((2, time.size), np.float32)
    for beat in range(int(np.ceil(seconds))):
        since = time - beat
        plucked = np.where(since >= 0, np.exp(-np.clip(since, 0, None) * 2.6), 0)
        for voice, pitch in enumerate(_CHORDS[beat % len(_CHORDS)]):
            tone = np.sin(2 * np.pi * pitch * since) + 0.4 * np.sin(4 * np.pi * pitch * since)
            total[0] += (0.09 * plucked * tone).astype(np.float32)
            total[1] += (0.09 * plucked * np.roll(tone, 300 * voice)).astype(np.float32)
    return total


def _wav(sound: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((np.clip(sound.T, -1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()
