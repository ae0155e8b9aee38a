"""One file through one recipe: what is refused, so that the original is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import mediaframe as mf
from mediaframe.errors import RecipeError, UsageError
from tests.run.media import picture

SMALL = mf.image.resize(32).jpeg()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    picture(0, 64, 48).save(path)
    return path


@pytest.mark.parametrize("way", ["the same name", "a relative name", "a link"])
def test_a_file_is_never_written_over_its_own_source(photo: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photo.parent)
    os.link(photo, "linked.jpg")
    to = {"the same name": str(photo), "a relative name": "./a.jpg", "a link": "linked.jpg"}[way]
    before = photo.read_bytes()

    with pytest.raises(UsageError, match="the source itself; give another name"):
        SMALL.run(photo, to=to)

    assert photo.read_bytes() == before


def test_another_file_is_written_anew(photo: Path) -> None:
    to = photo.with_name("b.jpg")
    to.write_bytes(b"an older one")

    SMALL.run(photo, to=to)

    assert to.read_bytes() == SMALL.run(photo)


def test_a_name_that_says_another_format_is_refused(photo: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"writes webp, but the name says jpeg; end it with \.webp"):
        mf.image.resize(8).webp().run(photo, to=tmp_path / "b.jpg")
    assert not (tmp_path / "b.jpg").exists()
    mf.image.resize(8).jpeg().run(photo, to=tmp_path / "b.JPEG")
    mf.image.resize(8).jpeg().run(photo, to=tmp_path / "b.bin")
