"""What stands beside the packets of a stream: the turn of its pictures, Dolby Vision; and whether they are HDR."""

from __future__ import annotations

import re
from typing import Any

import av.logging
from av.container import InputContainer
from av.video.stream import VideoStream

from mediaframe.engines.av.cicp import HDR

_STREAM = re.compile(r"  Stream #0:(\d+)")
_TURN = re.compile(r" {6}Display Matrix: rotation of (-?\d+(?:\.\d+)?) degrees")
_DOLBY = re.compile(r" {6}DOVI configuration record: ")


def side_data(container: InputContainer) -> dict[int, dict[str, Any]]:
    """Read what FFmpeg's own summary alone tells of streams: the turn, and whether there is Dolby Vision.

    PyAV 18 gives no other way to the side data of a stream. No tag can speak in its place: lines of tags hold a colon
    after a padded name, and stand deeper.
    """
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        lines = str(container.dumps_format()).splitlines()  # type: ignore[attr-defined]  # its stub is missing
    finally:
        av.logging.set_level(level)
    found, at, beside = dict[int, dict[str, Any]](), -1, False
    for line in lines:
        if match := _STREAM.match(line):
            at, beside = int(match[1]), False
        elif line.startswith("    ") and not line.startswith("     "):
            beside = line.strip() == "Side data:"
        elif beside and (match := _TURN.match(line)):
            found.setdefault(at, {})["rotation"] = -round(float(match[1])) % 360
        elif beside and _DOLBY.match(line):
            found.setdefault(at, {})["dolby"] = True
    return found


_DOLBY_TAGS = {"dvh1", "dvhe", "dva1", "dvav", "dav1"}
"""Names of sample entries that are Dolby Vision by themselves (Dolby Vision within ISOBMFF, 2.x)."""


def hdr(stream: VideoStream, beside: dict[str, Any]) -> str | None:
    """Name the kind of HDR; None where it has none, or does not say."""
    if beside.get("dolby") or stream.codec_context.codec_tag in _DOLBY_TAGS:
        return "dolby vision"
    return HDR.get(stream.codec_context.color_trc)
