"""What holds for results of videos and sounds, by Debian's ffprobe and ffmpeg: streams, size, length, decodes."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mediaframe.errors import CODES
from mediaframe.model.finish import Format
from mediaframe.model.input import Input
from mediaframe.model.kind import Shape
from mediaframe.model.recipe import Finished
from mediaframe.work.slot import Slot
from tests.properties.clips import Clip

_FORBIDDEN = {"E_INTERNAL", "E_DECODER_CRASH"}
_AUDIO_FRAME = 3 * 1152 / 8000
"""What encoders of sounds put around: three frames of MP3 at the lowest rate."""


def rendered(slot: Slot, clip: Clip, recipe: Finished, path: Path) -> dict[str, Any]:
    """Render in the child, to a file; gives the answer."""
    inputs: dict[str, bytes] = {}

    def settled(one: Input, _: object) -> Input:
        data = bytes(one.data.view())
        inputs[hashlib.sha256(data).hexdigest()] = data
        return replace(one, sha256=hashlib.sha256(data).hexdigest())

    recipe = recipe.with_inputs(settled)
    request = {"do": "render", "kind": clip.kind, "format": clip.format,
               "renditions": [{"name": "made", "recipe": recipe.to_json()}]}  # fmt: skip
    answer, data = dict[str, Any](), b""
    for header, payload in slot.ask(request, clip.path, inputs):
        if "piece_of" in header:
            data += payload
        elif "rendition" in header:
            answer = header
            path.write_bytes(data + payload)
    return answer


def is_played(recipe: Finished) -> bool:
    """Whether a recipe ends in one file that is a video or a sound."""
    end = recipe.end
    return isinstance(end, Format) and not end.package and end.media_type.split("/")[0] in ("video", "audio")


def refusal(answer: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with an answer that says no."""
    code = answer["code"]
    if code in _FORBIDDEN or code not in CODES:
        return [f"{code}: {answer['error']}"]
    return []


def faults(clip: Clip, recipe: Finished, answer: Mapping[str, Any], path: Path) -> list[str]:
    """Say what is wrong with a video or a sound that was written."""
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", path],
        capture_output=True,
        check=False,
    )
    found = [done.stderr.decode()] if done.stderr else []
    if done.returncode:
        return found or ["ffprobe does not read it"]
    told = json.loads(done.stdout)
    heard = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-map", "0:v?", "-map", "0:a?", "-f", "null", "-"],
                           capture_output=True, check=False)  # fmt: skip
    if heard.stderr or heard.returncode:
        found.append(f"ffmpeg: {heard.stderr.decode()[:300]}")
    promised = recipe.infer(clip.shape)
    return found + _sizes(answer, promised, told) + (_times(clip, answer, promised, told) if clip.good else [])


def _sizes(answer: Mapping[str, Any], promised: Shape, told: dict[str, Any]) -> list[str]:
    seen = [one for one in told["streams"] if one["codec_type"] == "video" and not one["disposition"]["attached_pic"]]
    if promised.kind == "audio":
        return ["pictures in a sound"] if seen else []
    if len(seen) != 1:
        return [f"{len(seen)} streams of pictures"]
    size = (seen[0]["width"], seen[0]["height"])
    found = []
    if (answer["width"], answer["height"]) != size:
        found.append(f"{size} in it, the row says {answer['width']}x{answer['height']}")
    if promised.size is not None and promised.size != size:
        found.append(f"{size} in it, {promised.size} promised")
    return found


def _times(clip: Clip, answer: Mapping[str, Any], promised: Shape, told: dict[str, Any]) -> list[str]:
    seconds = float(told["format"]["duration"])
    frame = 0.0
    for one in told["streams"]:
        up, down = map(int, one["avg_frame_rate"].split("/"))
        frame = max(frame, down / up if up else 0.0)
    mp3 = told["format"]["format_name"] == "mp3"
    slack = max(frame, 1 / clip.rate if clip.rate else 0.0) + 0.05 + (_AUDIO_FRAME if mp3 else 0.0)
    found = []
    if answer["seconds"] is not None and abs(seconds - answer["seconds"]) > slack:
        found.append(f"plays {seconds} s, the row says {answer['seconds']}")
    if promised.seconds is not None and abs(seconds - promised.seconds) > slack:
        found.append(f"plays {seconds} s, {promised.seconds} promised")
    return found
