"""No secret outlives redaction."""

import pytest

from mediaframe.errors import StoreError
from mediaframe.storage.failures import told
from mediaframe.storage.redact import redact, secret_options

CANARY = "CANARY7f3"


@pytest.mark.parametrize(
    "text",
    [
        f"s3://KEY:{CANARY}@bucket/a.jpg",
        f"s3://KEY:{CANARY}/slash@bucket/a.jpg",
        f"https://user:{CANARY}@host/a.jpg",
        f"https://h/a.jpg?X-Amz-Signature={CANARY}&X-Amz-Credential={CANARY}",
        f"https://h/a.jpg?sv=1&sig={CANARY}",
        f"403, url='https://h/a.jpg?token={CANARY}'",
        f"FTP://u:{CANARY}@h/x",
        f"Authorization: Bearer {CANARY}",
        f"{{'authorization': 'Basic {CANARY}', 'x': 1}}",
        f"Cookie: session={CANARY}; other={CANARY}",
        f"token={CANARY}",
        f"storage_options={{'secret': '{CANARY}', 'key': \"{CANARY}\"}}",
        f"aws_secret_access_key = {CANARY}",
        f"X-Amz-Security-Token: {CANARY}",
        f"password:{CANARY} and api_key={CANARY}",
        f"simplecache::https://u:{CANARY}@h/a?token={CANARY}",
        f"AccountKey={CANARY};EndpointSuffix=core",
    ],
)
def test_a_secret_goes(text):
    assert CANARY not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "/photos/what?.jpg",
        "/photos/user@home/a.jpg",
        "s3://bucket/monkey=1/a.jpg",
        "s3://bucket/keys/a@2x.jpg",
        "memory://shop/a?b.jpg",
        "file:///photos/100%25.jpg",
        "412 Mpx is over the limit of 100 Mpx",
        "https://host:8080/a.jpg",
    ],
)
def test_what_is_no_secret_stays(text):
    assert redact(text) == text


def test_redacting_twice_changes_nothing():
    once = redact(f"https://u:p@h/a?token={CANARY}, key={CANARY}")

    assert redact(once) == once


def test_options_with_literal_secrets_are_named():
    options = {
        "key": "a",
        "secret": "b",
        "anon": False,
        "profile": "p",
        "client_kwargs": {"headers": {"a": 1}},
    }

    assert secret_options(options) == ["client_kwargs.headers", "key", "secret"]


def test_a_failure_says_no_secret_and_hides_its_cause():
    with pytest.raises(StoreError) as caught, told("https://h/a", "read"):
        raise OSError(f"GET https://h/a?sig={CANARY} failed")

    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_failure_without_secrets_keeps_its_cause():
    with pytest.raises(StoreError) as caught, told("/a", "read"):
        raise FileNotFoundError(2, "No such file")

    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_bug_stays_a_bug():
    with pytest.raises(TypeError), told("/a", "read"):
        raise TypeError("mine")
