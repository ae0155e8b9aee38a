"""Telling how far a reading has come: who tells nothing for long is taken for dead."""

from __future__ import annotations

from mediaframe.engines.av.medium import Medium

_STEP = 0.5
"""Seconds of the medium between two words."""


class Telling:
    """Says which share of a medium is read, not too often."""

    def __init__(self, medium: Medium) -> None:
        self.medium, self.told = medium, 0.0

    def at(self, seconds: float) -> None:
        """Say how many seconds of the result are done; where nobody knows how long it plays, a share that grows."""
        if seconds - self.told < _STEP:
            return
        self.told = seconds
        length = self.medium.seconds or 2 * seconds
        self.medium.task.tell(min(1.0, seconds / length))
