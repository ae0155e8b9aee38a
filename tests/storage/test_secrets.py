"""A secret is found nowhere but in the options it was given in: not in reprs, logs, manifests, pickles or errors."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
import uuid
from pathlib import Path

import polars as pl
import pytest
from fsspec.config import conf

import mediaframe as mf
from mediaframe.errors import MediaframeError, StoreError, UsageError
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from tests.run.media import pictures
from tests.storage.conftest import SECRET, options


@pytest.fixture
def acme(moto: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give storage options that name a connection which this machine knows."""
    for name, value in options(moto).items():
        monkeypatch.setenv(f"MEDIAFRAME_CONNECTION_ACME_{name.upper()}", value)
    return {"connection": "acme"}


def everything(store: Store) -> str:
    """Give all that stands in a store, tables as text too."""
    said = []
    for stat in store.list():
        data = store.read(stat.name)
        said.append(f"{stat.name}\n{data.decode('latin-1')}")
        if stat.name.endswith(".parquet"):
            said.append(repr(pl.read_parquet(io.BytesIO(data)).rows()))
    return "\n".join(said)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["literal", "connection"])
def test_a_planted_secret_is_found_nowhere(
    how: str, moto: str, acme: dict[str, str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="mediaframe")
    given = options(moto) if how == "literal" else acme
    root = f"s3://shop/{uuid.uuid4().hex}"
    source = Store.open(f"{root}/in", given)
    for path in pictures(tmp_path / "in", 2, 48, 32).iterdir():
        source.write(path.name, path)
    source.write("bad.jpg", b"no picture")
    told = []

    frame = mf.scan(f"{root}/in", storage_options=given).with_columns(small=mf.image.resize(16).png())
    run = frame.export(f"{root}/out", slots=1, storage_options=given, watch=lambda one: told.append(repr(one)))
    dry = frame.export(f"{root}/dry", slots=1, storage_options=given, dry_run=True)

    assert run.state == "complete_with_errors"
    said = [
        everything(run.store),
        *told,
        *(repr(one) + str(one) for one in (frame, run, dry, source, run.store, Sources(given))),
        repr(run.summary) + repr(run.failures.rows()) + repr(run.manifest.rows()) + repr(dry.manifest.rows()),
        frame.explain() + frame._repr_html_(),
        caplog.text,
    ]
    assert SECRET not in "\n".join(said)


def test_a_name_travels_and_its_secret_stays(acme: dict[str, str], moto: str) -> None:
    store, sources = Store.open("s3://shop/a", acme), Sources(acme)

    there = pickle.dumps((store, sources))

    assert SECRET.encode() not in there
    copy, _ = pickle.loads(there)
    copy.write(f"{uuid.uuid4().hex}", b"1")


@pytest.mark.parametrize("make", [lambda given, **how: Store.open("s3://shop/a", given, **how), Sources])
def test_a_literal_secret_travels_only_where_that_is_said(make, moto: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match="literal secret") as caught:
        pickle.dumps(make(options(moto)))

    shipped = pickle.loads(pickle.dumps(make(options(moto), ship_secrets=True)))

    assert SECRET not in str(caught.value)
    assert SECRET.encode() in pickle.dumps(shipped)


def test_a_connection_that_nobody_knows_here_says_what_to_do() -> None:
    with pytest.raises(UsageError, match="MEDIAFRAME_CONNECTION_NOWHERE_KEY"):
        Store.open("s3://shop/a", {"connection": "nowhere"})


@pytest.mark.parametrize("name", ["", "a b", "../x", 5])
def test_a_name_that_is_none_is_refused(name: object) -> None:
    with pytest.raises(UsageError, match="connection"):
        Store.open("s3://shop/a", {"connection": name})


def test_options_beside_a_connection_win(acme: dict[str, str], moto: str) -> None:
    store = Store.open("s3://shop/a", {**acme, "endpoint_url": "http://127.0.0.1:9"}, mf.Requests(attempts=1))

    with pytest.raises(StoreError) as caught:
        store.read("x")

    assert caught.value.code == "E_SOURCE_UNAVAILABLE"


def test_a_section_of_the_configuration_is_a_connection(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(conf, "connection-acme", options(moto))

    assert list(Store.open(f"s3://shop/{uuid.uuid4().hex}", {"connection": "acme"}).list()) == []


def test_nested_options_of_a_connection_are_json(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAFRAME_CONNECTION_A_CLIENT_KWARGS", '{"region_name": "eu-west-1"}')
    monkeypatch.setenv("MEDIAFRAME_CONNECTION_A_ANON", "true")

    files = Store.open("s3://shop/a", {"connection": "a"})._place.access.files  # type: ignore[union-attr]

    assert (files.client_kwargs, files.anon) == ({"region_name": "eu-west-1"}, True)
    monkeypatch.setenv("MEDIAFRAME_CONNECTION_A_CLIENT_KWARGS", "{")
    with pytest.raises(UsageError, match="JSON"):
        Store.open("s3://shop/a", {"connection": "a"})


def test_an_error_of_the_store_holds_no_secret(moto: str) -> None:
    store = Store.open("s3://nowhere/a", options(moto))

    try:
        store.write("x", b"1")
    except MediaframeError:
        text = traceback.format_exc()

    assert "nowhere" in text
    assert SECRET not in text
