"""Presets are recipes with a name; those of users come from a mapping or a TOML file and run no code."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import mediaframe as mf
from mediaframe.errors import UsageError
from mediaframe.model.mode import BOXES
from mediaframe.ops.image.geometry import MODES

FILE = """
# the presets of a house
card = "image.resize(600, 600, fit='cover').webp(quality=75)"

[poster]
recipe = "video.frame(at='10%').resize(1280).jpeg()"
purpose = "The still of a player."
why = '''
Its player
is 1280 px wide.'''
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "house.toml"
    path.write_text(FILE)
    return path


def test_the_presets_that_are_promised_are_there_and_say_what_they_are_for():
    found = mf.presets()

    assert {"ecommerce", "avatar", "social-preview", "blog-hero", "thumbnail"} <= set(found)
    assert all(found.about(name).purpose and found.about(name).why for name in found)


@pytest.mark.parametrize("name", mf.presets())
def test_a_preset_reads_back_from_its_text(name):
    recipe = mf.presets()[name]

    assert mf.parse_recipe(repr(recipe)) == recipe == mf.preset(name)


def test_presets_of_a_mapping_stand_beside_ours_and_change_nothing_else():
    card = mf.image.resize(600).webp()
    before = dict(mf.presets())

    mine = mf.presets({"card": card})

    assert mine == {**before, "card": card} == mf.presets() | {"card": card}
    assert dict(mf.presets()) == before
    assert mine.about("card").source == ""


def test_presets_of_a_file_stand_beside_ours(file):
    found = mf.presets(file)

    assert found["card"] == mf.image.resize(600, 600, fit="cover").webp(quality=75)
    assert found["poster"] == mf.video.frame(at="10%").resize(1280).jpeg()
    assert found["avatar"] == mf.preset("avatar")
    assert found.about("poster").purpose == "The still of a player."
    assert found.about("poster").source == str(file)


def test_a_name_that_is_known_is_taken_from_the_file(file):
    file.write_text("thumbnail = 'image.resize(99).png()'")

    assert mf.presets(file)["thumbnail"] == mf.image.resize(99).png()
    assert mf.preset("thumbnail") != mf.image.resize(99).png()


def test_presets_pickle():
    mine = mf.presets({"card": mf.image.resize(600).webp()})

    assert pickle.loads(pickle.dumps(mine)) == mine


def test_an_unknown_preset_names_the_nearest_and_is_a_missing_key():
    with pytest.raises(UsageError, match="no preset 'avatra'; did you mean 'avatar'"):
        mf.presets()["avatra"]
    assert "avatra" not in mf.presets()
    assert mf.presets().get("avatra") is None


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("\ncard = 'image.resise(600).webp()'", 2, "card: no operation 'resise' for image; did you mean 'resize'"),
        ("[card]\n\nrecipe = 'image.resize(600)'", 3, "is not finished"),
        ("[card]\nrecipe = 'image.png()'\nprupose = 'x'", 3, "no 'prupose'; did you mean 'purpose'"),
        ("a = 'image.png()'\n[card]\npurpose = 'x'", 2, "has no recipe; say recipe ="),
        ("a = 'image.png()'\n\ncard = 600", 3, "card: expected a recipe as text"),
        ("[card]\nrecipe = 5", 2, r"\[card\] recipe: expected text, got 5"),
        ("[card]\nwhy = '''\nrecipe = 1\n'''\nrecipe = 'image.pgn()'", 5, "did you mean 'png'"),
        ("'two words' = 'image.png()'", 1, "the name of a preset: expected letters"),
        ("card = 'image.resize(__import__(\"os\").getpid()).png()'", 1, "an argument may be a plain value"),
        ("[a.b]\nrecipe = 'image.png()'", 1, "has no 'b'"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(file, text, line, said):
    file.write_text(text)

    with pytest.raises(UsageError, match=rf"house\.toml, line {line}: .*{said}"):
        mf.presets(file)


@pytest.mark.parametrize(
    "text",
    ["card = ", "card = 1\ncard = 2", "a = " + "[" * 5000, "a = " + "1" * 5000, "\x00"],
    ids=lambda text: text[:9],
)
def test_what_is_not_toml_is_told_so(file, text):
    file.write_text(text)

    with pytest.raises(UsageError, match=r"house\.toml: it does not read as TOML"):
        mf.presets(file)


def test_bytes_that_are_no_text_a_file_too_large_and_none_at_all_are_told_so(file):
    for data, said in ((b"a = '\xff'", "is not UTF-8"), (b"#" * 70_000, "at most 64 KiB")):
        file.write_bytes(data)
        with pytest.raises(UsageError, match=said):
            mf.presets(file)
    for source, said in (
        (file.parent / "none.toml", "No such file"),
        ("s3://bucket/house.toml", "a file on this machine"),
        (5, "the path of a TOML file"),
        ({"card": mf.image.resize(600)}, "a finished recipe"),
        ({"two words": mf.image.png()}, "letters, digits"),
    ):
        with pytest.raises(UsageError, match=said):
            mf.presets(source)


def test_the_modes_are_the_nine_and_say_what_they_are_for():
    nine = {"original", "website", "email", "instagram", "linkedin", "ecommerce", "square", "width", "height"}

    assert set(MODES) == nine
    assert all(one.purpose and one.why for one in MODES.values())


@pytest.mark.parametrize(
    ("mode", "size", "given", "made"),
    [
        ("original", None, (3000, 2000), (3000, 2000)),
        ("website", None, (3000, 4000), (1440, 1920)),
        ("email", None, (3000, 2000), (600, 400)),
        ("instagram", None, (3000, 2000), (1080, 1080)),
        ("linkedin", None, (3000, 2000), (1200, 627)),
        ("ecommerce", None, (300, 200), (1600, 1600)),
        ("square", 200, (3000, 2000), (200, 200)),
        ("width", 300, (3000, 2000), (300, 200)),
        ("height", 200, (3000, 2000), (300, 200)),
        ("email", None, (300, 200), (300, 200)),
    ],
)
def test_a_mode_makes_its_size_and_enlarges_nothing(mode, size, given, made):
    recipe = mf.image.mode(mode, size)

    shape = recipe.jpeg().infer(mf.model.kind.Shape("image", *given))

    assert shape.size == made


def test_a_mode_asks_for_a_size_where_it_has_none_and_takes_none_where_it_has():
    with pytest.raises(mf.RecipeError, match="expected a size"):
        mf.image.mode("width")
    with pytest.raises(mf.RecipeError, match="email takes no size"):
        mf.image.mode("email", 600)
    with pytest.raises(mf.RecipeError, match="did you mean 'instagram'"):
        mf.image.mode("instagramm")


def test_a_mode_of_another_size_is_another_recipe(monkeypatch):
    before = mf.image.mode("email").jpeg().id

    monkeypatch.setitem(BOXES, "email", BOXES["website"])

    assert mf.image.mode("email").jpeg().id != before
