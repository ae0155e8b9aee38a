"""Telling how far a reading has come: what tells nothing for long is taken for dead, what goes on for too long ends."""

from __future__ import annotations

from mediaframe.engines.av.medium import Medium
from mediaframe.errors import AssetError

_STEP = 0.5
"""Seconds of the medium between two words."""


class Telling:
    """Says which share of a medium is read, not too often."""

    def __init__(self, medium: Medium) -> None:
        self.medium, self.told = medium, 0.0

    def at(self, seconds: float) -> None:
        """Say how many seconds of the result are done; where nobody knows how long it plays, it is half.

        A header may declare less than there is: what plays for longer than the limit is an error here at the latest.
        """
        if seconds - self.told < _STEP:
            return
        self.told, limit = seconds, self.medium.task.limits.seconds
        if self.medium.moment(seconds) > limit:
            raise AssetError(f"it plays on after the limit of {limit:g} s; see Limits.seconds", code="E_LIMIT_DURATION")
        length = self.medium.seconds or 2 * seconds
        self.medium.task.tell(min(1.0, seconds / length))
