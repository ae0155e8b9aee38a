"""Videos read and written beside the ffmpeg program: wall time as ratios, taken in turn in one run.

    python benchmarks/video.py [--clip CLIP.mp4] [--rounds 5] [--clips 8] [--only poster-key,probe]

Without a clip one of 60 s is made: 1080p at 30 frames a second, a moving test pattern with grain, H.264 with a key
frame every two seconds. Both sides are given files. Ours runs in children; the way of source, request and result to and
from them is in the time. `batch` has a pool of children, one more than cores as in a run, do all clips; they stand.
`one` asks such a child for one clip, `cold` starts it first. Theirs is the command that is printed, once for each
clip: `batch` as many at once as there are children (`xargs -P`), `one` and `cold` alone, with all its threads.
JPEGs are baseline on both sides. A machine that is loaded tells little.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediaframe.model.recipe import Finished
from mediaframe.recipes import video
from mediaframe.work.slot import Slot

CORES = os.cpu_count() or 1
TILES = ("-vf", "scale=160:-1,tile=5x5")
FAST = ("-movflags", "+faststart")
TO_720P = ("-vf", "scale=-2:720:flags=lanczos+accurate_rnd", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23",
           "-threads", "2")  # fmt: skip
MP4 = ("-c:a", "aac", "-b:a", "128k", *FAST)
QUIET = ("-v", "error", "-nostdin", "-y")


@dataclass(frozen=True)
class Comparison:
    """What is compared: a recipe (None for a probe), the command beside it, and the ratio that is held to."""

    ours: Finished | None
    theirs: Callable[[Path, Path], Sequence[object]]
    """Gives the words of the command for a clip and for what it writes."""
    held: float
    suffix: str = "jpg"


COMPARISONS: dict[str, Comparison] = {
    "poster-key": Comparison(
        video.frame(at=31.7, pick="keyframe").jpeg(progressive=False),
        lambda clip, to: ("ffmpeg", *QUIET, "-skip_frame", "nokey", "-ss", "31.7", "-i", clip, "-frames:v", "1", to),
        0.3,
    ),
    "poster-exact": Comparison(
        video.frame(at=31.7).jpeg(progressive=False),
        lambda clip, to: ("ffmpeg", *QUIET, "-ss", "31.7", "-i", clip, "-frames:v", "1", to),
        0.9,
    ),
    "storyboard": Comparison(
        video.storyboard().jpeg(progressive=False),
        lambda clip, to: ("ffmpeg", *QUIET, "-skip_frame", "nokey", "-i", clip, *TILES, "-frames:v", "1", to),
        0.7,
    ),
    "probe": Comparison(
        None,
        lambda clip, to: ("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", clip),
        0.1,
    ),
    "h264-720p": Comparison(
        video.resize(height=720).mp4(crf=23, preset="veryfast"),
        lambda clip, to: ("ffmpeg", *QUIET, "-i", clip, *TO_720P, *MP4, to),
        1.1,
        "mp4",
    ),
    "segments": Comparison(  # A gain where cores are idle: beside itself in one part, see h264-720p.
        video.resize(height=720).mp4(crf=23, preset="veryfast", segments=4),
        lambda clip, to: ("ffmpeg", *QUIET, "-i", clip, *TO_720P, *MP4, to),
        1.0,
        "mp4",
    ),
    "opus": Comparison(
        video.soundtrack().opus(bitrate=128_000),
        lambda clip, to: ("ffmpeg", *QUIET, "-i", clip, "-vn", "-c:a", "libopus", "-b:a", "128k", "-f", "opus", to),
        1.05,
        "opus",
    ),
    "aac": Comparison(
        video.soundtrack().m4a(bitrate=128_000),
        lambda clip, to: ("ffmpeg", *QUIET, "-i", clip, "-vn", "-c:a", "aac", "-b:a", "128k", *FAST, to),
        1.05,
        "m4a",
    ),
    "mp3": Comparison(
        video.soundtrack().mp3(bitrate=128_000),
        lambda clip, to: ("ffmpeg", *QUIET, "-i", clip, "-vn", "-c:a", "libmp3lame", "-b:a", "128k", to),
        1.3,
        "mp3",
    ),
}

MAKE = (
    "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30:duration=60", "-f", "lavfi", "-i", "sine=duration=60",
    "-vf", "noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-g", "60",
    "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart",
)  # fmt: skip


def theirs(comparison: Comparison, clips: Sequence[Path], folder: Path, at_once: int) -> float:
    """Time the command over all clips."""

    def one(number: int) -> None:
        words = [str(word) for word in comparison.theirs(clips[number], folder / f"{number}.{comparison.suffix}")]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # its words stand above

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, range(len(clips))))
    return time.perf_counter() - began


def ours(comparison: Comparison, clips: Sequence[Path], slots: Sequence[Slot]) -> float:
    """Time the same in children, one for each slot."""
    left = list(clips)

    def work(slot: Slot) -> None:
        while True:
            try:
                clip = left.pop()
            except IndexError:
                return
            ask(slot, comparison, clip)

    began = time.perf_counter()
    with ThreadPoolExecutor(len(slots)) as pool:
        list(pool.map(work, slots))
    return time.perf_counter() - began


def ask(slot: Slot, comparison: Comparison, clip: Path) -> None:
    """Have a child serve one clip."""
    request: dict[str, Any] = {"do": "probe", "kind": "video", "format": "mp4", "limits": {}}
    if comparison.ours is not None:
        request |= {"do": "render", "renditions": [{"name": "one", "recipe": comparison.ours.to_json()}]}
    for header, _ in slot.ask(request, clip):
        if header.get("error") or header.get("status") == "failed":
            raise SystemExit(f"{clip}: {header}")


def cold(comparison: Comparison, clip: Path) -> float:
    """Time one clip with a child that has yet to start."""
    began = time.perf_counter()
    with Slot() as slot:
        ask(slot, comparison, clip)
    return time.perf_counter() - began


def compare(name: str, clips: Sequence[Path], rounds: int, folder: Path) -> None:
    """Take turns, and print the medians."""
    comparison = COMPARISONS[name]
    told: dict[str, list[tuple[float, float]]] = {"batch": [], "one": [], "cold": []}
    slots = [Slot() for _ in range(CORES + 1)]
    try:
        for slot in slots:
            ask(slot, comparison, clips[0])
        for _ in range(rounds):
            told["batch"].append((ours(comparison, clips, slots), theirs(comparison, clips, folder, len(slots))))
            alone = theirs(comparison, clips[:1], folder, 1)
            told["one"].append((ours(comparison, clips[:1], slots[:1]), alone))
            told["cold"].append((cold(comparison, clips[0]), alone))
    finally:
        for slot in slots:
            slot.close()
    for way, pairs in told.items():
        us, them = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        ratio = statistics.median(pair[0] / pair[1] for pair in pairs)
        print(
            f"{name:14} {way:6} {1000 * us:8.0f} ms / {1000 * them:8.0f} ms = {ratio:.2f} (held to {comparison.held})"
        )


def main() -> None:
    """Make the clip, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--only", default=",".join(COMPARISONS))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        clip = given.clip or folder / "made.mp4"
        if given.clip is None:
            subprocess.run(["ffmpeg", *QUIET, *MAKE, clip], check=True)  # its words stand above
        clips = [folder / f"clip{number}.mp4" for number in range(given.clips)]
        for one in clips:
            shutil.copy(clip, one)
        for name in given.only.split(","):
            print(
                " ".join(map(str, COMPARISONS[name].theirs(Path("clip.mp4"), Path(f"made.{COMPARISONS[name].suffix}"))))
            )
            compare(name, clips, given.rounds, folder)


if __name__ == "__main__":
    main()
