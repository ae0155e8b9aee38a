"""How sounds are written: each format as a muxer with its encoder."""

from __future__ import annotations

from dataclasses import replace

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.codecs import FASTSTART, SOUNDS, Target
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.pipeline import write
from mediaframe.engines.base import Encoded
from mediaframe.formats import audio as sounds

_SOUNDS: dict[type[sounds.Lossy], tuple[str, str, str]] = {
    sounds.Mp3: ("mp3", ".mp3", "mp3"),
    sounds.M4a: ("mp4", ".m4a", "aac"),
    sounds.Opus: ("opus", ".opus", "opus"),
    sounds.Ogg: ("ogg", ".ogg", "opus"),
}
"""Muxer, ending and encoder."""


def encode_sound(medium: Medium, format: sounds.Lossy) -> Encoded:
    """Write a sound that loses something."""
    muxer, suffix, coder = _SOUNDS[type(format)]
    # M4A is written as MP4 with the brand of M4A: it may get a cover, and PyAV gives FFmpeg's `ipod` none.
    options = {"mp4": {**FASTSTART, "brand": "M4A "}, "mp3": {"write_xing": "1", "id3v2_version": "3"}}.get(muxer, {})
    target = Target(
        muxer,
        suffix,
        audio=SOUNDS[coder].at(format.bitrate),
        mux_options=options,
        covers=muxer in ("mp3", "mp4"),
        texts=False,
    )
    return write(medium, replace(target, tags=format.metadata == "keep"))


for _sound in _SOUNDS:
    engine.implements(_sound)(encode_sound)


@engine.implements(sounds.Flac)
def flac(medium: Medium, format: sounds.Flac) -> Encoded:
    """Write a FLAC, with 24 bits where the source has more than 16."""
    coder = SOUNDS["flac24" if medium.deep else "flac"]
    coder = replace(coder, options={"compression_level": str(format.effort)})
    return write(medium, Target("flac", ".flac", audio=coder, tags=format.metadata == "keep", covers=True, texts=False))


@engine.implements(sounds.Wav)
def wav(medium: Medium, format: sounds.Wav) -> Encoded:
    """Write a WAV."""
    coder = SOUNDS[f"pcm{format.bits}"]
    return write(medium, Target("wav", ".wav", audio=coder, tags=format.metadata == "keep", texts=False))
