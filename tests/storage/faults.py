"""A proxy on loopback that loses answers, refuses and resets, the same for a seed in whatever order requests come."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

REFUSAL = (
    b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)


@dataclass(frozen=True)
class Faults:
    """How often what goes wrong, as shares of all requests."""

    lost: float = 0.0
    """Forwarded and done, but the answer is dropped."""
    refused: float = 0.0
    """Answered with 503 and not forwarded."""
    reset: float = 0.0
    """The connection is reset before anything is forwarded."""


class FaultProxy:
    """Stands before a server while the context is open."""

    def __init__(self, upstream: str, faults: Faults, seed: int = 1) -> None:
        self.upstream = urlsplit(upstream)
        self.faults, self.seed = faults, seed
        self.requests = 0
        self.done: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(self._start(), self._loop)
        self.endpoint = f"http://127.0.0.1:{starting.result(10)}"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256)
        return self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            if b"100-continue" in head.lower():
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = await reader.readexactly(length)
            self.requests += 1
            fault = self._fault(head.split(b" HTTP/")[0].decode("latin-1"))
            self.done[fault] += 1
            if fault == "refused":
                lines = f"HTTP/1.1 503 Slow Down\r\nContent-Length: {len(REFUSAL)}\r\nConnection: close\r\n\r\n"
                writer.write(lines.encode() + REFUSAL)
            elif fault == "reset":
                linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            else:
                answer = await self._forward(head, body)
                if fault != "lost":
                    writer.write(answer)
            if fault not in ("reset", "lost"):
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        """Send on by a connection of its own; the server of moto ends it after its answer."""
        reader, writer = await asyncio.open_connection(self.upstream.hostname, self.upstream.port)
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"expect:"))]
        writer.write(b"\r\n".join([lines[0], b"Connection: close", *lines[1:]]) + body)
        answer = await reader.read(-1)
        writer.close()
        return answer

    def _fault(self, request: str) -> str:
        """Say what goes wrong with a request: by the seed, what it is, and how often it came."""
        self._seen[request] += 1
        told = f"{self.seed} {self._seen[request]} {request.partition('?uploadId')[0]}"
        chance = int.from_bytes(hashlib.sha256(told.encode()).digest()[:6], "big") / 2**48
        for name in ("lost", "refused", "reset"):
            share = getattr(self.faults, name)
            if chance < share:
                return name
            chance -= share
        return "none"
