"""The engine of videos and sounds: FFmpeg through PyAV."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.still import first_turn, frame_at
from mediaframe.engines.base import Engine, Pixels, Source, Task
from mediaframe.errors import AssetError
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.limits import Limits
from mediaframe.ops.video import Frame

_SHORT = 0.05
"""The share by which a sound may play shorter or longer than declared before that is said."""


@dataclass(slots=True)
class Clip:
    """An open container and what its header says."""

    container: InputContainer
    stream: VideoStream | None
    seconds: float | None
    task: Task


class AvEngine(Engine[Clip]):
    """Reads videos and sounds."""

    name = "av"
    kinds: ClassVar[tuple[Kind, ...]] = ("video", "audio")
    revision = 1

    def reading(self) -> dict[str, str]:
        """Say which containers this FFmpeg opens."""
        there = av.formats_available
        lacks = "this build of FFmpeg lacks it; pip install --force-reinstall av"
        return {word: "" if name in there else lacks for word, name in demux.READS.items()}

    def version(self) -> str:
        """Name the engine, the versions of FFmpeg and PyAV, and the engine's own revision."""
        return f"av FFmpeg {av.ffmpeg_version_info} (PyAV {av.__version__}, revision {self.revision})"

    def open(self, source: Source, task: Task) -> Clip:
        """Open a clip, within the limits of streams, pixels and playing time."""
        container = demux.opened(source, task)
        stream = demux.picture(container)
        length = container.duration / 1_000_000 if container.duration else None
        _within(container, stream, length, task.limits)
        if stream is None and demux.sound(container) is None:
            raise AssetError("there is neither a picture nor a sound in it", code="E_CORRUPT")
        return Clip(container, stream, length, task)

    def probe(self, source: Source, task: Task) -> dict[str, Any]:
        """Say what it is; streams decide between video and audio. One picture is decoded, for its turn."""
        with demux.opened(source, task) as container:
            picture, sound = demux.picture(container), demux.sound(container)
            if picture is None and sound is None:
                raise AssetError("there is neither a picture nor a sound in it", code="E_CORRUPT")
            length, declared = demux.seconds(container, source)
            facts: dict[str, Any] = {"seconds": length, "channels": sound.channels if sound else None}
            facts |= _tags(container)
            if picture is not None:
                facts |= {"kind": "video"} | _picture(container, picture, task.limits)
            elif sound is not None:
                facts |= {"kind": "audio", "codec": demux.codec(sound), "rate": float(sound.rate)}
        if length is None and picture is None:
            raise AssetError("there is no sound in it", code="E_TRUNCATED")
        if length and declared and abs(length - declared) > max(_SHORT * declared, 0.1):
            facts["error_code"] = "W_DURATION_MISMATCH"
            facts["error"] = f"it plays {length:.2f} s, but declares {declared:.2f} s"
        return facts

    def shape(self, handle: Clip) -> Shape:
        """Say the size as displayed; the turn is known by the first picture."""
        if handle.stream is None:
            return Shape("audio", seconds=handle.seconds)
        turn, _ = first_turn(handle.container, handle.stream)
        width, height = _displayed(handle.stream, turn)
        return Shape("video", width, height, frames=handle.stream.frames or None, seconds=handle.seconds)


engine = AvEngine()


@engine.implements(Frame)
def frame(clip: Clip, op: Frame) -> Pixels:
    """Give the first picture at or after a moment, turned as it is displayed."""
    if clip.stream is None:
        raise AssetError("there is no picture in it: it is a sound", code="E_OP")
    moment = str(op.at)
    if not moment.endswith("%"):
        return frame_at(clip.container, clip.stream, float(moment.removesuffix("s")), clip.seconds)
    if clip.seconds is None:
        raise AssetError(
            f"frame(at={moment!r}): the video does not say how long it plays; give the moment in seconds",
            code="E_OP",
        )
    return frame_at(clip.container, clip.stream, clip.seconds * float(moment[:-1]) / 100, clip.seconds)


def _within(container: InputContainer, stream: VideoStream | None, length: float | None, limits: Limits) -> None:
    streams = len(container.streams)
    if streams > limits.streams:
        raise AssetError(
            f"it has {streams} streams, over the limit of {limits.streams}; see Limits.streams",
            code="E_LIMIT_STREAMS",
        )
    if length is not None and length > limits.seconds:
        raise AssetError(
            f"it plays {length:.0f} s, over the limit of {limits.seconds:g} s; see Limits.seconds",
            code="E_LIMIT_DURATION",
        )
    if stream is not None and stream.width * stream.height > limits.pixels:
        raise AssetError(
            f"its pictures have {stream.width}x{stream.height} pixels, over the limit of {limits.pixels}; "
            "see Limits.pixels",
            code="E_LIMIT_PIXELS",
        )


def _picture(container: InputContainer, stream: VideoStream, limits: Limits) -> dict[str, Any]:
    if not stream.width or not stream.height:
        raise AssetError("its pictures have no size", code="E_CORRUPT")
    turn, fault = None, None
    if stream.width * stream.height <= limits.pixels:
        turn, fault = first_turn(container, stream)
    width, height = _displayed(stream, turn)
    rate = stream.average_rate or stream.guessed_rate
    facts: dict[str, Any] = {
        "width": width,
        "height": height,
        "orientation": turn or 0,
        "frames": stream.frames or None,
        "rate": float(rate) if rate else None,
        "codec": demux.codec(stream),
        "bits": max((part.bits for part in stream.format.components), default=None) if stream.format else None,
    }
    if fault is not None:
        facts |= {"error_code": "W_DECODE_WARNING", "error": fault}
    return facts


def _displayed(stream: VideoStream, turn: int | None) -> tuple[int, int]:
    return (stream.height, stream.width) if turn in (90, 270) else (stream.width, stream.height)


_LOCAL_TIME = "com.apple.quicktime.creationdate"
_PLACES = ("com.apple.quicktime.location.ISO6709", "location", "location-eng")


def _tags(container: InputContainer) -> dict[str, Any]:
    """Read camera, place and time. `creation_time` is left out: it is not in the camera's own time."""
    tags = container.metadata
    make, model = (tags.get(f"com.apple.quicktime.{one}") or tags.get(one) or "" for one in ("make", "model"))
    camera = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    match = re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", tags.get(_LOCAL_TIME, ""))
    try:
        taken = datetime.fromisoformat(match[0]).isoformat() if match else None
    except ValueError:
        taken = None
    return {
        "camera": camera.strip() or None,
        "gps": any(place in tags for place in _PLACES),
        "taken_at": taken,
    }
