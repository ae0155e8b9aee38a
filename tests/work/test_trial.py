"""What is told of formats was tried; what is not installed is told before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mediaframe as mf
from mediaframe.engines.base import Encoded, Pixels
from mediaframe.engines.vips.base import VipsEngine
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import MissingError
from mediaframe.formats.exchange import Bmp, Tiff
from mediaframe.formats.image import Jpeg, Png
from mediaframe.model.finish import Format
from mediaframe.model.spec import every
from mediaframe.work import ability
from mediaframe.work.child import formats, trial


class Broken(VipsEngine):
    """An engine that writes every format as something else."""

    def __init__(self, instead: Any) -> None:
        super().__init__()
        self.table, self.instead = engine.table, instead

    def encode(self, format: Format, handle: Any) -> Encoded:
        return super().encode(self.instead(format), handle)


FORMATS = [spec for spec in every(Format, "image") if not spec.chooses]


@pytest.mark.parametrize("spec", FORMATS, ids=lambda spec: spec.word)
def test_every_format_of_pictures_keeps_what_its_words_say(spec: type[Format]) -> None:
    told = trial.tried(engine, spec)

    assert told["problem"] == ""
    assert told["animation"] == spec.animates
    # What is lossless of a JPEG is how another is packed anew, which is not tried.
    assert told["lossless"] or "lossless" not in spec.arguments or spec is Jpeg
    # GIF and traced SVG hold transparency by whole pixels, which soft alpha does not come back from.
    assert told["alpha"] or spec.word in ("jpeg", "gif", "pdf", "svg")
    assert (told["bits"] > 8) == ("bits" in spec.arguments)


def test_a_format_that_loses_its_alpha_or_its_picture_is_found_out() -> None:
    flat = trial.tried(Broken(lambda format: Jpeg()), Png)
    wrong = trial.tried(engine, Bmp)

    assert (flat["alpha"], flat["lossless"]) == (False, False)
    assert wrong["problem"] == ""


def test_what_does_not_look_like_the_picture_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    upside_down = Pixels(trial.SIDE, trial.SIDE, 3, trial.OPAQUE.data[::-1])
    monkeypatch.setattr(trial, "_back", lambda spec, made: upside_down)

    assert trial.tried(engine, Tiff)["problem"] == "what is written does not look like the picture"


@pytest.mark.parametrize("word", sorted(engine.reading()))
def test_a_file_of_every_format_that_is_read_opens(word: str) -> None:
    assert trial._sample(engine, word) is not None
    assert trial.read_back(engine, word) == ""


def test_a_file_that_does_not_open_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trial._SAMPLES, "gif", (b"GIF89a", (2, 2)))
    monkeypatch.setitem(trial._SAMPLES, "svg", (trial._SVG, (99, 16)))

    assert "gif" in trial.read_back(engine, "gif").lower()
    assert trial.read_back(engine, "svg") == "a file of 99x16 opens as 16x16"


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No module of an extra is there."""
    for asked in (ability, formats):
        monkeypatch.setattr(asked, "find_spec", lambda name: None)


@pytest.mark.usefixtures("nothing")
def test_a_missing_extra_is_told_with_how_to_install_it() -> None:
    rows = {row["format"]: row for row in formats.formats({})["writes"]}

    assert rows["jxl"]["install"] == rows["jxl"]["problem"] == "pip install 'mediaframe[jxl]'"
    assert rows["png"]["install"] == ""


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize("recipe", [mf.image.jxl(), mf.image.heif()], ids=repr)
def test_a_recipe_whose_extra_is_missing_raises_before_the_first_byte(recipe: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"not even a picture")
    frame = mf.scan(tmp_path / "in").with_columns(one=recipe)

    with pytest.raises(MissingError, match=r"pip install 'mediaframe\[(jxl|heif)\]'"):
        recipe.run(tmp_path / "in" / "nowhere.jpg")
    with pytest.raises(MissingError, match="pip install"):
        frame.export(tmp_path / "out")
    with pytest.raises(MissingError, match="pip install"):
        frame.collect()

    assert [one.name for one in (tmp_path / "out").rglob("*") if one.suffix in (".jxl", ".heic")] == []
