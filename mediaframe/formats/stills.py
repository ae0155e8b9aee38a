"""How pictures out of videos are written as files of their own: thumbnails for players."""

from __future__ import annotations

from typing import Literal

from mediaframe.model.argument import Value, arg
from mediaframe.model.finish import Format


class Thumbnails(Format, takes="video", media_type="text/vtt", extension="vtt", package="thumbnails.vtt"):
    """Write what players show over the progress bar: a picture of tiles, and a WebVTT track that says which is when.

    A folder with `thumbnails.vtt` and `sprite.jpg`; each cue names its part of the picture by `#xywh=`, as video.js,
    Plyr, JW Player and Shaka Player read it. The tiles are those of `storyboard`.

    Source: W3C WebVTT; W3C Media Fragments URI 1.0; JPEG by FFmpeg's mjpeg.

    >>> mf.video.thumbnails(frames=100, columns=10)
    video.thumbnails(frames=100, columns=10)
    """

    frames: Value[int] = arg(default=25, ge=1, le=400, doc="How many tiles, each for an equal share of the time.")
    columns: Value[int] = arg(default=5, ge=1, le=100, doc="How many of them stand in a line.")
    width: Value[int] = arg(default=160, unit="px", ge=16, le=1920, doc="Width of a tile.")
    pick: Value[Literal["keyframe", "exact"]] = arg(default="keyframe", doc="Which frame a tile shows.")
    quality: Value[int] = arg(default=80, ge=50, le=90, kw_only=True, doc="Quality of the JPEG.")
