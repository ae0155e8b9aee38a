"""What the examples in docstrings may use: `mf`, `pl`, a photo and a folder of three pictures."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from PIL import Image

import mediaframe as mf


@pytest.fixture(autouse=True)
def _names(request: pytest.FixtureRequest) -> None:
    """Give the examples the names that every user has."""
    if isinstance(request.node, pytest.DoctestItem):
        request.getfixturevalue("doctest_namespace").update(mf=mf, pl=pl)


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the path of a small JPEG, 640 x 480."""
    return str(_picture(tmp_path_factory.mktemp("photo") / "photo.jpg", (640, 480)))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the path of a folder of three pictures; the first by name is 640 px wide."""
    root = tmp_path_factory.mktemp("folder")
    for name, size in (("a.jpg", (640, 480)), ("b.png", (320, 200)), ("c.webp", (200, 320))):
        _picture(root / name, size)
    return str(root)


def _picture(path: Path, size: tuple[int, int]) -> Path:
    """Make a picture with gradients and grain, as photographs have them."""
    red, green = Image.linear_gradient("L").resize(size), Image.radial_gradient("L").resize(size)
    grain = Image.effect_noise(size, 24)
    Image.merge("RGB", (red, green, grain)).save(path)
    return path
