"""The resize modes of pictures, for videos: the same names and sizes."""

from __future__ import annotations

from typing import Any

from mediaframe.model.argument import Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation
from mediaframe.ops.image.geometry import Mode as PictureMode
from mediaframe.ops.image.geometry import ModeName
from mediaframe.ops.video import Resize


class Mode(Operation, takes="video"):
    """Resize a video by a mode: the sizes of common uses, by name, as for pictures.

    `original` leaves the size; `website`, `email`, `instagram`, `linkedin` and `ecommerce` know theirs; `square`,
    `width` and `height` take a `size`. Where a mode cuts pictures to what draws the eye, it cuts videos to the middle.
    A mode is a step: the recipe still needs a format. Nothing is enlarged; `ecommerce` pads to its white square.

    Shape: known before the pictures, rounded to even sides.
    Source: the sizes that the platforms document; `mediaframe presets` lists them.

    >>> mf.video.mode("instagram").mp4(), mf.video.mode("height", 720).webm()
    (video.mode(name='instagram').mp4(), video.mode(name='height', size=720).webm())
    """

    name: Value[ModeName] = arg(doc="Which mode.")
    size: Value[int | None] = arg(
        default=None, unit="px", ge=1, le=16384, doc="The side, for `square`, `width` and `height`."
    )

    def check(self) -> None:
        """Ask for a size where the mode has none of its own."""
        if self.settled("name", "size"):
            PictureMode(self.name, self.size)

    @property
    def resize(self) -> Resize | None:
        """What it does, once its arguments are settled; nothing for `original`."""
        does = PictureMode(self.name, self.size).resize
        if does is None:
            return None
        return Resize(does.width, does.height, fit=does.fit, background=does.background)

    def identity(self) -> list[Any]:
        """Give what it does rather than its name: another size of a mode is another recipe."""
        if not self.settled("name", "size"):
            return super().identity()
        does = self.resize
        return [self.word, self.revision, does and does.identity()]

    def infer(self, shape: Shape) -> Shape:
        """Say the size."""
        does = self.resize
        return shape if does is None else does.infer(shape)
