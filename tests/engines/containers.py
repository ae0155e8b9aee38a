"""Tiny clips and sounds in any container, and the bytes of containers changed by hand."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

RATE = 25
WIDTH, HEIGHT = 64, 48

FAST: dict[str, dict[str, str]] = {
    "libx264": {"preset": "ultrafast", "crf": "20"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:frame-threads=1"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8", "crf": "10", "b": "1M"},
}


def clip(
    format: str = "mp4",
    codec: str = "libx264",
    *,
    seconds: float = 1.0,
    rate: Fraction | int = RATE,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    gop: int = 10,
    times: Sequence[int] | None = None,
    sound: str | None = None,
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    mux: dict[str, str] | None = None,
    levels: Iterable[int] | None = None,
    chapters: Sequence[tuple[float, float, str]] = (),
    tags: dict[str, str] | None = None,
    turn: int | None = None,
) -> bytes:
    """A clip whose pictures tell their number by their gray; `times` are in milliseconds, `levels` the grays."""
    out, count = io.BytesIO(), round(seconds * rate)
    shown = list(levels) if levels is not None else [20 + 7 * (one % 33) for one in range(count)]
    with av.open(out, "w", format=format, options=mux or {}) as container:
        pictures = container.add_stream(codec, rate=rate, options=FAST.get(codec, {}) | (options or {}))
        pictures.width, pictures.height, pictures.pix_fmt, pictures.gop_size = *size, pixels, gop
        if times is not None:
            pictures.codec_context.time_base = Fraction(1, 1000)
        if turn is not None:
            pictures.set_display_rotation(turn)
        tone = container.add_stream(sound, rate=48000, layout="mono") if sound else None
        container.metadata.update(tags or {})
        if chapters:
            container.set_chapters([_chapter(number, *one) for number, one in enumerate(chapters)])
        for at, level in enumerate(shown):
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), level, np.uint8), format="rgb24")
            frame = frame.reformat(format=pixels)
            frame.pts, frame.time_base = at, 1 / Fraction(rate)
            if times is not None:
                frame.pts, frame.time_base = times[at], Fraction(1, 1000)
            container.mux(pictures.encode(frame))
            if tone is not None:
                _tone(container, tone, at, float(rate))
        container.mux(pictures.encode(None))
        if tone is not None:
            container.mux(tone.encode(None))
    return out.getvalue()


def _tone(container: Any, stream: Any, at: int, rate: float) -> None:
    begin, end = round(at * 48000 / rate), round((at + 1) * 48000 / rate)
    container.mux(stream.encode(_samples(np.sin(np.arange(begin, end) / 20) * 0.3, begin)))


def _samples(wave: Any, at: int, hz: int = 48000) -> Any:
    frame = av.AudioFrame.from_ndarray((wave * 32767).astype(np.int16)[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = hz, at, Fraction(1, hz)
    return frame


def _chapter(number: int, start: float, end: float, title: str) -> Any:
    return {"id": number, "start": round(start * 1000), "end": round(end * 1000), "time_base": Fraction(1, 1000),
            "metadata": {"title": title}}  # fmt: skip


def tone(format: str, codec: str, *, seconds: float = 2.0, hz: int = 48000, wave: Any = None) -> bytes:
    """A sound of one channel: a tone, or the samples of `wave`, from -1 to 1."""
    out = io.BytesIO()
    samples = np.sin(np.arange(round(seconds * hz)) / 20) * 0.3 if wave is None else wave
    with av.open(out, "w", format=format) as container:
        stream = container.add_stream(codec, rate=hz, layout="mono")
        for start in range(0, len(samples), 1024):
            container.mux(stream.encode(_samples(samples[start : start + 1024], start, hz)))
        container.mux(stream.encode(None))
    return out.getvalue()


# ---- bytes changed by hand ---------------------------------------------------------------------------------


def scaled(data: bytes, box: bytes, factor: float) -> bytes:
    """An MP4 whose boxes of a name (mvhd, mdhd, tkhd of version 0) declare another playing time."""
    changed, at = bytearray(data), 0
    while (at := data.find(box, at + 1)) > 0:
        place = at + 4 + (20 if box == b"tkhd" else 16)
        told = struct.unpack_from(">I", data, place)[0]
        struct.pack_into(">I", changed, place, round(told * factor))
    return bytes(changed)


def longer(data: bytes, factor: float) -> bytes:
    """A Matroska whose Duration (0x4489, a float of 8 bytes) says another playing time."""
    changed, at = bytearray(data), data.index(b"\x44\x89\x88") + 3
    struct.pack_into(">d", changed, at, struct.unpack_from(">d", data, at)[0] * factor)
    return bytes(changed)


def grown(data: bytes, inside: Sequence[bytes], extra: bytes) -> bytes:
    """An MP4 with a box more at the end of the innermost of some nested boxes; its index must stand behind the data."""
    at, ends = 0, list[int]()
    for name in inside:
        at = data.index(name, at)
        ends.append(at - 4)
    place = ends[-1] + struct.unpack_from(">I", data, ends[-1])[0]
    changed = bytearray(data)
    for start in ends:
        struct.pack_into(">I", changed, start, struct.unpack_from(">I", data, start)[0] + len(extra))
    return bytes(changed[:place]) + extra + bytes(changed[place:])


def fronted(data: bytes) -> bytes:
    """An MP4 whose index (moov) is put before its data, as players on the web want it."""
    parts, at = dict[bytes, bytes](), 0
    while at < len(data):
        size = struct.unpack_from(">I", data, at)[0]
        parts[data[at + 4 : at + 8]] = data[at : at + size]
        at += size
    index = bytearray(parts.pop(b"moov"))
    place = 0
    while (place := index.find(b"stco", place + 1)) > 0:
        for entry in range(struct.unpack_from(">I", index, place + 8)[0]):
            told = struct.unpack_from(">I", index, place + 12 + 4 * entry)[0]
            struct.pack_into(">I", index, place + 12 + 4 * entry, told + len(index))
    return parts.pop(b"ftyp") + bytes(index) + b"".join(parts.values())
