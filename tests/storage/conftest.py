"""Servers for tests of stores that are far away: all on loopback, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SECRET = "CANARY-8f3a9c-planted"


def started(stack: ExitStack, name: str, *words: str) -> str:
    """Start a server that ends with its standard input, and give its endpoint."""
    server = stack.enter_context(
        subprocess.Popen(
            [sys.executable, str(HERE / name), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    )
    assert server.stdin is not None
    assert server.stdout is not None
    stack.callback(server.stdout.close)
    stack.callback(server.stdin.close)
    return server.stdout.readline().strip()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Give the endpoint of the S3 of moto, with a bucket `shop`."""
    pytest.importorskip("moto.server")
    pytest.importorskip("flask")
    with ExitStack() as stack:
        yield started(stack, "moto_server.py")


@pytest.fixture
def stub() -> Iterator[Callable[..., dict[str, Any]]]:
    """Give what starts the small S3 and gives the options of a store there."""
    with ExitStack() as stack:
        yield lambda *words: options(started(stack, "stub_s3.py", *words))


def options(endpoint: str) -> dict[str, Any]:
    """Give the storage options for a server."""
    return {"endpoint_url": endpoint, "key": "test-key", "secret": SECRET}
