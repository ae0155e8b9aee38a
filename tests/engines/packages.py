"""Clips that tests of packages make, and what they read of a package with readers of others."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import m3u8
import numpy as np


def clip(
    path: Path,
    seconds: float = 5.0,
    size: tuple[int, int] = (64, 48),
    *,
    times: Iterable[Fraction] | None = None,
    sound: tuple[float, float] | None = (0.0, 5.0),
) -> Path:
    """Make a clip that grows brighter, at 25 frames a second or at the times given, with a tone in a part of it."""
    width, height = size
    across = np.linspace(0, 60, width)[None].repeat(height, 0)
    with av.open(str(path), "w", options={"fflags": "+bitexact"}) as out:
        pictures = out.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "18"})
        pictures.width, pictures.height, pictures.pix_fmt = width, height, "yuv444p" if width % 2 else "yuv420p"
        pictures.codec_context.time_base = Fraction(1, 1000)
        tone = out.add_stream("aac", rate=44100, layout="stereo") if sound else None
        for number, time in enumerate(times or (Fraction(one, 25) for one in range(round(seconds * 25)))):
            frame = av.VideoFrame.from_ndarray((across + 20 + number % 150).astype("uint8"), format="gray")
            frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
        if tone is not None and sound is not None:
            for at in range(round(sound[0] * 44100), round(sound[1] * 44100), 1024):
                wave = (0.3 * np.sin(2 * np.pi * 441 * np.arange(at, at + 1024) / 44100)).astype("float32")
                samples = av.AudioFrame.from_ndarray(np.stack([wave, wave]), format="fltp", layout="stereo")
                samples.sample_rate, samples.pts, samples.time_base = 44100, at, Fraction(1, 44100)
                out.mux(tone.encode(samples))
            out.mux(tone.encode(None))
    return path


def packets(folder: Path, name: str, segment: int | None = None) -> list[tuple[float, bool]]:
    """Give time and key of the packets of one segment of a rendition, or of all, as ffprobe reads them."""
    media = sorted((folder / name).glob("*.m4s"))
    chosen = media if segment is None else [media[segment]]
    data = b"".join(path.read_bytes() for path in [folder / name / "init.mp4", *chosen])
    words = ["ffprobe", "-v", "error", "-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", "-"]
    done = subprocess.run(words, input=data, capture_output=True, check=True)
    assert not done.stderr, done.stderr.decode()
    rows = (line.split(",") for line in done.stdout.decode().split())
    return sorted((float(row[0]), row[1].startswith("K")) for row in rows)


def decoded(folder: Path, name: str, segment: int) -> int:
    """Decode one segment alone behind its header with ffprobe; gives the number of frames, without any complaint."""
    media = sorted((folder / name).glob("*.m4s"))
    data = (folder / name / "init.mp4").read_bytes() + media[segment].read_bytes()
    words = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", "-"]
    done = subprocess.run(words, input=data, capture_output=True, check=True)
    assert not done.stderr, done.stderr.decode()
    return int(done.stdout)


def variants(folder: Path) -> list[m3u8.Playlist]:
    """Give the sizes that the main playlist names, the smallest first."""
    return [one for one in m3u8.load(str(folder / "index.m3u8")).playlists if one.stream_info.resolution]


def files(folder: Path) -> dict[str, bytes]:
    """Give all files of a folder by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
