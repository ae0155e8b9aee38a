"""Pictures out of real clips: each gives its frames, the exact one is that of Debian's ffmpeg; damaged ones say why."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mediaframe.errors import AssetError
from mediaframe.recipes import video
from tests.corpus.conftest import Truth

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg to compare with")]

RECIPES: dict[str, Any] = {
    "exact": video.frame(at="50%").png(),
    "keyframe": video.frame(at="50%", pick="keyframe").png(),
    "best": video.frame(pick="best", candidates=3).png(),
    "storyboard": video.storyboard(4, 2, 64).png(),
    "exact tiles": video.storyboard(4, 2, 64, pick="exact").png(),
    "preview": video.preview(1, shots=2, fps=4, width=64).webp(),
    "gif": video.clip(0, 1).resize(64).gif(),
}

UNDECODABLE = {"video/green_2x2.ogv"}
"""Theora of 2x2 pixels, which FFmpeg refuses by their size."""

ELSEWHERE = {
    "video/nasa_13013.mp4": "ffmpeg takes the largest of its streams, this the first",
    "video/hlg10-color-test.mp4": "high dynamic range, which ffmpeg 5.1 does not bring to sRGB",
    "video/h265_video.mp4": "ffmpeg 5.1 lands a frame behind",
}


@pytest.fixture(scope="module")
def clips(truth: list[Truth]) -> list[Truth]:
    return [one for one in truth if one.kind == "video"]


def test_every_sound_clip_gives_all_kinds_of_pictures(clips: list[Truth]) -> None:
    failed = []
    for one in clips:
        if one.expect != "ok" or one.path in UNDECODABLE:
            continue
        for name, recipe in RECIPES.items():
            try:
                data = recipe.run(one.file)
                with Image.open(io.BytesIO(data)) as image:
                    image.load()
            except AssetError as error:
                failed.append((one.path, name, error.message))

    assert failed == []


def test_a_damaged_clip_says_why_or_gives_a_picture(clips: list[Truth]) -> None:
    said = set()
    for one in clips:
        for recipe in RECIPES.values() if one.expect != "ok" else ():
            try:
                assert recipe.run(one.file)
            except AssetError as error:
                said.add(error.code)

    assert said <= {"E_CORRUPT", "E_TRUNCATED", "E_SOURCE_EMPTY", "E_OP", "E_EXTERNAL_REF"}


def test_the_frame_at_a_moment_is_the_one_that_ffmpeg_gives(clips: list[Truth], tmp_path: Path) -> None:
    off, compared = {}, 0
    for one in clips:
        if one.expect != "ok" or one.path in UNDECODABLE or one.path in ELSEWHERE:
            continue
        made = tmp_path / "theirs.png"
        made.unlink(missing_ok=True)
        words = ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(one.file)]
        length = subprocess.run(["ffprobe", *words], capture_output=True, text=True, check=False).stdout.strip()
        moment = round(float(length) * 0.43, 2) + 0.003  # between the moments of pictures, so that none is near
        words = ["-v", "error", "-nostdin", "-ss", f"{moment:.3f}", "-i", str(one.file)]
        subprocess.run(
            ["ffmpeg", *words, "-frames:v", "1", "-pix_fmt", "rgb24", str(made)], capture_output=True, check=False
        )
        if not made.exists():  # of a single picture ffmpeg gives none past its beginning
            continue
        with Image.open(io.BytesIO(video.frame(at=moment).png().run(one.file))) as ours, Image.open(made) as theirs:
            mine = ours.convert("RGB").resize(theirs.size) if ours.size != theirs.size else ours.convert("RGB")
            difference = np.abs(np.asarray(mine).astype(int) - np.asarray(theirs.convert("RGB"))).mean()
        compared += 1
        if difference > 4:
            off[one.path] = round(float(difference), 2)

    assert compared >= 25
    assert off == {}
