"""Packages for streaming: one decode, an encoder for each size, segments that begin together, and what names them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import InputContainer, OutputContainer
from av.stream import Disposition
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av import captions, color, demux, playlists
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.choosing import title_of
from mediaframe.engines.av.codecs import SOUNDS, THREADS, Target
from mediaframe.engines.av.fragments import Track, codec_of, header
from mediaframe.engines.av.graph import Chain, Node
from mediaframe.engines.av.jpeg import Poster
from mediaframe.engines.av.ladder import Rung, rungs
from mediaframe.engines.av.lane import Lane, audio_lane, even, lasts, video_lane
from mediaframe.engines.av.medium import Medium, displayed, span
from mediaframe.engines.av.notes import left_out, reduced, shortfall
from mediaframe.engines.av.playlists import Captions, Rendition
from mediaframe.engines.base import Encoded, Part
from mediaframe.errors import AssetError
from mediaframe.formats.streaming import Dash, Hls, Streaming
from mediaframe.model.language import UNKNOWN, tag

_UNITS = 90_000
"""Units of time in a second of pictures: all common frame rates are whole numbers of them."""
_WORD = 0.5
"""Seconds of the output between two words about the share that is done."""
_FRAGMENTED = "empty_moov+default_base_moof+negative_cts_offsets"


@engine.implements(Hls)
def hls(medium: Medium, format: Hls) -> Encoded:
    """Write an HLS package."""
    return _package(medium, format)


@engine.implements(Dash)
def dash(medium: Medium, format: Dash) -> Encoded:
    """Write a DASH package."""
    return _package(medium, format)


def _package(medium: Medium, format: Streaming) -> Encoded:
    if medium.stream is None:
        raise AssetError(f"{format.word}: there is no picture in it", code="E_OP")
    texts, lost = captions.gathered(medium, format)
    with ExitStack() as held:
        work = _Pass(medium, format)
        failed = held.enter_context(ExitStack())
        failed.callback(work.discard)
        with demux.faults("it cannot be packaged"):
            work.run()
        made = _written(work, format, texts, lost)
        failed.pop_all()
    return made


@dataclass(slots=True)
class _Cut:
    """One rendition on its way: its encoder, and the segments that its packets are cut into."""

    name: str
    out: Any
    """The stream of its encoder."""
    head: io.BytesIO
    track: Track
    size: tuple[int, int] | None = None
    chain: Chain | None = None
    at: int = 0
    """How many segments were begun."""
    source: AudioStream | None = None
    """The sound that it is made of."""
    samples: int = 0
    filled: Chain | None = None
    """Fills holes of a sound with silence."""


class _Pass:
    """One reading of the source into all renditions."""

    def __init__(self, medium: Medium, format: Streaming) -> None:
        self.medium, self.format = medium, format
        self.every = Fraction(format.segment_seconds).limit_denominator(1000)
        self.pictures: list[_Cut] = []
        self.sounds: dict[int, _Cut] = {}
        """By the places of their streams in the source."""
        self.poster = Poster.of(format.poster, medium.plays) if format.poster is not None else None
        self.rate = Fraction(25)
        self.told = self.last = 0.0
        self.frames = 0
        self._boundary = 0

    def run(self) -> None:
        with ExitStack() as held:
            source = held.enter_context(demux.opened(self.medium.source, self.medium.task))
            lanes = self._lanes(source, held)
            self._read(source, lanes)
            for cut in self.cuts:
                self._keep(cut, cut.out.encode(None))
                cut.track.end()
        if not all(cut.track.segments for cut in self.pictures):
            raise AssetError("no picture can be decoded", code="E_CORRUPT")

    @property
    def cuts(self) -> list[_Cut]:
        """All renditions, the sounds last."""
        return [*self.pictures, *self.sounds.values()]

    def discard(self) -> None:
        """Remove what was written."""
        for cut in self.cuts:
            cut.track.discard()

    # ---- opening

    def _lanes(self, source: InputContainer, held: ExitStack) -> list[Lane]:
        picture = self.medium.picture_in(source)
        assert picture is not None  # noqa: S101  # _package saw it
        self.rate = self.medium.rate or demux.rate(picture)
        whole = even(displayed(self.medium))
        first, *others = rungs(self.format, whole, self.rate)
        medium = self.medium
        if first.size != displayed(medium):
            medium = medium.drawn(_scale(first), size=first.size)
        out, head = _opened(held)
        lane = video_lane(medium, Target("mp4", "", video=first.coder), picture, out)
        made = lane.out
        assert isinstance(made, VideoStream)  # noqa: S101  # it goes to a file
        made.codec_context.time_base = Fraction(1, _UNITS)
        self.pictures = [_begun(first.name, out, made, head, first.size)]
        colors = color.said(picture.codec_context).coded()
        self.pictures += [self._rung(rung, colors, held) for rung in others]
        lanes = [lane]
        target = Target("mp4", "", audio=SOUNDS["aac"].at(self.format.audio_bitrate))
        for number, sound in enumerate(self.medium.sounds_in(source), 1):
            out, head = _opened(held)
            lanes.append(audio_lane(self.medium, target, sound, out))
            heard = lanes[-1].out
            assert isinstance(heard, AudioStream)  # noqa: S101  # it goes to a file
            cut = _begun(f"audio-{number}" if number > 1 else "audio", out, heard, head)
            self.sounds[sound.index] = replace(cut, source=sound)
        return lanes

    def _rung(self, rung: Rung, colors: color.Colors, held: ExitStack) -> _Cut:
        """Open a smaller size, which is made of the frames of the largest."""
        out, head = _opened(held)
        made = out.add_stream(rung.coder.name, rate=self.rate, options=dict(rung.coder.options))
        assert isinstance(made, VideoStream)  # noqa: S101  # a video encoder gives no other
        made.width, made.height = rung.size
        made.pix_fmt = rung.coder.pixels
        color.tag(made.codec_context, colors)
        made.codec_context.time_base = Fraction(1, _UNITS)
        made.codec_context.thread_count = THREADS
        made.codec_context.flags |= Flags.bitexact
        return _begun(rung.name, out, made, head, rung.size)

    # ---- reading

    def _read(self, source: InputContainer, lanes: list[Lane]) -> None:
        begin, end = span(self.medium, source)
        if self.medium.start:
            source.seek(int(begin * 1_000_000), backward=True)
        by_stream = {lane.source.index: lane for lane in lanes}
        for packet in demux.packets(source, [lane.source for lane in lanes]):
            if not packet.size:  # The end: such packets all say stream 0.
                continue
            lane = by_stream[packet.stream_index]
            self._take(lane, lane.frames(packet, begin, end))
            if lane.over and all(one.over for one in lanes):
                break
        for lane in lanes:
            self._take(lane, lane.frames(None, begin, end))
        for cut in self.sounds.values():
            if cut.filled is not None:
                self._hear(cut, cut.filled.push(None))

    def _take(self, lane: Lane, frames: Iterable[Any]) -> None:
        if isinstance(lane.source, VideoStream):
            for frame in frames:
                self._show(frame)
            return
        cut = self.sounds[lane.source.index]
        for frame in frames:
            if cut.filled is None:
                # Sound that begins late or has holes is filled with silence, so that segments stay side by side.
                cut.filled = Chain(frame, [Node("aresample", "async=1:first_pts=0")])
            self._hear(cut, cut.filled.push(frame))

    # ---- encoding

    def _show(self, frame: VideoFrame) -> None:
        """Encode a picture in all sizes; where a segment begins, it is a key frame in each."""
        if not self.frames:
            frame.pts = 0  # A picture that comes late is shown from the beginning.
        self.frames += 1
        time = Fraction(frame.pts or 0) * (frame.time_base or Fraction(1, _UNITS))
        begins = time >= self._boundary * self.every
        if begins:
            self._boundary = int(time / self.every) + 1
        if self.poster is not None:
            self.poster.see(frame, float(time))
        for cut in self.pictures:
            for shown in self._scaled(cut, frame):
                shown.pict_type = PictureType.I if begins else PictureType.NONE
                self._keep(cut, cut.out.encode(shown))
        self._tell(float(time) + lasts(frame))

    def _scaled(self, cut: _Cut, frame: VideoFrame) -> Iterable[VideoFrame]:
        if cut is self.pictures[0]:
            return (frame,)
        if cut.chain is None:
            assert cut.size is not None  # noqa: S101  # pictures have one
            cut.chain = Chain(frame, [Node("scale", f"{cut.size[0]}:{cut.size[1]}:flags={color.FLAGS}")])
        return cut.chain.push(frame)

    def _hear(self, cut: _Cut, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            frame.pts, frame.time_base = cut.samples, Fraction(1, frame.sample_rate)
            cut.samples += frame.samples
            self._keep(cut, cut.out.encode(frame))

    def _keep(self, cut: _Cut, packets: Iterable[Any]) -> None:
        for packet in packets:
            if packet.pts is None or packet.pts < 0:
                continue  # What AAC needs to get going, before the first sample.
            if cut.source is not None:
                begins = packet.pts * packet.time_base >= cut.at * self.every
                cut.at = int(packet.pts * packet.time_base / self.every) + 1 if begins else cut.at
                cut.track.add(packet, cut=begins)
            else:
                cut.track.add(packet, cut=packet.is_keyframe)

    def _tell(self, until: float) -> None:
        self.last = max(self.last, until)
        if self.last - self.told >= _WORD:
            self.told, whole = self.last, self.medium.seconds
            self.medium.task.tell(min(1.0, self.last / whole) if whole else 0.0)  # who is silent is taken for dead


def _opened(held: ExitStack) -> tuple[OutputContainer, io.BytesIO]:
    """Open a container that writes the header of a track and nothing else."""
    head = io.BytesIO()
    out = av.open(head, "w", format="mp4", options={"fflags": "+bitexact", "movflags": _FRAGMENTED})
    return held.enter_context(out), head


def _begun(
    name: str,
    out: OutputContainer,
    stream: VideoStream | AudioStream,
    head: io.BytesIO,
    size: tuple[int, int] | None = None,
) -> _Cut:
    """Open the encoder, and have the header written."""
    out.start_encoding()
    units = _UNITS if isinstance(stream, VideoStream) else stream.rate
    return _Cut(name, stream, head, Track(units, annexb=isinstance(stream, VideoStream)), size)


def _scale(rung: Rung) -> Node:
    return Node("scale", f"{rung.size[0]}:{rung.size[1]}:flags={color.FLAGS}")


# ---- what names the segments -----------------------------------------------------------------------------------------


def _written(work: _Pass, format: Streaming, texts: list[tuple[Captions, bytes]], lost: list[str]) -> Encoded:
    """Name the segments, and write the playlists that name them."""
    pictures = [_rendition(cut, work) for cut in reversed(work.pictures)]
    sounds = _named([(cut, _rendition(cut, work)) for cut in work.sounds.values() if cut.track.segments])
    told = [one for one, _ in texts]
    parts = list[Part]()
    for cut in work.cuts:
        if cut.track.segments:
            parts += _segments(cut)
    seconds = max(one.seconds for one in pictures)
    if format.word == "hls":
        parts += _playlists(pictures, sounds)
    for one, text in texts:
        parts.append(Part(f"{one.folder}/{one.file}", text, "text/vtt"))
        if format.word == "hls":
            listed = playlists.captions_playlist(one, seconds)
            parts.append(Part(f"{one.folder}/index.m3u8", listed, Hls.media_type))
    if work.poster is not None and (jpeg := work.poster.file()) is not None:
        parts.append(Part("poster.jpg", jpeg, "image/jpeg"))
    mpd = playlists.manifest(pictures, sounds, told, format.segment_seconds)
    if isinstance(format, Hls) and format.dash:
        parts.append(Part(Dash.package, mpd, Dash.media_type))
    main = playlists.main_playlist(pictures, sounds, told) if format.word == "hls" else mpd
    width, height = pictures[-1].size or (None, None)
    notes = (*reduced(work.medium), *shortfall(work.medium, seconds), *left_out(work.medium, texts=lost))
    return Encoded(main, width, height, seconds=round(seconds, 3), notes=notes, parts=tuple(parts))


def _playlists(pictures: list[Rendition], sounds: list[Rendition]) -> Iterator[Part]:
    longest = playlists.target([*pictures, *sounds])
    for one in (*pictures, *sounds):
        yield Part(f"{one.name}/index.m3u8", playlists.media_playlist(one, longest), Hls.media_type)
    for one in pictures:
        yield Part(f"{one.name}/{playlists.KEYS}", playlists.keys_playlist(one, longest), Hls.media_type)


def _named(heard: list[tuple[_Cut, Rendition]]) -> list[Rendition]:
    """Tell sounds by language and title; that which is marked as default in the source is, or the first."""
    marked = [bool(cut.source and cut.source.disposition & Disposition.default) for cut, _ in heard]
    first = marked.index(True) if any(marked) else 0
    return [
        replace(
            one,
            language=tag(cut.source.language) if cut.source and tag(cut.source.language) != UNKNOWN else None,
            title=title_of(cut.source) if cut.source else None,
            default=at == first,
        )
        for at, (cut, one) in enumerate(heard)
    ]


def _segments(cut: _Cut) -> Iterator[Part]:
    whole, segment = ("video/mp4", "video/iso.segment") if cut.size is not None else ("audio/mp4", "audio/mp4")
    yield Part(f"{cut.name}/init.mp4", header(cut.head.getvalue()), whole)
    for number, one in enumerate(cut.track.segments, 1):
        yield Part(f"{cut.name}/{number:05d}.m4s", one.path, segment)


def _rendition(cut: _Cut, work: _Pass) -> Rendition:
    track, codec = cut.track, codec_of(header(cut.head.getvalue()))
    told = Rendition(cut.name, codec, track.units, tuple(track.segments), track.peak, track.mean, cut.size)
    if isinstance(cut.out, AudioStream):
        return replace(told, channels=cut.out.channels, hz=cut.out.rate)
    return replace(told, rate=work.rate)
