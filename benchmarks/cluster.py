"""The thumbnail job on a Dask cluster of one and of two workers beside the slots of one process.

    python benchmarks/cluster.py FOLDER [--files 240] [--rounds 3]

Contenders take turns, each in a process of its own, on the same files. A rate is that of the steady state: results
between the first and the last tenth, so that the start of workers and the manifest at the end do not count; the whole
time is told beside it. Prints ratios to the local slots of the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from export import corpus

BASE = "local slots"
# Workers, and local slots where there are none. On a machine with other work to do as many slots as workers are the
# fair comparison: each gets its share by the number of its processes.
CONTENDERS = {BASE: (0, None), "2 local slots": (0, 2), "Dask, 1 worker": (1, None), "Dask, 2 workers": (2, None)}


def export(source: Path, to: Path, workers: int, slots: int | None) -> tuple[list[float], float]:
    """Do the whole job; gives when each asset was done, and how long it took without the start of the cluster."""
    import polars as pl
    from distributed import Client, LocalCluster

    import mediaframe as mf

    frame = mf.scan(source).probe().filter(pl.col("width") * pl.col("height") < 60_000_000)
    frame = frame.with_columns(
        hero=mf.image.resize(1200, 1200).webp(quality=80),
        thumb=mf.image.resize(300, 300, fit="cover").webp(quality=70),
    )
    if not workers:
        began = time.time()
        run = frame.export(to, client=False, slots=slots)
    else:
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            began = time.time()
            run = frame.export(to, client=client)
    if run.state != "complete":
        raise SystemExit(f"{run}")
    written = run.manifest.filter(rendition="thumb")["written_at"].to_list()
    return sorted(one.timestamp() for one in written), time.time() - began


def measure(name: str, source: Path) -> dict[str, float]:
    """Run one contender in this process."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ends, whole = export(source, Path(folder), *CONTENDERS[name])
    tenth = max(1, len(ends) // 10)
    inner = ends[tenth:-tenth]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "rate": (len(inner) - 1) / (inner[-1] - inner[0]),
        "whole": len(ends) / whole,
        "cpu": 1000 * sum(one.ru_utime + one.ru_stime for one in used) / len(ends),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.one, asked.folder)))
        return
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        source = corpus(asked.folder, asked.files, Path(folder))
        for _ in range(asked.rounds):
            for name, rounds in found.items():
                words = [sys.executable, __file__, str(source), "--one", name]
                done = subprocess.run(words, check=True, capture_output=True, text=True, env=os.environ)
                rounds.append(json.loads(done.stdout.splitlines()[-1]))
                print(f"  {name}: {rounds[-1]['rate']:.2f}/s, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    print(f"{asked.files} files, {asked.rounds} rounds, {os.cpu_count()} cores; medians")
    print(f"{'':20} {'images/s':>9} {'ratio':>7} {'whole/s':>9} {'CPU ms':>8}")
    for name, rounds in found.items():
        ratio = statistics.median(one["rate"] / base["rate"] for one, base in zip(rounds, found[BASE], strict=True))
        rate, whole, cpu = (statistics.median(one[word] for one in rounds) for word in ("rate", "whole", "cpu"))
        print(f"{name:20} {rate:9.2f} {ratio:7.3f} {whole:9.2f} {cpu:8.1f}")
    pairs = zip(found["Dask, 2 workers"], found["Dask, 1 worker"], strict=True)
    print(f"2 workers over 1: {statistics.median(two['rate'] / one['rate'] for two, one in pairs):.3f}")


if __name__ == "__main__":
    main()
