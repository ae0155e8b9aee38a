"""Connections: a file system for a url, with caches off and without retries of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fsspec.core import url_to_fs

from mediaframe.errors import MissingError, UsageError
from mediaframe.storage.connections import resolve
from mediaframe.storage.redact import redact, secret_options

S3 = frozenset({"s3", "s3a"})
OBJECT_STORES = S3 | {"gs", "gcs", "az", "adl", "abfs", "abfss"}
_LISTING_CACHES = OBJECT_STORES | {"http", "https"}


def connect(url: str, options: Mapping[str, Any], concurrency: int = 32) -> tuple[Any, str]:
    """Give a file system of fsspec for a url, and the path on it.

    It is a new one, not one of fsspec's shared ones: those keep listings that go stale and transactions
    that leak from thread to thread.
    """
    given = resolve(options)
    if scheme(url) in _LISTING_CACHES and "::" not in url:
        given.setdefault("use_listings_cache", False)
    if scheme(url) in S3:
        given["config_kwargs"] = _once(given.get("config_kwargs"), concurrency)
    if "::" not in url:
        given["skip_instance_cache"] = True
    try:
        file_system, path = url_to_fs(url, **given)
    except ImportError as error:
        raise MissingError(f"{redact(url)}: {error}") from None
    except ValueError as error:
        raise UsageError(redact(f"{url}: {error}")) from None
    if scheme(url) in S3:
        file_system.retries = 1
    return file_system, path


def scheme(url: str) -> str:
    """Give the scheme of a url, in lower case."""
    return url.partition("://")[0].lower()


def may_travel(options: Mapping[str, Any], *, ship_secrets: bool = False) -> Mapping[str, Any]:
    """Give the options back if they hold no literal secret, or may; only then may they be pickled."""
    if not ship_secrets and (secrets := secret_options(options)):
        raise UsageError(
            f"storage_options with a literal secret ({', '.join(secrets)}) cannot be sent to another "
            'process; name a connection there, {"connection": "acme"}, or use a profile, the environment or a role'
        )
    return options


def _once(config: Mapping[str, Any] | None, concurrency: int) -> dict[str, Any]:
    """Have botocore send a request once: retries of two layers multiply."""
    given = dict(config or {})
    given["retries"] = {"total_max_attempts": 1, "mode": "standard"}
    given["max_pool_connections"] = max(concurrency, given.get("max_pool_connections", 10))
    return given
