"""Clips that tests have Debian's ffmpeg make, and its ffprobe as the second reader of what is written."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None, reason="ffmpeg and ffprobe are not installed"
)


def ffmpeg(*words: object) -> None:
    """Run ffmpeg; what it says of an error is the test's."""
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, words)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def told(path: Path, kind: str = "v") -> list[dict[str, Any]]:
    """Give what ffprobe says of the streams of a kind, their frames counted by decoding them."""
    words = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", kind, "-show_streams", "-of", "json"]
    done = subprocess.run([*words, str(path)], capture_output=True, check=True)
    assert not done.stderr, done.stderr.decode()
    found: list[dict[str, Any]] = json.loads(done.stdout)["streams"]
    return found


def length(path: Path) -> float:
    """Give the seconds that ffprobe finds in a container."""
    words = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(path)]
    return float(subprocess.run(words, capture_output=True, check=True).stdout)


def pictures(path: Path, size: tuple[int, int], filters: str = "null") -> np.ndarray[Any, Any]:
    """Give all frames as ffmpeg decodes them, in RGB."""
    words = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(path),
        "-vf",
        filters,
        "-fps_mode",
        "passthrough",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]
    data = subprocess.run(words, capture_output=True, check=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, size[1], size[0], 3)
