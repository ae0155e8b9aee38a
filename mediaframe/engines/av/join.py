"""Clips put one behind the other: their packets are copied where all agree, else they are shown in one frame anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.codecs import PICTURES, Coder, Sound
from mediaframe.engines.av.copying import copyable
from mediaframe.engines.av.encode import MUXERS
from mediaframe.engines.av.graph import Chain, Node
from mediaframe.engines.av.lane import Lane, lasts, picture_chain
from mediaframe.engines.av.medium import Medium, displayed, span, turn_of
from mediaframe.engines.av.timeline import COLORS, LAYOUT, Timeline, Uncopied, file
from mediaframe.engines.base import Encoded, Piece, Task
from mediaframe.errors import AssetError
from mediaframe.formats.video import Encoded as Format
from mediaframe.ops.join import Concat
from mediaframe.ops.video import Resize

_EARLY = 0.1
"""Seconds of sound before the first picture that are no more than that."""
_NAMES = {"h264": "h264", "hevc": "h265", "av1": "av1", "vp9": "vp9"}


@engine.implements(Concat)
def concat(pieces: Sequence[Piece], merge: Concat, task: Task) -> Encoded:
    """Write one video of many."""
    assert isinstance(task.end, Format)  # noqa: S101  # what `fits` lets through
    work = _Join(pieces, merge, task, task.end)
    word = str(task.end.values["codec"])
    if word in ("copy", "auto") and work.agree():
        try:
            return work.write(copied=True)
        except Uncopied:
            pass
    if word == "copy":
        raise AssetError(
            "concat(codec='copy'): the clips differ in codec, size or how they were encoded; leave codec='copy' out",
            code="E_OP",
        )
    return work.write(copied=False)


@dataclass(frozen=True, slots=True)
class _Clip:
    """What is known of a clip before it is put on."""

    piece: Piece
    size: tuple[int, int]
    rate: Fraction
    hz: int | None
    likeness: tuple[Any, ...]
    """Equal for clips whose packets can stand in one stream; None among it where they cannot at all."""


class _Join:
    """One reading of all clips into one file."""

    def __init__(self, pieces: Sequence[Piece], merge: Concat, task: Task, format: Format) -> None:
        self.merge, self.task, self.format = merge, task, format
        self.target = MUXERS[type(format)]
        self.clips = [self._seen(piece) for piece in pieces]
        self.size = merge.frame([clip.size for clip in self.clips])

    def agree(self) -> bool:
        """Whether the packets of all can stand in one stream, in the frame that is asked for."""
        likeness = {clip.likeness for clip in self.clips}
        first = self.clips[0]
        return len(likeness) == 1 and None not in first.likeness and (self.merge.size or first.size) == first.size

    def write(self, *, copied: bool) -> Encoded:
        with file(self.target.muxer, self.target.suffix, dict(self.target.mux_options)) as (path, out):
            told = _Told(self.task, self._length())
            line = Timeline(out, told)
            if copied:
                with self._opened(self.clips[0].piece) as first:
                    line.open_copy(_pictures(first))
            else:
                line.open_pictures(self._coder(), self.size, max(clip.rate for clip in self.clips))
            rates = [clip.hz for clip in self.clips if clip.hz]
            if rates:
                assert isinstance(self.target.audio, Sound)  # noqa: S101  # as the table of containers has it
                line.open_sound(self.target.audio.at(self.format.audio_bitrate), max(rates))
            for clip in self.clips:
                self._put(clip, line, copied=copied)
                line.close_clip()
            line.close(copied=copied)
            seconds = float(line.ends)
        return Encoded(path, *self.size, seconds=round(seconds, 3), origin="repacked" if copied else "encoded")

    def _coder(self) -> Any:
        word = str(self.format.values["codec"])
        pictures = PICTURES[self.format.first_codec if word in ("auto", "copy") else word]
        return pictures.at(self.format.preset, self.format.crf, self.format.bitrate)

    def _length(self) -> float | None:
        lengths = [self._medium(clip.piece).seconds for clip in self.clips]
        return sum(one for one in lengths if one is not None) or None

    def _opened(self, piece: Piece) -> InputContainer:
        return demux.opened(piece, Task(limits=self.task.limits))

    def _medium(self, piece: Piece) -> Medium:
        return engine.open(piece, Task(limits=self.task.limits))

    def _seen(self, piece: Piece) -> _Clip:
        medium = self._medium(piece)
        stream = medium.stream
        if stream is None:
            raise AssetError("a clip has no picture", code="E_OP")
        sound, size = demux.sound(medium.container), displayed(medium)
        codec = _NAMES.get(demux.codec(stream))
        can = (
            copyable(stream, self.target.muxer)
            and codec in self.format.arguments["codec"].choices
            and (stream.width, stream.height) == size
            and not turn_of(medium)
        )
        likeness = (codec if can else None, size, stream.pix_fmt, bytes(stream.codec_context.extradata or b""))
        return _Clip(piece, size, demux.rate(stream), sound.rate if sound else None, likeness)

    # ---- one clip

    def _put(self, clip: _Clip, line: Timeline, *, copied: bool) -> None:
        medium = self._medium(clip.piece)
        with self._opened(clip.piece) as source:
            lanes = self._lanes(medium, source, line, copied=copied)
            begin, end = _begins(_pictures(source)), span(medium, source)[1]
            streams = [lane.source for lane in lanes] + ([_pictures(source)] if copied else [])
            for packet in demux.packets(source, streams):
                if not packet.size:  # The end: such packets all say stream 0.
                    continue
                if copied and packet.stream_index == _pictures(source).index:
                    line.copy(packet, Fraction(begin).limit_denominator(1_000_000))
                    continue
                for lane in lanes:
                    if lane.source.index == packet.stream_index:
                        self._take(lane, packet, begin, end, line)
                if clip.hz is None:
                    line.quiet(line.ends)
            for lane in lanes:
                self._take(lane, None, begin, end, line)

    def _lanes(self, medium: Medium, source: InputContainer, line: Timeline, *, copied: bool) -> list[Lane]:
        lanes, sound = list[Lane](), demux.sound(source)
        if not copied:
            stream = _pictures(source)
            stream.thread_type = "AUTO"
            width, height = self.size
            fitting = Resize(width, height, fit="contain", enlarge=True, background=self.merge.background)
            shown = engine.do(fitting, medium)
            plain = Coder("")  # frames of 8 bits, for the coder of the whole
            lanes.append(Lane(stream, None, lambda frame: picture_chain(shown, stream, frame, COLORS, plain)))
        if sound is not None:
            nodes = [
                Node("aresample", f"{line.hz}:async=1:first_pts=0"),
                Node("aformat", f"sample_fmts=fltp:sample_rates={line.hz}:channel_layouts={LAYOUT}"),
            ]
            lanes.append(Lane(sound, None, lambda frame: Chain(frame, nodes)))
        return lanes

    def _take(self, lane: Lane, packet: Any, begin: float, end: float | None, line: Timeline) -> None:
        for frame in lane.frames(packet, begin, end):
            if isinstance(frame, VideoFrame):
                time = Fraction(frame.pts or 0) * (frame.time_base or Fraction(1, 90_000))
                shown = Fraction(lasts(frame)).limit_denominator(90_000)
                line.show(frame, time, shown or 1 / demux.rate(_pictures(lane.source.container)))
            else:
                line.hear(frame)


def _begins(stream: VideoStream) -> float:
    """Say when a clip begins: with its pictures; what the sound's decoder needs to get going stands before them."""
    first = float((stream.start_time or 0) * (stream.time_base or 0))
    return first if 0 < first <= _EARLY else 0.0


def _pictures(source: Any) -> VideoStream:
    stream = demux.picture(source)
    assert stream is not None  # noqa: S101  # it was seen
    return stream


@dataclass(slots=True)
class _Told:
    """Tells now and then which share is done."""

    task: Task
    length: float | None
    last: float = 0.0

    def __call__(self, done: float) -> None:
        if done - self.last >= 0.5:
            self.last = done
            self.task.tell(min(1.0, done / self.length) if self.length else 0.0)  # who is silent is taken for dead
