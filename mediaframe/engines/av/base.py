"""The engine of videos and sounds: FFmpeg through PyAV."""

from __future__ import annotations

import re
from datetime import datetime
from importlib.metadata import version
from typing import Any, ClassVar

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from mediaframe.engines.av import boxes, demux
from mediaframe.engines.av.beside import hdr, side_data
from mediaframe.engines.av.glance import probed
from mediaframe.engines.av.medium import Medium, displayed
from mediaframe.engines.av.still import first_turn
from mediaframe.engines.av.timing import Timing, pace, timing
from mediaframe.engines.base import Engine, Source, Task
from mediaframe.errors import AssetError
from mediaframe.formats.stills import Thumbnails
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.limits import Limits
from mediaframe.ops.stills import Storyboard


class AvEngine(Engine[Medium]):
    """Reads videos and sounds."""

    name = "av"
    kinds: ClassVar[tuple[Kind, ...]] = ("video", "audio")
    revision = 3

    def reading(self) -> dict[str, str]:
        """Say which containers this FFmpeg opens."""
        there = av.formats_available
        lacks = "this build of FFmpeg lacks it; pip install --force-reinstall av"
        return {word: "" if name in there else lacks for word, name in demux.READS.items()}

    def version(self) -> str:
        """Name the engine, the versions of FFmpeg, PyAV and lameenc, and the engine's own revision."""
        parts = f"PyAV {av.__version__}, lameenc {version('lameenc')}, revision {self.revision}"
        return f"av FFmpeg {av.ffmpeg_version_info} ({parts})"

    def sharing(self, source: Source, task: Task) -> object:
        """Name the decode: key frames for small tiles are decoded without smoothing, and stills need less opened."""
        return _tile_width(task), _still(task)

    def open(self, source: Source, task: Task) -> Medium:
        """Open a clip, within the limits of streams, pixels and playing time."""
        container = demux.opened(source, task, lightly=_still(task) and demux.indexed(source))
        stream = demux.picture(container)
        tiles = _tile_width(task)
        if stream is not None and tiles is not None and stream.width >= _SMALLER * tiles:
            stream.codec_context.options = {"skip_loop_filter": "all"}
        length = container.duration / 1_000_000 if container.duration else None
        _within(container, stream, length, task.limits)
        if _elsewhere(container, source):
            raise AssetError(_ELSEWHERE, code="E_EXTERNAL_REF")
        sound = demux.sound(container)
        if stream is None and sound is None:
            raise AssetError(_NOTHING)
        texts = tuple(one.index for one in container.streams.subtitles)
        return Medium(source, task, container, stream, length, (sound.index,) if sound else (), texts)

    def probe(self, source: Source, task: Task) -> dict[str, Any]:
        """Say what it is; streams decide between video and audio. The first picture is decoded where it is small."""
        with probed(source, task) as container:
            picture, sound = demux.picture(container), demux.sound(container)
            elsewhere = _elsewhere(container, source)
            if picture is None and sound is None:
                raise AssetError(_ELSEWHERE, code="E_EXTERNAL_REF") if elsewhere else AssetError(_NOTHING)
            time = timing(container, source)
            if time.empty and time.declared is None:
                raise AssetError("there is nothing in its streams", code="E_TRUNCATED")
            facts: dict[str, Any] = {
                "seconds": time.seconds,
                "bit_rate": round(source.size * 8 / time.seconds) if time.seconds else None,
                "channels": sound.channels if sound else None,
                "audio_codec": demux.codec(sound) if sound else None,
                **_tags(container),
            }
            if picture is not None:
                facts |= {"kind": "video"} | _picture(container, picture, task.limits)
            elif sound is not None:
                facts |= {"kind": "audio", "codec": demux.codec(sound), "rate": float(sound.rate)}
                facts["bits"] = demux.depth(sound)
        return facts | _fault(time, elsewhere=elsewhere)

    def shape(self, handle: Medium) -> Shape:
        """Say the size as displayed; the turn is known by the first picture."""
        if handle.stream is None:
            return Shape("audio", seconds=handle.seconds)
        width, height = displayed(handle)
        whole = not handle.start and handle.end is None
        return Shape(
            "video", width, height, frames=(handle.stream.frames or None) if whole else None, seconds=handle.seconds
        )


engine = AvEngine()

_SMALLER = 4
"""How many times larger pictures are than tiles for which blocks need not be smoothed: at 12 times, tiles are 0.12
levels off on average and 3 at the most, for a tenth less time."""


def _tile_width(task: Task) -> int | None:
    """Give the width of the tiles, where key frames of the whole video are all that a recipe shows."""
    last = task.end if isinstance(task.end, Thumbnails) else task.steps[-1] if task.steps else None
    if not isinstance(last, Storyboard | Thumbnails) or last.pick != "keyframe":
        return None
    return last.width if all(step is last for step in task.steps) else None


def _still(task: Task) -> bool:
    """Whether pictures are all that a recipe takes out of a video."""
    return isinstance(task.end, Thumbnails) or any(
        step.takes == "video" and step.gives == "image" for step in task.steps
    )


_NOTHING = "there is neither a picture nor a sound in it"
_ELSEWHERE = "it takes samples from another file, which is not opened"


def _elsewhere(container: InputContainer, source: Source) -> bool:
    return container.format.name == demux.INDEXED and boxes.external(source)


def _fault(time: Timing, *, elsewhere: bool) -> dict[str, Any]:
    """Say what is wrong beside the pictures: the gravest of it."""
    if elsewhere:
        return {"error_code": "E_EXTERNAL_REF", "error": _ELSEWHERE}
    if time.empty:
        return {"error_code": "E_TRUNCATED", "error": "there is nothing in its streams"}
    if time.lie is not None:
        return {"error_code": "W_DURATION_MISMATCH", "error": time.lie}
    return {}


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


_SMALL = 1_000_000
"""Pixels of a picture up to which a probe decodes the first one: one of 1080p takes as long as all else ten times."""


def _picture(container: InputContainer, stream: VideoStream, limits: Limits) -> dict[str, Any]:
    if not stream.width or not stream.height:
        raise AssetError("its pictures have no size", code="E_CORRUPT")
    told = side_data(container).get(stream.index, {})
    turn, fault = told.get("rotation", 0), None
    if stream.width * stream.height <= min(_SMALL, limits.pixels):
        found, fault = first_turn(container, stream, roughly=True)
        turn = turn if found is None else found
    width, height = demux.displayed_size(stream, turn)
    speed = pace(container, stream)
    facts: dict[str, Any] = {
        "width": width,
        "height": height,
        "orientation": turn,
        "frames": stream.frames or None,
        "rate": speed.rate,
        "variable_rate": speed.variable,
        "hdr": hdr(stream, told),
        "codec": demux.codec(stream),
        "bits": max((part.bits for part in stream.format.components), default=None) if stream.format else None,
    }
    if fault is not None:
        facts |= {"error_code": "W_DECODE_WARNING", "error": fault}
    return facts


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
