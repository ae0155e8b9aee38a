"""The thumbnail job as a whole: files in a folder to a 1200 px WebP and a 300x300 WebP in another, both cores.

    python benchmarks/export.py FOLDER [--files 240] [--rounds 3] [--only NAME ...]

Contenders take turns, each in a process of its own. A rate is that of the steady state: results between the first and
the last tenth, so that the start of processes and the manifest at the end do not count; the whole time is told
beside it.
Prints ratios to the plain pyvips loop of the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

BASE = "pyvips loop, 2 threads"


def pyvips_loop(source: Path, to: Path, *, effort: int = 4, threads: int = 2) -> Iterator[float]:
    """One decode by `thumbnail`, the small one made from the large one, threads over files."""
    import pyvips

    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)

    def one(path: Path) -> float:
        large = pyvips.Image.thumbnail(str(path), 1200, height=1200, size="down").copy_memory()
        large.webpsave(str(to / f"{path.stem}-hero.webp"), Q=80, effort=effort, keep="none")
        small = large.thumbnail_image(300, height=300, crop="centre")
        small.webpsave(str(to / f"{path.stem}-thumb.webp"), Q=70, effort=effort, keep="none")
        return time.time()

    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(one, sorted(source.iterdir()))


def pillow_loop(source: Path, to: Path) -> Iterator[float]:
    """`draft` and `thumbnail`, threads over files."""
    from PIL import Image, ImageOps

    def one(path: Path) -> float:
        with Image.open(path) as image:
            image.draft("RGB", (1200, 1200))
            large = ImageOps.exif_transpose(image)
            large.thumbnail((1200, 1200), Image.Resampling.LANCZOS)
            large.save(to / f"{path.stem}-hero.webp", quality=80, method=4)
            ImageOps.fit(large, (300, 300), Image.Resampling.LANCZOS).save(
                to / f"{path.stem}-thumb.webp", quality=70, method=4
            )
        return time.time()

    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(one, sorted(source.iterdir()))


def mediaframe_export(source: Path, to: Path, **format: int) -> Iterator[float]:
    """The whole job: isolation, hashing, write-once publication, row log, manifest."""
    import mediaframe as mf

    frame = mf.scan(source).probe()
    frame = frame.with_columns(
        hero=mf.image.resize(1200, 1200).webp(quality=80, **format),
        thumb=mf.image.resize(300, 300, fit="cover").webp(quality=70, **format),
    )
    run = frame.export(to)
    if run.state != "complete":
        raise SystemExit(f"{run}")
    for row in run.manifest.filter(rendition="thumb")["written_at"].to_list():
        yield row.timestamp()


CONTENDERS: dict[str, Callable[[Path, Path], Iterator[float]]] = {
    BASE: pyvips_loop,
    "pyvips loop, 3 threads": lambda source, to: pyvips_loop(source, to, threads=3),
    "Pillow, 2 threads": pillow_loop,
    "mediaframe, same settings (effort 4)": lambda source, to: mediaframe_export(source, to, effort=4),
    "mediaframe, defaults": mediaframe_export,
}


def measure(name: str, source: Path) -> dict[str, float]:
    """Run one contender in this process."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        began = time.time()
        ends = sorted(CONTENDERS[name](source, Path(folder)))
        whole = time.time() - began
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.webp"))
    tenth = max(1, len(ends) // 10)
    inner = ends[tenth:-tenth]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "rate": (len(inner) - 1) / (inner[-1] - inner[0]),
        "whole": len(ends) / whole,
        "cpu": 1000 * sum(one.ru_utime + one.ru_stime for one in used) / len(ends),
        "bytes": size,
    }


def corpus(folder: Path, count: int, into: Path) -> Path:
    """Fill a folder with so many photographs, each named anew."""
    photos = sorted(path for path in folder.rglob("*.jp*g") if path.stat().st_size > 500_000 and sound(path))
    if not photos:
        raise SystemExit(f"{folder}: no photographs of more than 500 kB")
    for number in range(count):
        photo = photos[number % len(photos)]
        shutil.copyfile(photo, into / f"{number:04d}.jpg")
    return into


def sound(path: Path) -> bool:
    """Leave damaged photographs out: the loops would end at the first."""
    import pyvips

    try:
        pyvips.Image.new_from_file(str(path), fail_on="warning", access="sequential").avg()
    except pyvips.Error:
        return False
    return True


def main() -> None:
    """Take turns and print a table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=list(CONTENDERS))
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure, given.folder)))
        return
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in given.only}
    with tempfile.TemporaryDirectory(prefix="bench-in-") as folder:
        source = corpus(given.folder, given.files, Path(folder))
        for _ in range(given.rounds):
            for name in given.only:
                words = [sys.executable, __file__, str(source), "--measure", name]
                done = subprocess.run(words, capture_output=True, text=True, env={**os.environ})
                if done.returncode:
                    raise SystemExit(f"{name}: {done.stderr[-2000:]}")
                rounds[name].append(json.loads(done.stdout.splitlines()[-1]))
    report(rounds, given.files)


def report(rounds: dict[str, list[dict[str, float]]], files: int) -> None:
    """Print medians and ratios."""
    print(f"{files} files, {len(next(iter(rounds.values())))} rounds in turn, {datetime.now(UTC):%Y-%m-%d}, medians")
    print(f"{'':42}{'img/s':>8}{'ratio':>8}{'whole':>8}{'CPU ms':>8}{'MB':>8}{'bytes':>8}")
    for name, found in rounds.items():
        middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
        ratios = [one["rate"] / base["rate"] for one, base in zip(found, rounds.get(BASE, found), strict=True)]
        bytes_ratio = middle["bytes"] / rounds.get(BASE, found)[0]["bytes"]
        print(
            f"{name:42}{middle['rate']:8.2f}{statistics.median(ratios):8.2f}{middle['whole']:8.2f}"
            f"{middle['cpu']:8.0f}{middle['bytes'] / 1e6:8.2f}{bytes_ratio:8.3f}"
        )


if __name__ == "__main__":
    main()
