"""Sources that are too large for memory are read piece by piece, and what goes wrong with one is told of it alone."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import Any

import pytest

import mediaframe as mf
from mediaframe.work import fetch as fetching
from tests.run.media import pictures


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of pictures, each of which is too large for memory."""
    monkeypatch.setattr(fetching, "SPOOL", 100)
    monkeypatch.setattr(fetching, "_BLOCK", 1000)
    return pictures(tmp_path / "in", 3, 64, 48)


def test_a_large_source_is_hashed_and_rendered_where_it_stands(source: Path, tmp_path: Path) -> None:
    frame = mf.scan(source).with_columns(thumb=mf.image.resize(16).png())

    run = frame.export(tmp_path / "out", originals=True)

    assert run.state == "complete"
    for row in run.manifest.iter_rows(named=True):
        data = Path(row["source"]).read_bytes()
        assert row["source_sha256"] == hashlib.sha256(data).hexdigest()
        assert row["source_bytes"] == len(data)


def test_a_disk_that_fails_under_a_large_source_costs_that_source_alone(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, opened = sorted(source.iterdir())[1], fetching.open_regular

    def failing(path: str) -> Any:
        if path == str(bad):
            raise OSError(errno.EIO, "Input/output error")
        return opened(path)

    monkeypatch.setattr(fetching, "open_regular", failing)

    run = mf.scan(source).with_columns(thumb=mf.image.resize(16).png()).export(tmp_path / "out")

    assert run.state == "complete_with_errors"
    assert run.failures["source"].to_list() == [str(bad)]
    assert run.failures["error_code"].to_list() == ["E_SOURCE_UNAVAILABLE"]
    assert run.failures["retryable"].to_list() == [True]
    assert run.manifest.filter(status="written").height == 2
