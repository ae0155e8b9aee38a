"""Merge: what makes one medium of many; a verb on a frame, never a step of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mediaframe.model.finish import Format
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.spec import Spec


class Merge(Spec):
    """What makes one medium of many, such as an animation of pictures.

    `takes` is the kind of the pieces, `gives` that of the whole, which a format of that kind then writes. An argument
    that is a column is bound for each piece.
    """

    gives: ClassVar[Kind]

    def __init_subclass__(cls, *, takes: Kind | None = None, gives: Kind | None = None, **rest: Any) -> None:
        super().__init_subclass__(takes=takes, **rest)
        if takes is not None:
            cls.gives = gives or takes

    @classmethod
    def fits(cls, format: type[Format]) -> bool:
        """Whether a format of the kind can hold the whole."""
        return True

    def infer(self, pieces: Sequence[Shape]) -> Shape:
        """Say the shape of the whole; the memory that it needs is told from this."""
        raise NotImplementedError
