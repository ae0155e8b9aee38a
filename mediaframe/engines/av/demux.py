"""Opening containers safely, and choosing their streams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, NoReturn

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import EOFError as AvEndOfFile
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition, Stream
from av.video.stream import VideoStream

from mediaframe.engines.base import Source, Task
from mediaframe.errors import AssetError

# Demuxers of plain containers alone. None that names other files is among them (hls, concat, dash, sdp,
# image2): through a file object FFmpeg 8 makes HTTP requests for an HLS playlist and opens files.
_DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,flv,mpegts,mpeg,mpegvideo,mp3,flac,wav,w64,ogg,aac,aiff,au,amr,caf"
)
READS = {
    "mp4": "mp4", "mov": "mov", "3gp": "3gp", "m4a": "mp4", "webm": "webm", "mkv": "matroska", "avi": "avi",
    "wmv": "asf", "wma": "asf", "flv": "flv", "mpegts": "mpegts", "mpeg": "mpeg", "mp3": "mp3", "flac": "flac",
    "wav": "wav", "ogg": "ogg", "ogv": "ogg", "opus": "ogg", "aac": "aac", "aiff": "aiff", "au": "au", "amr": "amr",
    "caf": "caf",
}  # fmt: skip
"""The formats that are read, with the names that FFmpeg has for their containers."""
INDEXED = "mov,mp4,m4a,3gp,3g2,mj2"
"""The container whose index holds every sample, so that nothing has to be read."""
ESTIMATED = {"aac", "mp3"}
"""Containers whose playing time FFmpeg estimates from the bit rate."""


def indexed(source: Source) -> bool:
    """Whether the first bytes are those of an MP4 or a MOV."""
    return source.head(8)[4:] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


@contextmanager
def faults(what: str) -> Iterator[None]:
    """Turn FFmpeg's errors into ours."""
    try:
        yield
    except AvEndOfFile:
        raise AssetError(f"{what}: the file ends too early", code="E_TRUNCATED") from None
    except MemoryError:
        raise
    except (FFmpegError, ValueError, OverflowError, UnicodeError, IndexError) as error:
        # `strerror` says it without the name of a file.
        said = getattr(error, "strerror", None) or type(error).__name__
        raise AssetError(f"{what}: {said}", code="E_CORRUPT") from None


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("a medium may not open other files")


_LIGHTLY = {"skip_frame": "all", "probesize": "1000000"}
"""FFmpeg decodes no picture to learn more of it, and reads less ahead: of 1080p 1 ms instead of 18."""


def opened(source: Source, task: Task, *, lightly: bool = False) -> InputContainer:
    """Open a container through its bytes; it can reach nothing else.

    Lightly is for an MP4 or MOV, whose header says all but how pixels are stored.
    """
    if source.size > task.limits.media_bytes:
        raise AssetError(
            f"the file has {source.size} bytes, over the limit of {task.limits.media_bytes}; see Limits.media_bytes",
            code="E_LIMIT_BYTES",
        )
    with faults("it does not open"):
        return av.open(
            source.file(),
            mode="r",
            options={"format_whitelist": _DEMUXERS, "protocol_whitelist": "", **(_LIGHTLY if lightly else {})},
            metadata_errors="replace",
            io_open=_refuse,
        )


def packets(container: InputContainer, streams: Iterable[Stream], *, keys_only: bool = False) -> Iterator[Packet[Any]]:
    """Give the packets of some streams; those of others are not even read where the container has an index.

    Transport and program streams may begin a stream amid the file; PyAV 18 raises where it comes to such a packet, and
    knows nothing of the stream. It is passed by.

    Parameters
    ----------
    container
        Read on from where it is.
    streams
        Whose packets are wanted.
    keys_only
        Whether key frames alone are; an MP4 or MOV is passed over to the next one, others are read as usual.
    """
    wanted = list(streams)
    some = Discard.nonkey if keys_only and container.format.name == INDEXED else Discard.default
    for stream in container.streams:
        stream.discard = some if stream in wanted else Discard.all
    while True:
        try:
            yield from container.demux(wanted)
        except IndexError:
            continue
        return


def pictures(container: InputContainer) -> list[VideoStream]:
    """Give the streams of moving pictures; covers that are attached are none."""
    return [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None
    ]


def sounds(container: InputContainer) -> list[AudioStream]:
    """Give the streams of sound that can be decoded."""
    return [stream for stream in container.streams.audio if stream.codec_context is not None]


def picture(container: InputContainer) -> VideoStream | None:
    """Give the stream of moving pictures that is meant: the default one, of several such the first, as players do."""
    found = max(pictures(container), key=_meant, default=None)
    return None if found is None else in_one_thread(found)


def in_one_thread(stream: VideoStream) -> VideoStream:
    """Have a stream decode in the thread that asks."""
    if not stream.codec_context.is_open:
        stream.thread_type = "NONE"  # the pool has a child for each core
    return stream


def sound(container: InputContainer) -> AudioStream | None:
    """Give the stream of sound that is meant: the default one, of several such the first, as players do."""
    return max(sounds(container), key=_meant, default=None)


_BESIDE = (
    Disposition.hearing_impaired | Disposition.visual_impaired | Disposition.comment | Disposition.dependent
    | Disposition.descriptions | Disposition.timed_thumbnails | Disposition.still_image
)  # fmt: skip
"""What stands beside the main stream of its kind."""


def _meant(stream: Stream) -> tuple[bool, bool, bool]:
    """Say how much a stream is the one that players show; the first of equal ones is."""
    empty = stream.container.format.name == INDEXED and not stream.frames
    main, default = not stream.disposition & _BESIDE, bool(stream.disposition & Disposition.default)
    return not empty, main, default


def displayed_size(stream: VideoStream, turn: int | None) -> tuple[int, int]:
    """Say width and height once the pictures have square pixels and are turned."""
    width, height = square_size(stream)
    return (height, width) if turn in (90, 270) else (width, height)


def square_size(stream: VideoStream) -> tuple[int, int]:
    """Say the size with square pixels: the side that is stretched grows, so that nothing is lost."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    if aspect == 1 or not _ASPECTS[0] <= aspect <= _ASPECTS[1]:
        return stream.width, stream.height
    if aspect > 1:
        return round(stream.width * aspect), stream.height
    return stream.width, round(stream.height / aspect)


_ASPECTS = Fraction(1, 4), Fraction(4)
"""Shapes of pixels that are believed; others are slips of the writer."""


def rate(stream: VideoStream | None) -> Fraction:
    """Say the frames in a second on the mean; 25 where nothing tells."""
    if stream is None:
        return Fraction(25)
    mean = None if stream.container.format.name == "mpeg" else stream.average_rate  # FFmpeg 8 says 25 of 29.97 there
    return mean or stream.guessed_rate or Fraction(25)


def codec(stream: Stream) -> str:
    """Name the codec, not the decoder: mp3, where FFmpeg's decoder is called mp3float."""
    name: Any = stream.codec_context.codec.canonical_name
    return str(name)


def depth(stream: AudioStream) -> int | None:
    """Say the bits of a sample as stored: of PCM, FLAC and ALAC; what loses something has none."""
    named, extra = codec(stream), stream.codec_context.extradata or b""
    if match := re.match(r"pcm_[a-z]*?(\d+)", named):
        return int(match[1])
    if named == "flac" and len(extra) >= 18:  # STREAMINFO: 5 bits after 100, less one
        return ((extra[12] & 1) << 4 | extra[13] >> 4) + 1
    if named == "alac" and len(extra) >= 36:  # ALACSpecificConfig.bitDepth
        return extra[17]
    return None
