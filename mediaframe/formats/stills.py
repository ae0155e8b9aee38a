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


class Gif(Format, takes="video", media_type="image/gif", extension="gif", animates=True):
    """Write an animated GIF: shows everywhere, with one palette for all frames, and without sound.

    A GIF counts time in hundredths of a second; the moments at which frames begin are rounded to that, so that it does
    not drift. Memory does not grow with the length: the video is decoded twice, for the palette and for the frames.
    At most `Limits.frames` frames (300). Where each frame needs a palette of its own, say `preview(...).gif()`: half
    as much larger, 2 to 3 dB better, eight times the time. `webp()` is smaller by far.

    Source: FFmpeg `palettegen`, `paletteuse` and its gif encoder.

    >>> mf.video.clip(0, 3).resize(320).gif(fps=12)
    video.clip(end=3.0).resize(width=320).gif(fps=12.0)
    """

    fps: Value[float] = arg(default=10.0, unit="frames/s", ge=0.1, le=50, doc="Frames in a second.")
    colors: Value[int] = arg(default=256, ge=4, le=256, doc="How many colors at the most.")
    dither: Value[Literal["bayer", "floyd_steinberg", "none"]] = arg(
        default="bayer",
        doc="How the error of a color is spread: by a still pattern, over neighbors, or not.",
    )
    interframe_maxerror: Value[int] = arg(
        default=4,
        ge=0,
        le=64,
        doc="How far a pixel may be off to stay as in the frame before; more is smaller.",
    )
    loop: Value[int] = arg(default=0, ge=0, le=65_535, doc="How often it is played; 0 goes on forever.")


class Webp(Format, takes="video", media_type="image/webp", extension="webp", animates=True):
    """Write an animated WebP: a fraction of a GIF's bytes, in full color, in all browsers, without sound.

    Delays are in milliseconds; frames that look equal to their neighbor become one with it. At most `Limits.frames`
    frames (300).

    Source: libwebp through FFmpeg's `libwebp_anim`.

    >>> mf.video.clip(0, 3).resize(320).webp(fps=15, quality=70)
    video.clip(end=3.0).resize(width=320).webp(fps=15.0, quality=70)
    """

    fps: Value[float] = arg(default=10.0, unit="frames/s", ge=0.1, le=60, doc="Frames in a second.")
    quality: Value[int] = arg(default=75, ge=1, le=100, doc="From 1 (smallest) to 100 (best).")
    lossless: Value[bool] = arg(default=False, doc="Whether all pixels are kept; large.")
    effort: Value[int] = arg(default=2, ge=0, le=6, doc="How hard to compress.")
    loop: Value[int] = arg(default=0, ge=0, le=65_535, doc="How often it is played; 0 goes on forever.")
