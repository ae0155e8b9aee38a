"""What S3 is asked, and how often; uploads in parts; listings that are long."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest

import mediaframe as mf
from mediaframe.errors import StoreError, UsageError
from mediaframe.storage.s3 import S3Access
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from tests.run.media import pictures
from tests.storage.conftest import SECRET, options

Stub = Callable[..., dict[str, Any]]


@pytest.fixture
def store(moto: str) -> Store:
    return Store.open(f"s3://shop/{uuid.uuid4().hex}", options(moto))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(S3Access, "whole", 6 << 20)
    monkeypatch.setattr(S3Access, "part", 5 << 20)


def client(moto: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=moto, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )


def key(store: Store, name: str) -> str:
    return f"{store.url.removeprefix('s3://shop/')}/{name}"


def counts(given: dict[str, Any]) -> dict[str, int]:
    with urllib.request.urlopen(f"{given['endpoint_url']}/-/counts") as answer:
        found: dict[str, int] = json.load(answer)
    return found


def test_an_object_carries_what_it_is_told(store: Store, moto: str) -> None:
    store.write("a.webp", b"RIFF", media_type="image/webp", cache_control="max-age=60", metadata={"shop": "acme"})

    head = client(moto).head_object(Bucket="shop", Key=key(store, "a.webp"), ChecksumMode="ENABLED")

    assert (head["ContentType"], head["CacheControl"], head["Metadata"]["shop"]) == (
        "image/webp",
        "max-age=60",
        "acme",
    )
    assert head["ChecksumSHA256"]


def test_results_carry_type_caching_and_words_of_the_user(store: Store, moto: str, tmp_path: Path) -> None:
    frame = mf.scan(pictures(tmp_path / "in", 1, 48, 32)).with_columns(small=mf.image.resize(16).webp())

    frame.export(
        store.url, slots=1, cache_control="max-age=60", metadata={"shop": "acme"}, storage_options=options(moto)
    )

    head = client(moto).head_object(Bucket="shop", Key=key(store, "small/000.webp"))
    assert (head["ContentType"], head["CacheControl"], head["Metadata"]["shop"]) == (
        "image/webp",
        "max-age=60",
        "acme",
    )
    with pytest.raises(UsageError, match="metadata"):
        frame.export(store.url, metadata={"Shop": "é"})


def test_each_thing_takes_one_request(stub: Stub) -> None:
    given = stub()
    store = Store.open("s3://shop/out", given)

    store.write("a", b"1" * 100)
    store.read("a")
    Sources(given).fetch(store.uri("a"), 1000)
    store.stat("a")
    store.stat("nothing")
    store.remove("a")

    assert counts(given) == {"PUT": 1, "GET": 2, "HEAD": 2, "DELETE": 1}


def test_a_source_over_the_limit_is_not_read(stub: Stub) -> None:
    given = stub()
    Store.open("s3://shop/in", given).write("a", b"1" * 100)

    found = Sources(given).fetch("s3://shop/in/a", 99)

    assert found is not None
    assert (found[0].bytes, found[1]) == (100, None)
    assert Sources(given).fetch("s3://shop/in/b", 99) is None


def test_a_large_object_goes_in_parts_and_is_whole(store: Store, moto: str, small_parts: None, tmp_path: Path) -> None:
    data = bytes(range(256)) * 50_000
    source = tmp_path / "large"
    source.write_bytes(data)

    store.write("bytes", data, media_type="video/mp4")
    store.write("file", source)

    assert store.read("bytes") == store.read("file") == data
    head = client(moto).head_object(Bucket="shop", Key=key(store, "bytes"))
    assert head["ContentType"] == "video/mp4"
    assert head["ETag"].endswith('-3"')
    assert store._place.access.sums  # type: ignore[union-attr]
    assert [one.name for one in store.list()] == ["bytes", "file"]
    with pytest.raises(StoreError) as caught:
        store.write("bytes", data)
    assert caught.value.code == "E_STORE_CONFLICT"
    assert not list(store.leftovers())


def test_an_upload_that_fails_is_aborted(store: Store, small_parts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    real, failed = S3Access._call, []

    def failing(self: S3Access, method: str, **given: Any) -> Any:
        if method == "upload_part" and given["PartNumber"] == 2:
            failed.append(list(store.leftovers()))
            raise PermissionError("no")
        return real(self, method, **given)

    monkeypatch.setattr(S3Access, "_call", failing)

    with pytest.raises(StoreError, match="no"):
        store.write("large", b"1" * (11 << 20))

    assert len(failed[0]) == 1
    assert not list(store.leftovers())
    assert not list(store.list())
    assert store.sweep(older_than=0) == 0


KILLED = """
import json, os, sys
from mediaframe.storage.s3 import S3Access
from mediaframe.storage.store import Store
S3Access.whole, S3Access.part = 6 << 20, 5 << 20
real = S3Access._call
def dying(self, method, **given):
    if method == sys.argv[3]:
        os._exit(9)
    return real(self, method, **given)
S3Access._call = dying
Store.open(sys.argv[1], json.loads(sys.argv[2])).write("large", b"1" * (11 << 20))
"""


@pytest.mark.parametrize("moment", ["upload_part", "complete_multipart_upload"])
def test_the_upload_of_a_killed_writer_is_aborted_by_the_next(store: Store, moto: str, moment: str) -> None:
    words = [sys.executable, "-c", KILLED, store.url, json.dumps(options(moto)), moment]

    assert subprocess.run(words, check=False).returncode == 9

    assert [one.name for one in store.leftovers()] == ["large"]
    assert store.sweep(older_than=0) == 1
    assert not list(store.leftovers())
    assert store.sweep(older_than=0) == 0


def listed(store: Store) -> int:
    return sum(1 for _ in store.list())


MEMORY = """
import json, resource, sys
from mediaframe.storage.store import Store
store = Store.open("s3://many", json.loads(sys.argv[1]))
first, count = 0, 0
for count, stat in enumerate(store.list(), 1):
    if count == 3000:
        first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - first
print(count, stat.name, grown)
"""


@pytest.mark.parametrize("keys", [20_000, pytest.param(200_000, marks=pytest.mark.soak)])
def test_a_long_listing_takes_pages_and_no_memory(stub: Stub, keys: int) -> None:
    given = stub("--keys", str(keys))

    done = subprocess.run([sys.executable, "-c", MEMORY, json.dumps(given)], capture_output=True, text=True, check=True)

    count, last, grown = done.stdout.split()
    assert (int(count), last) == (keys, f"photos/{(keys - 1) // 1000:06d}/{keys - 1:09d}.jpg")
    assert counts(given)["LIST"] == keys // 1000
    assert int(grown) < 16_000  # kilobytes; what 200,000 keys come to would be ten times that


def test_no_retries_but_ours(moto: str) -> None:
    given = options(moto) | {"config_kwargs": {"retries": {"max_attempts": 9}}}

    store = Store.open("s3://shop/out", given)
    with suppress(StoreError):
        store.read("nothing")

    files = store._place.access.files  # type: ignore[union-attr]
    assert files.retries == 1
    assert files.config_kwargs["retries"] == {"total_max_attempts": 1, "mode": "standard"}
    assert SECRET not in repr(store)


def test_a_store_that_knows_no_sums_is_sent_none(
    store: Store, small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = S3Access._call, list[bool]()

    def old(self: S3Access, method: str, **given: Any) -> Any:
        if method in ("put_object", "create_multipart_upload", "upload_part"):
            asked.append("ChecksumAlgorithm" in given)
            if asked[-1]:
                error = OSError("A header you provided implies functionality that is not implemented")
                error.response = {"ResponseMetadata": {"HTTPStatusCode": 501}}  # type: ignore[attr-defined]
                raise error
        return real(self, method, **given)

    monkeypatch.setattr(S3Access, "_call", old)

    store.write("small", b"1")
    store.write("large", b"1" * (7 << 20))

    assert asked[0]
    assert not any(asked[1:])
    assert (store.read("small"), len(store.read("large"))) == (b"1", 7 << 20)


@pytest.mark.slow
def test_a_store_that_knows_no_conditions_is_for_a_single_writer_and_a_run_says_so(
    stub: Stub, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = stub("--unconditional")
    store = Store.open("s3://shop/out", given)
    frame = mf.scan(pictures(tmp_path / "in", 1, 48, 32)).with_columns(small=mf.image.resize(16).webp())

    run = frame.export(store.url, slots=1, storage_options=given)

    assert run.state == "complete"
    assert store.single_writer
    assert "cannot refuse the second of two writers" in caplog.text
    assert not [one.name for one in store.list() if "probe" in one.name]


def test_headers_are_read_by_one_ranged_request_each(stub: Stub, tmp_path: Path) -> None:
    given = stub()
    store = Store.open("s3://shop/in", given)
    for path in pictures(tmp_path / "in", 12, 640, 480).iterdir():
        store.write(path.name, path.read_bytes() + bytes(100_000))

    found = mf.scan("s3://shop/in", storage_options=given).probe().collect(slots=1)

    assert set(found["width"]) == {640}
    assert counts(given)["GET"] == 12
