"""Title, artist and the like, and the cover picture: kept, left out, or written by a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from av.audio.stream import AudioStream
from av.codec.context import CodecContext
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.codecs import Target
from mediaframe.engines.av.copying import CopyLane
from mediaframe.engines.av.lane import Lane
from mediaframe.engines.av.medium import Medium
from mediaframe.errors import AssetError

_OWN_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder", "creation_time"})
"""Tags of the file itself, not of what is in it."""
_MOST_COVER = 16 << 20
_COVERS = {b"\xff\xd8\xff": "mjpeg", b"\x89PNG": "png"}


def write_tags(
    medium: Medium, target: Target, source: InputContainer, out: OutputContainer, lanes: Sequence[Lane | CopyLane]
) -> None:
    """Write what is told of the whole, where it is kept, and what steps say; Ogg and Opus tell it of their stream."""
    told = dict[str, str]()
    if target.tags:
        told = dict(source.metadata)
        for lane in lanes:
            if isinstance(lane.source, AudioStream) and not told:
                told = dict(lane.source.metadata)
    named = {name for name, _ in medium.tags}
    kept = {name: text for name, text in told.items() if name.lower() not in _OWN_TAGS | named}
    out.metadata.update({**kept, **dict(medium.tags)})


def add_cover(medium: Medium, target: Target, out: OutputContainer) -> Packet[Any] | None:
    """Add a stream for the cover, and give the packet that fills it."""
    data = medium.cover
    if data is None and target.tags and target.covers:
        data = _cover_of(medium)
    if data is None or not target.covers:
        return None
    codec, size = measured(data)
    made = out.add_mux_stream(codec, width=size[0], height=size[1])
    assert isinstance(made, VideoStream)  # noqa: S101  # JPEG and PNG are codecs of pictures
    made.disposition = Disposition.attached_pic
    packet: Packet[Any] = Packet(data)
    packet.stream, packet.pts, packet.dts, packet.is_keyframe = made, 0, 0, True
    return packet


def dropped_cover(medium: Medium, target: Target) -> tuple[tuple[str, str], ...]:
    """Say that a cover was to be kept where none can be."""
    if not target.tags or target.covers or medium.stream is not None or _cover(medium.container) is None:
        return ()
    return (("W_METADATA_DROPPED", f"the cover was left out: {target.muxer} holds none"),)


def measured(data: bytes) -> tuple[str, tuple[int, int]]:
    """Give the codec of a cover and its size; raises AssetError where it is neither JPEG nor PNG."""
    codec = next((name for mark, name in _COVERS.items() if data.startswith(mark)), None)
    if codec is None or len(data) > _MOST_COVER:
        raise AssetError(f"a cover is a JPEG or a PNG of at most {_MOST_COVER >> 20} MB", code="E_INPUT")
    decoder = CodecContext.create(codec, "r")
    assert isinstance(decoder, VideoCodecContext)  # noqa: S101  # as above
    try:
        frames = [*decoder.decode(Packet(data)), *decoder.decode(None)]
    except FFmpegError:
        frames = []
    if not frames:
        raise AssetError("the cover does not decode", code="E_INPUT")
    return codec, (frames[0].width, frames[0].height)


def _cover(container: InputContainer) -> VideoStream | None:
    return next((one for one in container.streams.video if one.disposition & Disposition.attached_pic), None)


def _cover_of(medium: Medium) -> bytes | None:
    """Read the cover of the source, where it has one that can be written as it is."""
    with demux.opened(medium.source, medium.task) as source:
        stream = _cover(source)
        if stream is None:
            return None
        for packet in demux.packets(source, [stream]):
            data = bytes(packet)
            if any(data.startswith(mark) for mark in _COVERS) and len(data) <= _MOST_COVER:
                return data
            break
    return None
