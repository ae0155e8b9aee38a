"""How much memory a child is given: by the size of the picture, whoever asks and whether it was probed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.errors import AssetError
from mediaframe.work.need import memory_need
from mediaframe.work.slot import Slot

AVIF = mf.image.resize(8).avif(effort=0)


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """A picture of many pixels and few bytes."""
    (tmp_path / "in").mkdir()
    Image.new("1", (9000, 8000)).save(tmp_path / "in" / "wide.png")
    return tmp_path / "in" / "wide.png"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is declared with each request to render; nothing is rendered."""
    asked: list[int] = []
    ask = Slot.ask

    def note(slot: Slot, request: Any, source: Any = None, *inputs: Any, **words: Any) -> Iterator[Any]:
        if request["do"] != "render":
            return ask(slot, request, source, *inputs, **words)
        asked.append(words["memory"])
        raise AssetError("it is enough to know what was asked", code="E_OP")

    monkeypatch.setattr(Slot, "ask", note)
    return asked


def test_one_file_a_probed_run_and_an_unprobed_one_declare_the_same(
    wide: Path, given: list[int], tmp_path: Path
) -> None:
    frame = mf.scan(wide.parent)
    with pytest.raises(AssetError):
        AVIF.run(wide)
    frame.with_columns(small=AVIF).export(tmp_path / "unprobed")
    frame.probe().with_columns(small=AVIF).export(tmp_path / "probed")

    assert given == [memory_need(72_000_000, "png", AVIF)] * 3


def test_limits_of_one_file_hold_for_it_alone(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    Image.linear_gradient("L").save(picture)
    recipe = mf.image.resize(16).png()

    with pytest.raises(AssetError) as caught:
        recipe.run(picture, limits=mf.Limits(pixels=100))
    with pytest.raises(AssetError) as short:
        recipe.run(picture, limits=mf.Limits(output=20))

    assert caught.value.code == "E_LIMIT_PIXELS"
    assert short.value.code == "E_LIMIT_OUTPUT"
    assert recipe.run(picture)[:4] == b"\x89PNG"


@pytest.mark.slow
def test_a_large_picture_that_nobody_probed_is_encoded(tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((7000, 6000)).save(tmp_path / "a.jpg", quality=40)

    made = mf.image.avif(effort=0, quality=20).run(tmp_path / "a.jpg")

    assert made[4:12] == b"ftypavif"
