"""What the tests have a child do: crash, hang, eat memory, and say how it lives."""

import os
import resource
import signal
import socket
import sys
import time

_LEAKED = []


def crash(request, source, send):
    os.kill(os.getpid(), request.get("signal", signal.SIGSEGV))
    time.sleep(5)


def hang(request, source, send):
    for _ in range(request.get("frames", 0)):
        send({"n": 1}, b"")
    while True:
        time.sleep(1)


def spin(request, source, send):
    while True:
        send({"progress": 0.5}, b"")


def bomb(request, source, send):
    """Ask for more memory than there may be, at once."""
    return {"got": len(bytearray(request.get("size", 3 << 30)))}


def creep(request, source, send):
    """Raise the own limit, then take more and more memory."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    while True:
        _LEAKED.append(b"x" * (4 << 20))
        time.sleep(0.001)


def leak(request, source, send):
    _LEAKED.append(b"x" * request["size"])
    return {"pid": os.getpid()}


def abort(request, source, send):
    """Die as GLib does when memory runs out."""
    sys.stderr.write("GLib-ERROR: gmem.c:106: failed to allocate 400000000 bytes\n")
    sys.stderr.flush()
    os.abort()


def fail(request, source, send):
    raise ValueError(request["message"])


def echo(request, source, send):
    for n in range(request.get("times", 1)):
        send({"n": n}, bytes(source.view()))
    return {"size": source.size, "head": source.head(8).hex()}


def big(request, source, send):
    send({"n": 0}, bytes(request["size"]))
    return {}


def noise(request, source, send):
    for n in range(request["lines"]):
        sys.stderr.write(f"line {n} of much noise\n")
    sys.stderr.flush()
    if request.get("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    return {}


def nonsense(request, source, send):
    os.write(int(sys.argv[1]), b"\x00\x00\x00\x05\x00\x00\x00\x00hello")
    time.sleep(5)


def inputs(request, source, send):
    return {"inputs": {name: data.decode() for name, data in request["inputs"].items()}, "size": source.size}


def life(request, source, send):
    """Say how the child lives."""
    return {
        "environment": dict(os.environ),
        "cwd": os.listdir(),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "space": resource.getrlimit(resource.RLIMIT_AS)[0],
        "cpu": resource.getrlimit(resource.RLIMIT_CPU)[0],
        "session": os.getsid(0) == os.getpid(),
        "descriptors": len(os.listdir("/proc/self/fd")),
    }


def modules(request, source, send):
    for name in request.get("load", ()):
        __import__(name)
    return {"modules": sorted(sys.modules)}


def connect(request, source, send):
    try:
        socket.create_connection(("127.0.0.1", request["port"]), timeout=2).close()
    except OSError as error:
        return {"connected": False, "why": type(error).__name__}
    return {"connected": True}


def parent(request, source, send):
    try:
        with open(f"/proc/{os.getppid()}/environ", "rb") as file:
            return {"read": len(file.read())}
    except OSError:
        return {"read": 0}


def burn(request, source, send):
    while True:
        pass


def family(request, source, send):
    """Start a process of the child's own, and hang."""
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    send({"pid": pid}, b"")
    time.sleep(60)


_ALL = [crash, hang, spin, bomb, creep, leak, abort, fail, echo, big, noise, nonsense, inputs, life, modules]
_ALL += [connect, parent, burn, family]
HANDLERS = {one.__name__: one for one in _ALL}
