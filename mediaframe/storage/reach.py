"""Reach: the access to a url, each kind of store with its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediaframe.storage.access import Access
from mediaframe.storage.connect import S3, connect, scheme
from mediaframe.storage.retry import Gate, Requests
from mediaframe.storage.s3 import S3Access


def reach(url: str, options: Mapping[str, Any], requests: Requests | None = None) -> tuple[Access, str]:
    """Give the access to a url, and the path there."""
    gate = Gate(requests)
    files, path = connect(url, options, gate.requests.concurrency)
    kind = scheme(url)
    return (S3Access if kind in S3 else Access)(files, gate, kind), path
