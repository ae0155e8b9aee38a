"""Process: one running child as its parent sees it: frames read under watch, its death explained."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Any

from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.work import confine, wire

_START = "from mediaframe.work.child.main import main; main()"
_TICK = 0.2  # seconds between two looks at the memory of a child
_TAIL = 4096  # bytes kept of what a child wrote to its standard error
_DYING = 2.0  # seconds that a child whose link closed is given to become an exit status
_NO_MEMORY = (b"failed to allocate", b"bad_alloc", b"out of memory", b"cannot allocate memory")


class Watch:
    """What a child may use while it is waited for: silence in seconds, and resident bytes."""

    def __init__(self, silence: float, resident: float = float("inf")) -> None:
        self.silence, self.resident = silence, resident
        self._due = self._look = 0.0
        self.restart()

    def restart(self) -> None:
        """Begin to count the silence again; the look at the memory keeps its own time."""
        self._due = time.monotonic() + self.silence

    def left(self) -> float:
        """How long to wait at the most before the next check."""
        return max(0.0, min(_TICK, self._due - time.monotonic()))

    def check(self, pid: int, *, heard: bool) -> None:
        """Raise AssetError when the child is over its memory, or over its silence while nothing was heard."""
        now = time.monotonic()
        if now >= self._look:
            self._look = now + _TICK
            used = confine.usage(pid)
            if used and used.resident > self.resident:
                held, most = used.resident >> 20, int(self.resident) >> 20
                raise AssetError(
                    f"it held {held} MiB of memory, over {most} MiB; see Limits.memory", code="E_LIMIT_MEMORY"
                )
        if now >= self._due and not heard:
            raise AssetError(f"no progress for {self.silence:g} s; see Limits.stall", code="E_LIMIT_TIME")


class Process:
    """A child. One thread uses it at a time; `signal` alone may be called by any."""

    def __init__(self, limits: Limits, handlers: str | None = None) -> None:
        if sys.platform == "win32" or not sys.executable:
            raise OSError("a child is started by a POSIX system from an executable; on Windows use WSL")
        self._output = limits.output
        self._guard = RLock()  # A signal handler may kill what its own thread is killing.
        self._tail = bytearray()
        self._home = confine.home()
        self.link, theirs = socket.socketpair()
        try:
            with theirs:
                self._popen = self._started(theirs.fileno(), limits, handlers)
        except BaseException:
            self.link.close()
            shutil.rmtree(self._home, ignore_errors=True)
            raise
        assert self._popen.stderr is not None  # noqa: S101  for the type checkers: it is a pipe
        self._errors = self._popen.stderr.fileno()
        os.set_blocking(self._errors, False)
        self._poll = select.poll()
        self._poll.register(self.link, select.POLLIN)
        self._poll.register(self._errors, select.POLLIN)
        self.pid = self._popen.pid

    def _started(self, link: int, limits: Limits, handlers: str | None) -> subprocess.Popen[bytes]:
        flags = ["-P", *(["-B"] if sys.dont_write_bytecode else [])]
        scratch = max(limits.output, limits.media_bytes, limits.memory)
        words = [str(link), str(os.getpid()), str(scratch), *([handlers] if handlers else [])]
        return subprocess.Popen(  # noqa: S603  our own interpreter and our own words
            [sys.executable, *flags, "-c", _START, *words],
            pass_fds=(link,),
            cwd=self._home,
            env=confine.environment(self._home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # An interrupt from the terminal is the parent's to handle.
            bufsize=0,
        )

    def send(self, header: Mapping[str, Any], payload: bytes, fds: Sequence[int], patience: float) -> None:
        """Send a request; raises ConnectionError when the child has gone, TimeoutError when it is deaf."""
        self.link.settimeout(patience)
        wire.send(self.link, header, payload, fds)

    def read(self, watch: Watch) -> tuple[dict[str, Any], bytes]:
        """Wait for a frame.

        Raises EOFError when the child has gone, ConnectionError when it went before it took what was sent,
        and AssetError when it is over a limit.
        """
        self.link.settimeout(0)
        watch.restart()
        header_size, size = wire.PREFIX.unpack(self._take(wire.PREFIX.size, watch))
        if header_size > wire.HEADER_LIMIT or size > self._output:
            raise AssetError(
                f"a result of {max(size, header_size):,} bytes is over {self._output:,}; see Limits.output",
                code="E_LIMIT_OUTPUT",
            )
        header = wire.unpack(self._take(header_size, watch))
        return header, bytes(self._take(size, watch))

    def _take(self, count: int, watch: Watch) -> bytearray:
        data, at = bytearray(count), 0
        with memoryview(data) as view:
            while at < count:
                try:
                    got = self.link.recv_into(view[at:])
                except BlockingIOError:
                    self._wait(watch)
                    continue
                if not got:
                    raise EOFError
                at += got
        return data

    def _wait(self, watch: Watch) -> None:
        ready = [fd for fd, _ in self._poll.poll(watch.left() * 1000 + 1)]
        if self._errors in ready and self._hear() == b"":
            self._poll.unregister(self._errors)
        watch.check(self.pid, heard=self.link.fileno() in ready)

    def _hear(self) -> bytes | None:
        """Keep the end of what the child says on its standard error; None when it says nothing now."""
        try:
            said = os.read(self._errors, 1 << 16)
        except BlockingIOError:
            return None
        self._tail = (self._tail + said)[-_TAIL:]
        return said

    def hush(self) -> None:
        """Forget what was said on the standard error about the asset before."""
        self._hear()
        self._tail.clear()

    def alive(self) -> bool:
        """Whether it has not ended."""
        if self._popen.returncode is not None or not hasattr(os, "waitid"):
            return self._popen.poll() is None
        # A zombie is left alone, so that its number and its group's are still its own when we kill the rest.
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def signal(self) -> None:
        """Kill it and what it started, and do not wait. Any thread may call this."""
        with self._guard:  # Nobody reaps it meanwhile, so that the number is still its own.
            if self._popen.returncode is None:
                self._kill()

    def _kill(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:  # It has not yet come to its own session.
            self._popen.kill()
        except PermissionError:  # macOS: all that is left is a zombie.
            pass

    def bury(self) -> int:
        """Kill it, wait until it is gone, and remove its directory; gives its exit status."""
        self.signal()
        self._await_end(10 * _DYING)
        with self._guard:
            status = self._popen.poll()
        self.link.close()
        if self._popen.stderr is not None:
            self._popen.stderr.close()
        shutil.rmtree(self._home, ignore_errors=True)
        return -signal.SIGKILL if status is None else status  # None: it hangs in the kernel, on a broken disk.

    def _await_end(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.alive() and time.monotonic() < until:
            time.sleep(0.001)

    def death(self) -> AssetError:
        """Explain why it ended by itself; it is buried then."""
        self._await_end(_DYING)
        self.signal()
        while self._hear():
            pass
        tail = bytes(self._tail)
        status = self.bury()
        said = wire.tidy(tail[-400:].decode(errors="replace"), 400)
        said = f": {said}" if said else ""
        if status == -signal.SIGXCPU:
            return AssetError(f"it used up its time on the processor{said}", code="E_LIMIT_TIME")
        if any(words in tail.lower() for words in _NO_MEMORY):
            return AssetError(f"it needs more memory than allowed{said}", code="E_LIMIT_MEMORY")
        return AssetError(f"the decoder died of {_name(status)}{said}", code="E_DECODER_CRASH")


def _name(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
