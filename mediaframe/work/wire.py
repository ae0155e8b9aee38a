"""Wire: the frames that a child and its parent exchange, and nothing that could run code on reading."""

from __future__ import annotations

import json
import re
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

PREFIX = struct.Struct(">II")
"""Two lengths: of the header and of the payload."""
HEADER_LIMIT = 8 << 20
"""Bytes of a header, at the most."""
PAYLOAD_LIMIT = (1 << 32) - 1
"""Bytes of a payload, at the most: what four bytes can say."""

_SMALL = 1 << 16  # one call sends header and payload together; above, joining them costs more than it saves

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028-\u202e\u2066-\u2069]+")
_SECRETS = (
    (re.compile(r"(\w://)[^/\s@]+@"), r"\1***@"),
    (re.compile(r"(?i)\b(authorization|cookie)(\s*[=:]\s*).+"), r"\1\2***"),
    (
        re.compile(r"(?i)\b(password|passwd|secret|token|signature|sig|x-amz-[\w-]+|\w*key)(\s*[=:]\s*)[^\s&,;]+"),
        r"\1\2***",
    ),
)
_FOLDERS = re.compile(r"(?<![\w:/])(?:/[\w.+@~-]+)+/(?=[\w.+@~-])")


class WireError(Exception):
    """What came over the wire is not a frame."""


def pack(header: Mapping[str, Any], size: int = 0) -> bytes:
    """Give the two lengths and the header, as they stand before a payload of `size` bytes."""
    text = json.dumps(header, separators=(",", ":")).encode()
    if len(text) > HEADER_LIMIT or size > PAYLOAD_LIMIT:
        raise WireError(f"a frame holds {HEADER_LIMIT} + {PAYLOAD_LIMIT} bytes, not {len(text)} + {size}")
    return PREFIX.pack(len(text), size) + text


def unpack(data: bytes | bytearray) -> dict[str, Any]:
    """Read a header that a stranger may have written."""
    try:
        header = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a header is not JSON: {type(error).__name__}") from None
    if not isinstance(header, dict):
        raise WireError("a header is not a JSON object")
    return header


def send(
    link: socket.socket,
    header: Mapping[str, Any],
    payload: bytes | bytearray | memoryview = b"",
    fds: Sequence[int] = (),
) -> None:
    """Send one frame, and descriptors beside it."""
    size = memoryview(payload).nbytes
    head = pack(header, size)
    if 0 < size <= _SMALL:
        head, payload = head + bytes(payload), b""
    sent = socket.send_fds(link, [head], list(fds)) if fds else 0
    if sent < len(head):  # Sending nothing would tell of a death after the frame as of one before it.
        link.sendall(memoryview(head)[sent:])
    if payload:
        link.sendall(payload)


def receive(link: socket.socket) -> tuple[dict[str, Any], bytes, list[int]] | None:
    """Wait for one frame from a side that is trusted; None when that side has gone."""
    start, fds = _start(link)
    if not start:
        return None
    sizes = PREFIX.unpack(start + _exactly(link, PREFIX.size - len(start)))
    header = unpack(_exactly(link, sizes[0]))
    return header, _exactly(link, sizes[1]), fds


def _start(link: socket.socket) -> tuple[bytes, list[int]]:
    if hasattr(socket, "recv_fds"):
        start, fds, _, _ = socket.recv_fds(link, PREFIX.size, 1)
        return start, fds
    return link.recv(PREFIX.size), []


def _exactly(link: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = link.recv(min(count, 1 << 20))
        if not part:
            raise WireError("a frame was cut")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def tidy(text: str, limit: int = 500) -> str:
    r"""Make a message fit for a row: one line, no secrets, no folders of this machine.

    >>> tidy("no such file: /home/ann/lib/codec.so\nsee s3://ann:pw@bucket/a?token=abc")
    'no such file: codec.so see s3://***@bucket/a?token=***'
    """
    text = _CONTROL.sub(" ", text[: limit * 8]).strip()
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    text = _FOLDERS.sub("", text)
    return text if len(text) <= limit else text[: limit - 3] + "..."
