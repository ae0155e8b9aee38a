"""How videos are written: each format as a muxer with its encoders."""

from __future__ import annotations

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.pipeline import Target, write
from mediaframe.engines.base import Encoded
from mediaframe.formats.video import Mp4


@engine.implements(Mp4)
def mp4(medium: Medium, format: Mp4) -> Encoded:
    """Write an MP4 with its index in front."""
    target = Target(
        "mp4",
        ".mp4",
        video="libx264",
        video_options={"crf": str(format.crf), "preset": format.preset},
        audio="aac",
        audio_options={"b": "128k"},
        mux_options={"movflags": "+faststart"},
    )
    return write(medium, target)
