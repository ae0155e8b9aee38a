"""What the first bytes of the first picture tell of all pictures, without decoding it: H.264 and H.265 in MP4 and MOV.

FFmpeg decodes a whole picture to learn how pixels are stored: at 1080p with grain that takes 15 ms of the 18 that a
container takes to open. The parameter sets and the head of the first slice say the same in about one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.beside import side_data
from mediaframe.engines.base import Source, Task

_LARGE = 1_000_000
"""Pixels of a picture from which it is worth it; smaller ones are decoded in no time."""
_MOST_HALVED = 24_000
_SLICE_HEAD = 512
"""Bytes of a slice that hold its header; of H.265 with an entry for each row of blocks, too."""
_MOST_SAMPLE = 1 << 20
_TURNS_PICTURES = 47
"""The message of display orientation (H.264, D.2.27; H.265, D.2.17)."""


@contextmanager
def probed(source: Source, task: Task) -> Iterator[InputContainer]:
    """Open a container that is asked for facts alone: lightly where that tells all of them."""
    if demux.indexed(source):
        with demux.opened(source, task, lightly=True) as container:
            if _sound_known(container) and _pictures_known(source, container):
                yield container
                return
    with demux.opened(source, task) as container:
        yield container


def _sound_known(container: InputContainer) -> bool:
    """Whether the header tells of the sound: at low rates AAC may play at twice the rate that is written (SBR)."""
    stream = demux.sound(container)
    return stream is None or demux.codec(stream) != "aac" or stream.rate > _MOST_HALVED


def _pictures_known(source: Source, container: InputContainer) -> bool:
    """Learn from the head of the first picture how pixels are stored; False where it has to be decoded for this."""
    stream = demux.picture(container)
    if stream is None or stream.width * stream.height < _LARGE or not (head := _head(source, stream)):
        return False
    context = stream.codec_context
    context.options = {"ec": "0"}  # nothing is to be made up for the rest of the picture
    with suppress(FFmpegError):  # the picture is not whole; what is asked for stands before that
        context.decode(Packet(head))
    context.flush_buffers()
    return context.pix_fmt is not None


def turn_known(source: Source, container: InputContainer, stream: VideoStream) -> int | None:
    """Say the clockwise degrees to apply for display; None where the pictures themselves may say them."""
    units = list(_units(source, stream))
    if not units or any(_orients(stream, unit) for unit in units):
        return None
    return int(side_data(container).get(stream.index, {}).get("rotation", 0))


def _head(source: Source, stream: VideoStream) -> bytes:
    """Give the first sample up to the head of its first slice."""
    prefix, head = _prefix(stream), b""
    for unit in _units(source, stream):
        kept = unit[:_SLICE_HEAD] if _holds_pixels(stream, unit) else unit
        head += len(kept).to_bytes(prefix, "big") + kept
        if _holds_pixels(stream, unit):
            return head
    return b""


def _units(source: Source, stream: VideoStream) -> Iterator[bytes]:
    """Give the NAL units of the first sample, to and with the first slice."""
    prefix, index = _prefix(stream), stream.index_entries
    if not prefix or stream.container.format.name != demux.INDEXED or not len(index):
        return
    at = index[0].pos
    end = min(at + index[0].size, at + _MOST_SAMPLE, source.size)
    view = source.view()
    while at >= 0 and at + prefix < end:
        size = int.from_bytes(view[at : at + prefix], "big")
        unit = bytes(view[at + prefix : min(at + prefix + size, end)])
        if not unit:
            return
        yield unit
        if _holds_pixels(stream, unit):
            return
        at += prefix + size


def _prefix(stream: VideoStream) -> int:
    """Say how many bytes hold the length of a unit (ISO/IEC 14496-15, 5.3.3 and 8.3.3); 0 where there is none."""
    record, name = stream.codec_context.extradata or b"", demux.codec(stream)
    at = {"h264": 4, "hevc": 21}.get(name)
    return (record[at] & 3) + 1 if at is not None and len(record) > at and record[0] == 1 else 0


def _kind(stream: VideoStream, unit: bytes) -> int:
    return unit[0] & 31 if demux.codec(stream) == "h264" else unit[0] >> 1 & 63


def _holds_pixels(stream: VideoStream, unit: bytes) -> bool:
    kind = _kind(stream, unit)
    return 1 <= kind <= 5 if demux.codec(stream) == "h264" else kind < 32


def _orients(stream: VideoStream, unit: bytes) -> bool:
    """Whether a unit of supplemental information holds the message of display orientation."""
    h264 = demux.codec(stream) == "h264"
    if _kind(stream, unit) not in ((6,) if h264 else (39, 40)):
        return False
    at = 1 if h264 else 2
    while at + 2 < len(unit):  # what is left holds a message and the bit that ends the unit
        kind, at = _number(unit, at)
        size, at = _number(unit, at)
        if kind == _TURNS_PICTURES:
            return True
        at += size
    return False


def _number(unit: bytes, at: int) -> tuple[int, int]:
    """Read a number that is written as a row of 255s and the rest."""
    value = 0
    while at < len(unit) and unit[at] == 255:
        value, at = value + 255, at + 1
    return value + (unit[at] if at < len(unit) else 0), at + 1
