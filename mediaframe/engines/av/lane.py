"""Lanes: one stream on its way from a decoder through filters to an encoder."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av import color, demux
from mediaframe.engines.av.codecs import Coder, Sound, Target, refuse_narrow
from mediaframe.engines.av.graph import Chain, Node, kind_of
from mediaframe.engines.av.lame import Lame
from mediaframe.engines.av.medium import PAINTS, Medium, displayed, turn_of
from mediaframe.engines.av.tone import Table

_TURNS = {90: (Node("transpose", "clock"),), 180: (Node("hflip"), Node("vflip")), 270: (Node("transpose", "cclock"),)}
_SLACK = 1e-6
_COARSE = 0.05
"""Seconds that times of sound may be off; beyond, samples are missing."""
_PASSES = {0: 0, 1: int(Flags.pass1), 2: int(Flags.pass2)}
_REORDERED = 60
"""Seconds that a picture may be decoded before it is shown."""
_FEW = 2
"""Pictures of a whole video that are decoded in the order in which they are shown."""
_AHEAD = 3
"""Frames that are on their way to the encoder at the most."""


@dataclass(slots=True)
class Lane:
    """A stream that is decoded, filtered and, where it goes somewhere, encoded."""

    source: VideoStream | AudioStream
    out: VideoStream | AudioStream | None
    chained: Callable[[Any], Chain]
    """Makes the filters for a first frame."""
    chain: Chain | None = None
    over: bool = False
    """Whether the part that is taken has ended."""
    last: float = 0.0
    """Seconds that have come out."""
    next: Fraction | None = None
    """Where the next sample of sound belongs."""
    pool: ThreadPoolExecutor | None = None
    shown: int = 0
    """How many frames were encoded."""
    lame: Lame | None = None
    """Encodes instead of the stream's own encoder."""
    coming: deque[Future[list[Packet[Any]]]] = field(default_factory=deque)
    """What the encoder has not given back."""

    def take(self, packet: Packet[Any] | None, begin: float, end: float | None) -> Iterator[Packet[Any]]:
        """Give the packets that come out for one that goes in, or for the end."""
        for frame in self.frames(packet, begin, end):
            if isinstance(frame, VideoFrame):
                frame.pict_type = 0  # the encoder chooses anew
            yield from self._encoded(frame)
            self.last = max(self.last, (frame.time or 0.0) + lasts(frame))
        if packet is None:
            yield from self._encoded(None)

    def frames(self, packet: Packet[Any] | None, begin: float, end: float | None) -> Iterator[Any]:
        """Give the filtered frames for a packet that goes in, or for the end."""
        if not self.over:
            # Packets at the end all say stream 0, and the frames that come by this have no time base.
            for frame in self.source.decode(None) if packet is None else packet.decode():
                frame.time_base = frame.time_base or self.source.time_base
                if frame.pts is not None and not self.over and self._lies_in(frame, begin, end):
                    yield from self._push(frame)
        if packet is None and self.chain is not None:
            yield from self.chain.push(None)

    def _lies_in(self, frame: VideoFrame | AudioFrame, begin: float, end: float | None) -> bool:
        """Whether a frame is of the part, and have it count from its beginning; sound is cut within its frame."""
        time = frame.time or 0.0
        if end is not None and time >= end - _SLACK:
            self.over = True
            return False
        if time + (lasts(frame) if isinstance(frame, AudioFrame) else _SLACK) <= begin:
            return False
        if isinstance(frame, AudioFrame):
            self._count(frame, time - begin)
        else:
            frame.pts = round((time - begin) / (frame.time_base or Fraction(1, 90_000)))
        return True

    def _count(self, frame: AudioFrame, time: float) -> None:
        """Give a frame of sound its time by the samples before it, where what it says is only coarse.

        Matroska has whole milliseconds, and other containers worse; filters and muxers want no sample twice.
        """
        told = round(time * frame.sample_rate)
        counted = told if self.next is None else round(self.next * frame.sample_rate)
        frame.pts = counted if told - counted < _COARSE * frame.sample_rate else told
        frame.time_base = Fraction(1, frame.sample_rate)
        self.next = Fraction(frame.pts + frame.samples, frame.sample_rate)

    def _push(self, frame: VideoFrame | AudioFrame) -> Iterator[Any]:
        if self.chain is not None and kind_of(frame) != self.chain.kind:
            yield from self.chain.push(None)
            self.chain = None
        self.chain = self.chain or self.chained(frame)
        yield from self.chain.push(frame)

    def _encoded(self, frame: VideoFrame | AudioFrame | None) -> Iterator[Packet[Any]]:
        """Encode a frame, or the end. Pictures are encoded in a thread of their own, while the next ones are filtered.

        Packets are taken when so many frames are on their way, never when they happen to be there.
        """
        if self.out is None:
            return
        if self.lame is not None:
            assert not isinstance(frame, VideoFrame)  # noqa: S101  # a lane of sound
            yield from self.lame.encode(frame)
            return
        self.shown += frame is not None
        if isinstance(self.out, AudioStream) or not self.out.codec_context.is_open:
            yield from _decodable(self.out.encode(frame))  # type: ignore[arg-type]  # frames are of its stream's kind
            return
        self.pool = self.pool or ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self.coming.append(self.pool.submit(self.out.encode, frame))  # type: ignore[arg-type]  # as above
        while len(self.coming) > (0 if frame is None else _AHEAD):
            yield from _decodable(self.coming.popleft().result(), few=frame is None and self.shown <= _FEW)
        if frame is None:
            self.pool.shutdown()


def _decodable(packets: Iterable[Packet[Any]], *, few: bool = False) -> Iterator[Packet[Any]]:
    """Give packets times to decode at: of one or two pictures x265 says what happens to lie in memory."""
    for packet in packets:
        pts, dts = packet.pts, packet.dts
        if few or (pts is not None and dts is not None and not 0 <= (pts - dts) * packet.time_base <= _REORDERED):
            packet.dts = pts
        yield packet


def video_lane(medium: Medium, target: Target, stream: VideoStream, out: OutputContainer) -> Lane:
    """Open a stream of pictures and its encoder."""
    coder = target.video
    assert isinstance(coder, Coder)  # noqa: S101  # the caller asked
    stream.thread_type, stream.codec_context.thread_count = "AUTO", coder.threads
    width, height = even(displayed(medium))
    rate = medium.rate or demux.rate(stream)
    refuse_narrow(coder, (width, height))
    made = out.add_stream(coder.name, rate=rate, options=dict(coder.options))
    assert isinstance(made, VideoStream)  # noqa: S101  # a video encoder gives no other
    made.width, made.height, made.pix_fmt = width, height, coder.pixels
    if coder.tag and target.muxer in ("mp4", "mov"):
        made.codec_context.codec_tag = coder.tag
    given = color.said(stream.codec_context)
    wanted = given.kept() if coder.keeps else given.coded()
    color.tag(made.codec_context, wanted)
    made.codec_context.time_base = 1 / rate if medium.rate else stream.time_base or Fraction(1, 90_000)
    made.codec_context.thread_count = coder.threads
    made.codec_context.flags |= Flags.bitexact | _PASSES[coder.run]
    return Lane(stream, made, lambda frame: picture_chain(medium, stream, frame, wanted, coder))


def picture_chain(medium: Medium, stream: VideoStream, frame: VideoFrame, wanted: color.Colors, coder: Coder) -> Chain:
    """Make pixels square, turn them, do the steps, and give them the colors and the size that are written."""
    whole = displayed(medium)
    with ExitStack() as held:
        nodes, given = done(medium, stream, frame, turn_of(medium), held, keeps=coder.keeps)
        if even(whole) != whole:
            width, height = even(whole)
            nodes.append(Node("crop", f"{width}:{height}:0:0"))
        nodes += color.leaving(given, wanted, converted=given == color.MAPPED or frame.format.name != coder.pixels)
        nodes.append(Node("format", f"pix_fmts={coder.pixels}"))
        return Chain(frame, nodes)


def drawn(medium: Medium, stream: VideoStream, frame: VideoFrame, turn: int, held: ExitStack) -> list[Node]:
    """Give what makes pixels square, turns them and does the steps; see `done`."""
    return done(medium, stream, frame, turn, held)[0]


def done(
    medium: Medium, stream: VideoStream, frame: VideoFrame, turn: int, held: ExitStack, *, keeps: bool = False
) -> tuple[list[Node], color.Colors]:
    """Give what makes pixels square, turns them and does the steps, and the colors that come out.

    Wide colors are brought to BT.709 before anything is painted. What paints is given 8-bit 4:2:0, so that what is put
    on top has the same colors. The table of colors is held until the chain is made.
    """
    given = color.said(frame)
    wanted = given.kept() if keeps else given.coded()
    nodes = [color.entering(given)]
    if (frame.width, frame.height) != (square := demux.square_size(stream)):
        nodes.append(Node("scale", f"{square[0]}:{square[1]}:flags={color.FLAGS}"))
    nodes += _TURNS.get(turn, ())
    first = next((at for at, one in enumerate(medium.video) if one.name in PAINTS), len(medium.video))
    nodes += medium.video[:first]
    if given.wide and not keeps:
        nodes += color.mapped(held.enter_context(Table(given.transfer, given.primaries)), given)
        given = color.MAPPED
    if first < len(medium.video):
        nodes += color.leaving(given, wanted, converted=given == color.MAPPED or frame.format.name != "yuv420p")
        nodes += (Node("format", "pix_fmts=yuv420p"), *timed(medium, medium.video[first:], color.layered(wanted)))
        given = wanted
    return nodes, given


def timed(medium: Medium, nodes: Iterable[Node], above: tuple[Node, ...] = ()) -> Iterator[Node]:
    """Tell filters how far their clock is ahead, where a later step moved the beginning, and layers their colors."""
    for one in nodes:
        ahead = (medium.start - one.clock.start) / one.clock.speed if one.clock else 0.0
        yield replace(one, ahead=ahead, above=above if one.layer else ())


def audio_lane(medium: Medium, target: Target, stream: AudioStream, out: OutputContainer) -> Lane:
    """Open a stream of sound and its encoder."""
    coder = target.audio
    assert isinstance(coder, Sound)  # noqa: S101  # the caller asked
    rate = coder.rate(medium.hz or stream.rate)
    layout = "mono" if (medium.channels or stream.channels) == 1 else "stereo"
    made = out.add_stream(coder.name, rate=rate, options=dict(coder.options), layout=layout)
    assert isinstance(made, AudioStream)  # noqa: S101  # an audio encoder gives no other
    made.codec_context.flags |= Flags.bitexact
    formats = coder.samples or "|".join(one.name for one in made.codec_context.codec.audio_formats or ())
    if coder.samples:
        made.codec_context.format = coder.samples
    samples = f":sample_fmts={formats}" if formats else ""
    # A file of sound alone has no times: silence stands where the sound begins late or has holes.
    filled = (Node("aresample", "async=1:first_pts=0"),) if target.video is None else ()
    nodes = (
        *filled,
        trimmed(medium),
        *timed(medium, medium.filters(stream)),
        Node("aformat", f"sample_rates={rate}:channel_layouts={layout}{samples}"),
    )
    lame = Lame(made, int(coder.options["b"])) if coder.name == "libmp3lame" else None
    return Lane(stream, made, lambda frame: Chain(frame, nodes), lame=lame)


def trimmed(medium: Medium) -> Node:
    """Cut sound at the sample where the part begins and ends."""
    part = "" if medium.end is None else f":end={medium.end - medium.start}"
    return Node("atrim", f"start=0{part}")


def even(size: tuple[int, int]) -> tuple[int, int]:
    """Give the even sides that 4:2:0 colors have."""
    width, height = (max(2, side - side % 2) for side in size)
    return width, height


def lasts(frame: VideoFrame | AudioFrame) -> float:
    """Say how many seconds a frame lasts; 0 where it does not say."""
    if isinstance(frame, AudioFrame):
        return frame.samples / frame.sample_rate
    return float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
