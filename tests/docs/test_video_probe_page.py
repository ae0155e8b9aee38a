"""The page about what is in videos is followed to the letter."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.engines.containers import clip

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "video-probe.md"


@pytest.mark.slow
def test_every_example_runs_and_finds_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("clips").mkdir()
    Path("clips/a.mkv").write_bytes(clip("matroska", sound="aac", chapters=[(0, 1, "One")], tags={"title": "A"}))
    spoiled = bytearray(clip("avi", "mpeg4", seconds=2))
    spoiled[len(spoiled) // 2 : len(spoiled) // 2 + 60] = bytes(range(7, 127, 2))
    Path("clips/b.avi").write_bytes(spoiled)
    names: dict[str, Any] = {}

    for code in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(code, names)

    assert names["streams"]["codec"].to_list() == ["h264", "aac", "mpeg4"]
    assert names["told"]["chapters"].list.len().to_list() == [1, 0]
    assert names["broken"]["name"].to_list() == ["b.avi"]
    assert names["seen"]["lufs"].null_count() == 1
