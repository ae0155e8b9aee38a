"""Slot: a place for one child; what is asked of it comes back as frames, or as an AssetError with a code."""

from __future__ import annotations

import os
import stat
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediaframe.errors import CODES, AssetError, RunError, UsageError
from mediaframe.model.limits import Limits
from mediaframe.storage.closing import Closing
from mediaframe.work import confine, wire
from mediaframe.work.admission import Admission
from mediaframe.work.process import Process, Watch

FLOOR = 1 << 30
"""Bytes that an asset may use whatever it declares, unless `Limits.memory` is less."""
MAPPED = 528 << 20
"""Bytes of addresses beyond the memory in use: what libraries map and reserve. Measured, a picture of 99 megapixels
to AVIF: 2,310 MB in use, 2,970 MB of addresses, of which a child that has loaded nothing yet has 27; and two heaps that
grow by 64 MB at a time."""
NEED = 256 << 20
"""Bytes that an asset is thought to need when it declares nothing; counts for admission alone."""
CPU_SECONDS = 12 * 3600.0
"""Seconds on the processor after which even work that makes progress is ended."""

Frame = tuple[dict[str, Any], bytes]

Hear = Callable[[Mapping[str, Any]], None]
"""Is told how far a task is, in plain values."""

_TRIES = 5  # starts in a row that may fail before a run is stopped
_HELLO = 60.0  # seconds that a start may take on a loaded machine
_ASSETS = 500  # after so many, or
_GROWTH = 256 << 20  # after growing by so many bytes, a child is replaced


@dataclass(slots=True)
class SlotCounts:
    """How much was done; tests hold isolation by these."""

    asks: int = 0
    starts: int = 0
    kills: int = 0
    crashes: int = 0
    recycled: int = 0


class Slot(Closing):
    """A place for one child, which is started at the first request and replaced when it dies.

    One thread uses a slot at a time, but not always the same one: children end with the thread that started
    them (PDEATHSIG), so each slot keeps a thread of its own to start them. `cancel` is for any thread.

    `handlers` names a module or a file with further `HANDLERS` for the child; tests use it to crash and hang.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        handlers: str | Path | None = None,
        admission: Admission | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.hello: dict[str, Any] = {}
        self.counts = SlotCounts()
        self.tell: Hear = unheard
        """Says of the task that has the slot how far it is, to whoever hands tasks out; set by the pool."""
        self._handlers = str(handlers) if handlers else None
        self._admission = admission
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="mediaframe-starter")
        self._process: Process | None = None
        self._last_rites: weakref.finalize[..., Slot] | None = None
        self._turn: object | None = None
        self._held = ExitStack()
        self._served = 0
        self._baseline: int | None = None
        self._stained = self._cancelled = self._closed = False

    def ask(
        self,
        request: Mapping[str, Any],
        source: bytes | Path | None = None,
        inputs: Mapping[str, bytes] | None = None,
        *,
        memory: int | None = None,
        seconds: float | None = None,
        stains: bool = False,
        clean: bool = False,
    ) -> Iterator[Frame]:
        """Have the child do `request` on a source; gives its frames as they come.

        The last frame has `"done": True` and what the handler gave; some before it may have `"progress"`.
        `inputs` are further bytes by name (fonts, logos, profiles). `memory` is the need in bytes as the plan
        declares it, `seconds` the time on the processor. An iterator left before its end costs the child.
        What `stains` leaves something behind in the child that could change what a later request gives; one that must
        be `clean` is done by a child in which nothing was left.

        Raises AssetError: what the child reports; `E_DECODER_CRASH` when it dies; `E_LIMIT_TIME` after
        `Limits.stall` seconds without a frame; `E_LIMIT_MEMORY`; `E_LIMIT_OUTPUT`; `E_CANCELLED` if stopped.
        Raises RunError when no child can be started.
        """
        self._drop()  # The iterator before this one may have been left midway.
        if clean and self._stained:
            self._bury()
        turn = self._turn = object()
        try:
            watch, (header, payload) = self._begin(request, source, inputs or {}, memory, seconds)
            self._stained = self._stained or stains
            while header.get("done") is not True and "failed" not in header:
                yield header, payload
                if self._turn is not turn:
                    raise UsageError("this iterator was left for another request to the same slot")
                header, payload = self._read(watch)
            self._settle()
        finally:
            if self._turn is turn:
                self._drop()
        if "failed" in header:
            raise _failure(header["failed"])
        yield header, payload

    def cancel(self) -> None:
        """End what runs here, and refuse what comes, until `resume`. Any thread may call this."""
        self._cancelled = True
        process = self._process
        if process and self._turn is not None:
            process.signal()

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled, and not resumed since."""
        return self._cancelled

    def resume(self) -> None:
        """Allow requests again after `cancel`."""
        self._cancelled = False

    def close(self) -> None:
        """End the child. Nothing can be asked afterwards."""
        self._closed = True
        self._drop()
        self._bury()
        self._starter.shutdown(wait=False)

    def _begin(
        self,
        request: Mapping[str, Any],
        source: bytes | Path | None,
        inputs: Mapping[str, bytes],
        memory: int | None,
        seconds: float | None,
    ) -> tuple[Watch, Frame]:
        """Hand the request over, and wait for the first frame of the answer."""
        self._check()
        if self._admission:
            self._held.enter_context(self._admission.hold(memory or NEED, lambda: self._cancelled))
        fd, inline = self._held.enter_context(_opened(source))
        blobs = ({} if inline is None else {"": inline}) | dict(inputs)
        header = {**request, "blobs": [(name, len(data)) for name, data in blobs.items()]}
        payload = b"".join(blobs.values()) if len(blobs) != 1 else next(iter(blobs.values()))
        size = os.fstat(fd).st_size if fd is not None else len(payload)
        self.counts.asks += 1
        for _ in range(_TRIES):
            process = self._ready()
            watch = self._permit(process, size, memory, seconds)
            self._check()
            try:
                process.send(header, payload, [] if fd is None else [fd], self.limits.stall)
                return watch, self._read(watch)
            except ConnectionError:
                # A reset or a broken pipe: it died before it took the request. Not the fault of this asset.
                self._bury()
            except TimeoutError as error:
                raise AssetError("the decoder did not take the file", code="E_LIMIT_TIME") from error
        self._check()
        raise RunError(f"the decoder dies idle ({_TRIES} times); run `mediaframe doctor`")

    def _permit(self, process: Process, size: int, memory: int | None, seconds: float | None) -> Watch:
        """Set what the child may use for this asset, on top of what it uses already."""
        room = min(max(memory or 0, FLOOR), self.limits.memory)
        used = confine.usage(process.pid)
        if used is None:
            return Watch(self.limits.stall)
        confine.allow(process.pid, used.space + room + size + MAPPED, used.cpu + (seconds or CPU_SECONDS))
        return Watch(self.limits.stall, used.resident + room)

    def _read(self, watch: Watch) -> Frame:
        process = self._process
        if process is None:
            raise UsageError("this slot was closed while it was asked")
        try:
            return process.read(watch)
        except EOFError:
            self._forget()
            self.counts.crashes += 1
            death = process.death()
            self._check()
            raise death from None
        except wire.WireError as error:
            raise AssetError(f"the decoder spoke out of turn: {error}", code="E_DECODER_CRASH") from None

    def _check(self) -> None:
        if self._closed:
            raise UsageError("this slot is closed; make a new one")
        if self._cancelled:
            raise AssetError("stopped before its end", code="E_CANCELLED")

    def _settle(self) -> None:
        """End a turn that the child has answered, and replace the child when it has served long or grown."""
        self._turn = None
        self._held.close()
        self._served += 1
        used = confine.usage(self._process.pid) if self._process else None
        grown = 0
        if used:
            self._baseline = min(used.resident, self._baseline or used.resident)
            grown = used.resident - self._baseline
        if self._served >= _ASSETS or grown > _GROWTH:
            self.counts.recycled += 1
            self._bury()

    def _drop(self) -> None:
        """End a turn that was not answered; what the child would still say about it goes with the child."""
        if self._turn is not None:
            self._turn = None
            self._held.close()
            if self._process:
                self.counts.kills += 1
                self._bury()

    def _bury(self) -> None:
        process = self._forget()
        if process:
            process.bury()

    def _forget(self) -> Process | None:
        process, self._process = self._process, None
        self._stained = False
        if self._last_rites:
            self._last_rites.detach()
        return process

    def _ready(self) -> Process:
        """Give the child, started anew where there is none."""
        if self._process and not self._process.alive():
            self._bury()
        if self._process:
            self._process.hush()
            return self._process
        last = AssetError("")
        for attempt in range(_TRIES):
            time.sleep(0.05 * attempt)
            self._check()
            try:
                return self._start()
            except AssetError as error:
                last = error
        raise RunError(f"the decoder does not start ({_TRIES} tries; {last.message}); run `mediaframe doctor`")

    def _start(self) -> Process:
        try:
            process = self._starter.submit(Process, self.limits, self._handlers).result()
        except OSError as error:
            raise AssetError(wire.tidy(str(error)), code="E_DECODER_CRASH") from error
        self._process = process
        self._last_rites = weakref.finalize(self, process.bury)
        self._served, self._baseline = 0, None
        try:
            self.hello, _ = process.read(Watch(_HELLO))
        except (EOFError, wire.WireError):
            self._forget()
            raise process.death() from None
        except BaseException:
            self._bury()
            raise
        self.counts.starts += 1
        return process


@contextmanager
def _opened(source: bytes | Path | None) -> Iterator[tuple[int | None, bytes | None]]:
    """Give a source as a descriptor, or as bytes to be sent where there is none."""
    if isinstance(source, Path):
        fd: int | None = _open(source)
    else:
        fd = None if source is None else confine.sealed(source)
    try:
        yield fd, None if fd is not None or isinstance(source, Path) else source
    finally:
        if fd is not None:
            os.close(fd)


def _open(path: Path) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # A pipe without a writer would be waited for.
    except FileNotFoundError as error:
        raise AssetError("the file is not there", code="E_SOURCE_NOT_FOUND") from error
    except PermissionError as error:
        raise AssetError("the file may not be read", code="E_SOURCE_DENIED") from error
    except OSError as error:
        raise AssetError(f"the file cannot be opened: {error.strerror}", code="E_SOURCE_UNAVAILABLE") from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise AssetError("only plain files are read", code="E_UNSUPPORTED_FORMAT")
    return fd


def unheard(news: Mapping[str, Any]) -> None:
    """Hear nothing."""


def _failure(said: object) -> AssetError:
    """Make an error of what the child says; nothing of it is believed but the words."""
    told = said if isinstance(said, dict) else {}
    code = told.get("code")
    code = code if isinstance(code, str) and code in CODES else "E_INTERNAL"
    stage = told.get("stage")
    stages = {row.stage for row in CODES.values()}
    message = wire.tidy(str(told.get("message", "")))
    return AssetError(message, code=code, stage=stage if stage in stages else None)
