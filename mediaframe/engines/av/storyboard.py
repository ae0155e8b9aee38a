"""Storyboards: tiles of a video at even moments in one picture, and the track that tells a player which stands when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.demux import faults
from mediaframe.engines.av.medium import Medium, displayed, seen
from mediaframe.engines.av.poster import spread
from mediaframe.engines.av.prints import Levels, pictures, plain, playing, printed
from mediaframe.engines.av.still import Pictures
from mediaframe.engines.base import Encoded, Part, Pixels
from mediaframe.errors import AssetError
from mediaframe.formats.stills import Thumbnails
from mediaframe.ops.stills import Storyboard


@engine.implements(Storyboard)
def storyboard(medium: Medium, op: Storyboard) -> Pixels:
    """Put tiles beside and below one another."""
    return plain(_sheet(medium, op))


@engine.implements(Thumbnails)
def thumbnails(medium: Medium, format: Thumbnails) -> Encoded:
    """Write the tiles as a JPEG, and the track that names its parts."""
    op = Storyboard(format.frames, format.columns, format.width, format.pick)
    sheet, length = _sheet(medium, op), playing(medium, _WORD)
    tile = op.tile(*displayed(medium))
    sprite = Part(_SPRITE, jpeg(sheet, format.quality), "image/jpeg")
    height, width, _ = sheet.shape
    return Encoded(
        track(_SPRITE, length, op, tile).encode(), width, height, round(length, 3), pages=format.frames, parts=(sprite,)
    )


_SPRITE, _WORD = "sprite.jpg", "thumbnails()"


def _sheet(medium: Medium, op: Storyboard) -> Levels:
    reel = pictures(medium)
    moments = spread(medium, op.frames, "storyboard()")
    found = keyframes(reel, moments, medium.start) if op.pick == "keyframe" else exact(reel, moments)
    return joined(medium, op, found)


def keyframes(reel: Pictures, moments: Sequence[float], since: float) -> Iterator[VideoFrame]:
    """Give the key frame at or before each moment, each decoded once; before the first of a part, the exact picture."""
    known, shown = None, None
    for moment in moments:
        packet = reel.key_packet(moment, since)
        if packet is None:
            yield reel.at(moment)
            continue
        if shown is None or packet.pts != known:
            known, shown = packet.pts, reel.alone(packet)
        yield shown


def exact(reel: Pictures, moments: Sequence[float]) -> Iterator[VideoFrame]:
    """Give the picture at each moment; those that follow the same key frame are decoded in one go."""
    at = 0
    while at < len(moments):
        key = reel.key_packet(moments[at])
        if key is None:
            yield reel.at(moments[at])
            at += 1
            continue
        until = at + 1
        while until < len(moments) and (one := reel.key_packet(moments[until])) is not None and one.pts == key.pts:
            until += 1
        yield from reel.run(moments[at:until])
        at = until


def joined(medium: Medium, op: Storyboard, frames: Iterable[VideoFrame]) -> Levels:
    """Print each frame into its tile."""
    sheet: Levels | None = None
    tile, told = (0, 0), -1
    for number, frame in enumerate(frames):
        if sheet is None:
            seen(medium, frame)
            tile, sheet = op.tile(*displayed(medium)), _empty(medium, op)
        row, column = divmod(number, op.columns)
        place = np.s_[row * tile[1] : (row + 1) * tile[1], column * tile[0] : (column + 1) * tile[0]]
        sheet[place] = printed(medium, frame, tile)
        if (share := 10 * (number + 1) // op.frames) > told:
            told = share
            medium.task.tell((number + 1) / op.frames)
    assert sheet is not None  # noqa: S101  # there is a frame for each tile
    return sheet


def jpeg(levels: Levels, quality: int) -> bytes:
    """Write a JPEG of halved colors; 80 stands for FFmpeg's scale of 4, which gives what libjpeg gives at 80."""
    height, width, _ = levels.shape
    coder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(coder, VideoCodecContext)  # noqa: S101  # an encoder of pictures
    coder.width, coder.height, coder.pix_fmt = width, height, "yuvj420p"
    coder.time_base, coder.sample_aspect_ratio = Fraction(1), Fraction(1)  # square pixels are told in a JFIF header
    coder.flags |= Flags.bitexact | Flags.qscale
    coder.qmin = coder.qmax = round(20 - quality / 5)
    frame = av.VideoFrame.from_ndarray(levels, format="rgb24").reformat(
        format="yuvj420p", dst_colorspace="ITU601", dst_color_range="JPEG", interpolation=_TO_JPEG
    )
    frame.pts = 0
    with faults("the JPEG is not written"):
        return b"".join(bytes(packet) for packet in (*coder.encode(frame), *coder.encode(None)))


_TO_JPEG = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP


def track(name: str, length: float, op: Storyboard, tile: tuple[int, int]) -> str:
    """Give the WebVTT track of thumbnails: which part of the picture stands for which share of the playing time.

    Players (video.js, Plyr, JW Player, Shaka) show that part over the progress bar.

    Source: W3C WebVTT; W3C Media Fragments URI 1.0, `xywh`.

    >>> print(track("sprite.jpg", 5.0, Storyboard(frames=2, columns=1), (160, 90)))
    WEBVTT
    <BLANKLINE>
    00:00:00.000 --> 00:00:02.500
    sprite.jpg#xywh=0,0,160,90
    <BLANKLINE>
    00:00:02.500 --> 00:00:05.000
    sprite.jpg#xywh=0,90,160,90
    <BLANKLINE>
    """
    moments = [_clock(length * number / op.frames) for number in range(op.frames + 1)]
    cues = []
    for number in range(op.frames):
        row, column = divmod(number, op.columns)
        box = f"{column * tile[0]},{row * tile[1]},{tile[0]},{tile[1]}"
        cues.append(f"{moments[number]} --> {moments[number + 1]}\n{name}#xywh={box}\n")
    return "WEBVTT\n\n" + "\n".join(cues)


def _clock(seconds: float) -> str:
    minutes, thousandths = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{thousandths // 1000:02}.{thousandths % 1000:03}"


def _empty(medium: Medium, op: Storyboard) -> Levels:
    width, height = op.sheet(*displayed(medium))
    most = medium.task.limits.pixels
    if width * height > most:
        raise AssetError(
            f"storyboard: {width}x{height} pixels are over the limit of {most}; ask for smaller tiles, or see "
            "Limits.pixels",
            code="E_LIMIT_PIXELS",
        )
    return np.zeros((height, width, 3), np.uint8)
