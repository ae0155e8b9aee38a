"""Listing: the files of a folder, a bucket or a pattern made into rows, batch by batch."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import polars as pl
from polars._typing import PolarsDataType

from mediaframe.errors import StoreError, UsageError
from mediaframe.model.media_type import by_name
from mediaframe.storage.connect import scheme
from mediaframe.storage.failures import told
from mediaframe.storage.local import open_regular
from mediaframe.storage.names import SYSTEM, is_url, local_path, local_uri, readable
from mediaframe.storage.reach import reach
from mediaframe.storage.redact import redact
from mediaframe.storage.retry import Requests
from mediaframe.storage.stat import Stat, from_info, from_os
from mediaframe.storage.walk import walk
from mediaframe.table.pattern import Pattern, is_pattern, split_pattern
from mediaframe.table.schema import LISTED, asset_id, schema

GUESSED: dict[str, PolarsDataType] = {"kind": pl.String(), "media_type": pl.String()}
"""What a name lets us guess."""


class Listing:
    """The files below a folder, of a pattern, or one file; local or at any url of fsspec.

    Rows come in the order of their names. Hidden files and folders are passed over unless asked for, so are
    links to folders, pipes, sockets, devices, and what mediaframe itself keeps in `_mediaframe/`.
    """

    def __init__(
        self,
        source: str | os.PathLike[str],
        *,
        storage_options: Mapping[str, Any] | None = None,
        hidden: bool = False,
        requests: Requests | None = None,
    ) -> None:
        text = os.fspath(source)
        if not text or "\0" in text:
            raise UsageError(f"scan({text!r}): expected a folder, a file, a pattern or a url")
        if "::" in text and is_url(text):
            raise UsageError(f"scan({redact(text)!r}): expected one url, got a chain")
        path = text if isinstance(source, os.PathLike) else local_path(text)
        self.unread: list[str] = []
        """Folders that could not be looked into, after the rows were read."""
        self._finder = _Local(path) if path is not None else _Remote(text, dict(storage_options or {}), requests)
        self._hidden = hidden

    @property
    def root(self) -> str:
        """The uri of the folder that paths are below of."""
        return self._finder.root

    @property
    def columns(self) -> dict[str, PolarsDataType]:
        """Names and types of the columns."""
        return {**schema(LISTED), **GUESSED}

    def describe(self) -> str:
        """Say in one line what is listed."""
        what = self._finder.single or self._finder.pattern
        return readable(redact(f"{self.root.rstrip('/')}/{what}" if what else self.root))

    def __repr__(self) -> str:
        return f"Listing({self.describe()!r})"

    def batches(self, size: int = 1024) -> Iterator[pl.DataFrame]:
        """Give the rows, so many at a time; each call lists anew."""
        self.unread = []
        found = self._finder.find(hidden=self._hidden, unread=self.unread)
        while batch := list(islice(found, size)):
            yield _frame(batch, self.columns)


class _Local:
    """A folder, file or pattern on the local disk."""

    def __init__(self, text: str) -> None:
        path = os.path.abspath(_home(text))
        self.single, self.pattern = "", ""
        if os.path.isdir(path):
            self.top = path
        elif os.path.lexists(path) or not is_pattern(text):
            with told(readable(path), "read"), open_regular(path):
                self.top, self.single = os.path.split(path)
        else:
            base, self.pattern = split_pattern(_home(text))
            self.top = os.path.abspath(base or ".")
            if not os.path.isdir(self.top):
                raise StoreError(f"{readable(self.top)}: no such folder", code="E_SOURCE_NOT_FOUND")
        self.root = local_uri(self.top)

    def find(self, *, hidden: bool, unread: list[str]) -> Iterator[tuple[str, Stat]]:
        if self.single:
            path = os.path.join(self.top, self.single)
            with told(readable(path), "read"):
                yield self.single, from_os(local_uri(path), os.stat(path))
            return
        pattern = Pattern(self.pattern or "**")

        def enter(folder: str) -> bool:
            return folder.rpartition("/")[2] != SYSTEM and pattern.may_hold(folder)

        def note(folder: str, error: OSError) -> None:
            unread.append(readable(f"{os.path.join(self.top, folder)}: {error.strerror}"))

        with told(readable(self.top), "read"):
            for entry in walk(self.top, hidden=hidden or pattern.hidden, enter=enter, unread=note):
                if pattern.matches(entry.path):
                    yield entry.path, from_os(local_uri(os.path.join(self.top, entry.path)), entry.stat)


class _Remote:
    """A prefix, object or pattern at a url."""

    def __init__(self, url: str, options: Mapping[str, Any], requests: Requests | None) -> None:
        self.single, self.pattern = "", ""
        web = scheme(url) in ("http", "https")
        with told(redact(url), "read"):
            self._access, path = reach(url, options, requests)
            files, call = self._access.files, self._access.gate.call
            pattern = not web and is_pattern(path) and not call(lambda: files.exists(path))
            if pattern:
                base, self.pattern = split_pattern(url)
                info = {"type": "directory"}
                self._access, path = reach(base, options, requests)
            else:
                base, info = url, call(lambda: files.info(path))
        if info["type"] == "directory" and web:
            raise UsageError(f"scan({redact(url)!r}): a web server has no folders; give a list of its files")
        self._below = path.rstrip("/")
        self.root = base.rstrip("/") if web else redact(base).rstrip("/")
        if info["type"] != "directory":
            self._info, self._uri = info, self.root
            self.single = self._below.rpartition("/")[2]
            self.root = self.root.rpartition("/")[0]

    def find(self, *, hidden: bool, unread: list[str]) -> Iterator[tuple[str, Stat]]:
        if self.single:
            yield self.single, from_info(self._uri, self._info)
            return
        pattern = Pattern(self.pattern or "**")
        literal = self.pattern.partition("/")[0] if self.pattern else ""
        prefix = literal[: next((at for at, one in enumerate(literal) if is_pattern(one)), len(literal))]
        for path, info in self._access.find(self._below, prefix, redact(self.root)):
            folders = path.split("/")
            if SYSTEM in folders[:-1] or not pattern.matches(path):
                continue
            if hidden or pattern.hidden or not any(part.startswith(".") for part in folders):
                yield path, from_info(f"{self.root}/{path}", info)


def _frame(found: Iterable[tuple[str, Stat]], columns: Mapping[str, PolarsDataType]) -> pl.DataFrame:
    rows = [
        (asset_id(stat.name), stat.name, *_names(path), stat.version, stat.bytes, stat.modified, *guess(path))
        for path, stat in found
    ]
    return pl.DataFrame(rows, schema=dict(columns), orient="row")


def guess(name: str) -> tuple[str | None, str | None]:
    """Give kind and media type as the name lets us guess."""
    found = by_name(name)
    return (found.kind, found.media_type) if found else (None, None)


def _names(path: str) -> tuple[str, str]:
    text = readable(path)
    return text, text.rpartition("/")[2]


def _home(text: str) -> str:
    return os.path.expanduser(text) if text == "~" or text.startswith("~/") else text
