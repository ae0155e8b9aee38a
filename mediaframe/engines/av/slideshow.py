"""Pictures shown one after the other as a video, with transitions and music."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from mediaframe.engines.av import demux
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.codecs import PICTURES, Sound
from mediaframe.engines.av.encode import MUXERS
from mediaframe.engines.av.graph import Chain, Node
from mediaframe.engines.av.lane import Lane
from mediaframe.engines.av.timeline import LAYOUT, Timeline, file
from mediaframe.engines.base import Encoded, Piece, Source, Task
from mediaframe.errors import AssetError
from mediaframe.formats.video import Encoded as Format
from mediaframe.ops.join import Slideshow

Planes = np.ndarray[Any, np.dtype[np.uint8]]


@engine.implements(Slideshow)
def slideshow(pieces: Sequence[Piece], merge: Slideshow, task: Task) -> Encoded:
    """Write a video of pictures."""
    format = task.end
    assert isinstance(format, Format)  # noqa: S101  # what `fits` lets through
    target, word = MUXERS[type(format)], str(format.values["codec"])
    pictures = PICTURES[format.first_codec if word in ("auto", "copy") else word]
    rate = Fraction(merge.rate).limit_denominator(1001)
    whole = Fraction(merge.seconds).limit_denominator(1000) * len(pieces)
    with file(target.muxer, target.suffix, dict(target.mux_options)) as (path, out):
        line = Timeline(out, lambda done: None)
        line.open_pictures(pictures.at(format.preset, format.crf, format.bitrate), merge.size, rate)
        music = _heard(merge.audio.data, task, line, target.audio, format) if merge.audio is not None else iter(())
        until = Fraction(0)
        for number, planes in enumerate(_frames(pieces, merge, rate)):
            line.show(VideoFrame.from_ndarray(planes, format="yuv420p"), number / rate, 1 / rate)
            while until < line.ends and (until_now := next(music, None)) is not None:
                until = until_now
            if number % round(rate) == 0:
                task.tell(min(1.0, float(line.ends / whole)))
        line.close_clip()
        line.close(copied=False)
        seconds = float(line.ends)
    return Encoded(path, *merge.size, seconds=round(seconds, 3))


def _frames(pieces: Sequence[Piece], merge: Slideshow, rate: Fraction) -> Iterator[Planes]:
    """Give the pictures for each moment; two of them are held at a time."""
    each = Fraction(merge.seconds).limit_denominator(1000)
    fades = round(merge.transition_seconds * rate) if merge.transition == "fade" else 0
    ends = [round(each * (number + 1) * rate) for number in range(len(pieces))]
    at, shown = 0, _planes(pieces[0], merge)
    for end, piece in zip(ends, [*pieces[1:], None], strict=True):
        following = _planes(piece, merge) if piece is not None else None
        last = end if following is None else end - min(fades, end - at)
        for _ in range(at, last):
            yield shown
        if following is not None:
            for step in range(end - last):
                yield _mixed(shown, following, (step + 1) / (end - last + 1))
            shown = following
        at = end


def _mixed(one: Planes, other: Planes, share: float) -> Planes:
    mixed = one.astype(np.float32) * (1 - share) + other.astype(np.float32) * share
    return (mixed + 0.5).astype(np.uint8)


def _planes(piece: Piece, merge: Slideshow) -> Planes:
    """Decode a PNG, and put it in the middle of the frame; its colors become those of BT.709."""
    coder = CodecContext.create("png", "r")
    assert isinstance(coder, VideoCodecContext)  # noqa: S101  # a video decoder gives no other
    with demux.faults("a picture does not decode"):
        frames = [*coder.decode(Packet(piece.head(piece.size))), *coder.decode(None)]
    if not frames:
        raise AssetError("a picture does not decode", code="E_CORRUPT")
    width, height = merge.size
    rgb = frames[0].reformat(format="rgb24").to_ndarray()[:height, :width]
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - rgb.shape[0]) // 2, (width - rgb.shape[1]) // 2
    canvas[top : top + rgb.shape[0], left : left + rgb.shape[1]] = rgb
    made = VideoFrame.from_ndarray(canvas, format="rgb24")
    planes: Planes = np.asarray(
        made.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG").to_ndarray(), np.uint8
    )
    return planes


def _heard(source: Source, task: Task, line: Timeline, coder: Any, format: Format) -> Iterator[Fraction]:
    """Put on the music frame by frame; gives how far it has come."""
    assert isinstance(coder, Sound)  # noqa: S101  # as the table of containers has it
    container = demux.opened(source, Task(limits=task.limits))
    stream = demux.sound(container)
    if stream is None:
        raise AssetError("slideshow(audio=...): there is no sound in it", code="E_INPUT")
    line.open_sound(coder.at(format.audio_bitrate), stream.rate)
    return _put(line, Lane(stream, None, _even(line.hz)), container)


def _even(hz: int) -> Any:
    nodes = [
        Node("aresample", f"{hz}:async=1:first_pts=0"),
        Node("aformat", f"sample_fmts=fltp:sample_rates={hz}:channel_layouts={LAYOUT}"),
    ]
    return lambda frame: Chain(frame, nodes)


def _put(line: Timeline, lane: Lane, container: Any) -> Iterator[Fraction]:
    heard = 0
    with container:
        begin = container.start_time / 1_000_000 if container.start_time else 0.0
        for packet in demux.packets(container, [lane.source]):
            for frame in lane.frames(packet if packet.size else None, begin, None):
                heard += frame.samples
                line.hear(frame)
            yield Fraction(heard, line.hz)
