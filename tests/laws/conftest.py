"""Folders that the tests of the laws share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mediaframe.work.commit import AREA
from tests.laws.varied import picture, varied


@pytest.fixture(scope="session")
def every_sort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures of every sort."""
    return varied(tmp_path_factory.mktemp("sorts") / "in")


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder of so many small photographs."""

    def make(count: int = 4, width: int = 200, height: int = 150, name: str = "in") -> Path:
        root = tmp_path / name
        root.mkdir()
        for number in range(count):
            picture(width, height, number).save(root / f"{number:02d}.jpg", quality=85)
        return root

    return make


@pytest.fixture
def published() -> Callable[[Path], dict[str, bytes]]:
    """Read all results that stand at a destination, by name."""

    def read(to: Path) -> dict[str, bytes]:
        found = {path.relative_to(to).as_posix(): path for path in Path(to).rglob("*") if path.is_file()}
        return {name: path.read_bytes() for name, path in found.items() if not name.startswith(f"{AREA}/")}

    return read
