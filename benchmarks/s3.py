"""Bulk reading and writing of a store against s3fs one by one, at a simulated latency.

    python benchmarks/s3.py [--latency 0.02] [--objects 400] [--kilobytes 100] [--rounds 3]

The server is a small S3 in a process of its own (tests/storage/stub_s3.py), since the moto server tops out near 270
requests a second. One by one means a loop over `fs.pipe_file` and `fs.cat_file` of s3fs. Contenders take turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import s3fs

from mediaframe.storage.bulk import in_order
from mediaframe.storage.retry import Requests
from mediaframe.storage.store import Store

STUB = Path(__file__).parent.parent / "tests" / "storage" / "stub_s3.py"
KEYS = {"key": "bench", "secret": "bench"}


def timed(do: Callable[[], object]) -> float:
    """Give the seconds that something takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def one_by_one(endpoint: str, data: bytes, count: int) -> dict[str, float]:
    """Write and read with s3fs, one after the other."""
    files = s3fs.S3FileSystem(endpoint_url=endpoint, skip_instance_cache=True, use_listings_cache=False, **KEYS)
    root = f"bench/{uuid.uuid4().hex}"
    files.pipe_file(f"{root}/first", b"1")
    paths = [f"{root}/{number:06d}" for number in range(count)]
    written = timed(lambda: [files.pipe_file(path, data, mode="create") for path in paths])
    read = timed(lambda: [files.cat_file(path) for path in paths])
    return {"write": count / written, "read": count / read}


def bulk(endpoint: str, data: bytes, count: int, at_once: int) -> dict[str, float]:
    """Write and read with a store of mediaframe, many at once."""
    store = Store.open(
        f"s3://bench/{uuid.uuid4().hex}", {"endpoint_url": endpoint, **KEYS}, Requests(concurrency=at_once)
    )
    store.write("first", b"1")
    names = [f"{number:06d}" for number in range(count)]
    writing = in_order(partial(store.write, data=data), names, store.at_once)
    written = timed(lambda: list(writing))
    read = timed(lambda: sum(len(one) for one in store.read_many(names)))
    return {"write": count / written, "read": count / read}


def main() -> None:
    """Take turns and print objects a second, and how many times s3fs one by one that is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.02)
    parser.add_argument("--objects", type=int, default=400)
    parser.add_argument("--kilobytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, nargs="*", default=[8, 16, 32])
    given = parser.parse_args()
    data = os.urandom(given.kilobytes * 1000)
    contenders: dict[str, Callable[[str], dict[str, float]]] = {
        "s3fs one by one": lambda endpoint: one_by_one(endpoint, data, given.objects // 4)
    }
    for at_once in given.at_once:
        contenders[f"mediaframe, {at_once} at once"] = partial(bulk, data=data, count=given.objects, at_once=at_once)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    for _ in range(given.rounds):
        for name, contender in contenders.items():
            words = [sys.executable, str(STUB), "--latency", str(given.latency)]
            with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
                assert server.stdin
                assert server.stdout
                rounds[name].append(contender(server.stdout.readline().strip()))
                server.stdin.close()
    base = {what: statistics.median(one[what] for one in rounds["s3fs one by one"]) for what in ("write", "read")}
    for name, found in rounds.items():
        told = []
        for what in ("write", "read"):
            rate = statistics.median(one[what] for one in found)
            told.append(f"{what} {rate:6.0f}/s ({rate / base[what]:4.1f}x)")
        print(f"{name:28}", "  ".join(told))


if __name__ == "__main__":
    main()
