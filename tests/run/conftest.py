"""What the tests of runs share: a few pictures, a frame of them, and where it goes."""

from __future__ import annotations

from pathlib import Path

import pytest

import mediaframe as mf
from tests.run.media import pictures

THUMB = mf.image.resize(64, 64, fit="cover").webp()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return pictures(tmp_path / "in", 4, 160, 120)


@pytest.fixture
def frame(source: Path) -> mf.MediaFrame:
    return mf.scan(source).probe().with_columns(thumb=THUMB, sharp=mf.image.sharpness())


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "out"
