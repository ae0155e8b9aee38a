"""Where key frames stand."""

from __future__ import annotations

from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from mediaframe.engines.av.demux import faults, packets

_TRIES = 1000
"""Packets that are looked at for a key frame."""


def key_before(container: InputContainer, stream: VideoStream, moment: float) -> float:
    """Give the moment of the key frame at or before a moment; the beginning where there is none."""
    origin = container.start_time / 1_000_000 if container.start_time else 0.0
    with faults("no key frame can be found"):
        try:
            container.seek(int((moment + origin) * 1_000_000), backward=True)
        except FFmpegError:
            return 0.0
        for number, packet in enumerate(packets(container, [stream])):
            if packet.is_keyframe and packet.pts is not None:
                at = float(packet.pts * packet.time_base) - origin
                return max(0.0, at) if at <= moment + 1e-6 else 0.0
            if number > _TRIES:
                break
    return 0.0
