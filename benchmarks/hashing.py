"""Perceptual hashes beside imagehash: CPU as a ratio, and how many of the 64 bits differ.

    python benchmarks/hashing.py FOLDER [--rounds 3] [--least 0.3]

Each photo is hashed from its bytes: by imagehash as its own documentation has it, by mediaframe as a run does it
(header, limits, decode, hash). Contenders take turns for each photo, each in a process of its own, mediaframe's with
the environment that a run gives its children; the best round counts. `both` asks for phash and dhash.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import imagehash
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from mediaframe.work.child.render import render
from mediaframe.work.confine import environment

Hashes = tuple[str, ...]
RECIPES: dict[str, tuple[Finished, ...]] = {
    "phash": (image.phash(),),
    "dhash": (image.dhash(),),
    "both": (image.phash(), image.dhash()),
}


def theirs(data: bytes, what: str) -> Hashes:
    """Open once, hash once or twice."""
    functions = (imagehash.phash, imagehash.dhash) if what == "both" else (getattr(imagehash, what),)
    with Image.open(io.BytesIO(data)) as picture:
        return tuple(str(function(picture)) for function in functions)


def ours(data: bytes, what: str) -> Hashes:
    """Render the measures."""
    renditions = [{"name": str(at), "recipe": one.to_json()} for at, one in enumerate(RECIPES[what])]
    found: list[str] = []
    render(
        {"kind": "image", "format": "jpeg", "limits": {}, "renditions": renditions},
        Source(data),
        lambda header, payload: found.append(header["value"]),
    )
    return tuple(found)


CONTENDERS: dict[str, Callable[[bytes, str], Hashes]] = {"imagehash": theirs, "mediaframe": ours}


def serve(name: str) -> None:
    """Answer each line, a path and what is asked, with CPU seconds and hashes."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        path, what = json.loads(line)
        data = Path(path).read_bytes()
        began = time.process_time()
        found = CONTENDERS[name](data, what)
        print(json.dumps([time.process_time() - began, found]), flush=True)


class Contender:
    """A process that hashes for one of the two."""

    def __init__(self, name: str, env: dict[str, str]) -> None:
        command = [sys.executable, __file__, "--serve", name]
        self._popen = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._popen.communicate()

    def timed(self, path: Path, what: str) -> tuple[float, Hashes]:
        """Give CPU seconds and the hashes."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.write(json.dumps([str(path.resolve()), what]) + "\n")
        self._popen.stdin.flush()
        seconds, found = json.loads(self._popen.stdout.readline())
        return seconds, tuple(found)


def distance(one: Hashes, other: Hashes) -> float:
    """Give how many bits differ, on average over the hashes."""
    return sum((int(a, 16) ^ int(b, 16)).bit_count() for a, b in zip(one, other, strict=True)) / len(one)


def whole(path: Path) -> float | None:
    """Give the megapixels of a photo that decodes whole and upright."""
    data = path.read_bytes()
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            turned = picture.getexif().get(0x0112, 1) not in (0, 1)
            size = picture.width * picture.height / 1e6
        ours(data, "phash")
    except (OSError, KeyError):  # Damage that either of the two tells.
        return None
    return None if turned else size


def main() -> None:
    """Hash all photos of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--least", type=float, default=0.3, help="megapixels")
    parser.add_argument("--serve", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    warnings.simplefilter("ignore")
    sizes = {path: whole(path) or 0.0 for path in sorted(arguments.folder.glob("*.jpg"))}
    photos = [path for path, size in sizes.items() if size >= arguments.least]
    print(f"{len(photos)} photos, {sum(sizes[one] for one in photos):.0f} megapixels; CPU ms for all of them")
    with (
        tempfile.TemporaryDirectory() as home,
        Contender("imagehash", dict(os.environ)) as first,
        Contender("mediaframe", environment(home)) as second,
    ):
        for what in RECIPES:
            compare(photos, what, first, second, arguments.rounds)


def compare(photos: list[Path], what: str, first: Contender, second: Contender, rounds: int) -> None:
    """Have both hash all photos in turn, and print the ratio."""
    spent, off = {"imagehash": 0.0, "mediaframe": 0.0}, []
    for path in photos:
        tries = [(first.timed(path, what), second.timed(path, what)) for _ in range(rounds)]
        spent["imagehash"] += min(one[0] for one, _ in tries)
        spent["mediaframe"] += min(other[0] for _, other in tries)
        off.append(distance(tries[0][0][1], tries[0][1][1]))
    both = {name: f"{seconds * 1000:.0f}" for name, seconds in spent.items()}
    ratio = spent["imagehash"] / spent["mediaframe"]
    print(f"{what:6} {both}  {ratio:.2f} times as fast, {sum(off) / len(off):.3f} bits off, {max(off):g} at most")


if __name__ == "__main__":
    main()
