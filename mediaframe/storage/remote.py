"""Any other file system of fsspec as a store: whole objects, put if absent where the store can do that."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mediaframe.errors import MediaframeError, StoreError
from mediaframe.storage.connect import connect, scheme
from mediaframe.storage.failures import is_missing, refused_as_present, store_error, told
from mediaframe.storage.names import SYSTEM
from mediaframe.storage.redact import redact
from mediaframe.storage.stat import Stat, from_info

_S3 = frozenset({"s3", "s3a"})


class RemotePlace:
    """A prefix on a file system of fsspec; see `Store` for what its methods promise."""

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.url = redact(url).rstrip("/")
        self.scheme = scheme(url)
        with told(redact(url), "read"):
            self.files, path = connect(url, options)
        self.root = path.rstrip("/")
        self._single_writer: bool | None = None

    @property
    def single_writer(self) -> bool:
        """Whether the store cannot refuse a second writer by itself; asks it with two puts, once."""
        if self._single_writer is None:
            self._single_writer = self.scheme not in _S3 or not self._refuses_second_put()
        return self._single_writer

    def uri(self, name: str) -> str:
        """Where an object is."""
        return f"{self.url}/{name}"

    def read(self, name: str) -> bytes:
        """Read all bytes."""
        with told(self.uri(name), "read"):
            return bytes(self.files.cat_file(self._path(name)))

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Read some bytes; fewer where the object ends before."""
        return ranged(self.files, self._path(name), self.uri(name), start, length)

    def stat(self, name: str) -> Stat | None:
        """Look without reading; None where no object is."""
        return looked_up(self.files, self._path(name), self.uri(name), name)

    def list(self, prefix: str) -> Iterator[Stat]:
        """List objects; by key where the store lists by key, else folder by folder."""
        for path, info in infos(self.files, self.root, prefix, self.url, self.scheme):
            yield from_info(path, info)

    def write(
        self,
        name: str,
        data: bytes | Path,
        *,
        replace: bool,
        durable: bool,
        media_type: str | None,
        cache_control: str | None,
        metadata: dict[str, str] | None,
    ) -> None:
        """Put an object; what a store has answered is durable."""
        token = uuid.uuid4().hex
        kinds = self._headers(media_type, cache_control, {**(metadata or {}), "mf-write": token})
        mode = "overwrite" if replace else "create"
        path = self._path(name)
        with told(self.uri(name), "write"):
            try:
                if isinstance(data, Path):
                    self.files.put_file(str(data), path, mode=mode, **kinds)
                else:
                    self.files.pipe_file(path, data, mode=mode, **kinds)
            except Exception as error:
                if not refused_as_present(error):
                    raise
                # The answer to our own first try can be lost; the second then meets its own object.
                if self._token(path) != token:
                    raise StoreError(
                        f"{self.uri(name)}: something stands under this name", code="E_STORE_CONFLICT"
                    ) from None

    def remove(self, name: str) -> None:
        """Remove an object; nothing happens where none is."""
        with told(self.uri(name), "write"):
            try:
                self.files.rm_file(self._path(name))
            except FileNotFoundError:
                return

    def settle(self) -> None:
        """Nothing to do: what a store has answered is durable."""

    def sweep(self, older_than: float) -> int:
        """Nothing to do: there are no temporary objects."""
        return 0

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}"

    def _headers(self, media_type: str | None, cache_control: str | None, metadata: dict[str, str]) -> dict[str, Any]:
        if self.scheme in _S3:
            given = {"ContentType": media_type, "CacheControl": cache_control, "Metadata": metadata}
        elif self.scheme in ("gs", "gcs"):
            given = {"content_type": media_type, "metadata": metadata}
            if cache_control:
                given["fixed_key_metadata"] = {"cache_control": cache_control}
        else:
            given = {}
        return {name: value for name, value in given.items() if value}

    def _token(self, path: str) -> str | None:
        if self.scheme not in _S3:
            return None
        found = self.files.metadata(path, refresh=True)
        return next((value for name, value in found.items() if name.lower().replace("_", "-") == "mf-write"), None)

    def _refuses_second_put(self) -> bool:
        name = f"{SYSTEM}/probe-{uuid.uuid4().hex}"
        plain: dict[str, Any] = {"durable": True, "media_type": None, "cache_control": None, "metadata": None}
        self.write(name, b"1", replace=False, **plain)
        try:
            self.write(name, b"2", replace=False, **plain)
        except StoreError as error:
            if error.code != "E_STORE_CONFLICT":
                raise
            return True
        finally:
            self.remove(name)
        return False


def ranged(files: Any, path: str, said: str, start: int, length: int) -> bytes:
    """Read bytes in the one request that this takes; fewer, or none, where the object ends before."""
    if length <= 0:
        return b""
    try:
        return bytes(files.cat_file(path, start=start, end=start + length))[:length]
    except Exception as error:  # noqa: BLE001 - as in failures.py; raised below
        # A range that begins at or after the end is refused by stores; so is any range of an empty object.
        found = None if isinstance(error, FileNotFoundError | PermissionError) else _sized(files, path, said)
        if found is not None and found.bytes <= start:
            return b""
        raise store_error(error, said, "read") from None


def looked_up(files: Any, path: str, said: str, name: str) -> Stat | None:
    """Look at one object without reading it; None where none is."""
    with told(said, "read"):
        try:
            info = files.info(path)
        except FileNotFoundError as error:
            if is_missing(error):
                return None
            raise
    return None if info.get("type") == "directory" else from_info(name, info)


def infos(files: Any, root: str, prefix: str, said: str, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give path below the root and facts of all objects whose path begins with the prefix, lazily."""
    top = f"{root}/{prefix.rpartition('/')[0]}".rstrip("/") if "/" in prefix else root
    with told(said, "read"):
        found = _pages(files, root, prefix) if kind in _S3 else _folders(files, top)
        for path, info in found:
            below = path[len(root) :].lstrip("/")
            if below.startswith(prefix):
                yield below, info


def _pages(files: Any, root: str, prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """List S3 by key, a page of 1,000 in memory at a time; `find` would keep all of them."""
    bucket, _, key = root.partition("/")
    token: dict[str, str] = {}
    while True:
        page = files.call_s3("list_objects_v2", Bucket=bucket, Prefix=f"{key}/{prefix}".lstrip("/"), **token)
        for one in page.get("Contents", ()):
            if not one["Key"].endswith("/"):
                yield f"{bucket}/{one['Key']}", {**one, "size": one["Size"]}
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


def _folders(files: Any, top: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    files.invalidate_cache()
    stack = [iter([{"name": top, "type": "directory"}])]
    while stack:
        info = next(stack[-1], None)
        if info is None:
            stack.pop()
        elif info["type"] == "directory":
            stack.append(iter(_inside(files, info["name"])))
        else:
            yield info["name"], info


def _inside(files: Any, folder: str) -> list[dict[str, Any]]:
    try:
        found = files.ls(folder, detail=True)
    except FileNotFoundError:
        return []
    # A folder that lists itself would never end.
    return sorted(
        (one for one in found if one["name"].rstrip("/") != folder.rstrip("/")),
        key=lambda one: str(one["name"]),
    )


def _sized(files: Any, path: str, said: str) -> Stat | None:
    try:
        return looked_up(files, path, said, path)
    except MediaframeError:
        return None
