"""The encoders: how each is told a preset, a rate factor or a bit rate, and which constants keep its bytes the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from mediaframe.errors import AssetError

THREADS = 2
"""Threads of decoders and encoders: a constant, since the bytes of x264, x265 and SVT-AV1 depend on their number."""

Copy = Literal["copy"]
COPY: Final = "copy"
"""Stands for an encoder where packets are taken over as they are."""


@dataclass(frozen=True, slots=True)
class Coder:
    """An encoder with the options that it is opened with."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    pixels: str = "yuv420p"
    tag: str | None = None
    """The mark in MP4 and MOV where players want another than FFmpeg's."""
    run: Literal[0, 1, 2] = 0
    """Which of two passes it is, for encoders that are told by a flag."""
    threads: int = THREADS
    keeps: bool = False
    """Whether colors stay those of the source, wide ones and high dynamic range too."""


_LEAST_H265 = 64
"""Pixels: narrower pictures corrupt the memory of x265 (40x40, 48x48, 40x80; each in some of 60 encodes)."""


def refuse_narrow(coder: Coder, size: tuple[int, int]) -> None:
    """Raise where an encoder must not be given pictures of a size."""
    if coder.name == "libx265" and size[0] < _LEAST_H265:
        raise AssetError(
            f"h265 of {size[0]}x{size[1]}: its encoder needs pictures of {_LEAST_H265} px in width at least; "
            "resize, or encode with codec='h264'",
            code="E_ENCODE",
        )


@dataclass(frozen=True, slots=True)
class Pictures:
    """An encoder of pictures before it is told how well and how hard."""

    coder: Coder
    crf: int
    preset: str
    """The name of its option for the preset."""
    presets: Mapping[str, str] | None = None
    """What x264's words are called by an encoder that has numbers."""
    rated: Mapping[str, str] = field(default_factory=dict)
    """Options beside a bit rate."""
    zero: bool = False
    """Whether a constant quality needs a bit rate of zero beside it."""

    def at(self, preset: str, crf: int | None, bitrate: int | None) -> Coder:
        """Give the encoder for a preset and a rate factor, or a bit rate."""
        options = {**self.coder.options, self.preset: (self.presets or {}).get(preset, preset)}
        if bitrate is not None:
            options |= {"b": str(bitrate), **self.rated}
        else:
            options |= {"crf": str(self.crf if crf is None else crf)} | ({"b": "0"} if self.zero else {})
        return replace(self.coder, options=options)


@dataclass(frozen=True, slots=True)
class Sound:
    """An encoder of sound."""

    name: str
    rates: tuple[int, ...] = ()
    """Samples in a second that it takes; all where empty."""
    options: Mapping[str, str] = field(default_factory=dict)
    samples: str | None = None
    """The form of samples, where the encoder takes several and one is meant."""

    def at(self, bitrate: int | None) -> Sound:
        """Give the encoder for a bit rate."""
        return self if bitrate is None else replace(self, options={**self.options, "b": str(bitrate)})

    def rate(self, given: int) -> int:
        """Say at which rate sound of a rate is written: its own, or the next one that the encoder takes."""
        if not self.rates or given in self.rates:
            return given
        return min((one for one in self.rates if one >= given), default=max(self.rates))


@dataclass(frozen=True, slots=True)
class Target:
    """How a file is written: the muxer, and an encoder for each kind of stream."""

    muxer: str
    suffix: str
    video: Coder | Copy | None = None
    audio: Sound | None = None
    copied: frozenset[int] = frozenset()
    """The streams of sound whose packets are taken over."""
    texts: bool = True
    """Whether captions and subtitles stand in it."""
    mux_options: Mapping[str, str] = field(default_factory=dict)
    tags: bool = False
    """Whether title, artist and the like are kept."""
    covers: bool = False
    """Whether it holds a cover picture."""


FASTSTART = {"movflags": "+faststart"}
"""Puts the index of MP4 and MOV in front."""


def _steady() -> dict[str, str]:
    """Keep x264 from its AVX-512 code, whose macroblock tree reads what it has not written.

    With it 10 encodes of the same 234 pictures gave up to 5 different files; with AVX2 one, at the same speed.
    """
    try:
        wide = " avx512f " in Path("/proc/cpuinfo").read_text()
    except OSError:
        wide = False
    return {"x264-params": "asm=avx2"} if wide else {}


_X = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow")
_SVT = dict(zip(_X, ("12", "11", "10", "9", "8", "7", "5", "4", "2"), strict=True))
_VPX = dict(zip(_X, ("8", "7", "6", "5", "4", "3", "2", "1", "0"), strict=True))

PICTURES: dict[str, Pictures] = {
    "h264": Pictures(Coder("libx264", _steady()), 23, "preset"),
    "h265": Pictures(
        Coder("libx265", {"x265-params": "log-level=error:pools=2:frame-threads=2"}, tag="hvc1"), 28, "preset"
    ),
    "av1": Pictures(Coder("libsvtav1", {"svtav1-params": "lp=1"}), 35, "preset", _SVT, {"svtav1-params": "lp=1"}),
    "vp9": Pictures(Coder("libvpx-vp9", {"row-mt": "1", "deadline": "good"}), 33, "cpu-used", _VPX, zero=True),
}
"""Encoders of pictures by the name of their codec.

SVT-AV1 runs one thread of its kind: with two, at a bit rate 5 of 5 encodes had other bytes, and on a busy machine 2 of
460 short encodes hung or were refused; with one, none of 330 did.
"""

_AAC = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_MP3 = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_OPUS = (8000, 12000, 16000, 24000, 48000)

SOUNDS: dict[str, Sound] = {
    "aac": Sound("aac", _AAC),
    "opus": Sound("libopus", _OPUS),
    "mp3": Sound("libmp3lame", _MP3, samples="s16p"),
    "flac": Sound("flac", samples="s16"),
    "flac24": Sound("flac", samples="s32"),
    "pcm16": Sound("pcm_s16le", samples="s16"),
    "pcm24": Sound("pcm_s24le", samples="s32"),
}
"""Encoders of sound by the name of their codec."""
