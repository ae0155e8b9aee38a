"""One picture out of a video: seek to a key frame, decode forward to the moment, or decode the key frame alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av.demux import codec, faults, packets
from mediaframe.errors import AssetError

_EARLIER = (0.0, 2.0, 10.0, 60.0)
"""How many seconds before the moment to seek to: containers without an index may land behind it."""
_SLACK = 5e-4
"""Seconds: containers that count in thousandths are off by half of one."""
_NEAR_END = 1.0
_PROGRESSIVE = 1
"""FFmpeg's number for whole pictures; 0 is not known, fields have greater ones. Of two fields one may be needed."""
_PASSED_BY = frozenset({"h264", "mpeg1video", "mpeg2video", "mpeg4"})
"""Codecs of which pictures that no other refers to may be left out on the way to a moment. In HEVC one that its own
layer does not refer to may still be needed by the layer above."""


_ROUGH = {"skip_loop_filter": "all", "skip_idct": "all"}


class Pictures:
    """The pictures of a stream, by moments in seconds from the beginning of the file; any may follow any."""

    def __init__(
        self,
        container: InputContainer,
        stream: VideoStream,
        length: float | None,
        end: float | None = None,
        threads: int = 1,
    ) -> None:
        self.container, self.stream, self.length = container, stream, length
        self.threads = threads
        """How many decode on the way to a moment; a key frame alone is decoded by one."""
        self.end = math.inf if end is None else end
        """From here on pictures do not count."""
        self.origin = container.start_time / 1_000_000 if container.start_time else 0.0
        self.decoded = 0
        """How many pictures the decoder gave."""

    def first(self) -> VideoFrame | None:
        """Give the first picture as the file has it, whatever its time: by its packet alone where that is whole."""
        self._seek(-self.origin)
        packet = next(iter(packets(self.container, [self.stream])), None)
        if packet is not None and packet.size and packet.is_keyframe:
            found = [*self.stream.decode(packet), *self.stream.decode(None)]
            self.decoded += len(found)
            if found:
                return found[0]
        return next(self._decoded(-self.origin, None), None)

    def at(self, moment: float) -> VideoFrame:
        """Give the first picture at or after a moment; the last one where it is past the end."""
        with faults("no picture can be decoded"):
            target = min(moment, self.length) if self.length else moment
            for before in (*_EARLIER, target):
                start = max(target - before, 0.0)
                found, gap, reached = self._forward(start, moment)
                if found is not None:
                    if not reached and self.length:
                        ends = self.moment(found) + max(_lasts(found), 3 * gap)
                        _hold_to_end(ends, min(moment, self.length), self.length)
                    return _sound(found)
        raise AssetError("no picture can be decoded", code="E_CORRUPT")

    def key(self, moment: float, since: float = 0.0) -> VideoFrame | None:
        """Give the last key frame at or before a moment and not before another, decoding it alone."""
        packet = self.key_packet(moment, since)
        return None if packet is None else self.alone(packet)

    def key_packet(self, moment: float, since: float = 0.0) -> Packet[VideoStream] | None:
        """Give what the last key frame at or before a moment and not before another is decoded from."""
        with faults("no picture can be decoded"):
            for before in (*_EARLIER, moment):
                start = max(moment - before, 0.0)
                packet = self._last_key(start, moment)
                if packet is not None:
                    return packet if self._time(packet, packet.pts) >= since - _SLACK else None
                if start <= 0:
                    break
        return None

    def shown_at(self, packet: Packet[VideoStream]) -> float:
        """Say when the picture of a packet is shown, in seconds from the beginning."""
        return self._time(packet, packet.pts)

    def alone(self, packet: Packet[VideoStream]) -> VideoFrame:
        """Decode one packet and nothing else; where it gives no picture, decode on from it."""
        with faults("no picture can be decoded"):
            self.stream.codec_context.flush_buffers()
            found = [*self.stream.decode(packet), *self.stream.decode(None)]
            self.decoded += len(found)
        if not found:
            return self.at(self._time(packet, packet.pts))
        found[0].time_base = self.stream.time_base or found[0].time_base
        return _sound(found[0])

    def run(self, moments: Sequence[float]) -> Iterator[VideoFrame]:
        """Give the picture at each of several moments, decoding once from the key frame before the first."""
        left, last = list(moments[::-1]), None
        with faults("no picture can be decoded"):
            for frame in self._decoded(left[-1], lambda: left[-1]):
                over = last is not None and self.moment(frame) >= self.end - _SLACK
                last = last if over else frame
                while left and last is not None and (over or self.moment(frame) >= left[-1] - _SLACK):
                    left.pop()
                    yield _sound(last)
                if not left:
                    return
        if last is None:
            raise AssetError("no picture can be decoded", code="E_CORRUPT")
        for _ in left:
            yield _sound(last)

    def since(self, moment: float) -> Iterator[VideoFrame]:
        """Give the pictures from a moment on, one after the other."""
        with faults("the pictures do not decode"):
            for frame in self._decoded(moment, lambda: moment):
                if frame.time is None or self.moment(frame) < moment - _SLACK:
                    continue
                if self.moment(frame) >= self.end - _SLACK:
                    return
                yield frame

    def moment(self, frame: VideoFrame) -> float:
        """Say when a picture is shown, in seconds from the beginning."""
        return (frame.time or 0.0) - self.origin

    def _time(self, packet: Packet[VideoStream], ticks: int | None) -> float:
        """Say when a packet is decoded (`dts`) or shown (`pts`); the other stands in for one that is not told."""
        known = next((one for one in (ticks, packet.pts, packet.dts) if one is not None), 0)
        return float(known * (packet.time_base or 0)) - self.origin

    def _last_key(self, start: float, moment: float) -> Packet[VideoStream] | None:
        """Read, without decoding, up to the moment; a container may hold more key frames than its index tells."""
        found, ended = self._keys(start, moment)
        if ended and self.length:
            self._seek(start)
            there = (packet for packet in packets(self.container, [self.stream]) if packet.size)
            ends = max((self._time(packet, packet.pts) for packet in there), default=0.0)
            _hold_to_end(ends, min(moment, self.length), self.length)
        return found

    def _keys(self, start: float, moment: float) -> tuple[Packet[VideoStream] | None, bool]:
        """Give the last key frame up to the moment, and whether the end of all was reached."""
        self._seek(start)
        found = None
        for packet in packets(self.container, [self.stream], keys_only=True):
            if not packet.size:
                return found, True
            if self._time(packet, packet.dts) > moment + _SLACK:
                break
            if packet.is_keyframe and self._time(packet, packet.pts) <= moment + _SLACK:
                found = packet
        return found, False

    def _forward(self, start: float, moment: float) -> tuple[VideoFrame | None, float, bool]:
        """Go forward to a moment: the picture, the time between the last two, and whether the moment was reached.

        None where the very first picture is already behind the moment and an earlier start may have a better one.
        """
        passes = self.length is None or moment < self.length
        last, gap, reached = self._until(start, moment, passes=passes)
        if passes and last is not None and not reached:
            last, gap, reached = self._until(start, moment, passes=False)
        first = reached and gap is None and start > 0
        behind = first and last is not None and self.moment(last) > min(moment, self.end - 2 * _SLACK) + _SLACK
        return (None if behind else last), gap or 0.0, reached

    def _until(self, start: float, moment: float, *, passes: bool) -> tuple[VideoFrame | None, float | None, bool]:
        last, gap = None, None
        for one in self._decoded(start, (lambda: moment) if passes else None):
            over = one.time is not None and self.moment(one) >= self.end - _SLACK
            if over and last is not None:
                return last, gap or 0.0, True
            gap = self.moment(one) - self.moment(last) if last is not None else gap
            last = one
            if over or one.time is None or self.moment(one) >= moment - _SLACK:
                return one, gap, True
        return last, gap, False

    def _decoded(self, start: float, needed: Callable[[], float] | None) -> Iterator[VideoFrame]:
        """Decode from the key frame at or before a start; pictures that no other needs, from a moment on alone."""
        self._seek(start)
        context = self.stream.codec_context
        if self.threads > 1 and not context.is_open:
            self.stream.thread_type, context.thread_count = "AUTO", self.threads
        passes = needed is not None and codec(self.stream) in _PASSED_BY and context.field_order <= _PROGRESSIVE
        # The last picture of all must not be passed by.
        most = min(self.length or -math.inf, self.end) - _NEAR_END
        for packet in packets(self.container, [self.stream]):
            if not packet.size:
                break
            if passes and needed is not None:
                early = packet.pts is not None and self._time(packet, packet.pts) < min(needed(), most) - _SLACK
                context.skip_frame = "NONREF" if early else "DEFAULT"
            yield from self._counted(self.stream.decode(packet))
        yield from self._counted(self.stream.decode(None))

    def _counted(self, frames: list[VideoFrame]) -> Iterator[VideoFrame]:
        self.decoded += len(frames)
        for frame in frames:
            frame.time_base = frame.time_base or self.stream.time_base  # those at the end do not say it
            yield frame

    def _seek(self, start: float) -> None:
        self.stream.codec_context.skip_frame = "DEFAULT"
        if self.stream.time_base:
            try:
                ticks = int((start + self.origin) / self.stream.time_base)
                self.container.seek(ticks, stream=self.stream, backward=True)
            except FFmpegError:
                self.container.seek(0)  # no index: from the beginning


def first_turn(
    container: InputContainer, stream: VideoStream, *, roughly: bool = False
) -> tuple[int | None, str | None]:
    """Give the clockwise degrees to apply for display, which stand in the first picture; or what is wrong.

    Roughly is for a container of which nothing else is decoded: of the picture only what stands beside it is right.
    """
    if roughly:
        stream.codec_context.options = _ROUGH
    try:
        with faults("the first picture does not decode"):
            first = Pictures(container, stream, None).first()
    except AssetError as error:
        return None, error.message
    return (-first.rotation % 360, None) if first is not None else (None, "there is no picture")


def _hold_to_end(ends: float, moment: float, length: float) -> None:
    """See that a last picture stands for the moment: a file that was cut ends long before it declares."""
    if moment - ends > max(1.0, 0.02 * length):
        raise AssetError(f"the pictures end at {ends:.1f} s, but the video declares {length:.1f} s", code="E_TRUNCATED")


def _lasts(frame: VideoFrame) -> float:
    return float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0


def _sound(found: VideoFrame) -> VideoFrame:
    if found.is_corrupt:
        raise AssetError("the picture at this moment is damaged", code="E_CORRUPT")
    return found
