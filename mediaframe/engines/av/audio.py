"""What is done to sounds: each step adds filters or moves the ends; what must be heard first is heard once more."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.graph import Clock, Node
from mediaframe.engines.av.listen import listen
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.tags import measured
from mediaframe.engines.base import Source
from mediaframe.errors import AssetError
from mediaframe.measures import audio as measures
from mediaframe.ops import video_sound
from mediaframe.ops.audio import Channels, Clip, Fade, Gain, Loudness, Rate, Tag, Trim


@engine.implements(Clip)
def clip(medium: Medium, op: Clip) -> Medium:
    """Keep a part of what the steps before left."""
    return medium.part(op.start, op.end)


@engine.implements(Gain)
@engine.implements(video_sound.Gain)
def gain(medium: Medium, op: Gain | video_sound.Gain) -> Medium:
    """Make it louder or softer."""
    return medium.heard(Node("volume", f"{op.db:.6g}dB"))


@engine.implements(Channels)
def channels(medium: Medium, op: Channels) -> Medium:
    """Mix to mono or stereo."""
    layout = "mono" if op.count == 1 else "stereo"
    return medium.heard(Node("aformat", f"channel_layouts={layout}")).but(channels=op.count)


@engine.implements(Rate)
def rate(medium: Medium, op: Rate) -> Medium:
    """Resample."""
    return medium.heard(Node("aresample", str(op.hz))).but(hz=op.hz)


@engine.implements(Fade)
def fade(medium: Medium, op: Fade) -> Medium:
    """Fade in and out."""
    clock = Clock(medium.start, medium.speed)
    nodes = [Node("afade", f"t=in:st=0:d={op.into:.6f}", clock=clock)] if op.into else []
    if op.out:
        if medium.plays is None:
            raise AssetError("fade(out=...): the sound does not say how long it plays", code="E_OP")
        length = min(op.out, medium.plays)
        nodes.append(Node("afade", f"t=out:st={medium.plays - length:.6f}:d={length:.6f}", clock=clock))
    return medium.heard(*nodes)


@engine.implements(Loudness)
@engine.implements(video_sound.Loudness)
def loudness(medium: Medium, op: Loudness | video_sound.Loudness) -> Medium:
    """Measure, then give one gain to each sound, lowered where peaks would go over."""
    if medium.stream is not None and (medium.muted or not medium.sounds):
        return medium
    gains = list[Node]()
    for at in medium.sounds_at:
        found = heard(medium.but(sounds_at=(at,)))
        if found.lufs is not None:
            gain = min(op.lufs - found.lufs, op.peak - found.peak)
            gains.append(Node("volume", f"{gain:.4f}dB", only=at))
    return medium.heard(*gains)


@engine.implements(Trim)
def trim(medium: Medium, op: Trim) -> Medium:
    """Find the silence at both ends, and leave it out."""
    stretches, length = silences(medium, op.threshold, _SHORT)
    start = stretches[0][1] if stretches and stretches[0][0] <= _SHORT else 0.0
    end = stretches[-1][0] if stretches and stretches[-1][1] >= length - _SHORT else length
    if end <= start:
        raise AssetError(f"trim(threshold={op.threshold:g}): all of it is silent", code="E_OP")
    return medium.part(start, end)


@engine.implements(Tag)
def tag(medium: Medium, op: Tag) -> Medium:
    """Keep what is said for when it is written."""
    said = {name: text for name, text in op.values.items() if isinstance(text, str)}
    cover = medium.cover
    if op.cover is not None:
        if not isinstance(op.cover.data, Source):
            raise AssetError(f"{op.cover}: the engine was not given this file", code="E_INTERNAL")
        cover = bytes(op.cover.data.view())
        try:
            measured(cover)
        except AssetError as error:
            raise AssetError(f"tag(cover={op.cover}): {error.message}", code="E_INPUT") from None
    return medium.but(tags=tuple({**dict(medium.tags), **said}.items()), cover=cover)


_SHORT = 0.02
"""Seconds: the shortest silence that is looked for."""


@engine.implements(measures.Lufs)
def lufs(medium: Medium, measure: measures.Lufs) -> float | None:
    """Say how loud it is."""
    return heard(medium).lufs


@engine.implements(measures.VideoLufs)
def video_lufs(medium: Medium, measure: measures.VideoLufs) -> float | None:
    """Say how loud a video is."""
    return None if medium.muted or not medium.sounds else heard(medium).lufs


@engine.implements(measures.Silence)
def silence(medium: Medium, measure: measures.Silence) -> float:
    """Say how many seconds are silent."""
    return _silent(medium, measure.threshold, measure.least)


@engine.implements(measures.VideoSilence)
def video_silence(medium: Medium, measure: measures.VideoSilence) -> float | None:
    """Say how many seconds of a video are silent."""
    return None if medium.muted or not medium.sounds else _silent(medium, measure.threshold, measure.least)


def _silent(medium: Medium, threshold: float, least: float) -> float:
    stretches, _ = silences(medium, threshold, least)
    return round(sum(end - start for start, end in stretches), 3)


@dataclass(frozen=True, slots=True)
class Heard:
    """How loud a sound is as a whole; None where all is silent."""

    lufs: float | None
    peak: float


_SILENT = -70.0
"""LUFS under which EBU R 128 counts nothing."""


def heard(medium: Medium) -> Heard:
    """Listen to all of it."""
    whole, peak = _SILENT, -math.inf
    for frame in listen(medium, Node("ebur128", "metadata=1:peak=true")):
        told = frame.metadata
        whole = float(told.get("lavfi.r128.I", whole))
        peak = max([peak, *(_decibels(text) for name, text in told.items() if name.startswith(_PEAKS))])
    return Heard(None if whole <= _SILENT else whole, peak)


_PEAKS = "lavfi.r128.true_peaks_ch"


def _decibels(text: str) -> float:
    value = float(text)
    return 20 * math.log10(value) if value > 0 else -math.inf


def silences(medium: Medium, threshold: float, least: float) -> tuple[list[tuple[float, float]], float]:
    """Give the silent stretches, and how long all plays, in seconds of the result."""
    found, begun, length = list[tuple[float, float]](), None, 0.0
    for frame in listen(medium, Node("silencedetect", f"n={threshold:g}dB:d={least:g}")):
        told = frame.metadata
        begun = float(told["lavfi.silence_start"]) if "lavfi.silence_start" in told else begun
        if "lavfi.silence_end" in told and begun is not None:
            found.append((max(0.0, begun), float(told["lavfi.silence_end"])))
            begun = None
        length = (frame.time or 0.0) + frame.samples / frame.sample_rate
    if begun is not None:
        found.append((max(0.0, begun), length))
    return found, length
