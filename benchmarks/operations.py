"""The operations of sharp's own benchmark, beside sharp, plain pyvips and Pillow: CPU as ratios, in one run.

    (cd benchmarks/sharp && npm install --no-package-lock)
    python benchmarks/operations.py PHOTO.jpg [--rounds 15]

Each contender gives the same kind of file from the same bytes: a JPEG, PNG or WebP of 720 px. All run on one thread
and take turns in each round; the least CPU time of all rounds counts (user and system, of the whole process).
mediaframe does what a run does with a picture: header, limits, strict decode, the header of each result read back.

Of sharp's list (test/bench/perf.js) these have no counterpart here: kernels other than lanczos3, `without-simd`,
`random-access-read`, `without-chroma-subsampling`, `adaptiveFiltering`. `gamma` is compared with
`resize(linear=True)`: both mix light, ours by the curve of sRGB and in floating point. `blur-mild` and `sharpen-mild`
are 3x3 boxes in sharp; ours are a true Gaussian and the sharpening of lightness. PNGs of mediaframe are filtered, which
takes zlib longer and makes them smaller: the sizes stand beside the times.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyvips
from PIL import Image, ImageFilter, ImageOps

from mediaframe.engines.base import Source
from mediaframe.engines.vips.engine import engine
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from mediaframe.work.child.render import render

WIDTH, HEIGHT, LOW = 720, 588, 540
SHARP = Path(__file__).with_name("sharp")

_cover = image.resize(WIDTH, HEIGHT, fit="cover")
_low = image.resize(WIDTH, LOW, fit="cover")

RECIPES: dict[str, Finished] = {
    "jpeg": _cover.jpeg(progressive=False),
    "sharpen-mild": _cover.sharpen().jpeg(progressive=False),
    "sharpen-radius": _cover.sharpen(sigma=3, flat=1, jagged=3).jpeg(progressive=False),
    "blur-mild": _cover.blur(0.6).jpeg(progressive=False),
    "blur-radius": _cover.blur(3).jpeg(progressive=False),
    "gamma": image.resize(WIDTH, HEIGHT, fit="cover", linear=True).jpeg(progressive=False),
    "normalise": _cover.normalize().jpeg(progressive=False),
    "greyscale": _cover.grayscale().jpeg(progressive=False),
    "greyscale-gamma": image.resize(WIDTH, HEIGHT, fit="cover", linear=True).grayscale().jpeg(progressive=False),
    "progressive": _cover.jpeg(),
    "rotate": image.rotate(90).resize(WIDTH, HEIGHT, fit="cover").jpeg(progressive=False),
    "crop-entropy": image.resize(WIDTH, HEIGHT, fit="cover", gravity="entropy").jpeg(progressive=False),
    "crop-attention": image.resize(WIDTH, HEIGHT, fit="cover", gravity="attention").jpeg(progressive=False),
    "png": _low.png(effort=6),
    "png-progressive": _low.png(effort=6, progressive=True),
    "png-compressionLevel=9": _low.png(effort=9),
    "webp": _cover.webp(quality=80, effort=4),
}


def ours(name: str) -> Callable[[bytes], bytes]:
    """Render the recipe as a run does."""
    renditions = [{"name": name, "recipe": RECIPES[name].to_json()}]

    def work(data: bytes) -> bytes:
        files: list[bytes] = []
        request = {"kind": "image", "format": None, "limits": {}, "renditions": renditions}
        render(request, Source(data), lambda header, payload: files.append(payload))
        return files[0]

    return work


# ---- plain pyvips ----------------------------------------------------------------------------------------------------

Picture = pyvips.Image


def _thumbnail(data: bytes, height: int = HEIGHT, crop: str = "centre") -> Picture:
    return Picture.thumbnail_buffer(data, WIDTH, height=height, size="down", crop=crop)


def _in_light(data: bytes) -> Picture:
    return Picture.thumbnail_buffer(data, WIDTH, height=HEIGHT, size="down", crop="centre", linear=True)


def _jpeg(picture: Picture, **options: Any) -> bytes:
    return bytes(picture.jpegsave_buffer(Q=80, optimize_coding=True, keep="none", **options))


def _stretched(picture: Picture) -> Picture:
    lab = picture.colourspace("lab")
    low, high = lab[0].percent(1), lab[0].percent(99)
    return ((lab[0] - low) * (100 / (high - low))).bandjoin(lab[1:3]).copy(interpretation="lab").colourspace("srgb")


PYVIPS: dict[str, Callable[[bytes], bytes]] = {
    "jpeg": lambda data: _jpeg(_thumbnail(data)),
    "sharpen-mild": lambda data: _jpeg(_thumbnail(data).sharpen()),
    "sharpen-radius": lambda data: _jpeg(_thumbnail(data).sharpen(sigma=3, m1=1, m2=3)),
    "blur-mild": lambda data: _jpeg(_thumbnail(data).gaussblur(0.6)),
    "blur-radius": lambda data: _jpeg(_thumbnail(data).gaussblur(3)),
    "gamma": lambda data: _jpeg(_in_light(data)),
    "normalise": lambda data: _jpeg(_stretched(_thumbnail(data).copy_memory())),
    "greyscale": lambda data: _jpeg(_thumbnail(data).colourspace("b-w")),
    "greyscale-gamma": lambda data: _jpeg(_in_light(data).colourspace("b-w")),
    "progressive": lambda data: _jpeg(_thumbnail(data), interlace=True),
    "rotate": lambda data: _jpeg(
        Picture.jpegload_buffer(data, shrink=2)
        .copy_memory()
        .rot90()
        .thumbnail_image(WIDTH, height=HEIGHT, crop="centre")
    ),
    "crop-entropy": lambda data: _jpeg(_thumbnail(data, crop="entropy")),
    "crop-attention": lambda data: _jpeg(_thumbnail(data, crop="attention")),
    "png": lambda data: bytes(_thumbnail(data, LOW).pngsave_buffer(compression=6, keep="none")),
    "png-progressive": lambda data: bytes(
        _thumbnail(data, LOW).pngsave_buffer(compression=6, interlace=True, keep="none")
    ),
    "png-compressionLevel=9": lambda data: bytes(_thumbnail(data, LOW).pngsave_buffer(compression=9, keep="none")),
    "webp": lambda data: bytes(_thumbnail(data).webpsave_buffer(Q=80, effort=4, keep="none")),
}

# ---- Pillow ----------------------------------------------------------------------------------------------------------


def _pillow(data: bytes, height: int = HEIGHT, turn: Image.Transpose | None = None) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.draft(None, (WIDTH, height))
    turned = picture if turn is None else picture.transpose(turn)
    return ImageOps.fit(turned, (WIDTH, height), Image.Resampling.LANCZOS)


def _saved(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **({"quality": 80, "optimize": True} if format == "JPEG" else {}), **options)
    return file.getvalue()


PILLOW: dict[str, Callable[[bytes], bytes]] = {
    "jpeg": lambda data: _saved(_pillow(data)),
    "sharpen-mild": lambda data: _saved(_pillow(data).filter(ImageFilter.UnsharpMask(1, 100, 0))),
    "sharpen-radius": lambda data: _saved(_pillow(data).filter(ImageFilter.UnsharpMask(3, 100, 0))),
    "blur-mild": lambda data: _saved(_pillow(data).filter(ImageFilter.GaussianBlur(0.6))),
    "blur-radius": lambda data: _saved(_pillow(data).filter(ImageFilter.GaussianBlur(3))),
    "normalise": lambda data: _saved(ImageOps.autocontrast(_pillow(data), cutoff=1, preserve_tone=True)),
    "greyscale": lambda data: _saved(_pillow(data).convert("L")),
    "progressive": lambda data: _saved(_pillow(data), progressive=True),
    "rotate": lambda data: _saved(_pillow(data, turn=Image.Transpose.ROTATE_270)),
    "png": lambda data: _saved(_pillow(data, LOW), "PNG", compress_level=6),
    "png-compressionLevel=9": lambda data: _saved(_pillow(data, LOW), "PNG", compress_level=9),
    "webp": lambda data: _saved(_pillow(data), "WEBP", quality=80, method=4),
}

# ---- sharp -----------------------------------------------------------------------------------------------------------


OTHERS = ("sharp", "pyvips", "Pillow")


class Sharp:
    """A node process that does one operation after another and says how much CPU each took."""

    def __init__(self) -> None:
        node = shutil.which("node")
        if node is None or not (SHARP / "node_modules" / "sharp").exists():
            raise SystemExit(f"sharp is not there: cd {SHARP} && npm install --no-package-lock")
        self._process = subprocess.Popen(
            [node, "worker.mjs"], cwd=SHARP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.told = self._answer()

    def cpu(self, operation: str, path: Path) -> tuple[float, int]:
        """Give CPU milliseconds and bytes of the result."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"operation": operation, "file": str(path)}) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        return answer["cpu"], answer["bytes"]

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


def here(function: Callable[[bytes], bytes], data: bytes) -> tuple[float, int]:
    """Give CPU milliseconds and bytes of the result, done in this process."""
    began = time.process_time()
    made = function(data)
    return (time.process_time() - began) * 1000, len(made)


def veiled(photo: Path, folder: Path) -> Path:
    """Write a PNG of 2048 x 1536 with alpha, as the one that sharp's benchmark reads."""
    path = folder / "veiled.png"
    with Image.open(photo) as picture:
        large = ImageOps.fit(picture.convert("RGB"), (2048, 1536))
    large.putalpha(Image.radial_gradient("L").resize(large.size))
    large.save(path, compress_level=6)
    return path


def main() -> None:
    """Measure all operations on one photo."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="*", default=list(RECIPES), choices=list(RECIPES))
    arguments = parser.parse_args()
    sharp = Sharp()
    with tempfile.TemporaryDirectory() as folder:
        paths = {"jpeg": arguments.photo.resolve(), "png": veiled(arguments.photo, Path(folder))}
        print(
            f"{engine.version()}, sharp {sharp.told['ready']} (libvips {sharp.told['libvips']}), {arguments.photo.name}"
        )
        print(f"{'':24}{'mediaframe':>20}{'sharp':>14}{'pyvips':>14}{'Pillow':>14}")
        print(f"{'':24}{'CPU ms, kB':>20}{'times the CPU, times the bytes of mediaframe':>42}")
        for name in arguments.only:
            print(_line(name, paths["png" if name.startswith("png") else "jpeg"], sharp, arguments.rounds), flush=True)
    sharp.close()


def _line(name: str, path: Path, sharp: Sharp, rounds: int) -> str:
    data = path.read_bytes()
    work = ours(name)
    contenders: dict[str, Callable[[], tuple[float, int]]] = {
        "mediaframe": lambda: here(work, data),
        "sharp": lambda: sharp.cpu(name, path),
        "pyvips": lambda: here(PYVIPS[name], data),
    }
    if name in PILLOW:
        contenders["Pillow"] = lambda: here(PILLOW[name], data)
    tries = [{who: one() for who, one in contenders.items()} for _ in range(rounds)]
    best = {who: (min(one[who][0] for one in tries), tries[0][who][1]) for who in contenders}
    spent, size = best["mediaframe"]
    cells = [f"{best[who][0] / spent:.2f} {best[who][1] / size:6.2f}" if who in best else "-" for who in OTHERS]
    return f"{name:24}{spent:12.1f}{size / 1000:8.1f}" + "".join(f"{one:>14}" for one in cells)


if __name__ == "__main__":
    main()
