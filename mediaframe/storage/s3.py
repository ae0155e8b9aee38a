"""S3: one request for each thing that is asked, written once by conditional put, in parts above 64 MiB."""

from __future__ import annotations

import base64
import errno
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsspec.asyn import sync

from mediaframe.errors import StoreError
from mediaframe.storage.access import Access, taken
from mediaframe.storage.failures import refused_as_present, told
from mediaframe.storage.stat import Stat, from_info

WHOLE = 64 << 20
"""Bytes up to which an object is put by one request."""
PART = 16 << 20
"""Bytes of one part of what is larger."""
_PARTS = 10_000
_SUMS = frozenset({"ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256"})
_PARTS_AT_ONCE = 4
MARK = "mf-write"
"""The word of the metadata that tells one write from another."""

Logged = Callable[[str | None, str | None], None]
"""Is told an upload in parts before its first part, and `None` when it has ended."""


@dataclass(frozen=True, slots=True)
class Put:
    """What a put is made of."""

    bucket: str
    key: str
    headers: Mapping[str, Any]
    condition: Mapping[str, Any]
    token: str


class S3Access(Access):
    """S3 and what speaks like it, through the client of s3fs."""

    sums = True
    """Whether the store takes SHA-256 sums; set to False by the first that says no."""
    part, whole = PART, WHOLE

    # ---- reading

    def read(self, path: str, said: str) -> bytes:
        """Read all bytes."""
        with told(said, "read"):
            found = self.gate.call(lambda: sync(self.files.loop, self._get, path, None))
            return bytes(found[1])

    def fetch(self, path: str, said: str, name: str, limit: int) -> tuple[Stat, bytes | None] | None:
        """Look at an object and read it by one request; None where none is."""
        with told(said, "read"):
            try:
                answer, data = self.gate.call(lambda: sync(self.files.loop, self._get, path, limit))
            except FileNotFoundError:
                return None
        return from_info(name, {**answer, "size": answer["ContentLength"]}), data

    def stat(self, path: str, said: str, name: str) -> Stat | None:
        """Look at one object without reading it; None where none is."""
        with told(said, "read"):
            answer = self._head(path)
        return None if answer is None else from_info(name, {**answer, "size": answer["ContentLength"]})

    def ours(self, path: str, said: str) -> bool:
        """Whether mediaframe has written an object."""
        with told(said, "read"):
            return _token(self._head(path)) is not None

    async def _get(self, path: str, limit: int | None) -> tuple[dict[str, Any], bytes | None]:
        bucket, key = _split(path)
        answer = await self.files._call_s3("get_object", Bucket=bucket, Key=key)
        body, size = answer["Body"], answer["ContentLength"]
        try:
            if limit is not None and size > limit:
                return answer, None
            data = await body.read()
        finally:
            body.close()
        if len(data) != size:
            raise ConnectionResetError(errno.ECONNRESET, f"{len(data)} of {size} bytes came")
        return answer, data

    def _head(self, path: str) -> dict[str, Any] | None:
        bucket, key = _split(path)
        if not key:
            return None
        try:
            found: dict[str, Any] = self._call("head_object", Bucket=bucket, Key=key)
        except FileNotFoundError:
            return None
        return found

    def _found(self, root: str, prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """List by key, a page of 1,000 in memory at a time; `find` of s3fs would keep all of them."""
        bucket, key = _split(root)
        token: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Bucket=bucket, Prefix=_below(key, prefix), **token)
            for one in page.get("Contents", ()):
                if not one["Key"].endswith("/"):
                    yield f"{bucket}/{one['Key']}", {**one, "size": one["Size"]}
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    # ---- writing

    def refuses_second_put(self, put: Callable[[bytes], None]) -> bool:
        """Ask with two puts."""
        put(b"1")
        try:
            put(b"2")
        except StoreError as error:
            if error.code != "E_STORE_CONFLICT":
                raise
            return True
        return False

    def write(
        self,
        path: str,
        said: str,
        data: bytes | Path,
        *,
        replace: bool,
        media_type: str | None,
        cache_control: str | None,
        metadata: Mapping[str, str],
        logged: Logged | None = None,
    ) -> None:
        """Put an object whole; a lost answer is told from the object of a rival by a token in the metadata."""
        token = uuid.uuid4().hex
        given = {
            "ContentType": media_type,
            "CacheControl": cache_control,
            "Metadata": {**metadata, MARK: token},
        }
        bucket, key = _split(path)
        headers = {name: value for name, value in given.items() if value}
        put = Put(bucket, key, headers, {} if replace else {"IfNoneMatch": "*"}, token)
        with told(said, "write"):
            try:
                if (data.stat().st_size if isinstance(data, Path) else len(data)) > self.whole:
                    self._put_parts(put, path, data, logged or (lambda _name, _id: None))
                else:
                    self._put_whole(put, data.read_bytes() if isinstance(data, Path) else data)
            except Exception as error:
                if not refused_as_present(error):
                    raise
                if _token(self._head(path)) != token:
                    raise taken(said) from None

    def _put_whole(self, put: Put, data: bytes) -> None:
        self._summed(
            lambda sums: self._call(
                "put_object", Bucket=put.bucket, Key=put.key, Body=data, **put.headers, **put.condition, **sums
            ),
            data,
        )

    def _put_parts(self, put: Put, path: str, data: bytes | Path, logged: Logged) -> None:
        """Put in parts; what fails is aborted, and what is killed can be, by its log."""
        where = {"Bucket": put.bucket, "Key": put.key}
        logged(path, None)
        upload, sums = self._begin_parts(where, put.headers)
        try:
            logged(path, upload)
            parts = self._parts(where, upload, data, sums)
            try:
                self._call(
                    "complete_multipart_upload",
                    **where,
                    UploadId=upload,
                    MultipartUpload={"Parts": parts},
                    **put.condition,
                )
            except FileNotFoundError:
                # No such upload any more: our own first try had completed it, and its answer was lost.
                if _token(self._head(path)) != put.token:
                    raise
        except BaseException:
            self.abort(path, upload)
            logged(None, None)
            raise
        logged(None, None)

    def _begin_parts(self, where: Mapping[str, str], headers: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        """Give the id of an upload, and what each part is to be sent with."""
        begun: list[tuple[str, dict[str, str]]] = []

        def begin(sums: dict[str, str]) -> None:
            algorithm = {name: value for name, value in sums.items() if name == "ChecksumAlgorithm"}
            answer = self._call("create_multipart_upload", **where, **headers, **algorithm)
            begun.append((answer["UploadId"], algorithm))

        self._summed(begin, b"")
        return begun[-1]

    def _parts(
        self, where: Mapping[str, str], upload: str, data: bytes | Path, sums: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        size = data.stat().st_size if isinstance(data, Path) else len(data)
        length = max(self.part, -(-size // _PARTS))

        def one(number: int) -> dict[str, Any]:
            body = _piece(data, (number - 1) * length, min(length, size - (number - 1) * length))
            answer = self._call("upload_part", **where, UploadId=upload, PartNumber=number, Body=body, **sums)
            told_back = {name: value for name, value in answer.items() if name in _SUMS}
            return {"PartNumber": number, "ETag": answer["ETag"], **told_back}

        with ThreadPoolExecutor(_PARTS_AT_ONCE, thread_name_prefix="mediaframe-part") as pool:
            doing = [pool.submit(one, number) for number in range(1, -(-size // length) + 1)]
            try:
                return [done.result() for done in doing]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def remove(self, path: str, said: str) -> None:
        """Remove an object; nothing happens where none is."""
        bucket, key = _split(path)
        with told(said, "write"):
            try:
                self._call("delete_object", Bucket=bucket, Key=key)
            except FileNotFoundError:
                return

    def uploads(self, root: str) -> Iterator[tuple[str, str, Any]]:
        """Give path below the root, id and time of uploads in parts that nobody ended."""
        bucket, key = _split(root)
        token: dict[str, str] = {}
        while True:
            page = self._call("list_multipart_uploads", Bucket=bucket, Prefix=_below(key, ""), **token)
            for one in page.get("Uploads", ()):
                yield f"{bucket}/{one['Key']}"[len(root) :].lstrip("/"), one["UploadId"], one.get("Initiated")
            if not page.get("IsTruncated"):
                return
            token = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def abort(self, path: str, upload: str) -> None:
        """End an upload in parts that nobody will complete."""
        bucket, key = _split(path)
        try:
            self._call("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=upload)
        except FileNotFoundError:
            return

    def _summed(self, put: Callable[[dict[str, str]], Any], data: bytes) -> None:
        """Send the SHA-256 along, unless the store does not know it."""
        if self.sums:
            sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
            try:
                put({"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": sha256})
                return
            except Exception as error:
                if not _unknown(error):
                    raise
                self.sums = False
        put({})

    def _call(self, method: str, **given: Any) -> Any:
        return self.gate.call(lambda: self.files.call_s3(method, **given))


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.partition("/")
    return bucket, key


def _below(key: str, prefix: str) -> str:
    return f"{key}/{prefix}".lstrip("/")


def _piece(data: bytes | Path, start: int, length: int) -> bytes:
    if isinstance(data, bytes):
        return data[start : start + length]
    with data.open("rb") as file:
        file.seek(start)
        piece = file.read(length)
    if len(piece) != length:
        raise OSError(errno.EIO, f"{len(piece)} of {length} bytes were read; the file was changed meanwhile")
    return piece


def _token(head: Mapping[str, Any] | None) -> str | None:
    found = (head or {}).get("Metadata", {})
    return next((value for name, value in found.items() if name.lower().replace("_", "-") == MARK), None)


def _unknown(error: BaseException) -> bool:
    """Whether a store says that it does not know of sums; one that does not match is another thing."""
    response = getattr(error.__cause__ or error, "response", None)
    if not isinstance(response, dict):
        return False
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    said = response.get("Error", {})
    unknown = said.get("Code") in ("InvalidArgument", "InvalidRequest", "NotImplemented")
    return status == 501 or (unknown and "checksum" in str(said.get("Message")).lower())
