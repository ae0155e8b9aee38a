"""MP3 by the LAME of the package lameenc, which takes a third of the time of the one in the wheel of PyAV.

That one is built with its checks and nearly without SIMD; 91 % of the time of an export to MP3 was in it. FFmpeg still
writes the file, with its `Info` frame, so that players begin and end at the sample.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import lameenc
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec import CodecContext
from av.packet import Packet

DELAY = 576 + 528 + 1
"""Samples before the first one that was given: LAME's delay, and the decoder's."""
_QUALITY = 3
"""LAME's own default for constant bit rates, which FFmpeg leaves as it is."""
_KBITS = {
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Bit rates by the version in the header: MPEG-1, and MPEG-2 with half its sample rates (ISO 11172-3, 13818-3)."""
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


class Lame:
    """Encodes the sound of a stream of MP3, in place of the stream's own encoder."""

    def __init__(self, stream: AudioStream, bitrate: int) -> None:
        self._stream = stream
        self._encoder = lameenc.Encoder()
        self._encoder.silence()
        self._encoder.set_bit_rate(round(bitrate / 1000))
        self._encoder.set_in_sample_rate(stream.rate)
        self._encoder.set_out_sample_rate(stream.rate)
        self._encoder.set_channels(stream.channels)
        self._encoder.set_quality(_QUALITY)
        self._rest = b""
        self._given = 0
        self._made = 0

    def encode(self, frame: AudioFrame | None) -> list[Packet[AudioStream]]:
        """Give the packets that are ready after one more frame of 16-bit samples; None for the end."""
        if frame is None:
            packets = self._packets(bytes(self._encoder.flush())) if self._given else []
            if packets:
                after = max(0, self._made - DELAY - self._given)
                _skip(packets[-1], DELAY if self._made == packets[-1].duration else 0, after)
            return packets
        self._given += frame.samples
        samples = np.ascontiguousarray(frame.to_ndarray().T)  # from a plane for each channel to pairs
        return self._packets(bytes(self._encoder.encode(samples.tobytes())))

    def _packets(self, data: bytes) -> list[Packet[AudioStream]]:
        data, at, packets = self._rest + data, 0, []
        while at + 4 <= len(data):
            size, samples = _frame(data[at : at + 4])
            if at + size > len(data):
                break
            packets.append(self._packet(data[at : at + size], samples))
            at += size
        self._rest = data[at:]
        return packets

    def _packet(self, data: bytes, samples: int) -> Packet[AudioStream]:
        packet: Packet[Any] = Packet(data)
        packet.stream, packet.time_base = self._stream, Fraction(1, self._stream.rate)
        packet.pts = packet.dts = self._made - DELAY
        packet.duration, packet.is_keyframe = samples, True
        if not self._made:
            _skip(packet, DELAY, 0)
        self._made += samples
        return packet


def _frame(header: bytes) -> tuple[int, int]:
    """Say how many bytes a frame has, and how many samples."""
    version, bits, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    kbits = _KBITS[3 if version == 3 else 2][bits - 1]
    samples = 1152 if version == 3 else 576
    return samples // 8 * kbits * 1000 // _RATES[version][rate] + (header[2] >> 1 & 1), samples


def _skip(packet: Packet[Any], before: int, after: int) -> None:
    """Have a packet say how many of its samples are no sound; the muxer tells players in the first frame."""
    # PyAV makes no side data anew: it is taken from a packet of FFmpeg's encoder, and filled.
    other: Any = CodecContext.create("libmp3lame", "w")
    other.sample_rate, other.format, other.layout = 44100, "s16p", "mono"
    silence = AudioFrame.from_ndarray(np.zeros((1, 1152), np.int16), format="s16p", layout="mono")
    silence.sample_rate, silence.pts = 44100, 0
    told = [*other.encode(silence), *other.encode(None)][-1].get_sidedata("skip_samples")
    told.update(struct.pack("<IIxx", before, after))
    packet.set_sidedata(told)
