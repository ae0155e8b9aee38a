"""Each way to take the network and the parent's keys from a child works alone."""

import os
import socket
import subprocess
import sys

import pytest

from mediaframe.work import confine

TRY = """
import socket, sys
from mediaframe.work import confine
assert getattr(confine, sys.argv[1])(), "not allowed here"
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=2)
    print("connected")
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(not confine.LINUX, reason="the ways are those of Linux")
@pytest.mark.parametrize(("way", "told"), [("_filter", "PermissionError"), ("_separate", "OSError")])
def test_each_way_alone_takes_the_network(way, told):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        ended = subprocess.run(
            [sys.executable, "-c", TRY, way, port],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(confine._packages())},
        )

    if "not allowed here" in ended.stderr:
        pytest.skip(f"this machine does not allow {way}")
    assert ended.stdout.strip() == told, ended.stderr


@pytest.mark.skipif(not confine.LINUX, reason="memfd is of Linux")
def test_a_sealed_source_can_be_changed_by_nobody():
    fd = confine.sealed(b"the only copy")
    try:
        with pytest.raises(PermissionError):
            os.pwrite(fd, b"X", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(fd, 0)

        assert os.pread(fd, 100, 0) == b"the only copy"
    finally:
        os.close(fd)


def test_a_child_finds_the_packages_of_its_parent_by_absolute_names(monkeypatch):
    monkeypatch.setattr(sys, "path", ["", "lib", *sys.path])

    paths = confine.environment("/nowhere")["PYTHONPATH"].split(os.pathsep)

    assert all(os.path.isabs(path) for path in paths)
    assert {os.getcwd(), os.path.join(os.getcwd(), "lib")} <= set(paths)
