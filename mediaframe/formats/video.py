"""How videos are written: mp4."""

from __future__ import annotations

from typing import Literal

from mediaframe.model.argument import Value, arg
from mediaframe.model.finish import Format

Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]


class Mp4(Format, takes="video", media_type="video/mp4", extension="mp4"):
    """Write an MP4: H.264 and AAC, playable everywhere, with its index in front.

    Odd sizes lose a pixel, since H.264 with 4:2:0 colors has even sizes alone.

    Source: libx264 and FFmpeg's aac and mov muxer through PyAV; two threads always, since the bytes depend on them.

    >>> mf.video.clip(0, 10).mp4(crf=28)
    video.clip(end=10.0).mp4(crf=28)
    """

    crf: Value[int] = arg(default=23, ge=0, le=51, doc="Constant rate factor: lower is better and larger.")
    preset: Value[Preset] = arg(default="veryfast", doc="How hard to compress, by x264's words.")
