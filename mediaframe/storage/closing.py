"""Closing: what lets go of what it has when a `with` is left, and by `close`."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """What is closed at the end of a `with`; a subclass says by `close` what it lets go of."""

    def close(self) -> None:
        """Let go of all."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
