"""Storyboards: tiles of a video at even moments in one picture, and the track that tells a player which stands when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from av.video.frame import VideoFrame

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.cues import clock
from mediaframe.engines.av.jpeg import jpeg
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
    sprite = Part(_SPRITE, jpeg(VideoFrame.from_ndarray(sheet, format="rgb24"), format.quality), "image/jpeg")
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
    moments = [clock(length * number / op.frames) for number in range(op.frames + 1)]
    cues = []
    for number in range(op.frames):
        row, column = divmod(number, op.columns)
        box = f"{column * tile[0]},{row * tile[1]},{tile[0]},{tile[1]}"
        cues.append(f"{moments[number]} --> {moments[number + 1]}\n{name}#xywh={box}\n")
    return "WEBVTT\n\n" + "\n".join(cues)


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
