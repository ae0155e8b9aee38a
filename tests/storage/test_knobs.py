"""Whatever opens a destination takes the same knobs: connections, requests, and what may be sent to a cluster."""

from __future__ import annotations

import pickle
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import mediaframe as mf
from mediaframe.cli import app
from mediaframe.cli.options import Connections
from mediaframe.errors import RunError, UsageError
from mediaframe.storage.store import Store
from mediaframe.work.commit import AREA
from tests.run.media import pictures
from tests.storage.conftest import options

ACME = {"connection": "acme"}
SMALL = mf.image.resize(8).png()

OPENERS: dict[str, Callable[..., Any]] = {
    "manifest": mf.manifest, "verify": mf.verify, "gc": mf.gc, "open_run": mf.open_run, "resume": mf.resume,
}  # fmt: skip


@pytest.fixture
def acme(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the connections `acme` and `input` open the S3 server."""
    for connection in ("ACME", "INPUT"):
        for name, value in options(moto).items():
            monkeypatch.setenv(f"MEDIAFRAME_CONNECTION_{connection}_{name.upper()}", value)


@pytest.fixture(scope="module")
def exported(moto: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a destination at S3 with a run whose sources another connection opens; who changes it takes `to`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in options(moto).items():
            for connection in ("ACME", "INPUT"):
                patch.setenv(f"MEDIAFRAME_CONNECTION_{connection}_{name.upper()}", value)
        return _export(tmp_path_factory.mktemp("exported"))


@pytest.fixture
def to(acme: None, tmp_path: Path) -> str:
    """Give such a destination that may be changed."""
    return _export(tmp_path)


def _export(folder: Path) -> str:
    root = f"s3://shop/{uuid.uuid4().hex}"
    source = Store.open(f"{root}/in", ACME)
    for path in pictures(folder / "in", 2, 32, 24).iterdir():
        source.write(path.name, path)
    frame = mf.scan(f"{root}/in", storage_options={"connection": "input"}).with_columns(small=SMALL)
    frame.export(f"{root}/out", slots=1, storage_options=ACME)
    return f"{root}/out"


def begun_again(to: str) -> None:
    """Let a destination look as if its run had been killed before it wrote anything."""
    store = Store.open(to, ACME)
    for stat in list(store.list()):
        if stat.name.split("/")[-2] in ("rows", "commits", "manifests") or stat.name.endswith(("run.json", ".png")):
            store.remove(stat.name)


@pytest.mark.parametrize("name", OPENERS)
def test_what_opens_a_destination_asks_it_as_it_is_told(
    name: str, exported: str, acme: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    opened = Store.open.__func__  # type: ignore[attr-defined]

    def noted(cls: type[Store], url: str, given: Any = None, requests: Any = None, **more: Any) -> Store:
        seen.append((given, requests))
        store: Store = opened(cls, url, given, requests, **more)
        return store

    monkeypatch.setattr(Store, "open", classmethod(noted))
    requests = mf.Requests(concurrency=3, attempts=2)

    OPENERS[name](exported, storage_options=ACME, requests=requests)

    assert seen == [(ACME, requests)]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["resume", "open_run"])
def test_sources_are_opened_by_a_connection_of_their_own(how: str, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun_again(to)
    for variable in ("KEY", "SECRET", "ENDPOINT_URL"):
        monkeypatch.setenv(
            f"MEDIAFRAME_CONNECTION_INPUT_{variable}", "http://127.0.0.1:9" if "URL" in variable else "x"
        )
    given = {"storage_options": ACME, "requests": mf.Requests(attempts=1)}

    lost = mf.resume(to, slots=1, source_options={"connection": "input"}, **given)
    codes = set(lost.failures["error_code"])
    found = OPENERS[how](to, **({"slots": 1} if how == "resume" else {}), source_options=ACME, **given).retry()

    assert codes == {"E_SOURCE_UNAVAILABLE"}
    assert found.state == "complete"
    assert found.manifest.height == 2


def test_literal_secrets_of_a_run_that_goes_on_travel_only_where_that_is_said(moto: str, exported: str) -> None:
    kept = mf.open_run(exported, storage_options=options(moto))
    shipped = mf.open_run(exported, storage_options=options(moto), ship_secrets=True)

    with pytest.raises(UsageError, match="literal secret"):
        pickle.dumps((kept.store, kept._doing.sources()))

    assert pickle.loads(pickle.dumps((shipped.store, shipped._doing.sources())))


@pytest.mark.slow
def test_the_shell_opens_stores_by_connections(exported: str, acme: None) -> None:
    root, shell = exported.removesuffix("/out"), CliRunner()

    def said(*words: str) -> str:
        ended = shell.invoke(app, [*words, "--json"])
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    export = ["export", f"{root}/in", f"{root}/new", "-i", "small=resize(8).png()", "--slots", "1"]
    made = said(*export, "--connection", "acme", "--source-connection", "input")
    looked = said("scan", f"{root}/in", "--connection", "acme") + said("probe", f"{root}/in", "--connection", "acme")
    checked = said("verify", f"{root}/new", "--connection", "acme", "--deep")
    found = said("gc", f"{root}/new", "--connection", "acme")
    again = said("resume", f"{root}/new", "--connection", "acme")

    assert '"written": 2' in made
    assert looked.count('"name": "000.jpg"') == 2
    assert '"ok": true' in checked
    assert '"objects": []' in found
    assert '"state": "complete"' in again


def test_a_connection_that_nobody_knows_ends_the_command(exported: str, acme: None) -> None:
    ended = CliRunner().invoke(app, ["verify", exported, "--connection", "nowhere"])

    assert ended.exit_code == 2
    assert "MEDIAFRAME_CONNECTION_NOWHERE_KEY" in ended.stderr


@pytest.mark.parametrize(
    ("given", "destination", "sources", "words"),
    [
        ((None, None), None, None, ""),
        (("a", None), {"connection": "a"}, {"connection": "a"}, " --connection a"),
        (("a", "b"), {"connection": "a"}, {"connection": "b"}, " --connection a --source-connection b"),
        (("a", ""), {"connection": "a"}, None, " --connection a --source-connection ''"),
        ((None, "b"), None, {"connection": "b"}, " --source-connection b"),
    ],
)
def test_sources_take_the_connection_of_the_destination_unless_they_have_one(
    given: tuple[str | None, str | None], destination: object, sources: object, words: str
) -> None:
    said = Connections(*given)

    assert (said.destination, said.sources, said.words) == (destination, sources, words)


def test_a_destination_that_no_run_has_written_to_is_told_whatever_the_knobs(exported: str, acme: None) -> None:
    with pytest.raises(RunError, match="no run here"):
        mf.open_run(f"{exported}/{AREA}x", storage_options=ACME, requests=mf.Requests(attempts=1))
