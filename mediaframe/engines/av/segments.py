"""A long video written in parts at the same time: each is decoded, filtered and encoded for itself; they are joined.

How many there are is an argument of the format, so that the bytes do not depend on who has time. Each part begins with
a key frame that nothing before it is referred from, has one thread for its encoder, and holds the frames between two
moments; the sound is written once, while the parts are joined.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.choosing import name_tracks
from mediaframe.engines.av.codecs import Coder, Target
from mediaframe.engines.av.lane import audio_lane
from mediaframe.engines.av.medium import Medium, span, turn_of
from mediaframe.engines.av.notes import left_out, reduced, shortfall
from mediaframe.engines.av.pipeline import empty_file, write
from mediaframe.engines.av.tags import write_tags
from mediaframe.engines.av.tracks import track_lanes
from mediaframe.engines.base import Encoded
from mediaframe.errors import AssetError

_WORKERS = 2
"""Parts that are written at the same time; their number has no part in the bytes."""
_SHORTEST = 2.0
"""Seconds of a part; a shorter one costs more by its key frame than it gains."""
_INDEXED = ("mov", "matroska")
"""Containers in which every moment is found; of others a seek may land behind it."""
_TICK = 0.5


def segmented(medium: Medium, target: Target, count: int) -> Encoded:
    """Write a video in so many parts; in one where it is short, has no index, or is shown at another rate."""
    assert isinstance(target.video, Coder)  # noqa: S101  # the caller asked
    seconds = medium.seconds or 0.0
    count = min(count, int(seconds / _SHORTEST))
    named = any(name in _INDEXED for name in medium.container.format.name.split(","))
    # A part that begins between two frames of another rate would have one more, or one less.
    if count < 2 or not named or medium.stream is None or medium.rate is not None:
        return write(medium, target)
    turn_of(medium)  # known from here on, so that parts ask the shared container for nothing
    one = replace(target, muxer="mp4", suffix=".mp4", audio=None, mux_options={}, tags=False, texts=False,
                  video=replace(target.video, threads=1))  # fmt: skip
    edges = [medium.start + (seconds * at / count) * medium.speed for at in range(count)]
    ends = [*edges[1:], medium.end]
    parts = list[Encoded]()
    try:
        parts = _written([medium.but(start=start, end=end, tracks=()) for start, end in zip(edges, ends, strict=True)],
                         one, medium)  # fmt: skip
        with demux.faults("it cannot be written"):
            return _joined(medium, target, parts, [start - medium.start for start in edges])
    finally:
        for part in parts:
            part.discard()


def _written(parts: list[Medium], target: Target, whole: Medium) -> list[Encoded]:
    """Write the parts, and tell how much of all is done."""
    shares = [0.0] * len(parts)

    def work(number: int) -> Encoded:
        def tell(share: float) -> None:
            shares[number] = share

        made = write(parts[number].but(task=replace(parts[number].task, tell=tell)), target)
        shares[number] = 1.0
        return made

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="segment") as pool:
        futures = [pool.submit(work, number) for number in range(len(parts))]
        said, waiting = 0.0, set(futures)
        while waiting:
            done, waiting = wait(waiting, timeout=_TICK, return_when=FIRST_COMPLETED)
            share = sum(shares) / len(shares)
            if share > said:
                said = share
                whole.task.tell(min(0.95, share))
            if any(one.exception() for one in done):
                for one in waiting:
                    one.cancel()
                break
    return _all_or_none(futures)


def _all_or_none(futures: list[Future[Encoded]]) -> list[Encoded]:
    """Give the parts; where one failed, let go of the others."""
    failed = next((fault for one in futures if not one.cancelled() and (fault := one.exception())), None)
    if failed is None:
        return [one.result() for one in futures]
    for one in futures:
        if not one.cancelled() and one.exception() is None:
            one.result().discard()
    raise failed


def _joined(medium: Medium, target: Target, parts: list[Encoded], starts: list[float]) -> Encoded:
    """Put the pictures of all parts one after the other, beside the sound."""
    path = empty_file(target.suffix)
    try:
        with ExitStack() as held:
            source = held.enter_context(demux.opened(medium.source, medium.task))
            opened = [held.enter_context(av.open(str(part.data))) for part in parts]
            out = held.enter_context(
                av.open(str(path), "w", format=target.muxer, options={"fflags": "+bitexact", **target.mux_options})
            )
            join = _Join(medium, target, source, opened, starts, out)
            write_tags(medium, target, source, out, join.sounds)
            join.run()
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    keeps = isinstance(target.video, Coder) and target.video.keeps
    lost = () if keeps else reduced(medium)
    notes = (*lost, *shortfall(medium, join.last), *left_out(medium, texts=join.lost))
    return replace(parts[0], data=path, seconds=round(join.last, 3), notes=notes)


class _Join:
    """The packets of parts and of the sound, in the order of their times."""

    def __init__(
        self,
        medium: Medium,
        target: Target,
        source: InputContainer,
        parts: list[InputContainer],
        starts: list[float],
        out: OutputContainer,
    ) -> None:
        self.source, self.parts, self.starts, self.out = source, parts, starts, out
        self.made: VideoStream = out.add_stream_from_template(parts[0].streams.video[0], opaque=True)
        if isinstance(target.video, Coder) and target.video.tag and target.muxer in ("mp4", "mov"):
            self.made.codec_context.codec_tag = target.video.tag
        self.sounds = [audio_lane(medium, target, one, out) for one in medium.sounds_in(source)]
        name_tracks([(lane.source, lane.out) for lane in self.sounds if lane.out is not None])
        self.tracks, self.lost = track_lanes(medium, source, out, target.muxer)
        self.span, self.speed, self.seeks = span(medium, source), medium.speed, bool(medium.start)
        self.last = 0.0

    def run(self) -> None:
        """Write all, the sound no later than the pictures."""
        sounds = self._sounds()
        for packet in self._pictures():
            for heard in sounds:
                self.out.mux(heard)
                if min(lane.last for lane in self.sounds) >= self.last:
                    break
            for track in self.tracks:
                self.out.mux(list(track.until(self.last)))
            self.out.mux(packet)
        for heard in sounds:
            self.out.mux(heard)
        for track in self.tracks:
            self.out.mux(list(track.until(float("inf"))))
        self.last = max(self.last, *(lane.last for lane in self.sounds), 0.0)

    def _pictures(self) -> Iterator[Packet[Any]]:
        before = None
        for part, start in zip(self.parts, self.starts, strict=True):
            stream = part.streams.video[0]
            if stream.codec_context.extradata != self.parts[0].streams.video[0].codec_context.extradata:
                raise AssetError("the parts do not fit together; leave segments out", code="E_ENCODE")
            for packet in demux.packets(part, [stream]):
                if packet.pts is None or packet.dts is None:
                    continue
                shift = round(start / self.speed / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                if before is not None and packet.dts <= before:
                    packet.dts = before + 1
                before = packet.dts
                packet.stream = self.made
                self.last = max(self.last, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                yield packet

    def _sounds(self) -> Iterator[Packet[Any]]:
        if not self.sounds:
            return
        begin, end = self.span
        if self.seeks:
            self.source.seek(int(begin * 1_000_000), backward=True)
        lanes = {lane.source.index: lane for lane in self.sounds}
        for packet in demux.packets(self.source, [lane.source for lane in self.sounds]):
            if packet.size:
                yield from lanes[packet.stream_index].take(packet, begin, end)
            if all(lane.over for lane in self.sounds):
                break
        for lane in self.sounds:
            yield from lane.take(None, begin, end)
