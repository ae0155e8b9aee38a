"""What a file system raises becomes one code of the table."""

import errno

import pytest

from mediaframe.storage.failures import store_error


class ClientError(Exception):
    response = {"Error": {"Code": "NoSuchKey"}}  # noqa: RUF012


class ClientResponseError(Exception):
    def __init__(self, status):
        self.status = status


class NoCredentialsError(Exception):
    pass


def because(cause):
    error = FileNotFoundError("https://h/a.jpg")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "read", "write"),
    [
        (FileNotFoundError(2, "no"), "E_SOURCE_NOT_FOUND", "E_STORE_UNAVAILABLE"),
        (because(ClientError()), "E_SOURCE_NOT_FOUND", "E_STORE_UNAVAILABLE"),
        (because(ClientResponseError(404)), "E_SOURCE_NOT_FOUND", "E_STORE_UNAVAILABLE"),
        (because(ClientResponseError(403)), "E_SOURCE_DENIED", "E_STORE_AUTH"),
        (because(ClientResponseError(503)), "E_SOURCE_UNAVAILABLE", "E_STORE_UNAVAILABLE"),
        (because(ConnectionResetError(104, "reset")), "E_SOURCE_UNAVAILABLE", "E_STORE_UNAVAILABLE"),
        (PermissionError("denied"), "E_SOURCE_DENIED", "E_STORE_AUTH"),
        (OSError(errno.EROFS, "read-only"), "E_SOURCE_DENIED", "E_STORE_AUTH"),
        (NoCredentialsError(), "E_SOURCE_DENIED", "E_STORE_AUTH"),
        (OSError(errno.ENOSPC, "full"), "E_STORE_FULL", "E_STORE_FULL"),
        (OSError(errno.ENAMETOOLONG, "long"), "E_SOURCE_NOT_FOUND", "E_NAME_INVALID"),
        (IsADirectoryError(21, "dir"), "E_UNSUPPORTED_FORMAT", "E_STORE_CONFLICT"),
        (TimeoutError(), "E_SOURCE_UNAVAILABLE", "E_STORE_UNAVAILABLE"),
        (OSError(errno.EIO, "io"), "E_SOURCE_UNAVAILABLE", "E_STORE_UNAVAILABLE"),
    ],
)
def test_each_failure_has_its_code(error, read, write):
    assert store_error(error, "/a", "read").code == read
    assert store_error(error, "/a", "write").code == write


def test_an_answer_that_is_quoted_whole_is_cut():
    assert len(store_error(OSError("x" * 100_000), "s3://shop/a", "read").message) < 600
