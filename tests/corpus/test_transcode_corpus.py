"""Real clips and sounds into every format: each plays as long as its source by Debian's ffprobe, and decodes whole."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mediaframe.errors import CODES
from mediaframe.model.finish import Format
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import every
from mediaframe.recipes import audio, video
from mediaframe.work.slot import Slot
from tests.corpus.conftest import Truth
from tests.engines.clips import needs_ffmpeg

pytestmark = needs_ffmpeg

_WORDS = {"video": ("mp4", "mov", "mkv", "webm"), "audio": ("mp3", "m4a", "opus", "ogg", "flac", "wav")}
_MORE: dict[str, dict[str, Any]] = {"mp4 h265": {"codec": "h265"}, "mp4 av1": {"codec": "av1"}}
_STREAMS = {"mp4": "h264", "mov": "h264", "mkv": "h264", "webm": "vp9", "mp4 h265": "hevc", "mp4 av1": "av1",
            "mp3": "mp3", "m4a": "aac", "opus": "opus", "ogg": "opus", "flac": "flac", "wav": "pcm_s16le"}  # fmt: skip
_FAST = {"video/nasa_13013.mp4": ("mp4",), "video/small.3gp": ("mkv",), "video/video_90.mov": ("mp4",),
         "audio/aiff_with_image.aiff": ("m4a",), "audio/8khz_5s.opus": ("mp3",), "audio/test2.wma": ("flac",),
         "video/jpeg_avi.avi": ("mp4 h265",)}  # fmt: skip
_OTHERWISE = {
    "video/nasa_13013.mp4": 13.056,  # captions outlast pictures and sound
    "audio/mpeg25_8khz_vbr.mp3": 0.1,  # the truth counts what LAME put before and behind
    "audio/mpeg4_with_image.m4a": 1.408,  # all samples; the truth is that of an edit list
}
_PARTS = 6
"""So many tests are made of it, which run at the same time."""
_REFUSED = {"audio/testmid.mid", "video/green_2x2.ogv"}
"""A score, which is no sound; and a size that FFmpeg's decoder of Theora does not take."""


def _recipes(kind: str) -> dict[str, Finished]:
    if kind == "audio":
        return {word: getattr(audio, word)() for word in _WORDS["audio"]}
    small = video.resize(96, 96)
    found = {word: getattr(small, word)(preset="ultrafast") for word in _WORDS["video"]}
    return found | {name: small.mp4(preset="ultrafast", **more) for name, more in _MORE.items()}


def _made(slot: Slot, row: Truth, recipes: dict[str, Finished], folder: Path) -> dict[str, dict[str, Any]]:
    """Render all in the child; files are named after their format."""
    request = {"do": "render", "kind": row.kind, "format": row.format,
               "renditions": [{"name": name, "recipe": one.to_json()} for name, one in recipes.items()]}  # fmt: skip
    answers, pieces = dict[str, dict[str, Any]](), dict[str, bytes]()
    for header, payload in slot.ask(request, row.file):
        if "piece_of" in header:
            pieces[header["piece_of"]] = pieces.get(header["piece_of"], b"") + payload
        elif "rendition" in header:
            answers[header["rendition"]] = header
            (folder / header["rendition"]).write_bytes(pieces.pop(header["rendition"], b"") + payload)
    return answers


def _probed(path: Path) -> dict[str, Any]:
    words = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(path)]
    done = subprocess.run(words, capture_output=True, check=False)
    told: dict[str, Any] = json.loads(done.stdout)
    return told | {"errors": done.stderr.decode()}


def _faults(row: Truth, name: str, answer: dict[str, Any], path: Path) -> list[str]:
    """Say what is wrong with a result."""
    if answer["status"] == "failed":
        known = answer["code"] in CODES and answer["code"] != "E_INTERNAL"
        narrow = name == "mp4 h265" and answer["code"] == "E_ENCODE" and "64 px in width" in answer["error"]
        refused = known and (row.expect != "ok" or row.path in _REFUSED or narrow)
        return [] if refused else [f"{answer['code']}: {answer['error']}"]
    told = _probed(path)
    if not told.get("streams") or "duration" not in told["format"]:
        return [f"nothing is in it; {told['errors']}"]
    codecs = [one["codec_name"] for one in told["streams"]]
    seconds, frame = float(told["format"]["duration"]), 0.0
    expected = _OTHERWISE.get(row.path, row.seconds)
    found = [told["errors"]] if told["errors"] else []
    if _STREAMS[name] not in codecs:
        found.append(f"streams {codecs}")
    for one in told["streams"]:
        if one["codec_type"] == "video":
            up, down = map(int, one["avg_frame_rate"].split("/"))
            frame = down / up if up else 0.0
        elif name == "mp3":  # Its encoder puts up to three frames around, which ffprobe counts.
            frame = 3 * 1152 / int(one["sample_rate"])
    if row.expect == "ok" and expected and abs(seconds - expected) > max(0.1, frame):
        found.append(f"plays {seconds:.3f} s, not {expected:.3f}")
    if not any(int(one.get("nb_read_frames", 0)) for one in told["streams"]):
        found.append("no frame decodes")
    return found


def _pictures(path: Path) -> set[int]:
    """Count the pictures of each stream that decode, where ffprobe reads the file without a complaint."""
    words = ["ffprobe", "-v", "error", "-count_frames", "-select_streams", "V", "-of", "csv=p=0",
             "-show_entries", "stream=nb_read_frames", str(path)]  # fmt: skip
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    return set() if done.returncode or done.stderr else {int(one) for one in re.findall(r"\d+", done.stdout)}


def _agreement(
    rows: list[tuple[Truth, tuple[str, ...]]], folder: Path
) -> tuple[dict[str, list[str]], dict[str, str], int]:
    """Say what is wrong with which result, what was refused with which code, and how many results there are."""
    wrong, refused, made = dict[str, list[str]](), dict[str, str](), 0
    with Slot() as slot:
        for row, words in rows:
            recipes = {name: one for name, one in _recipes(row.kind).items() if name in words}
            pictures = _pictures(row.file) if row.kind == "video" and row.expect == "ok" else set()
            for name, answer in _made(slot, row, recipes, folder).items():
                faults = _faults(row, name, answer, folder / name)
                if answer["status"] == "failed":
                    refused[f"{row.path} as {name}"] = answer["code"]
                elif pictures and len((found := _pictures(folder / name)) & pictures) != 1:
                    faults.append(f"{found} pictures, not {pictures}")
                if faults:
                    wrong[f"{row.path} as {name}"] = faults
                made += 1
    return wrong, refused, made


def test_some_clips_and_sounds_play_as_long_in_another_format(truth: list[Truth], tmp_path: Path) -> None:
    rows = [(row, _FAST[row.path]) for row in truth if row.path in _FAST]

    assert len(rows) == len(_FAST)
    assert _agreement(rows, tmp_path)[0] == {}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(_PARTS))
def test_every_clip_and_sound_plays_as_long_in_every_format(truth: list[Truth], tmp_path: Path, part: int) -> None:
    rows = [(row, tuple(_recipes(row.kind))) for row in truth if row.kind in ("video", "audio")]

    wrong, refused, made = _agreement(rows[part::_PARTS], tmp_path)

    assert len(rows) > 90
    assert wrong == {}
    assert made == sum(len(words) for _, words in rows[part::_PARTS])
    assert set(refused.values()) <= {"E_CORRUPT", "E_TRUNCATED", "E_ENCODE"}
    assert len(refused) < made / 3


def test_every_format_of_sounds_is_tried() -> None:
    assert {spec.word for spec in every(Format, "audio")} == set(_recipes("audio"))
