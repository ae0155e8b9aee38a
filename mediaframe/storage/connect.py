"""Connections: a file system for a url, with caches off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsspec.core import url_to_fs

from mediaframe.errors import MissingError, UsageError
from mediaframe.storage.redact import redact, secret_options

OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "adl", "abfs", "abfss"})
_LISTING_CACHES = OBJECT_STORES | {"http", "https"}


def connect(url: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """Give a file system of fsspec for a url, and the path on it.

    It is a new one, not one of fsspec's shared ones: those keep listings that go stale and transactions
    that leak from thread to thread.
    """
    given = dict(options)
    if scheme(url) in _LISTING_CACHES and "::" not in url:
        given.setdefault("use_listings_cache", False)
    if "::" not in url:
        given["skip_instance_cache"] = True
    try:
        file_system, path = url_to_fs(url, **given)
    except ImportError as error:
        raise MissingError(f"{redact(url)}: {error}") from None
    except ValueError as error:
        raise UsageError(redact(f"{url}: {error}")) from None
    return file_system, path


def scheme(url: str) -> str:
    """Give the scheme of a url, in lower case."""
    return url.partition("://")[0].lower()


def may_travel(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the options back if they hold no literal secret; only then may they be pickled."""
    if secrets := secret_options(options):
        raise UsageError(
            f"storage_options with a literal secret ({', '.join(secrets)}) cannot be sent to another "
            "process; use a profile, the environment or a role there"
        )
    return options
