"""What is put on videos: pictures and text that the engine of pictures draws, captions, fades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.cues import read_cues, stretches
from mediaframe.engines.av.graph import Clock, Node, Shown
from mediaframe.engines.av.medium import Medium, Track, displayed
from mediaframe.engines.base import Pixels, Source
from mediaframe.errors import AssetError
from mediaframe.model.operation import Operation
from mediaframe.model.quantity import pixels
from mediaframe.ops.image import overlay
from mediaframe.ops.video_layers import Captions, Fade, Text, Watermark


@engine.implements(Watermark)
def watermark(medium: Medium, op: Watermark) -> Medium:
    """Put a picture on all frames."""
    return _layered(medium, [overlay.Watermark(**op.values)])


@engine.implements(Text)
def text(medium: Medium, op: Text) -> Medium:
    """Write text on all frames."""
    return _layered(medium, [overlay.Text(**op.values)])


def _layered(medium: Medium, steps: Sequence[Operation]) -> Medium:
    """Have steps drawn once, and put what is seen of them on each frame."""
    size = displayed(medium)
    found = _seen(medium.task.draw(steps, *size))
    if found is None:
        return medium
    drawn, left, top = found
    node = Node("overlay", f"{left}:{top}:format=yuv420", lambda: iter([(0.0, drawn)]))
    return medium.drawn(node, size=size)


def _seen(drawn: Pixels) -> tuple[Pixels, int, int] | None:
    """Cut out what is not transparent, on even pixels, where colors of 4:2:0 begin."""
    rows = np.frombuffer(drawn.data, np.uint8).reshape(drawn.height, drawn.width, 4)
    down, across = np.nonzero(rows[..., 3].any(axis=1))[0], np.nonzero(rows[..., 3].any(axis=0))[0]
    if not len(down):
        return None
    top, left = int(down[0]) // 2 * 2, int(across[0]) // 2 * 2
    part = rows[top : int(down[-1]) + 1, left : int(across[-1]) + 1]
    return Pixels(part.shape[1], part.shape[0], 4, part.tobytes()), left, top


@engine.implements(Captions)
def captions(medium: Medium, op: Captions) -> Medium:
    """Keep the cues for a track, or put each on the pictures while it is shown."""
    if not isinstance(op.file.data, Source):
        raise AssetError(f"{op.file}: the engine was not given this file", code="E_INTERNAL")
    try:
        cues = read_cues(bytes(op.file.data.view()))
    except AssetError as error:
        raise AssetError(f"captions({op.file}): {error.message}", code="E_INPUT") from None
    if op.mode == "attach":
        placed = tuple(replace(one, start=medium.moment(one.start), end=medium.moment(one.end)) for one in cues)
        return medium.but(tracks=(*medium.tracks, Track(placed, op.language)))
    size = displayed(medium)
    strip = size[0], max(2, size[1] // 4 * 2)
    top = size[1] - strip[1]
    style = overlay.Text(
        "-", size=pixels(op.size, min(size)), margin=pixels("3%", min(size)), stroke="#000000", gravity="south"
    )

    def shown() -> Shown:
        blank = Pixels(*strip, 4, bytes(strip[0] * strip[1] * 4))
        ended = 0.0
        # Of two that are shown from one moment on FFmpeg takes the first: nothing stands before a cue at 0.
        for cue in stretches(cues):
            if cue.start > ended:
                yield ended, blank
            yield cue.start, medium.task.draw([overlay.Text(**{**style.values, "text": cue.text})], *strip)
            ended = cue.end
        yield ended, blank

    node = Node("overlay", f"0:{top - top % 2}:format=yuv420", shown, Clock(medium.start, medium.speed))
    return medium.drawn(node, size=size)


@engine.implements(Fade)
def fade(medium: Medium, op: Fade) -> Medium:
    """Fade in and out."""
    clock, color = Clock(medium.start, medium.speed), f"0x{op.color.removeprefix('#')[:6]}"
    pictures, sound = list[Node](), list[Node]()
    parts = [("in", 0.0, op.into)] if op.into else []
    if op.out:
        if medium.plays is None:
            raise AssetError("fade(out=...): the video does not say how long it plays", code="E_OP")
        length = min(op.out, medium.plays)
        parts.append(("out", medium.plays - length, length))
    for way, start, length in parts:
        times = f"t={way}:st={start:.6f}:d={length:.6f}"
        pictures.append(Node("fade", f"{times}:color={color}", clock=clock))
        sound.append(Node("afade", times, clock=clock))
    return medium.drawn(*pictures, size=displayed(medium)).heard(*sound)
