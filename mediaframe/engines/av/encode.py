"""How videos and sounds are written: each format as a muxer with its encoders."""

from __future__ import annotations

from dataclasses import replace

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.codecs import PICTURES, SOUNDS, Target
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.pipeline import write
from mediaframe.engines.base import Encoded
from mediaframe.errors import AssetError
from mediaframe.formats import audio as sounds
from mediaframe.formats import video as formats
from mediaframe.model.quantity import human_bytes

_FASTSTART = {"movflags": "+faststart"}

MUXERS: dict[type[formats.Encoded], Target] = {
    formats.Mp4: Target("mp4", ".mp4", audio=SOUNDS["aac"], mux_options=_FASTSTART),
    formats.Mov: Target("mov", ".mov", audio=SOUNDS["aac"], mux_options=_FASTSTART),
    formats.Mkv: Target("matroska", ".mkv", audio=SOUNDS["opus"]),
    formats.Webm: Target("webm", ".webm", audio=SOUNDS["opus"]),
}
"""The containers, with the sound that each holds."""


def encode(medium: Medium, format: formats.Encoded) -> Encoded:
    """Write a video."""
    target = MUXERS[type(format)]
    if target.audio is not None:
        target = replace(target, audio=target.audio.at(format.audio_bitrate))
    target = replace(target, tags=format.metadata == "keep")
    pictures = PICTURES[format.values["codec"]]
    if format.max_bytes is not None:
        return _within(medium, format, format.max_bytes, target)
    return write(medium, replace(target, video=pictures.at(format.preset, format.crf, format.bitrate)))


for _format in MUXERS:
    engine.implements(_format)(encode)


_SOUNDS: dict[type[sounds.Lossy], tuple[str, str, str]] = {
    sounds.Mp3: ("mp3", ".mp3", "mp3"),
    sounds.M4a: ("ipod", ".m4a", "aac"),
    sounds.Opus: ("opus", ".opus", "opus"),
    sounds.Ogg: ("ogg", ".ogg", "opus"),
}
"""Muxer, ending and encoder."""


def encode_sound(medium: Medium, format: sounds.Lossy) -> Encoded:
    """Write a sound that loses something."""
    muxer, suffix, coder = _SOUNDS[type(format)]
    options = {"ipod": _FASTSTART, "mp3": {"write_xing": "1", "id3v2_version": "3"}}.get(muxer, {})
    target = Target(muxer, suffix, audio=SOUNDS[coder].at(format.bitrate), mux_options=options)
    return write(medium, replace(target, tags=format.metadata == "keep"))


for _sound in _SOUNDS:
    engine.implements(_sound)(encode_sound)


@engine.implements(sounds.Flac)
def flac(medium: Medium, format: sounds.Flac) -> Encoded:
    """Write a FLAC, with 24 bits where the source has more than 16."""
    coder = SOUNDS["flac24" if medium.deep else "flac"]
    coder = replace(coder, options={"compression_level": str(format.effort)})
    return write(medium, Target("flac", ".flac", audio=coder, tags=format.metadata == "keep"))


@engine.implements(sounds.Wav)
def wav(medium: Medium, format: sounds.Wav) -> Encoded:
    """Write a WAV."""
    coder = SOUNDS[f"pcm{format.bits}"]
    return write(medium, Target("wav", ".wav", audio=coder, tags=format.metadata == "keep"))


_TRIES = 4
_LEAST = 20_000
"""Bits in a second under which pictures are not worth showing."""


def _within(medium: Medium, format: formats.Encoded, budget: int, target: Target) -> Encoded:
    """Encode at the bit rate that the budget leaves, lower where the file is still over; never over it."""
    seconds = medium.seconds
    if not seconds:
        raise AssetError(f"{format.word}(max_bytes=...): the video does not say how long it plays", code="E_OP")
    sound = 0 if medium.muted or not medium.sounds else format.audio_bitrate
    rate = budget * 8 * 0.97 / seconds - sound
    for encodes in range(1, _TRIES + 1):
        if rate < _LEAST:
            break
        pictures = PICTURES[format.values["codec"]].at(format.preset, None, int(rate))
        made = write(medium, replace(target, video=pictures))
        if made.size <= budget:
            return replace(made, encodes=encodes)
        rate = (rate + sound) * budget / made.size * 0.98 - sound
        made.discard()
    raise AssetError(
        f"max_bytes={human_bytes(budget)} cannot be kept over {seconds:.1f} s; resize, or allow more bytes",
        code="E_ENCODE",
    )
