"""The reference is made from declarations that say enough; the picture of the house is true."""

from __future__ import annotations

import doctest
import inspect
import re
import sys
from pathlib import Path

import pytest

import mediaframe as mf
import mediaframe.recipes  # the declarations of all words come with it
from mediaframe.errors import CODES
from mediaframe.model.spec import every
from mediaframe.table.schema import ASSET, MEASURED, RENDITION

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WORDS = [cls for family in (mf.Operation, mf.Format, mf.Measure) for cls in every(family)]


@pytest.fixture
def house(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    yield __import__("tree")
    sys.modules.pop("tree", None)


@pytest.mark.parametrize("cls", WORDS, ids=lambda cls: f"{cls.takes}.{cls.word}")
def test_every_word_has_an_example_that_gives_what_it_shows(cls):
    test = doctest.DocTestFinder(recurse=False).find(cls, cls.word, globs={"mf": mf})[0]
    said: list[str] = []

    failed, tried = doctest.DocTestRunner().run(test, out=said.append)

    assert tried
    assert not failed, "".join(said)


@pytest.mark.parametrize("cls", WORDS, ids=lambda cls: f"{cls.takes}.{cls.word}")
def test_every_word_says_what_it_is_and_what_its_arguments_are(cls):
    assert re.fullmatch(r"[A-Z].+\.", cls.summary() + "." * (not cls.summary().endswith(".")))
    assert all(one.doc.endswith(".") for one in cls.arguments.values())


@pytest.mark.parametrize("name", [name for name in mf.__all__ if callable(getattr(mf, name))])
def test_every_public_class_and_function_says_what_it_is(name):
    assert re.match(r"[A-Z]", inspect.getdoc(getattr(mf, name)) or "")


@pytest.mark.parametrize("field", [*ASSET, *RENDITION, *MEASURED], ids=lambda field: field.name)
def test_every_column_says_what_it_is(field):
    assert len(field.doc) > 5


def test_every_code_says_what_it_means_and_what_to_do():
    assert all(one.meaning.endswith(".") and one.advice for one in CODES.values())


def test_the_picture_of_the_house_shows_the_files_as_they_are(house):
    shown = house.shown(house.PAGE.read_text())

    assert shown == house.tree(), "run: python docs/_ext/tree.py"


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: path.name)
def test_what_a_page_names_or_links_to_is_there(path):
    text = path.read_text()
    linked = [path.parent / link for link in re.findall(r"\]\(([^):#]+)\)", text)]
    named = [ROOT / name for name in re.findall(r"`((?:tests|docs|mediaframe)/[\w/]+(?:\.\w+)?/?)`", text)]
    floors = "engines|errors|formats|measures|model|ops|query|recipes|run|storage|table|work"
    named += [ROOT / "mediaframe" / name for name in re.findall(rf"`((?:{floors})[\w/]*\.py)`", text)]

    assert not [str(one) for one in [*linked, *named] if not one.exists()]


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: path.name)
def test_every_page_is_reached_from_the_index(path):
    page = path.relative_to(DOCS).with_suffix("").as_posix()
    listed = [
        (index.parent / line).relative_to(DOCS).as_posix()
        for index in DOCS.rglob("index.md")
        for line in re.search(r"```\{toctree\}\n.*?\n\n(.*?)\n```", index.read_text(), re.DOTALL)[1].splitlines()
    ]

    assert page == "index" or page in listed


def test_the_errors_page_tells_of_every_public_error():
    page = (DOCS / "reference" / "errors.md").read_text()

    assert all(f"mediaframe.{name}" in page for name in mf.__all__ if name.endswith("Error"))
