"""The thumbnail job: a 1200 px WebP and a 300x300 WebP of each photo, by a plain libvips loop and by mediaframe.

    python benchmarks/thumbnails.py FOLDER [--rounds 3]

Prints CPU milliseconds for each picture (one thread), bytes, and of the larger file SSIM of luma and SSIMULACRA 2.1
against a full-precision reference: the whole picture decoded, reduced with lanczos3 in floating point.
Contenders take turns for each picture; the best round counts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyvips

from mediaframe.engines.base import Source
from mediaframe.engines.vips.engine import engine
from mediaframe.engines.vips.ssimulacra2 import Judge
from mediaframe.recipes import image
from mediaframe.work.child.render import render

Files = list[bytes]
PAIR = (image.resize(1200, 1200), image.resize(300, 300, fit="cover"))
QUALITIES = (80, 70)


def plain(data: bytes, *, effort: int = 4) -> Files:
    """One decode with `thumbnail_buffer`, the small one made from the large one."""
    large = pyvips.Image.thumbnail_buffer(data, 1200, height=1200, size="down").copy_memory()
    small = large.thumbnail_image(300, height=300, crop="centre")
    pair = zip((large, small), QUALITIES, strict=True)
    return [one.webpsave_buffer(Q=quality, effort=effort, keep="none") for one, quality in pair]


def two_opens(data: bytes, *, effort: int = 4) -> Files:
    """Each result from the file, as most scripts do."""
    large = pyvips.Image.thumbnail_buffer(data, 1200, height=1200, size="down")
    small = pyvips.Image.thumbnail_buffer(data, 300, height=300, crop="centre")
    pair = zip((large, small), QUALITIES, strict=True)
    return [one.webpsave_buffer(Q=quality, effort=effort, keep="none") for one, quality in pair]


def ours(data: bytes, *, effort: int) -> Files:
    """Both recipes by `render`."""
    recipes = [one.webp(quality=quality, effort=effort) for one, quality in zip(PAIR, QUALITIES, strict=True)]
    request = {
        "kind": "image",
        "format": "jpeg",
        "limits": {},
        "renditions": [{"name": str(number), "recipe": one.to_json()} for number, one in enumerate(recipes)],
    }
    files: Files = []
    render(request, Source(data), lambda header, file: files.append(file))
    return files


CONTENDERS: dict[str, Callable[[bytes], Files]] = {
    "plain pyvips, one decode, effort 4": plain,
    "plain pyvips, two decodes, effort 4": two_opens,
    "plain pyvips, one decode, effort 2": lambda data: plain(data, effort=2),
    "mediaframe, effort 4": lambda data: ours(data, effort=4),
    "mediaframe, effort 2 (default)": lambda data: ours(data, effort=2),
}


def references(data: bytes) -> list[np.ndarray]:
    """Reduce the whole picture in floating point, with no shrink while decoding.

    Twice: at one scale for both sides, as `thumbnail` does, and to exactly the rounded size, as mediaframe does. Half
    a pixel at the lower edge is no loss of quality, but it costs 0.008 of SSIM; the nearer one counts.
    """
    whole = pyvips.Image.jpegload_buffer(data).autorot().cast("float")
    scale = min(1.0, 1200 / max(whole.width, whole.height))
    width, height = (int(side * scale + 0.5) for side in (whole.width, whole.height))
    exact = whole.resize(width / whole.width, vscale=height / whole.height, gap=0)
    return [one.rint().cast("uchar").numpy() for one in (whole.resize(scale, gap=0), exact)]


def luma(pixels: np.ndarray) -> np.ndarray:
    """Give Rec. 601 luma."""
    return pixels[..., :3] @ np.array([0.299, 0.587, 0.114]) if pixels.ndim == 3 else pixels.astype(float)


def ssim(first: np.ndarray, second: np.ndarray, side: int = 8) -> float:
    """Give the structural similarity over 8x8 boxes (Wang et al. 2004)."""

    def mean(values: np.ndarray) -> np.ndarray:
        sums = np.pad(values, ((1, 0), (1, 0))).cumsum(0).cumsum(1)
        boxes = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
        return boxes / side**2

    one, two = mean(first), mean(second)
    first_var, second_var = mean(first**2) - one**2, mean(second**2) - two**2
    both = mean(first * second) - one * two
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(
        np.mean((2 * one * two + c1) * (2 * both + c2) / ((one**2 + two**2 + c1) * (first_var + second_var + c2)))
    )


def main() -> None:
    """Measure all contenders on the photos of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--least", type=float, default=4.0, help="megapixels")
    arguments = parser.parse_args()
    photos = [path.read_bytes() for path in sorted(arguments.folder.glob("*.jpg"))]
    photos = [data for data in photos if _megapixels(data) >= arguments.least]
    results: dict[str, list[tuple[float, int, float, float]]] = {name: [] for name in CONTENDERS}
    for data in photos:
        best = dict.fromkeys(CONTENDERS, float("inf"))
        files: dict[str, Files] = {}
        for _ in range(arguments.rounds):
            for name, contender in CONTENDERS.items():
                began = time.process_time()
                files[name] = contender(data)
                best[name] = min(best[name], time.process_time() - began)
        truths = references(data)
        for name in CONTENDERS:
            shown = pyvips.Image.webpload_buffer(files[name][0]).numpy()
            alike = [truth for truth in truths if truth.shape == shown.shape]
            structure = max(ssim(luma(shown), luma(truth)) for truth in alike)
            seen = max(Judge(truth).score(shown) for truth in alike)
            results[name].append((best[name] * 1000, sum(map(len, files[name])), structure, seen))
    print(f"{engine.version()}, {len(photos)} photos of {arguments.least:g} megapixels and more")
    for name, rows in results.items():
        took, size, structure, seen = zip(*rows, strict=True)
        print(
            f"{name:38} {statistics.mean(took):7.1f} ms {sum(size) / 1e3:9.1f} kB  "
            f"SSIM {statistics.mean(structure):.5f}  SSIMULACRA 2 {statistics.mean(seen):.2f}"
        )


def _megapixels(data: bytes) -> float:
    try:
        picture = pyvips.Image.jpegload_buffer(data, fail_on="error").copy_memory()
    except pyvips.Error:
        return 0.0
    return picture.width * picture.height / 1e6


if __name__ == "__main__":
    main()
