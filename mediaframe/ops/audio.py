"""What can be done to sounds."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import File, Quantity, Value, arg
from mediaframe.model.input import Input
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation
from mediaframe.model.quantity import color_bands


class Clip(Operation, takes="audio"):
    """Keep a part of the sound, from one moment to another, cut at the sample.

    Shape: the seconds that are left, where the playing time is known.

    >>> mf.audio.clip("1.5 s", 4).mp3()
    audio.clip(start=1.5, end=4.0).mp3()
    """

    start: Quantity[float] = arg(default=0.0, unit="s", ge=0, doc="Where the part begins.")
    end: Quantity[float | None] = arg(
        default=None, unit="s", ge=0, doc="Where it ends; left out, the end of the sound."
    )

    def check(self) -> None:
        """Hold the end behind the start."""
        if self.settled("start", "end") and self.end is not None and self.end <= self.start:
            raise RecipeError(f"clip(start={self.start:g}, end={self.end:g}): expected an end after the start")

    def infer(self, shape: Shape) -> Shape:
        """Say the seconds that are left."""
        if shape.seconds is None:
            return shape
        end = shape.seconds if self.end is None else min(self.end, shape.seconds)
        return shape.but(seconds=max(0.0, end - self.start))


class Gain(Operation, takes="audio"):
    """Make the sound louder or softer; what goes over full scale is cut off.

    Source: FFmpeg `volume`.

    >>> mf.audio.gain(-6).mp3()
    audio.gain(db=-6.0).mp3()
    """

    db: Value[float] = arg(unit="dB", ge=-120, le=60, doc="Decibels; 6 doubles the amplitude.")


class Loudness(Operation, takes="audio"):
    """Bring the sound to a loudness, by one gain for all of it, so that its dynamics stay.

    The loudness is measured over the whole part first. The gain is lowered where true peaks would go over `peak`.
    Silence stays silence.

    Source: EBU R 128 and ITU-R BS.1770-4, measured by FFmpeg `ebur128`.

    >>> mf.audio.loudness(-16).m4a()
    audio.loudness(lufs=-16.0).m4a()
    """

    lufs: Value[float] = arg(default=-23.0, unit="LUFS", ge=-70, le=-5, doc="Integrated loudness; -23 by EBU R 128.")
    peak: Value[float] = arg(default=-1.0, unit="dBTP", ge=-20, le=0, doc="True peaks at the most.")


class Channels(Operation, takes="audio"):
    """Mix to mono or stereo.

    Source: FFmpeg `aformat`, with swresample's matrices.

    >>> mf.audio.channels(1).mp3()
    audio.channels(count=1).mp3()
    """

    count: Value[Literal[1, 2]] = arg(doc="1 is mono, 2 stereo.")


class Rate(Operation, takes="audio"):
    """Resample.

    Source: FFmpeg `aresample`.

    >>> mf.audio.rate(16_000).wav()
    audio.rate(hz=16000).wav()
    """

    hz: Value[int] = arg(unit="Hz", ge=4_000, le=192_000, doc="Samples in a second.")


class Fade(Operation, takes="audio"):
    """Fade in at the beginning, out at the end.

    Source: FFmpeg `afade` with a linear curve.

    >>> mf.audio.fade(out="2 s").mp3()
    audio.fade(out=2.0).mp3()
    """

    into: Quantity[float] = arg(default=0.0, unit="s", ge=0, doc="Seconds at the beginning.")
    out: Quantity[float] = arg(default=0.0, unit="s", ge=0, doc="Seconds at the end.")


class Trim(Operation, takes="audio"):
    """Cut silence away at the beginning and at the end.

    Shape: not longer than before; not known before the samples.
    Source: FFmpeg `silenceremove`, by the peak over 20 ms.

    >>> mf.audio.trim(threshold=-60).flac()
    audio.trim(threshold=-60.0).flac()
    """

    threshold: Value[float] = arg(default=-50.0, unit="dBFS", ge=-120, le=0, doc="What is softer counts as silence.")

    def infer(self, shape: Shape) -> Shape:
        """Say that the playing time is not known."""
        return shape.but(seconds=None)


class Waveform(Operation, takes="audio", gives="image"):
    """Draw the sound as a picture: from left to right, how far its samples swing.

    Channels are averaged. Each column, or bar, reaches from the least to the greatest sample of its stretch of time, at
    least over one pixel; edges are smooth. Of a video say `soundtrack().waveform()`; as numbers it is had by `peaks`.

    >>> mf.audio.waveform(1200, 200, color="#0a84ff").png(), mf.video.soundtrack().waveform(bar=3, gap=1).webp()
    (audio.waveform(color='#0a84ff').png(), video.soundtrack().waveform(bar=3, gap=1).webp())
    """

    width: Value[int] = arg(default=1200, unit="px", ge=1, le=16_384, doc="Width of the picture.")
    height: Value[int] = arg(default=200, unit="px", ge=2, le=4096, doc="Height of the picture.")
    color: Value[str] = arg(default="#3366cc", unit="color", doc="The color of the sound.")
    background: Value[str] = arg(default="#00000000", unit="color", doc="The color behind it; transparent by default.")
    bar: Value[int] = arg(default=1, unit="px", ge=1, le=256, kw_only=True, doc="Width of a bar.")
    gap: Value[int] = arg(default=0, unit="px", ge=0, le=256, kw_only=True, doc="Room between bars.")
    normalize: Value[bool] = arg(
        default=False, kw_only=True, doc="Whether the loudest sample reaches the edge; else full scale does."
    )

    def infer(self, shape: Shape) -> Shape:
        """Say the size, and whether anything is transparent."""
        alpha = min(color_bands(one)[3] for one in (self.color, self.background)) < 255
        return Shape("image", self.width, self.height, alpha=alpha, frames=1)


class Tag(Operation, takes="audio"):
    """Say title, artist and the like, and give the sound a cover.

    What is said replaces what the source says; the rest is kept or left out by the format's `metadata`.

    Source: ID3v2.3 in MP3, iTunes tags in M4A, Vorbis comments in Ogg, Opus and FLAC, RIFF INFO in WAV.

    >>> mf.audio.tag(title="Intro", artist="Ann", track="1/12").mp3()
    audio.tag(title='Intro', artist='Ann', track='1/12').mp3()
    """

    title: Value[str | None] = arg(default=None, doc="Title.")
    artist: Value[str | None] = arg(default=None, doc="Artist.")
    album: Value[str | None] = arg(default=None, doc="Album.")
    date: Value[str | None] = arg(default=None, doc="Year or date, such as 2024 or 2024-05-01.")
    track: Value[str | None] = arg(default=None, doc="Number, or number and total, such as 3/12.")
    genre: Value[str | None] = arg(default=None, doc="Genre.")
    comment: Value[str | None] = arg(default=None, doc="Comment.")
    cover: File[Input | None] = arg(
        default=None, holds="image", doc="Cover picture, a JPEG or PNG; MP3, M4A and FLAC hold one."
    )

    def check(self) -> None:
        """Ask for something, and bound it."""
        given = [one for one in self.values.values() if one is not None]
        if not given:
            raise RecipeError("tag: expected something to say, got nothing; say tag(title='...')")
        for name, text in self.values.items():
            if isinstance(text, str) and (len(text) > 4000 or "\0" in text):
                raise RecipeError(f"tag({name}=...): expected up to 4,000 characters without a null")
