"""What a probe says of real clips and sounds, held against their truth and against Debian's ffprobe."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from mediaframe.engines.base import Source
from mediaframe.errors import AssetError
from mediaframe.recipes import audio, video
from mediaframe.work.child.examine import examine
from mediaframe.work.probe import probe_one
from tests.corpus.conftest import Truth

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe to compare with"),
]

SHARE = 0.98

SUBTITLES_GO_ON = "video/nasa_13013.mp4"
"""Its pictures and sounds end after 13.06 s; the truth has 16.57 s, the end of its subtitle tracks."""

UNDECODABLE = "video/green_2x2.ogv"
"""Theora of 2x2 pixels, which FFmpeg refuses by their size."""

CUT = "audio/test.opus"
"""Of 10,000 bytes exactly; its last page would need more. All before it plays."""

NO_SOUND_HERE = "audio/testmid.mid"
"""Notes without samples; only its format is told."""

UNSEEN = {"video/corrupted.mp4", "audio/testmp4_coverart.m4a"}
"""Damage within packets, which only decoding all of it shows."""

BY_CODE = {
    "error:truncated": {"E_TRUNCATED", "W_DURATION_MISMATCH", "E_CORRUPT"},
    "error:corrupt": {"E_CORRUPT"},
    "error:unreadable": {"E_CORRUPT", "E_FORMAT_MISMATCH"},
    "error:zero-length": {"E_SOURCE_EMPTY"},
}
"""What may be said of a damaged file. Where no more than its tags is left, nothing shows that there ever was more."""


@dataclass(frozen=True)
class Clip:
    """One file: its truth, what ffprobe says, and our row."""

    truth: Truth
    told: dict[str, Any]
    row: dict[str, Any]

    def stream(self, kind: str) -> dict[str, Any] | None:
        """The first stream of a kind that ffprobe found, covers left out."""
        streams = [one for one in self.told.get("streams", ()) if not one["disposition"]["attached_pic"]]
        return next((one for one in streams if one["codec_type"] == kind), None)


def _ffprobe(path: str) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path]
    done = subprocess.run(command, capture_output=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {}


def _row(truth: Truth) -> dict[str, Any]:
    data = truth.file.read_bytes()
    name = truth.path.rpartition("/")[2]
    return probe_one(name, len(data), lambda at, n: data[at : at + n], lambda request: examine(request, Source(data)))


@pytest.fixture(scope="module")
def clips(truth: list[Truth]) -> list[Clip]:
    return [Clip(one, _ffprobe(str(one.file)), _row(one)) for one in truth if one.kind in ("video", "audio")]


@pytest.fixture(scope="module")
def sound(clips: list[Clip]) -> list[Clip]:
    """Those that are ok and hold pictures or samples."""
    return [one for one in clips if one.truth.expect == "ok" and one.truth.path != NO_SOUND_HERE]


def _displayed(truth: Truth) -> tuple[int | None, int | None]:
    """The size as displayed, which the truth has with the shape of the pixels beside it."""
    width, height = truth.displayed or (None, None)
    shape = re.search(r"pixel aspect (\d+):(\d+)", truth.notes)
    return (round(width * int(shape[1]) / int(shape[2])), height) if shape and width else (width, height)


def _wrong(clip: Clip) -> list[str]:
    """What of a row agrees neither with the truth nor with ffprobe."""
    row, bad = clip.row, list[str]()
    picture, tone = clip.stream("video"), clip.stream("audio")
    frame = 1 / row["rate"] if row["kind"] == "video" and row["rate"] else 0.0
    if row["seconds"] is None or abs(row["seconds"] - (clip.truth.seconds or 0)) > max(0.1, frame):
        bad.append(f"plays {row['seconds']}, not {clip.truth.seconds}")
    if (row["width"], row["height"]) != _displayed(clip.truth):
        bad.append(f"shows {row['width']}x{row['height']}, not {_displayed(clip.truth)}")
    if clip.truth.kind == "video" and row["orientation"] != (clip.truth.orientation or 0):
        bad.append(f"turns {row['orientation']}, not {clip.truth.orientation}")
    if picture is not None:
        bad += [f"codec {row['codec']}, not {picture['codec_name']}"] * (row["codec"] != picture["codec_name"])
        rates = [picture["avg_frame_rate"], picture["r_frame_rate"]]
        rate = next(Fraction(one) for one in rates if not one.endswith("/0"))
        bad += [f"rate {row['rate']}, not {rate}"] * (abs(row["rate"] - rate) > 0.01)
    elif tone is not None:
        bad += [f"codec {row['codec']}, not {tone['codec_name']}"] * (row["codec"] != tone["codec_name"])
        bad += [f"rate {row['rate']}, not {tone['sample_rate']}"] * (row["rate"] != float(tone["sample_rate"]))
    if tone is not None:
        bad += [f"channels {row['channels']}, not {tone['channels']}"] * (row["channels"] != tone["channels"])
    return bad


def test_probes_agree_with_the_truth_and_with_ffprobe(sound: list[Clip]) -> None:
    wrong = {one.truth.path: _wrong(one) for one in sound}
    wrong = {path: said for path, said in wrong.items() if said}

    assert len(sound) > 70
    assert 1 - len(wrong) / len(sound) >= SHARE, wrong
    assert set(wrong) <= {SUBTITLES_GO_ON}, wrong


def test_frames_agree_with_the_truth_where_the_header_counts_them(sound: list[Clip]) -> None:
    counted = [one for one in sound if one.row["frames"] is not None]

    wrong = [one.truth.path for one in counted if one.row["frames"] != one.truth.pages]

    assert len(counted) > 15
    assert not wrong, "\n".join(wrong)


def test_no_sound_file_is_said_to_be_damaged(sound: list[Clip]) -> None:
    warned = {one.truth.path: one.row["error"] for one in sound if one.row["status"] != "ok"}

    named = {path: said for path, said in warned.items() if not path.startswith("wrong_ext/")}
    assert set(named) == {UNDECODABLE, CUT}, named


def test_damaged_files_have_their_codes(clips: list[Clip]) -> None:
    damaged = [one for one in clips if one.truth.expect != "ok"]

    wrong = {
        one.truth.path: (one.truth.expect, one.row["error_code"], one.row["error"])
        for one in damaged
        if one.row["error_code"] not in BY_CODE[one.truth.expect]
    }

    assert len(damaged) > 20
    assert set(wrong) == UNSEEN, wrong


_SAME = {
    "codec": "codec_name", "width": "width", "height": "height", "pixel_format": "pix_fmt",
    "color_space": "color_space", "color_transfer": "color_transfer", "color_primaries": "color_primaries",
    "color_range": "color_range", "channels": "channels", "layout": "channel_layout", "profile": "profile",
}  # fmt: skip
"""The fields of a stream, and where ffprobe says the same."""


def test_each_stream_is_told_as_ffprobe_tells_it(sound: list[Clip]) -> None:
    wrong, told = list[str](), 0
    for clip in sound:
        recipe = video.streams() if clip.row["kind"] == "video" else audio.streams()
        ours = recipe.run(clip.truth.file)
        theirs = clip.told.get("streams", ours if clip.truth.path == UNDECODABLE else [])
        wrong += [f"{clip.truth.path}: {len(ours)} streams, not {len(theirs)}"] * (len(ours) != len(theirs))
        for one, other in zip(ours, clip.told.get("streams", []), strict=False):
            told += 1
            names = [name for name in _SAME if one["type"] != "cover" or not name.startswith("color_")]
            for name, named in ((name, _SAME[name]) for name in names):
                value = other.get(named)
                if str(one[name] or None) != str(None if value in ("unknown", "0") else value or None):
                    wrong.append(f"{clip.truth.path} {one['index']} {one['type']} {name}: {one[name]}, not {value}")

    assert told > 100
    assert not wrong, "\n".join(wrong)


def test_damage_is_found_in_every_damaged_file_and_in_no_sound_one(clips: list[Clip]) -> None:
    found = dict[str, bool]()
    for clip in clips:
        recipe = video.damage() if clip.truth.kind == "video" else audio.damage()
        try:
            found[clip.truth.path] = bool(recipe.run(clip.truth.file))
        except AssetError:
            found[clip.truth.path] = True

    wrong = {one.truth.path for one in clips if found[one.truth.path] != (one.truth.expect != "ok")}

    assert wrong == {NO_SOUND_HERE, UNDECODABLE}
