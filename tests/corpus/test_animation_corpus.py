"""Every animation of the corpus into every format that holds one: frames, delays and loops survive."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediaframe.recipes import image
from tests.engines.moving import by_ffmpeg, delays_of, frames_of, plays_of, seen
from tests.engines.pictures import rendered

TARGETS: dict[str, Any] = {
    "gif": image.gif(effort=1), "webp": image.webp(lossless=True, effort=0), "apng": image.apng(effort=1),
    "avif": image.avif(effort=0),
}  # fmt: skip
MOVING = ("gif", "webp", "apng", "avif")
DAMAGED = {"images/gif/invalid_multiframe.gif"}
"""The last frame does not decode, to ffmpeg and Pillow either."""
FEWER = {"images/png/apng_num_frames_low.png", "images/png/apng_chunk_no_fdat.png"}
"""These hold one frame of those that they tell of, or tell of one."""


@pytest.fixture(scope="module")
def moving(truth: list[Any]) -> list[Any]:
    many = [row for row in truth if row.format in MOVING and row.expect == "ok" and (row.pages or 1) > 1]
    return [row for row in many if row.path not in DAMAGED | FEWER and row.path != "images/avif/pitm.avif"]


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_frames_and_time_of_every_animation_survive(moving: list[Any], target: str) -> None:
    wrong = {}
    for row in moving:
        data = row.file.read_bytes()
        apng = rendered(data, image.apng(effort=0))
        made = rendered(data, TARGETS[target])
        delays = delays_of(made.data)
        time = round((made.seconds or 0) * 1000)
        least = row.pages if target == "avif" else 0  # No frame of an AVIF may take no time.
        told = (apng.pages, abs(sum(delays) - time), 0 <= time - round((apng.seconds or 0) * 1000) <= least)
        fewer = target == "webp" and len(set(map(bytes, frames_of(apng.data)))) < row.pages
        if told != (row.pages, 0, True) and not fewer:
            wrong[row.path] = (told, row.pages)
        if target != "avif" and not fewer and plays_of(made.data) != plays_of(apng.data):
            wrong[row.path] = (plays_of(made.data), plays_of(apng.data))

    assert len(moving) >= 20
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_every_frame_is_composed_as_ffmpeg_composes_it(moving: list[Any]) -> None:
    wrong, tried = {}, 0
    for row in moving:
        if row.format not in ("gif", "apng"):
            continue  # This ffmpeg opens no animated WebP or AVIF.
        ours = frames_of(rendered(row.file.read_bytes(), image.apng(effort=0)).data)
        theirs = by_ffmpeg(Path(row.file), ours[0].shape[1], ours[0].shape[0])
        tried += len(theirs) > 0
        off = [float(np.abs(seen(one) - seen(other)).max()) for one, other in zip(ours, theirs, strict=False)]
        if len(theirs) and (len(theirs) != len(ours) or max(off) > 1):
            wrong[row.path] = (len(ours), len(theirs), max(off))

    assert tried >= 15
    assert wrong == {}
