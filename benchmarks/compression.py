"""Compression that keeps its word: budgets, perceptual targets, and what other tools' defaults cost at equal looks.

    python benchmarks/compression.py budget FOLDER...         target size: misses, gap, encodes, CPU against Pillow
    python benchmarks/compression.py target FOLDER...         one scale: how often it is hit, on held-out names
    python benchmarks/compression.py effort FOLDER...         the rate-distortion table of the docs
    python benchmarks/compression.py others FOLDER... [--sharp NODE_MODULES]   beside the defaults of other tools

Folders are searched for JPEG and PNG photographs; generated pictures fill them up to `--count`. Scores are those of
SSIMULACRA 2 in mediaframe, which tests hold to the reference program. CPU seconds of this process, so that a loaded
machine changes little. Names whose SHA-256 is odd were used to measure the typical curves that searches walk along;
targets are judged by the others alone.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import pyvips
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.engines.vips.engine import engine
from mediaframe.engines.vips.handle import of
from mediaframe.engines.vips.score import judge
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from mediaframe.work.child.render import render

FORMATS: dict[str, Callable[..., Finished]] = {"jpeg": image.jpeg, "webp": image.webp, "avif": image.avif}


@dataclass(frozen=True)
class Photo:
    """A picture as a file."""

    name: str
    data: bytes

    @property
    def held_out(self) -> bool:
        """Whether nothing was measured on it that searches use."""
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % 2 == 0


def photos(folders: list[Path], count: int) -> list[Photo]:
    """Give readable opaque photographs, each once, then generated pictures."""
    found: dict[str, Photo] = {}
    for path in sorted(
        one for folder in folders for one in folder.rglob("*") if one.suffix.lower() in (".jpg", ".png")
    ):
        data = path.read_bytes()
        try:
            picture = pyvips.Image.new_from_buffer(data, "", fail_on="warning").copy_memory()
        except pyvips.Error:
            continue
        if rendered(data, image.resize(64).png())[0]["status"] != "ok":
            continue
        if picture.interpretation == "srgb" and picture.bands == 3 and min(picture.width, picture.height) >= 200:
            found.setdefault(
                hashlib.sha256(picture.thumbnail_image(64).write_to_memory()).hexdigest(), Photo(path.name, data)
            )
    made = (generated(seed) for seed in range(count))
    return [*found.values(), *made][:count]


def generated(seed: int) -> Photo:
    """Make a picture: noise of several scales (as clouds and foliage have it), shapes with edges, grain."""
    random = np.random.default_rng(seed)
    width, height = int(random.integers(700, 1700)), int(random.integers(500, 1300))
    planes = np.zeros((height, width, 3))
    slope = random.uniform(0.5, 1.6)
    for octave in range(2, 9):
        cells = random.normal(0, 1, (2**octave, 2**octave, 3)) @ (np.eye(3) * 0.4 + 0.2)
        layer = pyvips.Image.new_from_array(cells.astype(np.float32)).resize(
            width / 2**octave, vscale=height / 2**octave
        )
        planes += layer.numpy()[:height, :width] * 70 / 2 ** (slope * (octave - 2))
    down, across = np.mgrid[0:height, 0:width]
    for _ in range(int(random.integers(0, 30))):
        center, size = random.uniform(0, 1, 2) * (height, width), random.uniform(10, 200)
        inside = np.hypot(down - center[0], (across - center[1]) * random.uniform(0.5, 2)) < size
        planes[inside] = planes[inside] * 0.3 + random.uniform(-100, 100, 3)
    planes += random.normal(0, random.uniform(0, 7), (height, width, 1))
    small = pyvips.Image.new_from_array(np.clip(planes + 128, 0, 255).astype(np.uint8)).copy(interpretation="srgb")
    # As large as a camera's, 4 to 12 megapixels: whoever decodes again for each step pays for all of them.
    large = small.resize(2.4)
    grain = pyvips.Image.gaussnoise(large.width, large.height, sigma=random.uniform(0, 6), seed=seed)
    picture = (large + grain).cast("uchar").copy(interpretation="srgb")
    return Photo(f"generated-{seed}", picture.jpegsave_buffer(Q=92))


def rendered(data: bytes, recipe: Finished) -> tuple[dict[str, Any], bytes]:
    """Render one recipe as a child does."""
    sent: list[tuple[dict[str, Any], bytes]] = []
    request = {"renditions": [{"name": "a", "recipe": recipe.to_json()}]}
    render(request, Source(data), lambda header, payload: sent.append((header, payload)))
    return sent[0]


def took(work: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Give the CPU seconds of a piece of work, and what it gave."""
    began = time.process_time()
    result = work(*arguments)
    return time.process_time() - began, result


# ---- budgets ---------------------------------------------------------------------------------------------------------


def pillow_search(data: bytes, word: str, side: int, quality: int, budget: int) -> tuple[int, int]:
    """Search as scripts do: decode, reduce and encode again for each step of a binary search."""
    low, high, steps = 0, quality, 0
    while low < high:
        middle = (low + high + 1) // 2
        with Image.open(io.BytesIO(data)) as picture:
            picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=None)
            file = io.BytesIO()
            picture.convert("RGB").save(file, word.upper(), quality=middle)
        steps += 1
        low, high = (middle, high) if file.tell() <= budget else (low, middle - 1)
    return low, steps


def budgets(pictures: list[Photo], side: int, quality: int, words: list[str]) -> None:
    """Print for each format: files over the budget, the gap to the exact best quality, encodes, CPU against Pillow."""
    print(
        f"{len(pictures)} pictures, {side} px, up to quality {quality}; {engine.version()}, Pillow {Image.__version__}"
    )
    for word in words:
        base = image.resize(side, side, enlarge=False)
        finish = getattr(base, word)
        over, gaps, encodes, fills, ours, theirs, states = 0, [], [], [], 0.0, 0.0, dict[str, int]()
        for photo in pictures:
            best = rendered(photo.data, finish(quality=quality))[1]
            share = (0.25, 0.5, 0.75)[len(photo.data) % 3]
            budget = min(100_000, int(len(best) * share))
            spent, (header, data) = took(rendered, photo.data, finish(quality=quality, max_bytes=budget))
            ours += spent
            state = header.get("outcome") or header["code"]
            states[state] = states.get(state, 0) + 1
            theirs += took(pillow_search, photo.data, word, side, quality, budget)[0]
            if header["status"] != "ok":
                continue
            over += len(data) > budget
            encodes.append(header["encodes"])
            fills.append(len(data) / budget)
            gaps.append(exact(photo.data, finish, header["quality"], quality, budget) - header["quality"])
        print(
            f"{word}: {states}, over when met {over}; gap mean {mean(gaps):.2f} most {max(gaps)}; encodes mean "
            f"{mean(encodes):.2f} most {max(encodes)}; fill {mean(fills):.3f}; CPU {ours:.1f} s "
            f"against Pillow {theirs:.1f} s = {ours / theirs:.3f}"
        )


def exact(data: bytes, finish: Callable[..., Finished], found: int, quality: int, budget: int) -> int:
    """Give the best quality that fits, looked for one by one above the one that was found."""
    best, missed, at = found, 0, found
    while at < quality and missed < 4:
        at += 1
        fits = len(rendered(data, finish(quality=at))[1]) <= budget
        best, missed = (at, 0) if fits else (best, missed + 1)
    return best


# ---- targets ---------------------------------------------------------------------------------------------------------


def targets(pictures: list[Photo], side: int, words: list[str]) -> None:
    """Print how often a score lies within 1 of its target, on pictures that nothing was tuned on."""
    held = [one for one in pictures if one.held_out]
    print(f"{len(held)} held-out pictures of {len(pictures)}, {side} px; {engine.version()}")
    hits: list[bool] = []
    for word in words:
        finish = getattr(image.resize(side, side, enlarge=False), word)
        for target in (50, 60, 70, 80, 88):
            scores, encodes, spent, unreachable = [], [], 0.0, 0
            for photo in held:
                seconds, (header, _) = took(rendered, photo.data, finish(target=target, on_miss="best_effort"))
                spent += seconds
                if header["outcome"] == "best_effort":
                    unreachable += 1
                    continue
                scores.append(header["score"])
                encodes.append(header["encodes"])
            near = [abs(one - target) <= 1 for one in scores]
            hits += near
            print(
                f"{word} target {target}: within 1 {sum(near)}/{len(near)}, out of reach {unreachable}; mean "
                f"{mean(scores):.2f} lowest {min(scores):.2f} highest {max(scores):.2f}; encodes "
                f"{mean(encodes):.2f}; CPU {spent / len(held) * 1000:.0f} ms"
            )
    print(f"all: {sum(hits)}/{len(hits)} = {sum(hits) / len(hits):.3f}")


# ---- defaults --------------------------------------------------------------------------------------------------------

Encode = Callable[[pyvips.Image, int], bytes]
EFFORTS: dict[str, Encode] = {
    "jpeg plain": lambda one, q: one.jpegsave_buffer(Q=q, keep="none"),
    "jpeg optimized": lambda one, q: one.jpegsave_buffer(Q=q, optimize_coding=True, keep="none"),
    "jpeg progressive (default)": lambda one, q: one.jpegsave_buffer(
        Q=q, interlace=True, optimize_coding=True, keep="none"
    ),
    "jpeg trellis": lambda one, q: one.jpegsave_buffer(
        Q=q,
        interlace=True,
        optimize_coding=True,
        trellis_quant=True,
        overshoot_deringing=True,
        quant_table=3,
        keep="none",
    ),
    **{
        f"webp effort {effort}": lambda one, q, effort=effort: one.webpsave_buffer(Q=q, effort=effort, keep="none")
        for effort in (0, 1, 2, 3, 4, 6)
    },
    "webp effort 2 photo": lambda one, q: one.webpsave_buffer(Q=q, effort=2, preset="photo", keep="none"),
    **{
        f"avif effort {effort}": lambda one, q, effort=effort: one.heifsave_buffer(
            compression="av1", Q=q, effort=effort, bitdepth=8, keep="none"
        )
        for effort in (0, 1, 2, 3, 4)
    },
}


def efforts(pictures: list[Photo], side: int, goals: tuple[float, ...]) -> None:
    """Print bytes and CPU of each way to encode at equal scores, found by lines between qualities."""
    small = [prepared(photo, side) for photo in pictures]
    print(f"{len(small)} pictures, {side} px; bytes at scores {goals} and CPU ms of one encode near quality 75")
    for name, encode in EFFORTS.items():
        sizes: dict[float, list[float]] = {goal: [] for goal in goals}
        spent = []
        for one, score in small:
            points = []
            for quality in (20, 35, 50, 65, 75, 82, 88, 94):
                seconds, data = took(encode, one, quality)
                points.append((score(data), math.log(len(data))))
                if quality == 75:
                    spent.append(seconds)
            for goal in goals:
                sizes[goal].append(math.exp(float(np.interp(goal, *zip(*sorted(points), strict=True)))))
        cells = " | ".join(f"{mean(one) / 1000:.1f}" for one in sizes.values())
        print(f"| {name} | {cells} | {mean(spent) * 1000:.0f} |", flush=True)


def prepared(photo: Photo, side: int) -> tuple[pyvips.Image, Callable[[bytes], float]]:
    """Give the reduced picture and what scores files against it."""
    one = pyvips.Image.thumbnail_buffer(photo.data, side, height=side, size="down", output_profile="srgb").copy()
    for field in one.get_fields():  # Those who drop the profile are to drop nothing by it.
        if field.endswith("-data"):
            one.remove(field)
    one = one.copy_memory()
    return one, judge(one, lambda data: pyvips.Image.new_from_buffer(data, ""))


# ---- others ----------------------------------------------------------------------------------------------------------


def pillow(one: pyvips.Image, word: str, **options: Any) -> bytes:
    """Encode with Pillow."""
    file = io.BytesIO()
    Image.fromarray(one.numpy()).save(file, word, **options)
    return file.getvalue()


# squoosh: MozJPEG quality 75, WebP quality 75 method 4, AVIF quality 50 effort 4. imgproxy: quality 80, webp=79,
# avif=63, AVIF speed 8, baseline JPEG. Pillow: quality 75, 80, 75.
OTHERS: dict[str, dict[str, Callable[[pyvips.Image], bytes]]] = {
    "squoosh-like": {
        "jpeg": lambda one: EFFORTS["jpeg trellis"](one, 75),
        "webp": lambda one: one.webpsave_buffer(Q=75, effort=4, keep="none"),
        "avif": lambda one: pillow(one, "AVIF", quality=50, speed=6),
    },
    "imgproxy": {
        "jpeg": lambda one: one.jpegsave_buffer(Q=80, optimize_coding=True, keep="none"),
        "webp": lambda one: one.webpsave_buffer(Q=79, effort=4, keep="none"),
        "avif": lambda one: one.heifsave_buffer(compression="av1", Q=63, effort=1, bitdepth=8, keep="none"),
    },
    "Pillow": {
        "jpeg": lambda one: pillow(one, "JPEG"),
        "webp": lambda one: pillow(one, "WEBP"),
        "avif": lambda one: pillow(one, "AVIF"),
    },
}

SHARP = """
const sharp = require('sharp'); sharp.concurrency(1); sharp.cache(false);
const fs = require('fs'); const job = JSON.parse(fs.readFileSync(0));
(async () => { const told = [];
for (const [from, word, to] of job) { const data = fs.readFileSync(from); const began = process.cpuUsage();
  const out = await sharp(data)[word]().toBuffer(); const spent = process.cpuUsage(began);
  fs.writeFileSync(to, out); told.push((spent.user + spent.system) / 1e6); }
console.log(JSON.stringify(told)); })();
"""


def sharp_files(
    pictures: list[pyvips.Image], words: list[str], modules: Path
) -> Iterator[tuple[str, int, bytes, float]]:
    """Encode with sharp's defaults, one process for all; its CPU includes the decode of an uncompressed PNG."""
    with tempfile.TemporaryDirectory() as folder:
        jobs = []
        for number, one in enumerate(pictures):
            path = f"{folder}/{number}.png"
            one.pngsave(path, compression=0)
            jobs += [(path, word, f"{folder}/{number}.{word}") for word in words]
        made = subprocess.run(
            ["node", "-e", SHARP], input=json.dumps(jobs), capture_output=True, text=True, check=True,
            env={"NODE_PATH": str(modules), "PATH": "/usr/bin:/bin:/usr/local/bin"},
        )  # fmt: skip
        for (path, word, to), seconds in zip(jobs, json.loads(made.stdout), strict=True):
            yield word, int(Path(path).stem), Path(to).read_bytes(), seconds


def others(pictures: list[Photo], side: int, words: list[str], modules: Path | None) -> None:
    """Print what others' defaults give, and what mediaframe takes for the same score and for the same bytes."""
    small = [prepared(photo, side) for photo in pictures]
    rows: dict[tuple[str, str], list[tuple[int, bytes, float]]] = {}
    for name, ways in OTHERS.items():
        for word in words:
            for number, (one, _) in enumerate(small):
                seconds, data = took(ways[word], one)
                rows.setdefault((name, word), []).append((number, data, seconds))
    if modules:
        for word, number, data, seconds in sharp_files([one for one, _ in small], words, modules):
            rows.setdefault(("sharp", word), []).append((number, data, seconds))
    curves = {
        (number, word): [
            (score(made), math.log(len(made)), spent)
            for spent, made in (ours(one, word, quality) for quality in (25, 40, 50, 60, 70, 78, 85, 90, 95))
        ]
        for number, (one, score) in enumerate(small)
        for word in words
    }
    print("| defaults of | format | score | kB | CPU ms | kB at the same score | score at the same bytes | CPU ms |")
    for (name, word), files in rows.items():
        theirs, mine, equal = [], [], []
        for number, data, seconds in files:
            theirs.append((small[number][1](data), len(data), seconds))
            scores, sizes, spents = zip(*sorted(curves[number, word]), strict=True)
            mine.append((math.exp(np.interp(theirs[-1][0], scores, sizes)), np.interp(theirs[-1][0], scores, spents)))
            at = math.log(len(data))
            equal.append((np.interp(at, sorted(sizes), sorted(scores)), np.interp(at, sorted(sizes), spents)))
        cells = [
            *map(mean, zip(*theirs, strict=True)),
            *map(mean, zip(*mine, strict=True)),
            *map(mean, zip(*equal, strict=True)),
        ]
        score_, size, spent_, size_ours, _, score_ours, spent_ours = cells
        print(
            f"| {name} | {word} | {score_:.1f} | {size / 1000:.1f} | {spent_ * 1000:.0f} | {size_ours / 1000:.1f} | "
            f"{score_ours:.1f} | {spent_ours * 1000:.0f} |",
            flush=True,
        )


def ours(one: pyvips.Image, word: str, quality: int) -> tuple[float, bytes]:
    """Encode as mediaframe does by default; gives CPU seconds and the file."""
    end = FORMATS[word](quality=quality).format
    return took(lambda: engine.encode(end, of(one)).data)


def main() -> None:
    """Measure one of the four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["budget", "target", "effort", "others"])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--side", type=int, default=1600)
    parser.add_argument("--quality", type=int, default=95)
    parser.add_argument("--formats", nargs="+", default=["jpeg", "webp"])
    parser.add_argument("--sharp", type=Path, help="a node_modules that holds sharp")
    chosen = parser.parse_args()
    pictures = photos(chosen.folders, chosen.count)
    if chosen.what == "budget":
        budgets(pictures, chosen.side, chosen.quality, chosen.formats)
    elif chosen.what == "target":
        targets(pictures, chosen.side, chosen.formats)
    elif chosen.what == "effort":
        efforts(pictures, chosen.side, (50.0, 60.0, 70.0, 80.0))
    else:
        others(pictures, chosen.side, chosen.formats, chosen.sharp)


if __name__ == "__main__":
    main()
