"""What the tests of the cluster have done, importable in its workers, and handlers that they give to children."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from mediaframe.work.slot import Slot

# In place of the rendering child's own handler: notes each asset, and dies or hangs where a picture says so, or waits
# for as long as there is a file `gate`.
HANDLERS = """
import os, signal, time
from mediaframe.work.child.render import render

def noted(request, source, send):
    data = bytes(source.view())
    name = data[data.index(b"name=") + 5:].split(b";")[0].decode()
    with open({log!r}, "a") as file:
        file.write(name + "\\n")
    if b"word=poison;" in data:
        os.kill(os.getpid(), signal.SIGSEGV)
        time.sleep(5)
    while b"word=gate;" in data and os.path.exists({gate!r}):
        time.sleep(0.05)
    if b"word=slow;" in data:
        time.sleep(0.2)
    if b"word=hang;" in data:
        time.sleep(600)
    return render(request, source, send)

HANDLERS = {{"render": noted}}
"""


# What a worker is loaded with that is to take itself for one of another version.
STRANGER = """
from mediaframe.work.cluster import station

station.fitness = lambda slot, here=station.fitness: {**here(slot), "engine vips": "vips 7.0"}
"""

# And one where the slots cannot be made, as those of another version may be.
BROKEN = """
from mediaframe.work.cluster import plugin

def broken(self, worker):
    raise ValueError("no slots here")

plugin.Slots.setup = broken
"""


def handlers(folder: Path) -> tuple[Path, Path]:
    """Write a file of handlers, and give it with the log in which each execution is a line."""
    file, log = folder / "noted.py", folder / "executed.txt"
    file.write_text(HANDLERS.format(log=str(log), gate=str(folder / "gate")))
    log.touch()
    return file, log


def double(number: int, slot: Slot) -> int:
    """Do next to nothing."""
    return 2 * number


def slow(number: int, slot: Slot) -> int:
    """Take a moment."""
    time.sleep(0.05)
    return number


def wrong(number: int, slot: Slot) -> int:
    """Fail as no asset does."""
    raise ZeroDivisionError(f"task {number}")


@dataclass(frozen=True)
class Deadly:
    """Takes its worker down with one of its numbers."""

    number: int

    def __call__(self, numbers: list[int], slot: Slot) -> list[tuple[int, str]]:
        if self.number in numbers:
            os.kill(os.getpid(), signal.SIGKILL)
        return [(one, "done") for one in numbers]

    def alone(self, numbers: list[int]) -> list[list[int]]:
        return [[one] for one in numbers]

    def lost(self, numbers: list[int]) -> list[tuple[int, str]]:
        return [(one, "lost") for one in numbers]
