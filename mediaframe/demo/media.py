"""All media of the demo, made into a folder on all cores; the same bytes each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from mediaframe.demo.clip import clips
from mediaframe.demo.paper import papers
from mediaframe.demo.pictures import makers

Told = Callable[[int, int], None]
"""Is told how many of how many groups of media are made."""


def make_media(folder: Path, cores: int, told: Told | None = None) -> list[Path]:
    """Make the media below a folder; gives their paths, sorted."""
    # The longest first, so that no core waits for one at the end.
    work: list[Callable[[], Iterator[tuple[str, bytes]]]] = [clips, papers, *reversed(makers())]
    made: list[Path] = []
    with ThreadPoolExecutor(cores, thread_name_prefix="mediaframe-demo") as workers:
        waiting = [workers.submit(_write, folder, one) for one in work]
        for done, future in enumerate(as_completed(waiting), 1):
            made += future.result()
            if told is not None:
                told(done, len(work))
    return sorted(made)


def _write(folder: Path, make: Callable[[], Iterator[tuple[str, bytes]]]) -> list[Path]:
    paths = []
    for name, data in make():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != data:  # What is there already keeps its time of change.
            path.write_bytes(data)
        paths.append(path)
    return paths
