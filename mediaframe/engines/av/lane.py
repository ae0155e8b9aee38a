"""Lanes: one stream on its way from a decoder through filters to an encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av import color, demux
from mediaframe.engines.av.codecs import THREADS, Target
from mediaframe.engines.av.graph import Chain, Node, kind_of
from mediaframe.engines.av.medium import Medium, displayed, turn_of
from mediaframe.engines.av.tone import Table

_TURNS = {90: (Node("transpose", "clock"),), 180: (Node("hflip"), Node("vflip")), 270: (Node("transpose", "cclock"),)}
_PAINTS = ("pad", "overlay", "fade")
"""Filters whose colors are those of the result."""


@dataclass(slots=True)
class Lane:
    """Where a stream comes from, its filters, where it goes."""

    source: VideoStream | AudioStream
    out: VideoStream | AudioStream
    chained: Callable[[Any], Chain]
    """Makes the filters for a first frame."""
    chain: Chain | None = None
    over: bool = False

    def push(self, frame: VideoFrame | AudioFrame | None) -> Iterator[Any]:
        """Give what comes out of the filters for one more frame; None for the end."""
        if self.chain is not None and (frame is None or kind_of(frame) != self.chain.kind):
            yield from self.chain.push(None)
            self.chain = None
        if frame is not None:
            self.chain = self.chain or self.chained(frame)
            yield from self.chain.push(frame)


def video_lane(medium: Medium, target: Target, stream: VideoStream, out: OutputContainer) -> Lane:
    """Open a stream of pictures and its encoder."""
    assert target.video is not None  # noqa: S101  # the caller asked
    coder = target.video
    stream.thread_type, stream.codec_context.thread_count = "AUTO", THREADS
    width, height = even(displayed(medium))
    rate = medium.rate or demux.rate(stream)
    made = out.add_stream(coder.name, rate=rate, options=dict(coder.options))
    assert isinstance(made, VideoStream)  # noqa: S101  # a video encoder gives no other
    made.width, made.height, made.pix_fmt = width, height, coder.pixels
    if coder.tag and target.muxer in ("mp4", "mov"):
        made.codec_context.codec_tag = coder.tag
    wanted = color.said(stream.codec_context).coded()
    color.tag(made.codec_context, wanted)
    made.codec_context.time_base = 1 / rate if medium.rate else stream.time_base or Fraction(1, 90_000)
    made.codec_context.thread_count = THREADS
    made.codec_context.flags |= Flags.bitexact
    return Lane(stream, made, lambda frame: _picture_chain(medium, stream, frame, wanted, coder.pixels))


def _picture_chain(medium: Medium, stream: VideoStream, frame: VideoFrame, wanted: color.Colors, pixels: str) -> Chain:
    """Make pixels square, turn them, do the steps, and give them the colors and the size that are written."""
    given = color.said(frame)
    whole = displayed(medium)
    with ExitStack() as held:
        nodes = drawn(medium, stream, frame, turn_of(medium), held)
        if even(whole) != whole:
            width, height = even(whole)
            nodes.append(Node("crop", f"{width}:{height}:0:0"))
        converted = given.wide or frame.format.name != pixels
        nodes += color.leaving(color.MAPPED if given.wide else given, wanted, converted=converted)
        nodes.append(Node("format", f"pix_fmts={pixels}"))
        return Chain(frame, nodes)


def drawn(medium: Medium, stream: VideoStream, frame: VideoFrame, turn: int, held: ExitStack) -> list[Node]:
    """Give what makes pixels square, turns them and does the steps.

    Wide colors are brought to BT.709 before anything is painted; the frames are RGB then, else as they came in. The
    table for that is held until the chain is made.
    """
    given, steps = color.said(frame), medium.video
    nodes = [color.entering(given)]
    if (frame.width, frame.height) != (square := demux.square_size(stream)):
        nodes.append(Node("scale", f"{square[0]}:{square[1]}:flags={color.FLAGS}"))
    nodes += _TURNS.get(turn, ())
    if given.wide:
        paints = next((at for at, one in enumerate(steps) if one.name in _PAINTS), len(steps))
        table = held.enter_context(Table(given.transfer, given.primaries))
        steps = (*steps[:paints], *color.mapped(table, given), *steps[paints:])
    return [*nodes, *steps]


def audio_lane(medium: Medium, target: Target, stream: AudioStream, out: OutputContainer) -> Lane:
    """Open a stream of sound and its encoder."""
    assert target.audio is not None  # noqa: S101  # the caller asked
    rate = target.audio.rate(medium.hz or stream.rate)
    layout = "mono" if (medium.channels or stream.channels) == 1 else "stereo"
    made = out.add_stream(target.audio.name, rate=rate, options=dict(target.audio.options), layout=layout)
    assert isinstance(made, AudioStream)  # noqa: S101  # an audio encoder gives no other
    made.codec_context.flags |= Flags.bitexact
    formats = target.audio.samples or "|".join(one.name for one in made.codec_context.codec.audio_formats or ())
    if target.audio.samples:
        made.codec_context.format = target.audio.samples
    samples = f":sample_fmts={formats}" if formats else ""
    nodes = (
        trimmed(medium),
        *medium.audio,
        Node("aformat", f"sample_rates={rate}:channel_layouts={layout}{samples}"),
    )
    return Lane(stream, made, lambda frame: Chain(frame, nodes))


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
