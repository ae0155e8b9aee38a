"""Animations that tests make themselves with Pillow, and second readers: Pillow, ffmpeg."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.engines.pictures import Pixels

DELAYS = (100, 30, 250, 70, 40)

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def squares(count: int = 5, width: int = 48, height: int = 36, *, alpha: bool = False) -> list[Pixels]:
    """Make frames in which a square moves over a plain ground, each another color; few, so that GIFs are exact."""
    frames = []
    for number in range(count):
        frame = np.zeros((height, width, 4 if alpha else 3), np.uint8)
        if not alpha:
            frame[:] = (16, 32, 64)
        left = 4 + number * 6
        frame[10:22, left : left + 10, :3] = (250 - number * 40, 40 + number * 40, 128)
        if alpha:
            frame[10:22, left : left + 10, 3] = 255
        frames.append(frame)
    return frames


def moving(
    frames: list[Pixels], format: str, delays: tuple[int, ...] = DELAYS, plays: int = 0, **options: Any
) -> bytes:
    """Write an animation with Pillow, which counts the loops of a GIF after the first time."""
    loops = {
        "GIF": {} if plays == 1 else {"loop": max(0, plays - 1)},
        "AVIF": {"max_threads": 1, "quality": 100, "subsampling": "4:4:4"},
    }
    more = {**loops.get(format, {"loop": plays}), **({"lossless": True} if format == "WEBP" else {}), **options}
    file = io.BytesIO()
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save(
        file, format, save_all=True, append_images=pictures[1:], duration=list(delays[: len(frames)]), **more
    )
    return file.getvalue()


def frames_of(data: bytes) -> list[Pixels]:
    """Read all frames with Pillow, as RGBA; a default picture that is not part of the animation is left out."""
    found = []
    with Image.open(io.BytesIO(data)) as picture:
        for number in range(int(bool(getattr(picture, "default_image", False))), getattr(picture, "n_frames", 1)):
            picture.seek(number)
            found.append(np.asarray(picture.convert("RGBA")))
    return found


def delays_of(data: bytes) -> list[int]:
    """Read all delays with Pillow, in milliseconds."""
    found = []
    with Image.open(io.BytesIO(data)) as picture:
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            picture.load()
            found.append(round(picture.info.get("duration") or 0))
    return found


def plays_of(data: bytes) -> int:
    """Read with Pillow how often an animation is played; 0 is forever."""
    with Image.open(io.BytesIO(data)) as picture:
        if picture.format != "GIF":
            return int(picture.info["loop"])
        loops = picture.info.get("loop")
        return 1 if loops is None else loops + 1 if loops else 0


def by_ffmpeg(path: Path, width: int, height: int) -> Pixels:
    """Read all frames with ffmpeg, composed, as RGBA."""
    done = subprocess.run(
        [
            "ffmpeg",
            "-v",
            "quiet",
            "-i",
            str(path),
            "-fps_mode",
            "passthrough",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgba",
            "-",
        ],
        capture_output=True,
        timeout=60,
    )
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 4)


def seen(pixels: Pixels) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Give what can be seen: colors weighed by alpha, and alpha."""
    whole = pixels.astype(np.float64)
    if whole.shape[-1] == 3:
        whole = np.concatenate([whole, np.full((*whole.shape[:-1], 1), 255.0)], axis=-1)
    return np.concatenate([whole[..., :3] * whole[..., 3:] / 255, whole[..., 3:]], axis=-1)
