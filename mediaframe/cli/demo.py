"""The command that shows all of it on media it makes itself."""

from __future__ import annotations

from mediaframe.cli.outcome import OK, command


@command
def demo() -> int:
    """Soon."""
    return OK
