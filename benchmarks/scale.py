"""Rows in a million: through filter and plan, and over the manifests of earlier runs; what memory the driver takes.

    python benchmarks/scale.py [--rows 1000000] [--only table listing commit again verify gc]

Each is done with a tenth, a half and all of the rows, in a process of its own. Memory that grows with the rows shows
as a difference between the sizes.

table, listing  a dry run of two renditions, with no media read; the listing is made up by a small S3 on loopback
commit          the manifest made of the row log of a run that made one rendition of each row
again           the same export said again there: all is found in the manifest and used again
verify, gc      the destination checked against its manifest; and searched for what nobody tells of, where one object
                in ten is of others
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

import mediaframe as mf
from mediaframe.storage.store import Store
from mediaframe.work.commit import RunFiles, commit
from mediaframe.work.job import FORMAT, Job
from mediaframe.work.version import mediaframe_version

STUB = Path(__file__).parent.parent / "tests" / "storage" / "stub_s3.py"
TO = "s3://many"
LAYOUT = "photos/{folder}/{stem}.{ext}"
SMALL = mf.image.resize(300).jpeg()
PART = 1000


def options(endpoint: str) -> dict[str, str]:
    return {"endpoint_url": endpoint, "key": "bench", "secret": "bench"}


@contextmanager
def s3(keys: int) -> Iterator[dict[str, str]]:
    """Serve so many keys."""
    words = [sys.executable, str(STUB), "--keys", str(keys), "--lifetime", "7200"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        yield options(server.stdout.readline().strip())
        server.stdin.close()


def table(rows: int, folder: str) -> mf.MediaFrame:
    """Give a frame of a Parquet table with so many rows."""
    path = Path(folder) / "rows.parquet"
    numbers = pl.LazyFrame({"number": pl.int_range(rows, eager=True)})
    digits = pl.col("number").cast(pl.String).str.zfill(9)
    numbers.with_columns(
        pl.format("s3://nowhere/photos/{}.jpg", digits).alias("uri"),
        (pl.col("number") % 5000 + 1).alias("bytes"),
        pl.format("v{}", pl.col("number")).alias("version"),
        (pl.col("number") // PART).cast(pl.String).str.zfill(6).alias("folder"),
    ).sink_parquet(path)
    return mf.scan(path)


def plan(frame: mf.MediaFrame) -> str:
    """Plan a job of two renditions over nine of ten rows."""
    frame = frame.filter(pl.col("bytes") % 10 != 0).with_columns(
        hero=mf.image.resize(1200).webp(), thumb=mf.image.resize(300, 300, fit="cover").webp()
    )
    with tempfile.TemporaryDirectory() as to:
        return frame.export(to, slots=1, dry_run=True).state


def lines(part: range) -> Iterator[dict[str, Any]]:
    """Give the row log of a run that made one rendition of each of these rows."""
    for number in part:
        source = f"s3://nowhere/photos/{number:09d}.jpg"
        digest = hashlib.sha256(source.encode()).hexdigest()
        yield {
            "row": number, "place": 0, "attempt": 1, "asset_id": digest[:16], "source": source,
            "source_version": f"v{number}", "source_bytes": number % 5000 + 1, "source_sha256": digest,
            "rendition": "small", "recipe": repr(SMALL), "recipe_id": SMALL.id, "attempts": 1, "key": digest[:32],
            "status": "written", "uri": f"photos/{number // PART:06d}/{number:09d}.jpg", "media_type": "image/jpeg",
            "bytes": 1000 + number, "width": 300, "height": 200, "sha256": digest, "took": 0.02, "engine": "bench",
            "written_at": "2026-01-01T00:00:00+00:00",
        }  # fmt: skip


def made(rows: int, given: dict[str, str]) -> RunFiles:
    """Leave what a run leaves that has made one rendition of each row, all but its manifest."""
    files = RunFiles(Store.open(TO, given), "20260101T000000-aaaaaa")
    job = Job((("small", SMALL),), LAYOUT)
    for at, start in enumerate(range(0, rows, PART)):
        files.log(f"{at:06d}", lines(range(start, min(rows, start + PART))))
    files.write_plan(
        {"form": FORMAT, "head": 0, "run": files.run, "identity": "bench", "rows": rows, "job": job.to_json(),
         "mediaframe": mediaframe_version(), "created_at": "2026-01-01T00:00:00+00:00"}
    )  # fmt: skip
    files.write_summary({"id": files.run, "state": "complete"})
    return files


def committed(rows: int, given: dict[str, str]) -> None:
    commit(made(rows, given))


def again(rows: int, given: dict[str, str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        frame = table(rows, folder).with_columns(small=SMALL)
        run = frame.export(TO, layout=LAYOUT, slots=1, storage_options=given)
        return f"{run.state} {run.summary['counts']}"


def verify(rows: int, given: dict[str, str]) -> str:
    return repr(mf.verify(TO, storage_options=given))


def gc(rows: int, given: dict[str, str]) -> str:
    found = mf.gc(TO, older_than=0, storage_options=given)
    return f"{found.count} found, {found.foreign} of others"


AFTER: dict[str, Callable[[int, dict[str, str]], Any]] = {
    "commit": committed,
    "again": again,
    "verify": verify,
    "gc": gc,
}


def measure(what: str, rows: int, given: dict[str, str]) -> dict[str, Any]:
    """Do one thing in this process, and tell what it took."""
    began = time.perf_counter()
    if what == "table":
        with tempfile.TemporaryDirectory() as folder:
            said: Any = plan(table(rows, folder))
    elif what == "listing":
        said = plan(mf.scan(TO, storage_options=given))
    elif what == "commit":
        files = made(rows, given)
        began = time.perf_counter()
        said = commit(files).number
    else:
        said = AFTER[what](rows, given)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"said": said, "seconds": time.perf_counter() - began, "MB": peak}


def alone(what: str, rows: int, given: dict[str, str]) -> dict[str, Any]:
    """Do one thing in a process of its own."""
    words = [sys.executable, __file__, "--measure", what, "--rows", str(rows), "--given", json.dumps(given)]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return dict(json.loads(told.splitlines()[-1]))


def main() -> None:
    """Do what is asked with a tenth, a half and all of the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--parts", type=int, nargs="*", default=[10, 2, 1], help="the rows are divided by these")
    parser.add_argument("--only", nargs="*", default=["table", "listing", *AFTER])
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.rows, asked.given)))
        return
    for part in asked.parts:
        rows = asked.rows // part
        with s3(rows if set(asked.only) <= {"table", "listing"} else rows + rows // 10) as given:
            for what in ("table", "listing", *AFTER):
                # What comes after a commit needs one.
                if what not in asked.only and not (what == "commit" and {*AFTER} & {*asked.only}):
                    continue
                found = alone(what, rows, given)
                rate = rows / found["seconds"]
                print(
                    f"{what:8} {rows:9,} rows  {found['seconds']:6.1f} s  {rate:7,.0f} rows/s  {found['MB']:5.0f} MB  "
                    f"{found['said']}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
