"""Medium: the engine's handle of a video or a sound: where it is read, and what is to be done to it, not yet done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.cues import Cue
from mediaframe.engines.av.glance import turn_known
from mediaframe.engines.av.graph import Node
from mediaframe.engines.av.still import first_turn
from mediaframe.engines.av.timing import true_length
from mediaframe.engines.base import Source, Task
from mediaframe.errors import AssetError

PAINTS = ("pad", "overlay", "fade")
"""Filters whose colors are those of the result."""


@dataclass(frozen=True, slots=True)
class Track:
    """Captions that become a track of their own; their times are seconds of the source."""

    cues: tuple[Cue, ...]
    language: str | None
    title: str | None = None
    disposition: Disposition | None = None


@dataclass(frozen=True, slots=True)
class Medium:
    """An open container, what its header says, and the steps so far as filters; nothing is decoded before the end.

    Steps add to it by `but`; whoever writes it opens the source anew, so that recipes share no position.
    """

    source: Source
    task: Task
    container: InputContainer
    stream: VideoStream | None
    length: float | None
    """Seconds that the source plays, as declared."""
    sounds_at: tuple[int, ...] = ()
    """The streams of sound that are taken, by their places in the container."""
    texts_at: tuple[int, ...] = ()
    """The streams of subtitles that are taken."""
    chosen: frozenset[str] = frozenset()
    """The kinds of streams that a step chose; the others are those that are meant."""
    start: float = 0.0
    end: float | None = None
    """The part of the source that is read, in its own seconds."""
    size: tuple[int, int] | None = None
    """Width and height after the steps so far; None while no step has asked."""
    speed: float = 1.0
    """How many seconds of the source pass in one of the result."""
    rate: Fraction | None = None
    """Frames in a second that a step asked for."""
    video: tuple[Node, ...] = ()
    audio: tuple[Node, ...] = ()
    tracks: tuple[Track, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    cover: bytes | None = None
    """What steps say of it, and the picture that they give it."""
    muted: bool = False
    between_packets: bool = True
    """Whether the part begins and ends where packets do, so that they can be copied."""
    channels: int | None = None
    hz: int | None = None
    """Channels and samples in a second that steps asked for."""

    def but(self, **changes: object) -> Medium:
        """Give the same with some changes."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the fields' own types

    @property
    def seconds(self) -> float | None:
        """How long the result plays, by what the source declares."""
        return self._lasts(self.length)

    @property
    def plays(self) -> float | None:
        """How long the result plays, by the pictures and the sound that are there, where the header is wrong."""
        memo, key = self.source.memo, f"plays {self.stream.index if self.stream else None} {self.sounds_at[:1]}"
        if key not in memo:
            streams: list[Stream] = [*([self.stream] if self.stream else []), *self.sounds_in(self.container)[:1]]
            memo[key] = true_length(self.container, self.source, streams)
        return self._lasts(memo[key] or self.length)

    def _lasts(self, length: float | None) -> float | None:
        end = length if self.end is None else min(self.end, length or self.end)
        return None if end is None else max(0.0, end - self.start) / self.speed

    def picture_in(self, source: InputContainer) -> VideoStream | None:
        """Find the pictures in the source as it was opened once more."""
        if self.stream is None:
            return None
        found = source.streams[self.stream.index]
        assert isinstance(found, VideoStream)  # noqa: S101  # the same file has the same streams
        return demux.in_one_thread(found)

    def sounds_in(self, source: InputContainer) -> list[AudioStream]:
        """Find the sounds in the source as it was opened once more; none where it is muted."""
        there = {one.index: one for one in source.streams.audio}
        return [] if self.muted else [there[at] for at in self.sounds_at]

    @property
    def sounds(self) -> bool:
        """Whether there is sound in the source."""
        return bool(self.sounds_at)

    @property
    def deep(self) -> bool:
        """Whether samples have more than 16 bits."""
        heard = self.sounds_in(self.container)
        return bool(heard) and heard[0].format.name.rstrip("p") not in ("u8", "s16")

    def moment(self, seconds: float) -> float:
        """Say which second of the source a second of the result is."""
        return self.start + seconds * self.speed

    def heard(self, *nodes: Node) -> Medium:
        """Give the same with further filters of sound."""
        return self.but(audio=(*self.audio, *nodes))

    def filters(self, stream: AudioStream) -> tuple[Node, ...]:
        """Give the filters of one stream of sound."""
        return tuple(one for one in self.audio if one.only in (None, stream.index))

    @property
    def pictures_untouched(self) -> bool:
        """Whether the pictures are those of the source, and no step has changed them."""
        drawn = self.video or self.size is not None or self.rate is not None or self.speed != 1
        return self.between_packets and not drawn

    @property
    def painted(self) -> bool:
        """Whether something is put on the pictures."""
        return any(one.name in PAINTS for one in self.video)

    @property
    def sound_untouched(self) -> bool:
        """Whether the sound is that of the source, and no step has changed it."""
        return self.between_packets and not self.audio and self.channels is None and self.hz is None and self.speed == 1

    def part(self, start: float, end: float | None, *, between_packets: bool = False) -> Medium:
        """Give a part of what is left, by the seconds of the result."""
        ends = [one for one in (self.end, None if end is None else self.moment(end)) if one is not None]
        return self.but(
            start=self.moment(start), end=min(ends, default=None),
            between_packets=self.between_packets and between_packets,
        )  # fmt: skip

    def drawn(self, *nodes: Node, size: tuple[int, int] | None = None) -> Medium:
        """Give the same with further filters of pictures, and the size that they leave."""
        return self.but(video=(*self.video, *nodes), size=size or self.size)


def displayed(medium: Medium) -> tuple[int, int]:
    """Say width and height after the steps so far, turned as displayed."""
    if medium.size is not None:
        return medium.size
    if medium.stream is None:
        return 0, 0
    size = demux.displayed_size(medium.stream, turn_of(medium))
    if not all(size):
        raise AssetError(f"the header says {size[0]}x{size[1]}", code="E_CORRUPT")
    return size


def turn_of(medium: Medium) -> int:
    """Say the clockwise degrees that pictures are turned by for display.

    Where the header leaves that open, one picture is decoded, once.
    """
    if medium.stream is None:
        return 0
    known = medium.source.memo.get(_turn(medium.stream))
    if known is None:
        known = turn_known(medium.source, medium.container, medium.stream)
        if known is None:
            known = first_turn(medium.container, medium.stream)[0] or 0
        medium.source.memo[_turn(medium.stream)] = known
    return int(known)


def seen(medium: Medium, frame: VideoFrame) -> None:
    """Remember by a picture that was decoded how all are turned."""
    if medium.stream is not None:
        medium.source.memo.setdefault(_turn(medium.stream), -frame.rotation % 360)


def _turn(stream: VideoStream) -> str:
    return f"turn {stream.index}"


def span(medium: Medium, source: InputContainer) -> tuple[float, float | None]:
    """Say where the part begins and ends by the clock of the container, which need not begin at 0."""
    origin = source.start_time / 1_000_000 if source.start_time else 0.0
    return medium.start + origin, None if medium.end is None else medium.end + origin
