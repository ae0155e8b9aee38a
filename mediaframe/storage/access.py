"""Access: a file system of fsspec asked through a gate; whole objects read, listed, and put if absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from mediaframe.errors import MediaframeError, StoreError
from mediaframe.storage.failures import is_missing, refused_as_present, store_error, told
from mediaframe.storage.retry import Gate
from mediaframe.storage.stat import Stat, from_info

T = TypeVar("T")

Headers = dict[str, Any]


class Access:
    """Any file system of fsspec; paths are its own, `said` is how a place is called in messages."""

    def __init__(self, files: Any, gate: Gate, scheme: str) -> None:
        self.files, self.gate, self.scheme = files, gate, scheme

    # ---- reading

    def read(self, path: str, said: str) -> bytes:
        """Read all bytes."""
        with told(said, "read"):
            return self.gate.call(lambda: bytes(self.files.cat_file(path)))

    def read_range(self, path: str, said: str, start: int, length: int) -> bytes:
        """Read bytes in the one request that this takes; fewer, or none, where the object ends before."""
        if length <= 0:
            return b""
        try:
            return self.gate.call(lambda: self._range(path, start, length))
        except Exception as error:  # noqa: BLE001 - as in failures.py; raised below
            # A range that begins at or after the end is refused by stores; so is any range of an empty object.
            found = None if isinstance(error, FileNotFoundError | PermissionError) else self._sized(path, said)
            if found is not None and found.bytes <= start:
                return b""
            raise store_error(error, said, "read") from None

    def fetch(self, path: str, said: str, name: str, limit: int) -> tuple[Stat, bytes | None] | None:
        """Look at an object and read it, unless it has more bytes than the limit; None where none is."""
        stat = self.stat(path, said, name)
        if stat is None or stat.bytes > limit:
            return None if stat is None else (stat, None)
        return stat, self.read_range(path, said, 0, limit + 1)

    def stat(self, path: str, said: str, name: str) -> Stat | None:
        """Look at one object without reading it; None where none is."""
        with told(said, "read"):
            try:
                info = self.gate.call(lambda: self.files.info(path))
            except FileNotFoundError as error:
                if is_missing(error):
                    return None
                raise
        return None if info.get("type") == "directory" else from_info(name, info)

    def find(self, root: str, prefix: str, said: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Give path below the root and facts of all objects whose path begins with the prefix, lazily."""
        with told(said, "read"):
            for path, info in self._found(root, prefix):
                below = path[len(root) :].lstrip("/")
                if below.startswith(prefix):
                    yield below, info

    def _range(self, path: str, start: int, length: int) -> bytes:
        return bytes(self.files.cat_file(path, start=start, end=start + length))[:length]

    def _sized(self, path: str, said: str) -> Stat | None:
        try:
            return self.stat(path, said, path)
        except MediaframeError:
            return None

    def _found(self, root: str, prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Walk folder by folder."""
        top = f"{root}/{prefix.rpartition('/')[0]}".rstrip("/") if "/" in prefix else root
        self.files.invalidate_cache()
        stack = [iter([{"name": top, "type": "directory"}])]
        while stack:
            info = next(stack[-1], None)
            if info is None:
                stack.pop()
            elif info["type"] == "directory":
                stack.append(iter(self._inside(info["name"])))
            else:
                yield info["name"], info

    def _inside(self, folder: str) -> list[dict[str, Any]]:
        try:
            found = self.gate.call(lambda: self.files.ls(folder, detail=True))
        except FileNotFoundError:
            return []
        # A folder that lists itself would never end.
        return sorted(
            (one for one in found if one["name"].rstrip("/") != folder.rstrip("/")),
            key=lambda one: str(one["name"]),
        )

    # ---- writing

    def refuses_second_put(self, put: Callable[[bytes], None]) -> bool:
        """Whether the second of two writers of one name is refused by the store; only S3 is asked."""
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
    ) -> None:
        """Put an object whole."""
        headers = self._headers(media_type, cache_control, metadata)
        mode = "overwrite" if replace else "create"
        tries = _Count()

        def put() -> None:
            if isinstance(data, Path):
                self.files.put_file(str(data), path, mode=mode, **headers)
            else:
                self.files.pipe_file(path, data, mode=mode, **headers)

        with told(said, "write"):
            try:
                self.gate.call(put, tries=tries)
            except Exception as error:
                if not refused_as_present(error):
                    raise
                # The answer to our own first try can be lost; the second then meets its own object.
                if not (tries.count and self._holds(path, data)):
                    raise taken(said) from None

    def remove(self, path: str, said: str) -> None:
        """Remove an object; nothing happens where none is."""
        with told(said, "write"):
            try:
                self.gate.call(lambda: self.files.rm_file(path))
            except FileNotFoundError:
                return

    def uploads(self, root: str) -> Iterator[tuple[str, str, Any]]:
        """Give path below the root, id and time of uploads in parts that nobody ended; only S3 has them."""
        return iter(())

    def abort(self, path: str, upload: str) -> None:
        """End an upload in parts that nobody will complete."""

    def ours(self, path: str, said: str) -> bool:
        """Whether the store itself tells that mediaframe has written an object."""
        return False

    def _headers(self, media_type: str | None, cache_control: str | None, metadata: Mapping[str, str]) -> Headers:
        if self.scheme not in ("gs", "gcs"):
            return {}
        given: Headers = {"content_type": media_type, "metadata": dict(metadata)}
        if cache_control:
            given["fixed_key_metadata"] = {"cache_control": cache_control}
        return {name: value for name, value in given.items() if value}

    def _holds(self, path: str, data: bytes | Path) -> bool:
        found = bytes(self.gate.call(lambda: self.files.cat_file(path)))
        return found == (data.read_bytes() if isinstance(data, Path) else data)


def taken(said: str) -> StoreError:
    """Give the error that tells that a name is taken."""
    return StoreError(f"{said}: something stands under this name", code="E_STORE_CONFLICT")


class _Count:
    """Counts how often a request was sent again."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
