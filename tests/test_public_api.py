"""The public names are these, stay what they are, and are told in the docs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import mediaframe as mf

ROOT = Path(__file__).parents[1]

PUBLIC = [
    "AssetError",
    "Budget",
    "Column",
    "Finished",
    "Format",
    "Garbage",
    "Limits",
    "Measure",
    "MediaFrame",
    "MediaframeError",
    "Merged",
    "Operation",
    "Presets",
    "RecipeError",
    "Requests",
    "Run",
    "RunError",
    "StoreError",
    "UsageError",
    "Verification",
    "WebSet",
    "audio",
    "document",
    "formats",
    "from_dask",
    "gc",
    "image",
    "manifest",
    "open_run",
    "parse_recipe",
    "picture_html",
    "preset",
    "presets",
    "recipe_from_json",
    "resume",
    "scan",
    "verify",
    "video",
    "web_set",
]

LOAD_ALL = """
import importlib, pkgutil, types
import mediaframe as mf
for module in pkgutil.walk_packages(mf.__path__, "mediaframe."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print([name for name in mf.__all__ if isinstance(getattr(mf, name), types.ModuleType)])
"""


def test_the_public_names_are_these():
    assert sorted(mf.__all__) == PUBLIC


def test_dir_gives_the_public_names():
    assert sorted(dir(mf)) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there(name):
    assert getattr(mf, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'scna'"):
        mf.scna  # noqa: B018  # the attribute is the test


@pytest.mark.slow
def test_a_public_name_stays_what_it_is_when_a_module_of_the_same_name_is_loaded():
    done = subprocess.run([sys.executable, "-c", LOAD_ALL], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_checkers_are_told_of_every_public_name():
    told = re.findall(r"^    from mediaframe\.\S+ import \w+ as (\w+)$", Path(mf.__file__).read_text(), re.MULTILINE)

    assert sorted(told) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_stands_in_the_docs(name):
    pages = "\n".join(page.read_text() for page in (ROOT / "docs" / "reference").glob("*.md"))

    assert re.search(rf"^\.\. (auto\w+|py:data):: mediaframe\.{name}$", pages, re.MULTILINE)
