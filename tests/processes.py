"""Processes that tests look for and end."""

from __future__ import annotations

from pathlib import Path


def children(pid: int) -> list[int]:
    """Give the children of a process, as Linux tells them; none where it is gone."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(one) for task in tasks for one in (task / "children").read_text().split()]
    except OSError:
        return []
