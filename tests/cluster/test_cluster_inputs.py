"""Files that recipes name, on a cluster: each worker reads them, and one that finds another content stops the run."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
from distributed import Client
from PIL import Image

import mediaframe as mf
from mediaframe.errors import RunError
from mediaframe.storage.store import Store
from mediaframe.work.inputs import Inputs
from tests.run.media import pictures
from tests.storage.conftest import options

pytestmark = pytest.mark.slow


def know(more: dict[str, str]) -> None:
    """Let a worker know a connection."""
    os.environ.update(more)


def test_a_logo_on_a_store_is_read_by_the_workers(
    client: Client, moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {f"MEDIAFRAME_CONNECTION_BRAND_{name.upper()}": value for name, value in options(moto).items()}
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    client.run(know, known)
    given, place = {"connection": "brand"}, f"s3://shop/{uuid.uuid4().hex}"
    Image.new("RGB", (12, 8), "red").save(tmp_path / "logo.png")
    Store.open(place, given).write("logo.png", tmp_path / "logo.png")
    photos = pictures(tmp_path / "in", 6, 48, 32)
    recipe = mf.image.watermark(f"{place}/logo.png", gravity="northwest").png()
    frame = mf.scan(photos, storage_options=given).probe().with_columns(card=recipe)

    there = frame.export(tmp_path / "there", client=client)
    here = frame.export(tmp_path / "here", client=False)

    assert set(there.manifest["status"]) == {"written"}
    assert there.manifest.sort("source")["sha256"].to_list() == here.manifest.sort("source")["sha256"].to_list()
    assert there.manifest["inputs"].n_unique() == 1


def test_a_worker_that_finds_another_content_stops_the_run(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logo = tmp_path / "logo.png"
    Image.new("RGB", (12, 8), "red").save(logo)
    frame = mf.scan(pictures(tmp_path / "in", 4, 48, 32)).probe()
    frame = frame.with_columns(card=mf.image.watermark(logo).png())
    require = Inputs.require

    def then_change(self: Inputs, recipes: object) -> None:
        require(self, recipes)  # type: ignore[arg-type]
        Image.new("RGB", (12, 8), "blue").save(logo)

    monkeypatch.setattr(Inputs, "require", then_change)  # of this process alone

    with pytest.raises(RunError, match="put the old file back, or export anew") as caught:
        frame.export(tmp_path / "out", client=client)

    assert caught.value.code == "E_INPUT_CHANGED"
