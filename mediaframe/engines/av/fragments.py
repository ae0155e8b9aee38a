"""Fragments of CMAF (ISO/IEC 23000-19): packets of an encoder cut into segments, each of them a file of its own."""

from __future__ import annotations

import io
import os
import re
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.packet import Packet

_START = re.compile(rb"\x00\x00+\x01")
_SYNC, _DELTA = 0x02000000, 0x01010000
"""Flags of samples: depends on no other; depends on others and is no sync sample (ISO/IEC 14496-12, 8.8.3.1)."""
_STYP = struct.pack(">I4s4sI4s4s", 24, b"styp", b"msdh", 0, b"msdh", b"cmfs")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that was written: when it is shown, and how large it is."""

    path: Path
    start: int
    ticks: int
    """How long it plays, in units of its track."""
    size: int
    key: int
    """Bytes from its beginning to the end of its first sample, which of pictures is a key frame."""


@dataclass(slots=True)
class _Sample:
    pts: int
    key: bool
    data: bytes
    lasts: int


@dataclass(slots=True)
class Track:
    """One rendition as it is cut: samples wait until the segment that they belong to is whole.

    Decode times are made of presentation times, so that a segment begins in both at the moment of its key frame,
    whatever the encoder's delay; offsets of composition are signed, as CMAF has them. So no edit list is
    needed, which not all players know.
    """

    units: int
    """Units of time in a second."""
    annexb: bool
    """Whether packets have start codes in place of lengths, as those of x264."""
    segments: list[Segment] = field(default_factory=list)
    _waiting: list[_Sample] = field(default_factory=list)

    def add(self, packet: Packet[Any], *, cut: bool) -> None:
        """Take a packet; where `cut` is said, a segment begins with it."""
        if packet.pts is None or packet.time_base is None:
            raise ValueError("a packet without a time")
        pts = round(packet.pts * packet.time_base * self.units)
        lasts = round((packet.duration or 0) * packet.time_base * self.units)
        if cut and self._waiting:
            self._write(pts)
        data = bytes(packet)
        sample = _Sample(pts, bool(packet.is_keyframe), _with_lengths(data) if self.annexb else data, lasts)
        self._waiting.append(sample)

    def end(self) -> None:
        """Write the last segment."""
        if self._waiting:
            times = sorted(one.pts for one in self._waiting)
            common = times[-1] - times[-2] if len(times) > 1 else self.units // 25
            last = max(self._waiting, key=lambda one: one.pts)
            self._write(last.pts + (last.lasts or common))

    def _write(self, until: int) -> None:
        samples, self._waiting = self._waiting, []
        times = sorted(one.pts for one in samples)
        start = times[0]
        head = _moof(len(self.segments) + 1, samples, [*times, max(until, times[-1] + 1)])
        body = sum(len(one.data) for one in samples)
        handle, name = tempfile.mkstemp(suffix=".m4s", dir=Path.cwd())
        before = len(_STYP) + len(head) + 8
        self.segments.append(Segment(Path(name), start, until - start, before + body, before + len(samples[0].data)))
        with os.fdopen(handle, "wb") as file:
            file.write(_STYP + head + struct.pack(">I4s", 8 + body, b"mdat"))
            file.writelines(one.data for one in samples)

    def discard(self) -> None:
        """Remove what was written."""
        for one in self.segments:
            one.path.unlink(missing_ok=True)

    @property
    def seconds(self) -> float:
        """How long all segments play together."""
        return sum(one.ticks for one in self.segments) / self.units

    @property
    def peak(self) -> int:
        """Bits in a second of the densest segment."""
        return max((round(one.size * 8 * self.units / max(1, one.ticks)) for one in self.segments), default=0)

    @property
    def mean(self) -> int:
        """Bits in a second of all segments."""
        return round(sum(one.size for one in self.segments) * 8 / self.seconds) if self.seconds else 0


def header(data: bytes) -> bytes:
    """Give the boxes of an MP4 that stand before any sample: its type and its tracks."""
    wanted = dict(boxes(data))
    return wanted[b"ftyp"] + wanted[b"moov"]


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give name and bytes of the outer boxes of a file."""
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if size < 8:
            return
        yield name, data[at : at + size]
        at += size


def codec_of(init: bytes) -> str:
    """Name the codec as players are told it (RFC 6381), from the header of a track.

    Of H.264 these are profile, constraints and level (avcC, ISO/IEC 14496-15, 5.3.3); of MPEG-4 audio the type of
    object and, of AAC, the profile (esds, ISO/IEC 14496-1, 7.2.6.5).
    """
    at = init.find(b"avcC")
    if at >= 0:
        return f"avc1.{init[at + 5 : at + 8].hex()}"
    at = init.find(b"esds") + 8
    at = _descriptor(init, _descriptor(init, at, 3) + 3, 4)  # after the number and the flags of the stream
    kind, profile = init[at], init[_descriptor(init, at + 13, 5)] >> 3
    return f"mp4a.{kind:x}.{profile}"


def _descriptor(data: bytes, at: int, tag: int) -> int:
    """Give where a descriptor's content begins, after its tag and its size of one to four bytes."""
    if data[at] != tag:
        raise ValueError("the header of a sound is not as it should be")
    while data[at + 1] & 0x80:
        at += 1
    return at + 2


def _moof(number: int, samples: list[_Sample], times: list[int]) -> bytes:
    """Write the header of a fragment; the nth sample is decoded at the nth of the times."""
    entries = io.BytesIO()
    for at, one in enumerate(samples):
        entries.write(
            struct.pack(
                ">IIIi", times[at + 1] - times[at], len(one.data), _SYNC if one.key else _DELTA, one.pts - times[at]
            )
        )
    mfhd = _full(b"mfhd", 0, 0, struct.pack(">I", number))
    tfhd = _full(b"tfhd", 0, 0x020000, struct.pack(">I", 1))  # offsets count from the fragment
    tfdt = _full(b"tfdt", 1, 0, struct.pack(">Q", times[0]))
    size = 8 + len(mfhd) + 8 + len(tfhd) + len(tfdt) + 20 + entries.tell()
    trun = _full(b"trun", 1, 0x000F01, struct.pack(">Ii", len(samples), size + 8) + entries.getvalue())
    return _box(b"moof", mfhd + _box(b"traf", tfhd + tfdt + trun))


def _box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


def _full(name: bytes, version: int, flags: int, body: bytes) -> bytes:
    return _box(name, struct.pack(">I", version << 24 | flags) + body)


def _with_lengths(data: bytes) -> bytes:
    """Put the length of each unit of H.264 in place of its start code (ISO/IEC 14496-15)."""
    units = [one for one in _START.split(data) if one]
    return b"".join(struct.pack(">I", len(one)) + one for one in units)


def ticks_of(seconds: float, units: int) -> int:
    """Give seconds in units of a track."""
    return round(Fraction(seconds).limit_denominator(1_000_000) * units)
