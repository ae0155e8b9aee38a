"""Streams that are copied keep all their pictures; what cannot be copied says so, or is encoded where `auto` may."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mediaframe.errors import AssetError, RecipeError
from mediaframe.recipes import video
from mediaframe.work.slot import Slot
from tests.engines.clips import ffmpeg, length, needs_ffmpeg, pictures, told

pytestmark = needs_ffmpeg


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds with B-frames, a key frame each second, and AAC."""
    path = tmp_path_factory.mktemp("clip") / "source.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=3", "-f", "lavfi", "-i", "sine=d=3:r=44100",
           "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", 25, "-bf", 2, "-c:a", "aac", "-shortest",
           "-metadata", "title=A clip", path)  # fmt: skip
    return path


def _hashes(path: Path, kind: str) -> list[str]:
    """MD5 of each decoded frame, by ffmpeg."""
    words = ["ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:{kind}:0", "-f", "framemd5", "-"]
    lines = subprocess.run(words, capture_output=True, check=True, text=True).stdout.splitlines()
    return [line.split(",")[-1].strip() for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("end", ["mp4", "mov", "mkv"])
def test_a_copy_decodes_to_the_same_pictures_and_the_same_sound(end: str, source: Path, tmp_path: Path) -> None:
    path = tmp_path / f"made.{end}"

    getattr(video, end)(codec="copy").run(source, to=path)

    assert _hashes(path, "v") == _hashes(source, "v")
    assert length(path) == pytest.approx(3.0, abs=0.05)
    with av.open(str(path)) as made:
        assert abs(made.start_time or 0) <= 25_000
        assert "title" not in made.metadata
        streams = {one.type: one.codec.canonical_name for one in made.streams}
    assert streams == {"video": "h264", "audio": "aac"}
    assert abs(len(_hashes(path, "a")) - len(_hashes(source, "a"))) <= 1


def test_a_copy_is_the_same_each_time_and_says_what_it_is(source: Path) -> None:
    request = {"do": "render", "kind": "video", "format": "mp4", "renditions": [
        {"name": name, "recipe": video.mp4(codec=codec).to_json()} for name, codec in
        (("one", "copy"), ("two", "copy"), ("auto", "auto"), ("new", "h264"))]}  # fmt: skip
    said: dict[str, str] = {}
    sums = {name: hashlib.sha256() for name in ("one", "two", "auto", "new")}

    with Slot() as slot:
        for header, payload in slot.ask(request, source):
            if "piece_of" in header:
                sums[header["piece_of"]].update(payload)
            elif "rendition" in header:
                said[header["rendition"]] = header["origin"]

    assert said == {"one": "repacked", "two": "repacked", "auto": "repacked", "new": "encoded"}
    assert sums["one"].digest() == sums["two"].digest() == sums["auto"].digest()


def test_a_part_that_begins_at_a_key_frame_is_copied_from_there(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "made.mp4"

    video.clip(1.4, 2.6, cut="keyframe").mp4(codec="copy").run(source, to=path)

    made, whole = pictures(path, (64, 48)), pictures(source, (64, 48))
    assert np.array_equal(made[:40], whole[25:65])
    assert 40 <= len(made) <= 42  # B-frames need one that is shown after them.
    assert float(told(path)[0]["start_time"]) == pytest.approx(0, abs=0.001)
    sound = told(path, "a")[0]
    assert float(sound["start_time"]) == pytest.approx(0, abs=0.03)
    assert float(sound["duration"]) == pytest.approx(1.6, abs=0.06)


def test_a_part_that_begins_at_a_key_frame_may_be_encoded_too(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "made.mp4"

    video.clip(1.4, 2.6, cut="keyframe").resize(32).mp4().run(source, to=path)

    assert int(told(path)[0]["nb_read_frames"]) == 40


def test_sound_that_a_container_does_not_hold_is_encoded_beside_copied_pictures(source: Path, tmp_path: Path) -> None:
    vp9, path = tmp_path / "vp9.mkv", tmp_path / "made.webm"
    ffmpeg("-i", source, "-t", 1, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "copy", vp9)

    video.webm(codec="copy").run(vp9, to=path)

    assert _hashes(path, "v") == _hashes(vp9, "v")
    assert told(path, "a")[0]["codec_name"] == "opus"


def test_a_muted_copy_has_pictures_alone(source: Path, tmp_path: Path) -> None:
    video.mute().mp4(codec="copy").run(source, to=tmp_path / "made.mp4")

    assert not told(tmp_path / "made.mp4", "a")
    assert _hashes(tmp_path / "made.mp4", "v") == _hashes(source, "v")


def test_a_copy_of_a_turned_video_is_turned(source: Path, tmp_path: Path) -> None:
    turned, path = tmp_path / "turned.mov", tmp_path / "made.mp4"
    ffmpeg("-i", source, "-c", "copy", "-metadata:s:v", "rotate=90", turned)

    video.mp4(codec="copy").run(turned, to=path)

    sides = [one["rotation"] for one in told(path)[0]["side_data_list"] if "rotation" in one]
    assert sides == [one["rotation"] for one in told(turned)[0]["side_data_list"] if "rotation" in one] != []


@pytest.mark.parametrize(
    ("recipe", "codec"),
    [
        (video.resize(32).mp4(codec="auto"), "h264"),
        (video.clip(0.5, 1).mp4(codec="auto"), "h264"),
        (video.webm(codec="auto", preset="ultrafast"), "vp9"),
        (video.mp4(codec="auto", max_bytes="30 kB", audio_bitrate="24k"), "h264"),
    ],
    ids=repr,
)
def test_auto_encodes_what_cannot_stay(recipe: Any, codec: str, source: Path, tmp_path: Path) -> None:
    recipe.run(source, to=tmp_path / "made")

    stream = told(tmp_path / "made")[0]
    assert stream["codec_name"] == codec
    assert _hashes(tmp_path / "made", "v") != _hashes(source, "v")


def test_what_a_container_does_not_hold_says_what_to_do(source: Path) -> None:
    with pytest.raises(AssetError, match=r"h264 of .* cannot be copied into webm; encode it, with codec='vp9'"):
        video.webm(codec="copy").run(source)


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        (lambda: video.resize(32).mp4(codec="copy"), "cannot be changed by resize"),
        (lambda: video.clip(1, 2).mov(codec="copy"), "cut='keyframe'"),
        (lambda: video.mp4(codec="copy", crf=20), "leave crf out"),
    ],
)
def test_a_copy_of_what_is_changed_is_refused_before_the_first_byte(recipe: Any, says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        recipe()
