"""Clips that lie or are damaged: the probe tells it, `damage` says where, and what is made is right or has its code."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.engines.base import Source
from mediaframe.errors import AssetError
from mediaframe.recipes import audio, video
from mediaframe.work.child.examine import examine
from mediaframe.work.probe import probe_one
from tests.engines.containers import clip, fronted, longer, scaled, tone

SECONDS = 3

_MAKES: dict[str, Callable[[], bytes]] = {
    "mp4": lambda: clip(sound="aac", seconds=SECONDS),
    "mkv": lambda: clip("matroska", sound="libopus", seconds=SECONDS),
    "webm": lambda: clip("webm", "libvpx", seconds=SECONDS),
    "avi": lambda: clip("avi", "mpeg4", seconds=SECONDS),
    "wmv": lambda: clip("asf", "mpeg4", seconds=SECONDS),
    "flv": lambda: clip("flv", "flv", seconds=SECONDS),
    "mp3": lambda: tone("mp3", "libmp3lame", seconds=SECONDS),
    "ogg": lambda: tone("ogg", "libopus", seconds=SECONDS),
    "flac": lambda: tone("flac", "flac", seconds=SECONDS),
    "m4a": lambda: tone("ipod", "aac", seconds=SECONDS),
    "wav": lambda: tone("wav", "pcm_s16le", seconds=SECONDS),
    "aiff": lambda: tone("aiff", "pcm_s16be", seconds=SECONDS),
}
_SOUNDS = {"mp3", "ogg", "flac", "m4a", "wav", "aiff"}


@cache
def whole(name: str) -> bytes:
    return _MAKES[name]()


def row(data: bytes, name: str) -> dict[str, Any]:
    """The row of a file, header and engine together."""
    ask = lambda request: examine(request, Source(data))  # noqa: E731
    return probe_one(f"a.{name}", len(data), lambda at, length: data[at : at + length], ask)


def damage(data: bytes, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (audio if name in _SOUNDS else video).damage().run(data)
    return found


def pictures(data: bytes) -> tuple[float, int]:
    """How long a file plays, and how many pictures decode."""
    with av.open(io.BytesIO(data)) as made:
        return (made.duration or 0) / 1e6, sum(1 for _ in made.decode(video=0))


# ---- headers that lie --------------------------------------------------------------------------------------

_LIES: dict[str, Callable[[], bytes]] = {
    "mp4 mvhd x10": lambda: scaled(whole("mp4"), b"mvhd", 10),
    "mp4 mvhd x0.1": lambda: scaled(whole("mp4"), b"mvhd", 0.1),
    "mp4 all x10": lambda: scaled(scaled(scaled(whole("mp4"), b"mvhd", 10), b"mdhd", 10), b"tkhd", 10),
    "mp4 all x0.1": lambda: scaled(scaled(scaled(whole("mp4"), b"mvhd", 0.1), b"mdhd", 0.1), b"tkhd", 0.1),
    "mkv x10": lambda: longer(whole("mkv"), 10),
    "mkv x0.1": lambda: longer(whole("mkv"), 0.1),
    "webm x10": lambda: longer(whole("webm"), 10),
    "webm x0.1": lambda: longer(whole("webm"), 0.1),
}


@pytest.mark.parametrize("lie", _LIES)
def test_a_header_that_lies_is_told_with_the_true_time_and_the_video_is_made_whole(lie: str) -> None:
    data = _LIES[lie]()

    told = row(data, lie.partition(" ")[0])

    assert told["seconds"] == pytest.approx(SECONDS, abs=0.05)
    assert (told["status"], told["error_code"], told["rate"]) == ("warning", "W_DURATION_MISMATCH", 25.0)
    assert f"declares {30 if 'x10' in lie else 0.3:.1f}" in told["error"]
    seconds, count = pictures(video.mp4(preset="ultrafast").run(data))
    assert (seconds, count) == (pytest.approx(SECONDS, abs=0.05), 25 * SECONDS)


def test_a_media_header_that_lies_is_not_believed() -> None:
    told = row(scaled(whole("mp4"), b"mdhd", 10), "mp4")

    assert (told["seconds"], told["rate"], told["status"]) == (pytest.approx(SECONDS, abs=0.05), 25.0, "ok")


def test_fragments_are_counted_to_their_end() -> None:
    data = clip(sound="aac", seconds=SECONDS, mux={"movflags": "frag_keyframe+empty_moov+default_base_moof"})

    told = row(data, "mp4")

    assert (told["seconds"], told["status"]) == (pytest.approx(SECONDS, abs=0.1), "ok")


# ---- cut tails ---------------------------------------------------------------------------------------------

_CUT = {
    "flv": "W_DURATION_MISMATCH", "mp3": "W_DURATION_MISMATCH", "ogg": "W_DURATION_MISMATCH",
    "flac": "W_DURATION_MISMATCH", "aiff": "W_DURATION_MISMATCH",
}  # fmt: skip
"""Where nothing but the packets shows that the end is missing; elsewhere sizes in the header do."""


@pytest.mark.parametrize("name", _MAKES)
def test_a_tail_that_is_cut_is_told(name: str) -> None:
    data = whole(name)[: len(whole(name)) // 2]

    told = row(data, name)

    assert told["error_code"] == _CUT.get(name, "E_TRUNCATED")
    assert told["seconds"] is None or told["seconds"] < 0.7 * SECONDS


@pytest.mark.parametrize("keep", [-1, 0])
def test_an_mp3_of_which_nothing_but_tags_is_left_is_cut(keep: int) -> None:
    tags = b"ID3\x04\0\0\0\0\x01\0" + bytes(128)

    told = row(tags[: len(tags) + keep], "mp3")

    assert (told["error_code"], told["kind"]) == ("E_TRUNCATED", "audio")


def test_a_file_with_its_index_in_front_plays_until_it_is_cut() -> None:
    data = fronted(whole("mp4"))

    told = row(data[: len(data) // 2], "mp4")

    assert (told["error_code"], told["width"], told["codec"]) == ("E_TRUNCATED", 64, "h264")
    assert 0.3 * SECONDS < told["seconds"] < 0.7 * SECONDS


@pytest.mark.parametrize("name", ["mp4", "mkv", "webm", "avi", "wmv"])
@pytest.mark.parametrize("front", [False, True])
def test_no_video_is_made_of_what_is_cut(name: str, front: bool) -> None:
    data = fronted(whole(name)) if front and name == "mp4" else whole(name)

    with pytest.raises(AssetError) as raised:
        video.mp4(preset="ultrafast").run(data[: len(data) // 2])

    assert raised.value.code == "E_TRUNCATED"


@pytest.mark.parametrize("name", ["mkv", "webm", "avi", "flv", "mp3", "flac", "aiff"])
def test_what_is_missing_at_the_end_is_a_stretch_to_the_declared_end(name: str) -> None:
    data = whole(name)[: len(whole(name)) // 2]

    found = damage(data, name)

    assert max(one["end"] for one in found) == pytest.approx(1.52 if name == "avi" else SECONDS, abs=0.15)
    assert min(one["start"] for one in found) < 0.7 * SECONDS


# ---- damaged middles ---------------------------------------------------------------------------------------


def spoiled(name: str) -> bytes:
    data, chance = bytearray(whole(name)), random.Random(1)
    middle, count = len(data) // 2, 800 if name == "mp3" else 60  # an MP3 shows it where a frame begins
    data[middle : middle + count] = chance.randbytes(count)
    return bytes(data)


@pytest.mark.parametrize("name", [name for name in _MAKES if name not in ("wav", "aiff")])
def test_a_middle_that_is_damaged_is_a_stretch_in_the_middle(name: str) -> None:
    found = damage(spoiled(name), name)

    assert found
    assert all(0 < one["start"] <= one["end"] <= SECONDS + 0.1 and one["error"] for one in found)


@pytest.mark.parametrize("name", _MAKES)
def test_what_is_whole_has_no_damage(name: str) -> None:
    assert damage(whole(name), name) == []


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg to compare with")
@pytest.mark.parametrize("name", ["mp4", "mkv", "webm", "avi", "mp3", "ogg", "m4a", "wav"])
def test_damage_is_found_where_ffmpeg_prints_errors(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(spoiled(name))
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / name), "-f", "null", "-"]

    said = subprocess.run(command, capture_output=True, check=True, text=True).stderr

    assert bool(damage(spoiled(name), name)) == bool(said)


# ---- what is odd but sound ---------------------------------------------------------------------------------


def test_a_video_without_video_is_a_sound_and_no_video_is_made_of_it() -> None:
    data = tone("mp4", "aac")

    told = row(data, "mp4")

    assert (told["kind"], told["format"], told["width"], told["status"]) == ("audio", "m4a", None, "ok")
    with pytest.raises(AssetError) as raised:
        video.frame(at=0).png().run(data)
    assert raised.value.code == "E_OP"


def test_a_sound_with_a_cover_is_a_sound_and_the_cover_is_told() -> None:
    cover = io.BytesIO()
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(cover, "PNG")
    out = io.BytesIO()
    with av.open(io.BytesIO(whole("mp3"))) as source, av.open(out, "w", format="mp3") as made:
        stream = made.add_stream_from_template(source.streams.audio[0])
        picture = made.add_stream("png", rate=1)
        picture.width, picture.height, picture.pix_fmt = 30, 20, "rgb24"
        picture.disposition = av.stream.Disposition.attached_pic
        packet = av.Packet(cover.getvalue())
        packet.stream, packet.pts, packet.dts, packet.time_base = picture, 0, 0, Fraction(1)
        made.start_encoding()
        made.mux(packet)
        for one in source.demux(source.streams.audio[0]):
            if one.dts is not None:
                one.stream = stream
                made.mux(one)

    told, streams = row(out.getvalue(), "mp3"), audio.streams().run(out.getvalue())

    assert (told["kind"], told["codec"], told["status"]) == ("audio", "mp3", "ok")
    art = next(one for one in streams if one["type"] == "cover")
    assert (art["codec"], art["width"], art["height"], art["bytes"]) == ("png", 30, 20, len(cover.getvalue()))
    assert damage(out.getvalue(), "mp3") == []


@pytest.mark.parametrize(
    ("turn", "clockwise", "size"), [(-90, 90, (48, 64)), (180, 180, (64, 48)), (90, 270, (48, 64))]
)
def test_a_turn_in_the_metadata_is_told_and_the_video_stands_upright(turn: int, clockwise: int, size: Any) -> None:
    data = clip(turn=turn, seconds=0.2)

    told = row(data, "mp4")

    assert (told["width"], told["height"], told["orientation"]) == (*size, clockwise)
    made = row(video.mp4(preset="ultrafast").run(data), "mp4")
    assert (made["width"], made["height"], made["orientation"]) == (*size, 0)


def test_an_odd_size_is_told_and_the_video_has_the_even_one_below() -> None:
    data = clip("webm", "libvpx", size=(63, 47), seconds=0.2)

    told = row(data, "webm")

    assert (told["width"], told["height"], told["status"]) == (63, 47, "ok")
    made = row(video.mp4(preset="ultrafast").run(data), "mp4")
    assert (made["width"], made["height"], made["status"]) == (62, 46, "ok")


def test_a_rate_that_varies_is_kept_in_the_video_that_is_made() -> None:
    times = [40 * at if at < 10 else 400 + 90 * (at - 10) for at in range(25)]
    data = clip("matroska", times=times)

    made = video.mp4(preset="ultrafast").run(data)

    with av.open(io.BytesIO(made)) as container:
        shown = [round((frame.time or 0) * 1000) for frame in container.decode(video=0)]
    assert np.abs(np.array(shown) - times).max() <= 1
    assert row(made, "mp4")["variable_rate"] is True


def test_pictures_of_high_dynamic_range_become_8_bits_and_the_row_says_so(tmp_path: Path) -> None:
    told = "log-level=none:pools=1:frame-threads=1:colorprim=bt2020:colormatrix=bt2020nc:transfer=smpte2084"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "pq.mp4").write_bytes(
        clip("mp4", "libx265", seconds=0.2, pixels="yuv420p10le", options={"x265-params": told})
    )
    frame = mf.scan(tmp_path / "in").probe()

    run = frame.with_columns(small=mf.video.mp4(preset="ultrafast")).export(tmp_path / "out")

    assert frame.collect().select("hdr", "bits").row(0) == ("pq", 10)
    made = mf.scan(tmp_path / "out").probe().collect()
    assert made.select("hdr", "bits", "codec", "status").row(0) == (None, 8, "h264", "ok")
    assert run.manifest.select("status", "error_code").row(0) == ("written", "W_HDR_REDUCED")


@pytest.mark.parametrize("name", ["flv", "mp3", "flac"])
def test_what_is_made_of_less_than_is_declared_says_so_in_its_row_or_fails(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"a.{name}").write_bytes(whole(name)[: len(whole(name)) // 2])
    recipe = audio.opus() if name in _SOUNDS else video.mp4(preset="ultrafast")

    run = mf.scan(tmp_path / "in").probe().with_columns(made=recipe).export(tmp_path / "out")

    row = run.manifest.select("status", "error_code").row(0)
    assert row == (("failed", "E_CORRUPT") if name == "flac" else ("written", "W_DURATION_MISMATCH"))


@pytest.mark.parametrize("name", ["mp4", "mp3", "ogg"])
def test_what_is_made_of_all_there_is_has_nothing_to_say(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"a.{name}").write_bytes(whole(name))
    recipe = audio.opus() if name in _SOUNDS else video.mute().mp4(preset="ultrafast")

    run = mf.scan(tmp_path / "in").probe().with_columns(made=recipe).export(tmp_path / "out")

    assert run.manifest.select("status", "error_code").row(0) == ("written", None)
