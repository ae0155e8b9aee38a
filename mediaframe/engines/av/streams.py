"""What a container holds: each stream in words, chapters, tags; nothing is decoded."""

from __future__ import annotations

from typing import Any

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.beside import hdr, side_data
from mediaframe.engines.av.choosing import title_of
from mediaframe.engines.av.cicp import PRIMARIES, RANGES, SPACES, TRANSFERS
from mediaframe.engines.av.medium import Medium
from mediaframe.measures import container as measures

_MOST_TAGS = 500
_LONGEST_TAG = 4_096
"""Characters of one tag; lyrics and serialized edits can be longer, and are cut."""


@engine.implements(measures.VideoStreams)
@engine.implements(measures.AudioStreams)
def streams(medium: Medium, measure: measures.Streams) -> list[dict[str, Any]]:
    """Tell of each stream."""
    container, beside = medium.container, side_data(medium.container)
    return [_told(container, one, beside.get(one.index, {})) for one in container.streams]


@engine.implements(measures.VideoChapters)
@engine.implements(measures.AudioChapters)
def chapters(medium: Medium, measure: measures.Chapters) -> list[dict[str, Any]]:
    """Tell of each chapter, in seconds from the beginning."""
    return [
        {
            "start": round(float(one["start"] * one["time_base"]), 6) if one["time_base"] else None,
            "end": round(float(one["end"] * one["time_base"]), 6) if one["time_base"] else None,
            "title": one["metadata"].get("title"),
        }
        for one in medium.container.chapters()
    ]


@engine.implements(measures.VideoTags)
@engine.implements(measures.AudioTags)
def tags(medium: Medium, measure: measures.Tags) -> list[dict[str, Any]]:
    """Tell the tags of the file, then those of each stream."""
    container = medium.container
    told: list[tuple[int | None, str, str]] = [(None, *one) for one in container.metadata.items()]
    told += [(one.index, name, value) for one in container.streams for name, value in one.metadata.items()]
    return [{"stream": at, "name": name, "value": value[:_LONGEST_TAG]} for at, name, value in told[:_MOST_TAGS]]


def _told(container: InputContainer, stream: Stream, beside: dict[str, Any]) -> dict[str, Any]:
    """Give one stream as a record with all fields of the measure."""
    context = stream.codec_context
    row: dict[str, Any] = dict.fromkeys(measures.Streams.fields)
    row |= {
        "index": stream.index,
        "type": stream.type,
        "codec": demux.codec(stream) if context else None,
        "profile": stream.profile if context else None,
        "language": stream.language,
        "title": title_of(stream),
        "default": bool(stream.disposition & Disposition.default),
        "forced": bool(stream.disposition & Disposition.forced),
    }
    if stream.disposition & Disposition.attached_pic:
        return row | _cover(container, stream)
    row |= {
        "start": _seconds(stream, stream.start_time),
        "seconds": _seconds(stream, stream.duration),
        "frames": stream.frames or None,
        "bit_rate": (context.bit_rate or None) if context else None,
    }
    if isinstance(stream, VideoStream) and context is not None:
        row |= _pictures(stream, beside)
    elif isinstance(stream, AudioStream) and context is not None:
        row |= _sound(stream)
    return row


def _seconds(stream: Stream, ticks: int | None) -> float | None:
    return None if ticks is None or stream.time_base is None else round(float(ticks * stream.time_base), 6)


def _pictures(stream: VideoStream, beside: dict[str, Any]) -> dict[str, Any]:
    context, average, aspect = stream.codec_context, stream.average_rate, stream.sample_aspect_ratio
    return _picture(stream) | {
        "pixel_aspect": f"{aspect.numerator}:{aspect.denominator}" if aspect else None,
        "rotation": beside.get("rotation", 0),
        "rate": float(average) if average else None,
        "real_rate": float(stream.base_rate) if stream.base_rate else None,
        "field_order": _ORDERS.get(int(context.field_order)),
        "color_space": SPACES.get(context.colorspace),
        "color_transfer": TRANSFERS.get(context.color_trc),
        "color_primaries": PRIMARIES.get(context.color_primaries),
        "color_range": RANGES.get(context.color_range),
        "hdr": hdr(stream, beside),
    }


def _picture(stream: VideoStream) -> dict[str, Any]:
    context = stream.codec_context
    return {
        "pixel_format": context.pix_fmt,
        "width": context.width or None,
        "height": context.height or None,
        "bits": max((part.bits for part in context.format.components), default=None) if context.format else None,
    }


_ORDERS = {1: "progressive", 2: "tt", 3: "bb", 4: "tb", 5: "bt"}


def _sound(stream: AudioStream) -> dict[str, Any]:
    return {
        "channels": stream.channels or None,
        "layout": None if stream.layout.name.endswith(" channels") else stream.layout.name,  # an order that none told
        "sample_rate": stream.rate or None,
        "bits": demux.depth(stream),
    }


def _cover(container: InputContainer, stream: Stream) -> dict[str, Any]:
    """Tell of a picture that is attached: it comes as one packet, before all others."""
    container.seek(0)
    packet = next(demux.packets(container, [stream]), None)
    told = {"type": "cover", "bytes": packet.size if packet is not None else None}
    return told | (_picture(stream) if isinstance(stream, VideoStream) and stream.codec_context is not None else {})
