"""Stat: what a store says of one object without reading it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Stat:
    """What a store says of one object.

    `version` is the ETag where the store has one, else size and time of change: another version, another
    content.
    """

    name: str
    bytes: int
    version: str
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Leftover:
    """What a killed writer left: a temporary file, or an upload in parts (then with an id)."""

    name: str
    upload: str | None
    modified: datetime | None


def from_os(name: str, found: os.stat_result) -> Stat:
    """Give the Stat of a local file."""
    seconds, nanoseconds = divmod(found.st_mtime_ns, 1_000_000_000)
    modified = _moment(seconds)
    modified = modified and modified.replace(microsecond=nanoseconds // 1000)
    return Stat(name, found.st_size, f"{found.st_size}-{found.st_mtime_ns}", modified)


def from_info(name: str, info: Mapping[str, Any]) -> Stat:
    """Give the Stat of an fsspec `info`; file systems spell their facts differently."""
    size = int(info.get("size") or 0)
    modified = _time(_first(info, "LastModified", "last_modified", "updated", "mtime", "modified", "created"))
    tag = _first(info, "ETag", "etag", "content_md5", "md5Hash")
    if tag:
        return Stat(name, size, str(tag).strip('"'), modified)
    stamp = f"{int(modified.timestamp() * 1_000_000) * 1000}" if modified else ""
    return Stat(name, size, f"{size}-{stamp}", modified)


def _first(info: Mapping[str, Any], *names: str) -> Any:
    return next((info[name] for name in names if info.get(name)), None)


def _moment(seconds: float) -> datetime | None:
    """Give a time, or None where no table can hold it: disks know years after 9999, and before 1."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _time(value: Any) -> datetime | None:
    if isinstance(value, int | float):
        return _moment(value)
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
