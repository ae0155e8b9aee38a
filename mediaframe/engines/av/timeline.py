"""A timeline that clips and pictures are put on one after the other, and the file that is written of it."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av import color, demux
from mediaframe.engines.av.codecs import THREADS, Coder, Sound, refuse_narrow

UNITS = 90_000
"""Units of time in a second of pictures."""
COLORS = color.Colors(1, 1, 1, full=False)
"""BT.709, which all that is joined is written in."""
LAYOUT = "stereo"
_HELD = Fraction(1, 4)
"""Seconds of sound that wait, so that what is over can be cut where a clip ends."""
_QUIET = 1024
"""Samples of silence that are written at a time."""


class Timeline:
    """Where pictures and sound have come to; sound is one stream without holes."""

    def __init__(self, out: OutputContainer, tell: Callable[[float], None]) -> None:
        self.out, self._tell = out, tell
        self.begins = Fraction(0)
        """Seconds where the clip begins that is put on now."""
        self.ends = Fraction(0)
        """Seconds where the pictures end that were put on."""
        self._pictures: VideoStream | None = None
        self._sound: AudioStream | None = None
        self._samples = 0
        self._waiting: deque[AudioFrame] = deque()
        self._last = -1

    # ---- opening

    def open_pictures(self, coder: Coder, size: tuple[int, int], rate: Fraction) -> None:
        """Encode pictures of a size."""
        refuse_narrow(coder, size)
        made = self.out.add_stream(coder.name, rate=rate, options=dict(coder.options))
        assert isinstance(made, VideoStream)  # noqa: S101  # a video encoder gives no other
        made.width, made.height = size
        made.pix_fmt = coder.pixels
        color.tag(made.codec_context, COLORS)
        made.codec_context.time_base = Fraction(1, UNITS)
        made.codec_context.thread_count = THREADS
        made.codec_context.flags |= Flags.bitexact
        if coder.tag and self.out.format.name in ("mp4", "mov"):
            made.codec_context.codec_tag = coder.tag
        self._pictures = made

    def open_copy(self, source: VideoStream) -> None:
        """Take packets of pictures as they are, such as those of this stream."""
        made = self.out.add_stream_from_template(source, opaque=True)
        made.metadata.clear()
        if demux.codec(source) == "hevc" and self.out.format.name in ("mp4", "mov"):
            made.codec_context.codec_tag = "hvc1"
        self._pictures = made

    def open_sound(self, coder: Sound, hz: int) -> None:
        """Encode sound of two channels."""
        made = self.out.add_stream(coder.name, rate=coder.rate(hz), options=dict(coder.options), layout=LAYOUT)
        assert isinstance(made, AudioStream)  # noqa: S101  # an audio encoder gives no other
        made.codec_context.flags |= Flags.bitexact
        self._sound = made

    @property
    def hz(self) -> int:
        """Samples in a second of the sound; 0 without any."""
        return self._sound.rate if self._sound is not None else 0

    # ---- putting on

    def show(self, frame: VideoFrame, time: Fraction, lasts: Fraction) -> None:
        """Encode a picture that is shown from a moment of its clip."""
        assert self._pictures is not None  # noqa: S101  # opened first
        pts = round((self.begins + time) * UNITS)
        if pts <= self._last:
            return
        self._last = pts
        frame.pts, frame.time_base, frame.pict_type = pts, Fraction(1, UNITS), 0
        self.out.mux(self._pictures.encode(frame))
        self._reached(self.begins + time + lasts)

    def copy(self, packet: Packet[Any], start: Fraction) -> None:
        """Take a packet of a clip whose pictures begin at a moment of its own."""
        base = packet.time_base
        if packet.pts is None or packet.dts is None or base is None:
            raise Uncopied
        shift = round((self.begins - start) / base)
        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
        at = round(packet.dts * base * UNITS)
        if at <= self._last:
            raise Uncopied
        self._last = at
        packet.stream = self._pictures
        self._reached((packet.pts + (packet.duration or 0)) * base)
        self.out.mux(packet)

    def hear(self, frame: AudioFrame) -> None:
        """Put on sound of planar floating-point samples, behind what was put on before."""
        self._waiting.append(frame)
        while self._held - self._waiting[0].samples > _HELD * self.hz:
            self._encode(self._waiting.popleft())

    def quiet(self, until: Fraction) -> None:
        """Fill with silence up to a moment of the whole."""
        while self.hz and (left := round(until * self.hz) - self._samples - self._held) > 0:
            self.hear(_frame(np.zeros((2, min(left, _QUIET)), np.float32), self.hz))

    def close_clip(self) -> None:
        """End a clip: sound that is over is cut, sound that lacks is silence."""
        over = self._samples + self._held - round(self.ends * self.hz)
        while 0 < over <= self._held:
            last = self._waiting.pop()
            if last.samples > over:
                self._waiting.append(_frame(last.to_ndarray()[:, : last.samples - over], self.hz))
            over -= last.samples
        # Where sound goes on for longer, the last picture stands until its end.
        heard = Fraction(self._samples + self._held, self.hz) if self.hz else self.ends
        self.begins = self.ends = max(self.ends, heard)
        self.quiet(self.begins)

    def close(self, *, copied: bool) -> None:
        """Write what is left."""
        while self._waiting:
            self._encode(self._waiting.popleft())
        if self._sound is not None:
            self.out.mux(self._sound.encode(None))
        if self._pictures is not None and not copied:
            self.out.mux(self._pictures.encode(None))

    @property
    def _held(self) -> int:
        return sum(frame.samples for frame in self._waiting)

    def _reached(self, until: Fraction) -> None:
        self.ends = max(self.ends, until)
        self._tell(float(self.ends))

    def _encode(self, frame: AudioFrame) -> None:
        assert self._sound is not None  # noqa: S101  # opened first
        frame.pts, frame.time_base = self._samples, Fraction(1, self.hz)
        self._samples += frame.samples
        self.out.mux(self._sound.encode(frame))


class Uncopied(Exception):  # noqa: N818  # it is no error: pictures are encoded then
    """Packets do not follow one another in time."""


@contextmanager
def file(muxer: str, suffix: str, options: dict[str, str]) -> Iterator[tuple[Path, OutputContainer]]:
    """Open a file in the child's own directory; it is removed where it does not come to its end."""
    handle, name = tempfile.mkstemp(suffix=suffix, dir=Path.cwd())
    os.close(handle)
    path = Path(name)
    try:
        with (
            demux.faults("it cannot be written"),
            av.open(str(path), "w", format=muxer, options={"fflags": "+bitexact", **options}) as out,
        ):
            yield path, out
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _frame(samples: np.ndarray[Any, Any], hz: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=LAYOUT)
    frame.sample_rate = hz
    return frame
