"""The shell as a function, and a small folder of media."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from mediaframe.cli import app


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def shell() -> Callable[..., Ended]:
    def run(*words: object) -> Ended:
        result = CliRunner().invoke(app, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Two pictures, one of them in a folder."""
    folder = tmp_path / "media"
    (folder / "inner").mkdir(parents=True)
    Image.linear_gradient("L").resize((300, 200)).convert("RGB").save(folder / "gray.jpg")
    Image.new("RGBA", (64, 48), (200, 40, 40, 128)).save(folder / "inner" / "red.png")
    return folder


@pytest.fixture
def damaged(media: Path) -> Path:
    """The same with a file that is cut, and one that is empty."""
    whole = (media / "gray.jpg").read_bytes()
    (media / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (media / "empty.png").write_bytes(b"")
    return media


@pytest.fixture
def files() -> Callable[[Path], list[str]]:
    """What stands below a folder, our own area left out."""

    def below(folder: Path) -> list[str]:
        names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        return sorted(name for name in names if not name.startswith("_mediaframe/"))

    return below
