"""Operation: a step of a recipe that takes one medium and gives one."""

from __future__ import annotations

from typing import Any, ClassVar

from mediaframe.model.kind import Kind, Shape
from mediaframe.model.spec import Spec


class Operation(Spec):
    """A step of a recipe.

    `takes` is the kind of medium it works on, `gives` the kind that comes out; where they differ it is a turn.
    """

    gives: ClassVar[Kind]
    opening: ClassVar[bool] = False
    """Whether it says how a file is opened, and so stands before all other steps."""

    def __init_subclass__(
        cls, *, takes: Kind | None = None, gives: Kind | None = None, opening: bool = False, **rest: Any
    ) -> None:
        super().__init_subclass__(takes=takes, **rest)
        if takes is not None:
            cls.gives, cls.opening = gives or takes, opening

    @property
    def leaves(self) -> frozenset[str]:
        """The streams of a video, "pictures" or "sound", that it leaves as they are, so that they can be copied."""
        return frozenset()

    def infer(self, shape: Shape) -> Shape:
        """Say the shape that comes out, as far as it is known before the pixels."""
        return shape.but(kind=self.gives)
