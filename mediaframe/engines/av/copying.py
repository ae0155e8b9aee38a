"""Streams that are copied: their packets go into another container as they are, and nothing is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.errors import AssetError

_ISO_SOUNDS = ("aac", "mp3", "ac3", "eac3", "alac", "flac", "opus")
HOLDS: dict[str, frozenset[str]] = {
    "mp4": frozenset(("h264", "hevc", "av1", "vp9", "mpeg4", *_ISO_SOUNDS)),
    "mov": frozenset(("h264", "hevc", "mpeg4", "prores", "mjpeg", "aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le",
                      "pcm_s16be", "pcm_s24le", "pcm_s24be")),
    "matroska": frozenset(("h264", "hevc", "av1", "vp9", "vp8", "mpeg4", "mpeg2video", "mpeg1video", "prores", "mjpeg",
                           "theora", "vorbis", "pcm_s16le", "pcm_s24le", "mp2", *_ISO_SOUNDS)),
    "webm": frozenset(("vp8", "vp9", "av1", "opus", "vorbis")),
}  # fmt: skip
"""What can be copied into the containers that are written, by the names of their muxers."""

_TIMED = frozenset(("mov", "mp4", "matroska", "webm", "mpegts", "flv", "mp3", "ogg", "flac", "wav", "aac"))
"""Containers that give each packet its time; AVI and ASF leave out that of pictures that are reordered."""


def copyable(stream: VideoStream | AudioStream | None, muxer: str) -> bool:
    """Whether the packets of a stream can stand in a container."""
    if stream is None or demux.codec(stream) not in HOLDS[muxer]:
        return False
    return any(name in _TIMED for name in stream.container.format.name.split(","))


@dataclass(slots=True)
class CopyLane:
    """A stream whose packets are taken over, counted from the beginning of the part."""

    source: VideoStream | AudioStream
    out: VideoStream | AudioStream
    over: bool = False
    last: float = 0.0
    held: list[Packet[Any]] = field(default_factory=list)
    """Packets that are shown after the end: let go, unless one that is shown before it stands behind them."""
    undated: list[Packet[Any]] = field(default_factory=list)
    """The first packets, where nothing says when they are decoded: Matroska has no such times."""

    def take(self, packet: Packet[Any] | None, begin: float, end: float | None) -> Iterator[Packet[Any]]:
        """Give the packet with its times in the part, or for the end what still waits."""
        for one in self._dated(packet):
            if not self.over:
                yield from self._placed(one, begin, end)

    def _dated(self, packet: Packet[Any] | None) -> list[Packet[Any]]:
        """Give packets with the times at which they are decoded, once these are known."""
        if packet is not None and packet.pts is None:
            raise AssetError("its packets have no times and cannot be copied; encode it", code="E_OP")
        if packet is not None and packet.dts is None:
            self.undated.append(packet)
            return []
        waited, self.undated = self.undated, []
        if waited:
            date(waited, None if packet is None else packet.dts)
        return waited if packet is None else [*waited, packet]

    def _placed(self, packet: Packet[Any], begin: float, end: float | None) -> Iterator[Packet[Any]]:
        assert packet.pts is not None and packet.dts is not None  # noqa: S101, PT018  # they are dated
        base = packet.time_base
        first = packet.pts * base - begin
        length = float((packet.duration or 0) * base)
        if begin and first + length / 2 < 0:
            return
        behind = end is not None and packet.pts * base >= end
        self.over = end is not None and packet.dts * base >= end
        shift = round(begin / base)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        packet.stream = self.out
        if behind:
            self.held.append(packet)
            return
        self.last = max(self.last, float(first) + length)
        yield from (*self.held, packet)
        self.held.clear()


def date(packets: list[Packet[Any]], follows: int | None) -> None:
    """Say when packets are decoded: one by one in the order of their pictures, so early that none comes too late.

    Parameters
    ----------
    packets
        The first ones of a stream.
    follows
        When the next one is decoded, in the same ticks; None where there is none.
    """
    order = sorted(packet.pts or 0 for packet in packets)
    late = max(then - (packet.pts or 0) for then, packet in zip(order, packets, strict=True))
    dates = [then - late for then in order]
    if follows is not None and dates[-1] >= follows:
        step = max(1, packets[0].duration or 1)
        dates = [follows - step * (len(packets) - at) for at in range(len(packets))]
    for packet, then in zip(packets, dates, strict=True):
        packet.dts = then


def copy_lane(stream: VideoStream | AudioStream, out: OutputContainer, *, tags: bool) -> CopyLane:
    """Open a stream beside that which is copied."""
    made = out.add_stream_from_template(stream, opaque=True)
    if not tags:
        made.metadata.clear()
    if demux.codec(stream) == "hevc" and out.format.name in ("mp4", "mov"):
        made.codec_context.codec_tag = "hvc1"
    return CopyLane(stream, made)
