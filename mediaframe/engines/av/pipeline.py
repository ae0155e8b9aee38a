"""From a source through filters to encoders and a file: one pass, bounded memory, the same bytes each time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.codecs import THREADS, Coder, Sound
from mediaframe.engines.av.medium import Medium, Node, displayed, turn_of
from mediaframe.engines.base import Encoded
from mediaframe.errors import AssetError

_TURNS = {90: (Node("transpose", "clock"),), 180: (Node("hflip"), Node("vflip")), 270: (Node("transpose", "cclock"),)}
_BITEXACT = 1 << 23
_SLACK = 1e-6
_SILENCE = 0.5
"""Seconds of the output between two words about the share that is done."""


@dataclass(frozen=True, slots=True)
class Target:
    """How a file is written: the muxer, and an encoder for each kind of stream."""

    muxer: str
    suffix: str
    video: Coder | None = None
    audio: Sound | None = None
    mux_options: Mapping[str, str] = field(default_factory=dict)
    tags: bool = False
    """Whether title, artist and the like are kept."""


def write(medium: Medium, target: Target) -> Encoded:
    """Write the medium as a file in the child's own directory."""
    handle, name = tempfile.mkstemp(suffix=target.suffix, dir=Path.cwd())
    os.close(handle)
    path = Path(name)
    try:
        with demux.faults("it cannot be written"):
            made = _Pass(medium, target, path).run()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return made


class _Pass:
    """One reading of the source into one file."""

    def __init__(self, medium: Medium, target: Target, path: Path) -> None:
        self.medium, self.target, self.path = medium, target, path
        self.told = 0.0
        self.frames = 0
        self.last = 0.0

    def run(self) -> Encoded:
        options = {"fflags": "+bitexact", **self.target.mux_options}
        with (
            demux.opened(self.medium.source, self.medium.task) as source,
            av.open(str(self.path), "w", format=self.target.muxer, options=options) as out,
        ):
            lanes = self._lanes(source, out)
            if self.target.tags:
                _keep_tags(source, out, lanes)
            if not lanes:
                raise AssetError(f"there is nothing in it that {self.target.muxer} holds", code="E_OP")
            self._copy(source, out, lanes)
        return Encoded(self.path, *self._size(lanes), seconds=round(self.last, 3))

    def _size(self, lanes: list[_Lane]) -> tuple[int | None, int | None]:
        for lane in lanes:
            if isinstance(lane.out, VideoStream):
                return lane.out.width, lane.out.height
        return None, None

    def _lanes(self, source: InputContainer, out: OutputContainer) -> list[_Lane]:
        picture, sound = demux.picture(source), demux.sound(source)
        lanes = list[_Lane]()
        if picture is not None and self.target.video:
            lanes.append(_video_lane(self.medium, self.target, picture, out))
        if sound is not None and self.target.audio and not self.medium.muted:
            lanes.append(_audio_lane(self.medium, self.target, sound, out))
        return lanes

    def _copy(self, source: InputContainer, out: OutputContainer, lanes: list[_Lane]) -> None:
        origin = source.start_time / 1_000_000 if source.start_time else 0.0
        begin, end = self.medium.start + origin, None if self.medium.end is None else self.medium.end + origin
        if self.medium.start:
            source.seek(int(begin * 1_000_000), backward=True)
        by_stream = {lane.source.index: lane for lane in lanes}
        for packet in source.demux([lane.source for lane in lanes]):
            if not packet.size:  # The end: such packets all say stream 0.
                continue
            lane = by_stream[packet.stream_index]
            if not lane.over:
                self._take_all(out, lane, packet.decode(), begin, end)
            elif all(one.over for one in lanes):
                break
        for lane in lanes:
            if not lane.over:
                self._take_all(out, lane, lane.source.decode(None), begin, end)
        for lane in lanes:
            self._mux(out, lane, lane.push(None))
            out.mux(lane.out.encode(None))

    def _take_all(
        self, out: OutputContainer, lane: _Lane, frames: Iterable[Any], begin: float, end: float | None
    ) -> None:
        for frame in frames:
            frame.time_base = frame.time_base or lane.source.time_base  # the last ones do not say it
            if frame.pts is not None:
                self._take(out, lane, frame, begin, end)

    def _take(
        self, out: OutputContainer, lane: _Lane, frame: VideoFrame | AudioFrame, begin: float, end: float | None
    ) -> None:
        """Have one frame filtered and written, if it lies in the part; sound is cut within its frame."""
        time = frame.time or 0.0
        if end is not None and time >= end - _SLACK:
            lane.over = True
        elif time + (_lasts(frame) if isinstance(frame, AudioFrame) else _SLACK) > begin:
            frame.pts = round((time - begin) / (frame.time_base or Fraction(1, 90_000)))
            self._mux(out, lane, lane.push(frame))

    def _mux(self, out: OutputContainer, lane: _Lane, frames: Iterator[VideoFrame | AudioFrame]) -> None:
        for frame in frames:
            if isinstance(frame, VideoFrame):
                frame.pict_type = 0  # the encoder chooses anew
            out.mux(lane.out.encode(frame))  # type: ignore[arg-type]  # a lane's frames are of its stream's kind
            self.last = max(self.last, (frame.time or 0.0) + _lasts(frame))
        if self.last - self.told >= _SILENCE and self.medium.seconds:
            self.told = self.last
            self.medium.task.tell(min(1.0, self.last / self.medium.seconds))


def _keep_tags(source: InputContainer, out: OutputContainer, lanes: list[_Lane]) -> None:
    """Copy what is told of the whole; Ogg and Opus tell it of their stream."""
    told = dict(source.metadata)
    for lane in lanes:
        if isinstance(lane.source, AudioStream) and not told:
            told = dict(lane.source.metadata)
    out.metadata.update({name: text for name, text in told.items() if name.lower() not in _OWN_TAGS})


_OWN_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "creation_time"})
"""Tags of the file itself, not of what is in it."""


def listen(medium: Medium, *nodes: Node) -> Iterator[AudioFrame]:
    """Give the sound of a medium after its steps and further filters, without writing anything."""
    with demux.faults("the sound does not decode"), demux.opened(medium.source, medium.task) as source:
        stream = demux.sound(source)
        if stream is None:
            raise AssetError("there is no sound in it", code="E_OP")
        lane = _Lane(stream, stream, (_cut(medium), *medium.audio, *nodes))
        origin = source.start_time / 1_000_000 if source.start_time else 0.0
        begin, end = medium.start + origin, None if medium.end is None else medium.end + origin
        if medium.start:
            source.seek(int(begin * 1_000_000), backward=True)
        for frame in source.decode(stream):
            time = frame.time
            if time is None or time + _lasts(frame) <= begin:
                continue
            if end is not None and time >= end:
                break
            frame.pts = round((time - begin) / (frame.time_base or Fraction(1, frame.sample_rate)))
            yield from lane.push(frame)
        yield from lane.push(None)


def _cut(medium: Medium) -> Node:
    part = "" if medium.end is None else f":end={medium.end - medium.start}"
    return Node("atrim", f"start=0{part}")


@dataclass(slots=True)
class _Lane:
    """One stream on its way: where it comes from, its filters, where it goes."""

    source: VideoStream | AudioStream
    out: VideoStream | AudioStream
    nodes: tuple[Node, ...]
    graph: Graph | None = None
    over: bool = False

    def push(self, frame: VideoFrame | AudioFrame | None) -> Iterator[Any]:
        """Give what comes out of the filters for one more frame; None for the end."""
        if self.graph is None:
            if frame is None:
                return
            self.graph = _graph(self.source, self.nodes, frame)
        self.graph.push(frame)
        while True:
            try:
                yield self.graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return


def _graph(stream: Stream, nodes: tuple[Node, ...], frame: VideoFrame | AudioFrame) -> Graph:
    """Chain the filters; what enters is known by the first frame, whose header may have lied."""
    graph = Graph()
    if isinstance(frame, VideoFrame):
        start = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base,
        )  # fmt: skip
        sink = graph.add("buffersink")
    else:
        start = graph.add_abuffer(
            sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
        )
        sink = graph.add("abuffersink")
    graph.link_nodes(start, *(graph.add(one.name, one.args) for one in nodes), sink).configure()
    return graph


def _video_lane(medium: Medium, target: Target, stream: VideoStream, out: OutputContainer) -> _Lane:
    assert target.video is not None  # noqa: S101  # the caller asked
    stream.thread_type, stream.codec_context.thread_count = "AUTO", THREADS
    width, height = (max(2, side - side % 2) for side in displayed(medium))
    rate = medium.rate or demux.rate(stream)
    made = out.add_stream(target.video.name, rate=rate, options=dict(target.video.options))
    assert isinstance(made, VideoStream)  # noqa: S101  # a video encoder gives no other
    made.width, made.height, made.pix_fmt = width, height, target.video.pixels
    if target.video.tag and target.muxer in ("mp4", "mov"):
        made.codec_context.codec_tag = target.video.tag
    made.codec_context.time_base = 1 / rate if medium.rate else stream.time_base or Fraction(1, 90_000)
    made.codec_context.thread_count = THREADS
    made.codec_context.flags |= _BITEXACT
    nodes = (
        *_TURNS.get(turn_of(medium), ()),
        *medium.video,
        Node("scale", f"{width}:{height}:flags=lanczos+accurate_rnd"),
        Node("format", f"pix_fmts={target.video.pixels}"),
    )
    return _Lane(stream, made, nodes)


def _audio_lane(medium: Medium, target: Target, stream: AudioStream, out: OutputContainer) -> _Lane:
    assert target.audio is not None  # noqa: S101  # the caller asked
    rate = target.audio.rate(medium.hz or stream.rate)
    layout = "mono" if (medium.channels or stream.channels) == 1 else "stereo"
    made = out.add_stream(target.audio.name, rate=rate, options=dict(target.audio.options), layout=layout)
    assert isinstance(made, AudioStream)  # noqa: S101  # an audio encoder gives no other
    made.codec_context.flags |= _BITEXACT
    formats = target.audio.samples or "|".join(one.name for one in made.codec_context.codec.audio_formats or ())
    if target.audio.samples:
        made.codec_context.format = target.audio.samples
    samples = f":sample_fmts={formats}" if formats else ""
    nodes = (
        _cut(medium),
        *medium.audio,
        Node("aformat", f"sample_rates={rate}:channel_layouts={layout}{samples}"),
    )
    return _Lane(stream, made, nodes)


def _lasts(frame: VideoFrame | AudioFrame) -> float:
    if isinstance(frame, AudioFrame):
        return frame.samples / frame.sample_rate
    return float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
