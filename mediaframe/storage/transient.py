"""Transient: which failures of a store may pass by themselves, and how long it asks us to wait."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_THROTTLED = frozenset({429, 503})
_THROTTLES = frozenset({"SlowDown", "Throttling", "ThrottlingException", "TooManyRequests", "RequestLimitExceeded"})
_CODES = _THROTTLES | {
    "BadDigest",  # What arrived is not what was sent; the request carries the right sum.
    "ConditionalRequestConflict",  # 409: another conditional write was under way; only now it can be told who won.
    "InternalError",
    "OperationAborted",
    "RequestTimeout",
    "ServiceUnavailable",
    "XAmzContentSHA256Mismatch",
}
_NUMBERS = frozenset(
    {
        errno.ECONNABORTED,
        errno.ECONNREFUSED,
        errno.ECONNRESET,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.EPIPE,
        errno.ETIMEDOUT,
    }
)
# Clients of stores share no base class, and importing them all to ask would cost a second; so these go by name.
_NAMES = frozenset(
    {
        "ClientConnectionError",
        "ClientPayloadError",
        "ConnectionError",
        "FSTimeoutError",
        "FlexibleChecksumError",
        "HTTPClientError",
        "IncompleteRead",
        "IncompleteReadError",
        "ResponseParserError",
        "ServiceRequestError",
        "ServiceResponseError",
        "TransportError",
    }
)
_LASTING = frozenset({"ClientSSLError", "InvalidURL", "NameResolutionError", "SSLCertVerificationError", "SSLError"})


@dataclass(frozen=True, slots=True)
class Transient:
    """A failure that may pass."""

    after: float = 0.0
    """Seconds that the store asks us to wait."""
    throttled: bool = False
    """Whether the store says that it is asked too much."""


def transient(error: BaseException) -> Transient | None:
    """Say whether a failure may pass by itself; None where asking again would give the same.

    >>> transient(ConnectionResetError()), transient(PermissionError())
    (Transient(after=0.0, throttled=False), None)
    """
    for one in _chain(error):
        status, code, headers = _answer(one)
        if status is not None or code:
            if status in _STATUS or code in _CODES:
                throttled = status in _THROTTLED or code in _THROTTLES
                return Transient(retry_after(headers), throttled)
            return None
        if _passes(one):
            return Transient()
    return None


def retry_after(headers: Mapping[str, Any]) -> float:
    """Read how many seconds a store asks to wait; 0 where it does not ask.

    >>> retry_after({"retry-after": "3"}), retry_after({})
    (3.0, 0.0)
    """
    value = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        due = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, (due.replace(tzinfo=due.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give what was raised and what it came from."""
    seen = 0
    found: BaseException | None = error
    while found is not None and seen < 5:
        yield found
        found, seen = found.__cause__, seen + 1


def _answer(error: BaseException) -> tuple[int | None, str, Mapping[str, Any]]:
    """Give status, code and headers of an answer that an error tells of."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        facts = response.get("ResponseMetadata", {})
        return (
            facts.get("HTTPStatusCode"),
            str(response.get("Error", {}).get("Code") or ""),
            facts.get("HTTPHeaders", {}),
        )
    status = getattr(error, "status", getattr(error, "status_code", None))
    if isinstance(status, int) and 100 <= status < 600:
        return status, "", getattr(error, "headers", None) or {}
    return None, "", {}


def _passes(error: BaseException) -> bool:
    names = {one.__name__ for one in type(error).__mro__}
    if names & _LASTING:
        return False
    if isinstance(error, TimeoutError | ConnectionError | EOFError) or names & _NAMES:
        return True
    return isinstance(error, OSError) and error.errno in _NUMBERS
