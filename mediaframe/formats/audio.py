"""How sounds are written: mp3, m4a, opus, ogg, flac, wav."""

from __future__ import annotations

from typing import ClassVar, Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format
from mediaframe.model.operation import Operation

Tags = Literal["strip", "keep"]
_TAGS = "Whether title, artist, album and the like are kept; MP3, M4A and FLAC keep the cover too."


class _Sound(Format):
    """What all formats of sounds share."""

    covers: ClassVar[bool] = False
    """Whether a cover picture can stand in it."""

    def check_steps(self, steps: tuple[Operation, ...]) -> None:
        """Let no cover stand before a format that holds none."""
        for step in steps:
            if step.takes == "audio" and step.values.get("cover") is not None and not self.covers:
                raise RecipeError(f"{self.word}: it holds no cover; leave cover out, or write mp3, m4a or flac")


class Lossy(_Sound):
    """What formats that lose something take."""

    bitrate: Quantity[int] = arg(default=128_000, unit="bits/s", ge=8_000, le=512_000, doc="Bits in a second.")
    metadata: Value[Tags] = arg(default="strip", doc=_TAGS)


class Lossless(_Sound):
    """What formats that lose nothing take."""

    metadata: Value[Tags] = arg(default="strip", doc=_TAGS)


class Mp3(Lossy, takes="audio", media_type="audio/mpeg", extension="mp3"):
    """Write an MP3: readable everywhere.

    Source: LAME through lameenc, constant bit rate; its delay and its end are told to players.

    >>> mf.audio.mp3(bitrate="192k")
    audio.mp3(bitrate=192000)
    """

    covers = True


class M4a(Lossy, takes="audio", media_type="audio/mp4", extension="m4a"):
    """Write an M4A: AAC in MP4, with its index in front.

    Source: FFmpeg's aac through PyAV.

    >>> mf.audio.m4a()
    audio.m4a()
    """

    covers = True


class Opus(Lossy, takes="audio", media_type="audio/ogg", extension="opus"):
    """Write an Opus file: the smallest for speech and music alike.

    Source: libopus through PyAV; 48 kHz.

    >>> mf.audio.opus(bitrate="64k")
    audio.opus(bitrate=64000)
    """


class Ogg(Lossy, takes="audio", media_type="audio/ogg", extension="ogg"):
    """Write Opus in an Ogg file with the ending that older programs look for.

    Source: libopus through PyAV; 48 kHz.

    >>> mf.audio.ogg()
    audio.ogg()
    """


class Flac(Lossless, takes="audio", media_type="audio/flac", extension="flac"):
    """Write a FLAC: every sample is kept, with 24 bits where the source has more than 16.

    Source: FFmpeg's flac through PyAV.

    >>> mf.audio.flac()
    audio.flac()
    """

    covers = True
    effort: Value[int] = arg(default=5, ge=0, le=12, doc="How hard to compress.")


class Wav(Lossless, takes="audio", media_type="audio/wav", extension="wav"):
    """Write a WAV: samples of 16 or 24 bits.

    Source: FFmpeg's pcm through PyAV.

    >>> mf.audio.channels(1).rate(16_000).wav()
    audio.channels(count=1).rate(hz=16000).wav()
    """

    bits: Value[Literal[16, 24]] = arg(default=16, doc="Bits of a sample.")
