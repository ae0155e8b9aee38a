"""Child: the process that decodes. It holds no keys, serves one request after another, and may be killed.

`process.py` starts it by exec and calls `main` with the words LINK PARENT SCRATCH [HANDLERS].
Requests and answers are frames of `wire.py`; a source comes as a descriptor.
"""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from mediaframe.engines.base import Source
from mediaframe.errors import MediaframeError
from mediaframe.model.door import Door
from mediaframe.work import confine, wire

Send = Callable[[dict[str, Any], bytes], None]
Handler = Callable[[dict[str, Any], Source, Send], Mapping[str, Any]]

RENDER = Door("mediaframe.work.child.render", "render")
EXAMINE = Door("mediaframe.work.child.examine", "examine")
COMPOSE = Door("mediaframe.work.child.compose", "compose")
FORMATS = Door("mediaframe.work.child.formats", "formats")

_NO_MEMORY = (
    "failed to allocate",
    "unable to allocate",
    "out of memory",
    "cannot allocate memory",
    "bad_alloc",
)


def main() -> None:
    """Serve until the parent closes the link."""
    link, parent, scratch, *named = sys.argv[1:]
    confine.die_with(int(parent))
    enclosed = confine.enclose(int(scratch))
    handlers = _handlers() | (_more(named[0]) if named else {})
    with socket.socket(fileno=int(link)) as wired:
        wired.set_inheritable(False)
        wire.send(wired, {"hello": 1, "pid": os.getpid(), "python": platform.python_version(), **enclosed})
        try:
            while _serve(wired, handlers):
                pass
        except (ConnectionError, wire.WireError):  # The parent has gone; so do we.
            pass
    os._exit(0)  # Libraries may hold threads and atexit hooks; there is nothing to save.


def _handlers() -> dict[str, Handler]:
    return {
        "ping": lambda request, source, send: {"size": source.size},
        "render": lambda request, source, send: RENDER()(request, source, send),
        "compose": lambda request, source, send: COMPOSE()(request, source, send),
        "probe": lambda request, source, send: EXAMINE()(request, source),
        "formats": lambda request, source, send: FORMATS()(request, source),
    }


def _more(name: str) -> dict[str, Handler]:
    """Load further handlers from a module or a file: what tests use to crash, to hang and to eat memory."""
    found: dict[str, Handler] = (_file(Path(name)) if name.endswith(".py") else import_module(name)).HANDLERS
    return found


def _file(path: Path) -> ModuleType:
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module in {path}")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _serve(link: socket.socket, handlers: Mapping[str, Handler]) -> bool:
    """Answer one request; false when there is none any more."""
    got = wire.receive(link)
    if got is None:
        return False
    request, payload, fds = got
    source = _unfold(request, payload, fds)
    try:
        answer = _answer(handlers, request, source, link)
    finally:
        source.close()
    wire.send(link, answer)
    return True


def _unfold(request: dict[str, Any], payload: bytes, fds: list[int]) -> Source:
    """Take the source and the named inputs out of a frame; the request then holds the inputs as bytes."""
    inputs, at = {}, 0
    for name, size in request.pop("blobs", ()):
        inputs[name] = payload[at : at + size]
        at += size
    inline = inputs.pop("", None)
    request["inputs"] = inputs
    return Source(fd=fds[0]) if fds else Source(inline or b"")


def _answer(
    handlers: Mapping[str, Handler], request: dict[str, Any], source: Source, link: socket.socket
) -> dict[str, Any]:
    def send(header: dict[str, Any], payload: bytes = b"") -> None:
        if "done" in header or "failed" in header:
            raise ValueError("a header names neither 'done' nor 'failed': these end an answer")
        wire.send(link, header, payload)

    try:
        handler = handlers.get(str(request.get("do")))
        if handler is None:
            return _failed("E_INTERNAL", f"the child does not know how to do {request.get('do')!r}", "control")
        done = dict(handler(request, source, send)) | {"done": True}
        wire.pack(done)  # What cannot be sent is the handler's fault, and said as such.
    except MediaframeError as error:
        return _failed(error.code, error.message, error.stage)
    except ConnectionError:
        raise
    except BaseException as error:  # noqa: BLE001  Every fault is answered; the parent decides what becomes of it.
        return _fault(error)
    return done


def _fault(error: BaseException) -> dict[str, Any]:
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, MemoryError) or any(words in text.lower() for words in _NO_MEMORY):
        return _failed("E_LIMIT_MEMORY", f"it needs more memory than allowed ({text})", "limit")
    return _failed("E_INTERNAL", text, "control")


def _failed(code: str, message: str, stage: str) -> dict[str, Any]:
    return {"failed": {"code": code, "message": wire.tidy(message), "stage": stage}}
