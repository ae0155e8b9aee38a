"""How videos and sounds are written: each format as a muxer with its encoders."""

from __future__ import annotations

from dataclasses import replace

from av.video.stream import VideoStream

from mediaframe.engines.av import demux
from mediaframe.engines.av.base import engine
from mediaframe.engines.av.beside import hdr, side_data
from mediaframe.engines.av.budget import within
from mediaframe.engines.av.codecs import COPY, FASTSTART, SOUNDS, Sound, Target
from mediaframe.engines.av.copying import copyable
from mediaframe.engines.av.keeping import pictures
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.pipeline import write
from mediaframe.engines.av.segments import segmented
from mediaframe.engines.base import Encoded
from mediaframe.errors import AssetError
from mediaframe.formats import video as formats

MUXERS: dict[type[formats.Encoded], Target] = {
    formats.Mp4: Target("mp4", ".mp4", audio=SOUNDS["aac"], mux_options=FASTSTART),
    formats.Mov: Target("mov", ".mov", audio=SOUNDS["aac"], mux_options=FASTSTART),
    formats.Mkv: Target("matroska", ".mkv", audio=SOUNDS["opus"]),
    formats.Webm: Target("webm", ".webm", audio=SOUNDS["opus"]),
}
"""The containers, with the sound that each holds."""


def encode(medium: Medium, format: formats.Encoded) -> Encoded:
    """Write a video; streams are copied where that is asked for and can be."""
    target = replace(MUXERS[type(format)], tags=format.metadata == "keep")
    word = str(format.values["codec"])
    if word in ("copy", "auto"):
        made = _copied(medium, format, target, word)
        if made is not None:
            return made
        word = format.first_codec
    target = replace(target, audio=_sound(target).at(format.audio_bitrate))
    if format.max_bytes is not None:
        return within(medium, format, word, target)
    target = replace(target, video=pictures(medium, format, word).at(format.preset, format.crf, format.bitrate))
    return write(medium, target) if format.segments == 1 else segmented(medium, target, format.segments)


def _copied(medium: Medium, format: formats.Encoded, target: Target, word: str) -> Encoded | None:
    """Write a video with the pictures of the source; None where `auto` encodes them."""
    stream = medium.stream
    can = stream is not None and medium.pictures_untouched and copyable(stream, target.muxer)
    if word == "copy" and not can:
        codec = demux.codec(stream) if stream is not None else "no pictures"
        raise AssetError(
            f"{format.word}(codec='copy'): {codec} of {medium.container.format.name} cannot be copied into "
            f"{target.muxer}; encode it, with codec={format.first_codec!r}",
            code="E_OP",
        )
    if not can or (word == "auto" and not _plays(stream, format)):
        return None
    assert stream is not None  # noqa: S101  # it can be copied
    held, beside = _SOUNDS_OF[target.muxer], side_data(medium.container).get(stream.index, {})
    same = frozenset(
        one.index
        for one in medium.sounds_in(medium.container)
        if medium.sound_untouched and copyable(one, target.muxer) and (word == "copy" or demux.codec(one) in held)
    )
    dolby = hdr(stream, beside) == "dolby vision"
    options = {**target.mux_options, **(_DOLBY if dolby else {})}
    target = replace(target, audio=_sound(target).at(format.audio_bitrate), copied=same, mux_options=options)
    made = write(medium, replace(target, video=COPY))
    if format.max_bytes is not None and made.size > format.max_bytes:
        made.discard()
        return None
    return replace(made, notes=(*made.notes, *_NO_DOLBY)) if dolby and target.muxer == "mov" else made


_DOLBY = {"strict": "unofficial"}
"""Has FFmpeg write the record of Dolby Vision, which is none of ISO."""
_NO_DOLBY = (("W_METADATA_DROPPED", "the record of Dolby Vision was left out: mov does not hold it, mp4 and mkv do"),)
_SOUNDS_OF = {"mp4": ("aac",), "mov": ("aac",), "matroska": ("opus", "vorbis", "aac"), "webm": ("opus", "vorbis")}
_NAMES = {"h264": "h264", "hevc": "h265", "av1": "av1", "vp9": "vp9"}


def _plays(stream: VideoStream | None, format: formats.Encoded) -> bool:
    """Whether pictures are as this format would write them: in one of its codecs, 4:2:0, with 8 bits unless kept."""
    if stream is None or stream.pix_fmt not in (("yuv420p", "yuv420p10le") if format.color == "keep" else ("yuv420p",)):
        return False
    return _NAMES.get(demux.codec(stream)) in format.arguments["codec"].choices


def _sound(target: Target) -> Sound:
    assert isinstance(target.audio, Sound)  # noqa: S101  # as the table of containers has it
    return target.audio


for _format in MUXERS:
    engine.implements(_format)(encode)
