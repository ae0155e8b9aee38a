"""A small S3 on loopback: as much of the protocol as mediaframe speaks, quick enough to measure clients with.

    python tests/storage/stub_s3.py [--latency 0.02] [--keys 200000] [--lifetime 600]

Prints its endpoint and ends by itself: when its standard input closes, or after its lifetime. Everything is kept in
memory; `--keys` are keys that a listing of the bucket `many` makes up. Counts of requests by method: `/-/counts`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import threading
import urllib.parse
import uuid
from collections import Counter
from typing import Any
from xml.sax.saxutils import escape

WHEN = "2026-01-01T00:00:00.000Z"
STAMP = "Thu, 01 Jan 2026 00:00:00 GMT"
MODIFIED = {"Last-Modified": STAMP}
PAGE = 1000
MADE_UP = "many"


class Bucket:
    """What the server holds."""

    def __init__(self, keys: int, *, conditional: bool) -> None:
        self.keys, self.conditional = keys, conditional
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.uploads: dict[str, tuple[str, dict[str, str], dict[int, bytes]]] = {}
        self.counts: Counter[str] = Counter()


class Connection(asyncio.Protocol):
    """One connection: requests one after the other, each answered after the latency."""

    def __init__(self, bucket: Bucket, latency: float) -> None:
        self.bucket, self.latency = bucket, latency
        self.buffer = bytearray()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = self.buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
            length = int(headers.get("content-length", 0))
            if headers.get("expect", "").lower() == "100-continue" and len(self.buffer) == end + 4:
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if len(self.buffer) < end + 4 + length:
                return
            body = bytes(self.buffer[end + 4 : end + 4 + length])
            del self.buffer[: end + 4 + length]
            method, target, _ = lines[0].split(" ")
            answer = self.answer(method, target, headers, body)
            if self.latency and not target.startswith("/-/"):
                asyncio.get_running_loop().call_later(self.latency, self.transport.write, answer)
            else:
                self.transport.write(answer)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        path, _, query = target.partition("?")
        given = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        name = urllib.parse.unquote(path).lstrip("/")
        if name == "-/counts":
            return reply(200, json.dumps(self.bucket.counts).encode())
        bucket, _, key = name.partition("/")
        self.bucket.counts[method if key else "LIST"] += 1
        if not key and method == "HEAD":
            return reply(200, b"")
        if not key:
            return reply(200, self.uploads(given) if "uploads" in given else self.page(bucket, given))
        if "uploads" in given or "uploadId" in given:
            return self.part(method, name, given, headers, body)
        return getattr(self, method.lower())(name, headers, body)

    def put(self, name: str, headers: dict[str, str], body: bytes) -> bytes:
        if self.bucket.conditional and headers.get("if-none-match") == "*" and name in self.bucket.objects:
            return failed(412, "PreconditionFailed")
        self.bucket.objects[name] = (body, kept(headers))
        return reply(200, b"", {"ETag": tag(body)})

    def get(self, name: str, headers: dict[str, str], _body: bytes) -> bytes:
        if name not in self.bucket.objects:
            return failed(404, "NoSuchKey")
        data, facts = self.bucket.objects[name]
        facts = {**facts, "ETag": tag(data), "Last-Modified": STAMP}
        if wanted := headers.get("range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or len(data)), len(data) - 1)
            if start >= len(data):
                return failed(416, "InvalidRange")
            return reply(206, data[start : end + 1], {**facts, "Content-Range": f"bytes {start}-{end}/{len(data)}"})
        return reply(200, data, facts)

    def head(self, name: str, headers: dict[str, str], body: bytes) -> bytes:
        if name.startswith(f"{MADE_UP}/photos/") and (number := int(name[-13:-4])) < self.bucket.keys:
            return reply(200, b"", {"Content-Length": str(1000 + number), "ETag": f'"{1000 + number:x}"', **MODIFIED})
        if name not in self.bucket.objects:
            return reply(404, b"")
        whole = self.get(name, {}, body)
        return whole[: whole.index(b"\r\n\r\n") + 4]

    def delete(self, name: str, _headers: dict[str, str], _body: bytes) -> bytes:
        self.bucket.objects.pop(name, None)
        return reply(204, b"")

    def part(self, method: str, name: str, given: dict[str, str], headers: dict[str, str], body: bytes) -> bytes:
        upload = given.get("uploadId", "")
        if method == "POST" and "uploads" in given:
            upload = uuid.uuid4().hex
            self.bucket.uploads[upload] = (name, kept(headers), {})
            return reply(200, xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>"))
        if upload not in self.bucket.uploads:
            return failed(404, "NoSuchUpload")
        if method == "PUT":
            self.bucket.uploads[upload][2][int(given["partNumber"])] = body
            return reply(200, b"", {"ETag": tag(body)})
        if method == "DELETE":
            del self.bucket.uploads[upload]
            return reply(204, b"")
        if headers.get("if-none-match") == "*" and name in self.bucket.objects:
            return failed(412, "PreconditionFailed")
        _, facts, parts = self.bucket.uploads.pop(upload)
        self.bucket.objects[name] = (b"".join(parts[number] for number in sorted(parts)), facts)
        return reply(200, xml("CompleteMultipartUploadResult", "<ETag>x</ETag>"))

    def page(self, bucket: str, given: dict[str, str]) -> bytes:
        start, most = int(given.get("continuation-token", 0)), min(PAGE, int(given.get("max-keys", PAGE)))
        if bucket == MADE_UP and not given.get("prefix"):
            end = min(self.bucket.keys, start + most)
            found = [(f"photos/{number // 1000:06d}/{number:09d}.jpg", 1000 + number) for number in range(start, end)]
            more = end < self.bucket.keys
        else:
            prefix = f"{bucket}/{given.get('prefix', '')}"
            names = sorted(name for name in self.bucket.objects if name.startswith(prefix))
            more = len(names) > start + most
            chosen = names[start : start + most]
            found = [(name.partition("/")[2], len(self.bucket.objects[name][0])) for name in chosen]
        return xml("ListBucketResult", _listed(found, bucket, self.bucket) + _ended(more, start + most))

    def uploads(self, given: dict[str, str]) -> bytes:
        rows = (
            f"<Upload><Key>{escape(name.partition('/')[2])}</Key><UploadId>{upload}</UploadId>"
            f"<Initiated>{WHEN}</Initiated></Upload>"
            for upload, (name, _, _) in self.bucket.uploads.items()
            if name.partition("/")[2].startswith(given.get("prefix", ""))
        )
        return xml("ListMultipartUploadsResult", "".join(rows) + "<IsTruncated>false</IsTruncated>")


def _listed(found: list[tuple[str, int]], bucket: str, held: Bucket) -> str:
    rows = []
    for key, size in found:
        data = held.objects.get(f"{bucket}/{key}")
        etag = tag(data[0]) if data else f'"{size:x}"'
        rows.append(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{WHEN}</LastModified><ETag>{escape(etag)}</ETag>"
            f"<Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )
    return "".join(rows) + f"<KeyCount>{len(found)}</KeyCount>"


def _ended(more: bool, at: int) -> str:
    token = f"<NextContinuationToken>{at}</NextContinuationToken>" if more else ""
    return f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}"


def tag(data: bytes) -> str:
    return f'"{hashlib.md5(data).hexdigest()}"'


def kept(headers: dict[str, str]) -> dict[str, str]:
    names = ("content-type", "cache-control")
    return {name: value for name, value in headers.items() if name in names or name.startswith("x-amz-meta-")}


def xml(kind: str, inside: str) -> bytes:
    space = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    return f'<?xml version="1.0" encoding="UTF-8"?><{kind} {space}>{inside}</{kind}>'.encode()


def failed(status: int, code: str) -> bytes:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{code}</Message>"
    if code == "PreconditionFailed":
        body += "<Condition>If-None-Match</Condition>"
    return reply(status, f"{body}</Error>".encode())


def reply(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    given = {"Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + body


async def serve(latency: float, keys: int, lifetime: float, *, conditional: bool) -> None:
    """Serve until standard input closes, or the lifetime ends."""
    loop, bucket, done = asyncio.get_running_loop(), Bucket(keys, conditional=conditional), asyncio.Event()
    server = await loop.create_server(lambda: Connection(bucket, latency), "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)

    def wait() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(done.set)

    threading.Thread(target=wait, daemon=True).start()
    loop.call_later(lifetime, done.set)
    await done.wait()
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--keys", type=int, default=0)
    parser.add_argument("--lifetime", type=float, default=600.0)
    parser.add_argument("--unconditional", action="store_true", help="know nothing of If-None-Match")
    told = parser.parse_args()
    asyncio.run(serve(told.latency, told.keys, told.lifetime, conditional=not told.unconditional))
