"""What isolation costs: the same renders in this process and in a child, in turn, file by file.

    python benchmarks/isolation.py FOLDER [--files 40] [--rounds 3]

Both are given the bytes; the child's time holds the hand-over of the source, the request, and the way back of
the results.
The first file of each round is not counted: it starts the child, and loads libvips on both sides.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

from export import sound

from mediaframe.engines.base import Source
from mediaframe.recipes import image
from mediaframe.work.child.render import render
from mediaframe.work.slot import Slot

RECIPES = {
    "hero": image.resize(1200, 1200).webp(quality=80),
    "thumb": image.resize(300, 300, fit="cover").webp(quality=70),
}


def request() -> dict[str, Any]:
    """Ask for both renditions."""
    renditions = [{"name": name, "recipe": recipe.to_json()} for name, recipe in RECIPES.items()]
    return {"do": "render", "kind": "image", "format": "jpeg", "limits": {}, "renditions": renditions}


def main() -> None:
    """Take turns and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    photos = sorted(path for path in given.folder.rglob("*.jp*g") if path.stat().st_size > 500_000 and sound(path))
    ratios = []
    with Slot() as slot:
        for _ in range(given.rounds):
            inside = outside = 0.0
            for number in range(given.files + 1):
                data = photos[number % len(photos)].read_bytes()
                began = time.perf_counter()
                render(request(), Source(data), lambda header, payload: None)
                middle = time.perf_counter()
                list(slot.ask(request(), data))
                ended = time.perf_counter()
                if number:
                    inside, outside = inside + middle - began, outside + ended - middle
            ratios.append(outside / inside)
    print(f"in a child / in this process, {given.rounds} rounds of {given.files} files: ", end="")
    print(f"median {statistics.median(ratios):.3f}, from {min(ratios):.3f} to {max(ratios):.3f}")


if __name__ == "__main__":
    main()
