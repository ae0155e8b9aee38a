"""Failures: what a file system raised, told as a StoreError with a code of the table."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from mediaframe.errors import MediaframeError, StoreError
from mediaframe.storage.redact import redact

Doing = Literal["read", "write"]

_LONGEST = 500

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NAME = {errno.ENAMETOOLONG, errno.EILSEQ}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}

# Clients of stores have no common base class for "who are you?", so these go by name.
_AUTH_NAMES = {
    "ClientAuthenticationError",
    "DefaultCredentialsError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "RefreshError",
    "SSOTokenLoadError",
    "TokenRetrievalError",
    "UnauthorizedSSOTokenError",
}
_BUGS = (TypeError, AttributeError, NameError, AssertionError, MemoryError, NotImplementedError)


@contextmanager
def told(what: str, doing: Doing) -> Iterator[None]:
    """Turn whatever a file system raises in here into a StoreError about `what`, without secrets."""
    try:
        yield
    except (MediaframeError, *_BUGS):
        raise
    except Exception as error:  # noqa: BLE001 - clients of stores share no base class; all of it is raised
        text = str(error)
        # A cause is printed with the traceback, where redaction does not reach.
        raise store_error(error, what, doing) from (error if redact(text) == text else None)


def store_error(error: BaseException, what: str, doing: Doing) -> StoreError:
    """Give the StoreError for what a file system raised.

    >>> store_error(FileNotFoundError(2, "No such file"), "/a.jpg", "read").code
    'E_SOURCE_NOT_FOUND'
    """
    detail = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    # Some clients quote the whole answer of a server. Half a secret may not look like one, so it is cut last.
    text = f"{redact(what)}: {redact(detail)[:_LONGEST] or type(error).__name__}"
    return StoreError(text, code=_code(error, doing))


def refused_as_present(error: BaseException) -> bool:
    """Whether a put-if-absent was refused since something stands there."""
    if isinstance(error, FileExistsError):
        return True
    response = getattr(error.__cause__ or error, "response", None)
    if not isinstance(response, dict):
        return False
    status: object = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == 412 or str(response.get("Error", {}).get("Code")) == "PreconditionFailed"


def is_missing(error: FileNotFoundError) -> bool:
    """Whether nothing is there, in truth; fsspec says so too of a web server that does not answer."""
    cause = error.__cause__
    if isinstance(cause, FileNotFoundError) or hasattr(cause, "response"):
        return True
    if (status := getattr(cause, "status", None)) is not None:
        return status in (404, 410)
    return not (isinstance(cause, OSError) or type(cause).__module__.startswith("aiohttp"))


def _code(error: BaseException, doing: Doing) -> str:
    if isinstance(error, FileNotFoundError) and not is_missing(error) and error.__cause__ is not None:
        error = error.__cause__
    number = error.errno if isinstance(error, OSError) else None
    status = getattr(error, "status", None)
    if number in _FULL:
        return "E_STORE_FULL"
    if number in _NAME or isinstance(error, UnicodeError):
        return "E_NAME_INVALID" if doing == "write" else "E_SOURCE_NOT_FOUND"
    if (
        number in _DENIED
        or status in (401, 403)
        or isinstance(error, PermissionError)
        or type(error).__name__ in _AUTH_NAMES
    ):
        return "E_STORE_AUTH" if doing == "write" else "E_SOURCE_DENIED"
    if doing == "read" and (number in _MISSING or status in (404, 410) or isinstance(error, FileNotFoundError)):
        return "E_SOURCE_NOT_FOUND"
    if isinstance(error, FileExistsError | IsADirectoryError | NotADirectoryError):
        return "E_STORE_CONFLICT" if doing == "write" else "E_UNSUPPORTED_FORMAT"
    return "E_STORE_UNAVAILABLE" if doing == "write" else "E_SOURCE_UNAVAILABLE"
