"""Many pictures made into one: animations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mediaframe.engines.base import Piece, Task
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.frames import hold_frames
from mediaframe.engines.vips.geometry import on_canvas
from mediaframe.engines.vips.handle import Handle, has_alpha, of
from mediaframe.engines.vips.opening import open_picture, read_header
from mediaframe.engines.vips.reel import Animation
from mediaframe.model.kind import Shape
from mediaframe.model.sizing import ANCHORS
from mediaframe.ops.merge import Animate


@engine.implements(Animate)
def animate(pieces: Sequence[Piece], op: Animate, task: Task) -> Handle | Animation:
    """Put pictures one after the other; each is opened when its turn comes."""
    headers = [read_header(piece, task) for piece in pieces]
    whole = op.infer([Shape("image", header.width, header.height) for header in headers])
    width, height = whole.size or (1, 1)
    hold_frames("animate", len(pieces), width, height, task.limits)
    uneven = any((header.width, header.height) != (width, height) for header in headers)
    alpha = any(header.facts["alpha"] for header in headers) or (uneven and len(op.background) > len("#rrggbb"))

    def frames() -> Iterator[Handle]:
        for piece in pieces:
            image = open_picture(piece, task).image.colourspace("srgb")
            if alpha and not has_alpha(image):
                image = image.addalpha()
            if (image.width, image.height) != (width, height):
                image = on_canvas(image, width, height, ANCHORS["center"], op.background)
            yield of(image.copy_memory())

    first = next(frames())
    return first if len(pieces) == 1 else Animation(first, frames, (op.milliseconds,) * len(pieces), op.loop)
