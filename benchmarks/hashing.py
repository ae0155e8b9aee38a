"""Perceptual hashes beside imagehash: CPU as a ratio, and how many of the 64 bits differ.

    python benchmarks/hashing.py FOLDER [--rounds 3] [--least 0.3]

Each photo is hashed from its bytes: by imagehash as its own documentation has it, by mediaframe as a run does it
(header, limits, decode, hash). Contenders take turns for each photo; the best round counts. `both` asks for phash and
dhash.
"""

from __future__ import annotations

import argparse
import io
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import imagehash
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from mediaframe.work.child.render import render

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


def timed(function: Callable[[bytes, str], Hashes], data: bytes, what: str) -> tuple[float, Hashes]:
    """Give CPU seconds and the hashes."""
    began = time.process_time()
    found = function(data, what)
    return time.process_time() - began, found


def distance(one: Hashes, other: Hashes) -> float:
    """Give how many bits differ, on average over the hashes."""
    return sum((int(a, 16) ^ int(b, 16)).bit_count() for a, b in zip(one, other, strict=True)) / len(one)


def whole(path: Path) -> tuple[bytes, float] | None:
    """Give the bytes and the megapixels of a photo that decodes whole and upright."""
    data = path.read_bytes()
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            turned = picture.getexif().get(0x0112, 1) not in (0, 1)
            size = picture.width * picture.height / 1e6
        ours(data, "phash")
    except (OSError, KeyError):  # Damage that either of the two tells.
        return None
    return None if turned else (data, size)


def main() -> None:
    """Hash all photos of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--least", type=float, default=0.3, help="megapixels")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    photos = [found for path in sorted(arguments.folder.glob("*.jpg")) if (found := whole(path)) is not None]
    photos = [one for one in photos if one[1] >= arguments.least]
    print(f"{len(photos)} photos, {sum(size for _, size in photos):.0f} megapixels; CPU ms for all of them")
    for what in RECIPES:
        spent, off = {"imagehash": 0.0, "mediaframe": 0.0}, []
        for data, _ in photos:
            tries = [(timed(theirs, data, what), timed(ours, data, what)) for _ in range(arguments.rounds)]
            spent["imagehash"] += min(first[0] for first, _ in tries)
            spent["mediaframe"] += min(second[0] for _, second in tries)
            off.append(distance(tries[0][0][1], tries[0][1][1]))
        both = {name: f"{seconds * 1000:.0f}" for name, seconds in spent.items()}
        ratio = spent["imagehash"] / spent["mediaframe"]
        print(f"{what:6} {both}  {ratio:.2f} times as fast, {sum(off) / len(off):.3f} bits off, {max(off):g} at most")


if __name__ == "__main__":
    main()
