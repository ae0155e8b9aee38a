"""The page about watermarks and text is followed to the letter."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.engines.vips.library import FONTS
from tests.run.media import picture

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "watermarks-and-text.md"


@pytest.mark.slow
def test_every_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for name in "ab":
        picture(3, 900, 600).save(f"photos/{name}.jpg")
    Image.new("RGBA", (200, 80), (255, 0, 0, 200)).save("logo.png")
    shutil.copy(FONTS / "DejaVuSans-Bold.ttf", "brand.ttf")
    names: dict[str, object] = {}

    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(code, names)

    for folder in ("out", "cards", "each"):
        run = mf.open_run(folder)
        assert set(run.manifest["status"]) == {"written"}
    for made in ("proof.jpg", "label.png", "tag.png", "soft.png", "brand.png"):
        with Image.open(made) as found:
            assert found.width >= 800
