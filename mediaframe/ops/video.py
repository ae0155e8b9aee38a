"""What can be done to videos."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation


class Frame(Operation, takes="video", gives="image"):
    """Take one frame as a picture: the first at or after a moment.

    A moment is in seconds, or a share of the playing time; past the end it is the last frame. The picture is turned
    as the video is displayed.

    >>> mf.video.frame(at="50%").jpeg()
    video.frame(at='50%').jpeg()
    """

    at: Value[str | float] = arg(default="10%", unit="moment", doc="Seconds, or a share such as '10%'.")

    def infer(self, shape: Shape) -> Shape:
        """Say that one frame is left."""
        return Shape("image", shape.width, shape.height, alpha=False, frames=1)
