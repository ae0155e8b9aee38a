"""Rows in a million: a table and a listing through filter and plan, and the memory that the driver takes for it.

    python benchmarks/scale.py [--rows 1000000] [--only table listing]

Each number of rows is planned in a process of its own, with no media read: a dry run of two renditions. The listing is
made up by a small S3 on loopback. Memory that grows with the rows would show as a difference between the sizes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

import mediaframe as mf

STUB = Path(__file__).parent.parent / "tests" / "storage" / "stub_s3.py"


def table(rows: int, folder: str) -> mf.MediaFrame:
    """Give a frame of a Parquet table with so many rows."""
    path = Path(folder) / "rows.parquet"
    numbers = pl.LazyFrame({"number": pl.int_range(rows, eager=True)})
    uris = pl.format("s3://nowhere/photos/{}.jpg", pl.col("number").cast(pl.String).str.zfill(9)).alias("uri")
    size = (pl.col("number") % 5000 + 1).alias("bytes")
    numbers.with_columns(uris, size).sink_parquet(path)
    return mf.scan(path)


def listing(rows: int, endpoint: str) -> mf.MediaFrame:
    """Give a frame of a listing with so many keys."""
    return mf.scan("s3://many", storage_options={"endpoint_url": endpoint, "key": "bench", "secret": "bench"})


def plan(frame: mf.MediaFrame) -> dict[str, Any]:
    """Plan a job of two renditions over nine of ten rows, and tell what it took."""
    began = time.perf_counter()
    frame = frame.filter(pl.col("bytes") % 10 != 0).with_columns(
        hero=mf.image.resize(1200).webp(), thumb=mf.image.resize(300, 300, fit="cover").webp()
    )
    with tempfile.TemporaryDirectory() as to:
        run = frame.export(to, slots=1, dry_run=True)
        took = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"state": run.state, "seconds": took, "MB": peak}


def measure(what: str, rows: int) -> dict[str, Any]:
    """Plan in this process."""
    if what == "table":
        with tempfile.TemporaryDirectory() as folder:
            return plan(table(rows, folder))
    words = [sys.executable, str(STUB), "--keys", str(rows), "--lifetime", "3600"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        found = plan(listing(rows, server.stdout.readline().strip()))
        server.stdin.close()
        return found


def main() -> None:
    """Plan a tenth, a half and all of the rows, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="*", default=["table", "listing"])
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure, given.rows)))
        return
    for what in given.only:
        for rows in (given.rows // 10, given.rows // 2, given.rows):
            words = [sys.executable, __file__, "--measure", what, "--rows", str(rows)]
            found = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
            rate = rows / found["seconds"]
            print(f"{what:8} {rows:9,} rows  {found['seconds']:6.1f} s  {rate:7,.0f} rows/s  {found['MB']:5.0f} MB")


if __name__ == "__main__":
    main()
