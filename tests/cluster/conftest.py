"""Clusters that the tests start for themselves, on loopback alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
import pytest
from distributed import Client, LocalCluster

from tests.storage.conftest import moto  # noqa: F401  # a fixture

ROOT = Path(__file__).parents[2]
LOOPBACK = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"]


@contextmanager
def cluster(workers: int = 2, **config: object) -> Iterator[Client]:
    """Start a LocalCluster whose workers are processes of one thread each."""
    # A nanny that restarts its worker is otherwise taken for lost after 15 s on a busy machine.
    settings = {"distributed.deploy.lost-worker-timeout": "120s", **config}
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as started,
        Client(started, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """A client of a LocalCluster of two processes."""
    with cluster() as started:
        yield started


class ByHand:
    """A scheduler and workers that were started as programs of their own."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "scheduler.json"
        self.log = folder / "programs.log"
        """What scheduler and workers say."""
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._programs: list[subprocess.Popen[bytes]] = []
        self._start("distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", str(self._file), *LOOPBACK)
        until = time.monotonic() + 60
        while not self._file.exists() and time.monotonic() < until:
            time.sleep(0.05)
        self.address: str = json.loads(self._file.read_text())["address"]

    def worker(self, preload: str = "") -> subprocess.Popen[bytes]:
        """Start a worker of one thread, without a nanny, which runs some text first."""
        words = ["--nthreads", "1", "--no-nanny", "--scheduler-file", str(self._file), *LOOPBACK]
        if preload:
            file = self._file.with_name(f"preload{len(self._programs)}.py")
            file.write_text(preload)
            words += ["--preload", str(file)]
        return self._start("distributed.cli.dask_worker", *words, "--local-directory", str(self._file.parent))

    def close(self) -> None:
        for program in reversed(self._programs):
            program.kill()
            program.wait()

    def _start(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            program = subprocess.Popen(
                [sys.executable, "-m", module, *words], env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._programs.append(program)
        return program


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[Callable[[int], ByHand]]:
    """Start a scheduler and so many workers."""
    started: list[ByHand] = []

    def start(workers: int) -> ByHand:
        folder = tmp_path / f"cluster{len(started)}"
        folder.mkdir()
        started.append(ByHand(folder))
        for _ in range(workers):
            started[-1].worker()
        return started[-1]

    yield start
    for one in started:
        one.close()
