"""One operation from another package takes two files: it is then found everywhere, and runs like ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mediaframe as mf

WORDS = '''
"""Words of a toy."""
from mediaframe.model.argument import Value, arg
from mediaframe.model.operation import Operation


class ToyPosterize(Operation, takes="image"):
    """Keep a few levels of each color, as toys do."""

    levels: Value[int] = arg(default=4, ge=2, le=64, doc="Levels of each band.")
'''

ENGINE = '''
"""How libvips does the words of a toy."""
from toy_media.words import ToyPosterize


def register(engine):
    if engine.name == "vips":
        engine.implements(ToyPosterize)(posterize)


def posterize(handle, op):
    from mediaframe.engines.vips.handle import Handle

    image = ((handle.image * (op.levels / 256)).floor() * (255 / (op.levels - 1))).cast("uchar")
    return Handle(image, handle.width, handle.height)
'''

POINTS = """\
[mediaframe.words]
toy = toy_media.words

[mediaframe.engines]
toy = toy_media.engine:register
"""

ASK = """
import json, sys
import mediaframe as mf
from mediaframe.model.finish import Format
from mediaframe.model.operation import Operation
from mediaframe.model.spec import every
from mediaframe.work.ability import ability

source, to = sys.argv[1:]
told = {}
read = mf.parse_recipe("image.toy_posterize(levels=3).png()")
from toy_media.words import ToyPosterize
made = mf.image.then(ToyPosterize(3)).png()
told["same"] = read == made and mf.recipe_from_json(json.loads(json.dumps(made.to_json()))) == made
told["text"] = repr(made)
told["json"] = made.to_json()
told["schema"] = ToyPosterize.schema()
told["every"] = ToyPosterize in every(Operation, "image")
told["colors"] = sorted({value for value in mf.image.then(ToyPosterize(2)).png().run(source)[:4]})
run = mf.scan(source).probe().with_columns(few=made, shade=mf.image.then(ToyPosterize(2)).mean_color()).export(to)
told["state"], told["recipes"] = run.state, run.manifest["recipe"].to_list()
told["failures"] = run.failures.rows()
told["ability"] = [one for one in ability()["operations"] if one["word"] == "toy_posterize"]
try:
    ToyPosterize(1)
except mf.RecipeError as error:
    told["range"] = error.message
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that a package with two files was installed into."""
    site = tmp_path_factory.mktemp("site")
    for name, text in (("__init__.py", ""), ("words.py", WORDS), ("engine.py", ENGINE)):
        (site / "toy_media").mkdir(exist_ok=True)
        (site / "toy_media" / name).write_text(text)
    facts = site / "toy_media-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-media\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(POINTS)
    return site


def ask(
    script: str, *words: object, site: Path | None = None, module: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run Python where the package is installed."""
    root = Path(mf.__file__ or "").parents[1]
    path = os.pathsep.join(str(one) for one in (root, Path.cwd(), site) if one)
    flag = "-m" if module else "-c"
    return subprocess.run(
        [sys.executable, flag, script, *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=60,
    )


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.linear_gradient("L").convert("RGB").save(path)
    return path


@pytest.fixture(scope="module")
def told(installed: Path, photo: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process says of the operation, after it has used it."""
    to = tmp_path_factory.mktemp("made")
    done = ask(ASK, photo, to, site=installed)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"to": to}


def test_it_is_read_from_text_and_json(told: dict[str, Any]) -> None:
    assert told["same"]
    assert told["text"] == "image.toy_posterize(levels=3).png()"
    assert told["json"]["steps"] == [{"word": "toy_posterize", "with": {"levels": 3}}]


def test_its_schema_and_its_checks_come_from_its_declaration(told: dict[str, Any]) -> None:
    levels = told["schema"]["properties"]["with"]["properties"]["levels"]["anyOf"][0]
    assert levels == {"description": "Levels of each band.", "type": "integer", "minimum": 2, "maximum": 64}
    assert told["range"] == "toy_posterize(levels=...): expected 2 to 64, got 1"


def test_it_runs_in_the_child_and_does_what_it_says(told: dict[str, Any]) -> None:
    with Image.open(told["to"] / "few" / "photo.png") as picture:
        shades = picture.convert("L").getcolors()

    assert told["state"] == "complete", told["failures"]
    assert told["recipes"] == [told["text"]]
    assert shades is not None
    assert sorted(shade for _, shade in shades) == [0, 127, 255]


def test_it_is_in_the_capability_table(told: dict[str, Any]) -> None:
    assert told["every"]
    assert told["ability"] == [
        {
            "word": "toy_posterize",
            "kind": "image",
            "engines": ["vips"],
            "module": "toy_media.words",
            "summary": "Keep a few levels of each color, as toys do.",
        }
    ]


def test_the_shell_knows_it(installed: Path, photo: Path, tmp_path: Path) -> None:
    done = ask(
        "mediaframe", "export", photo, tmp_path / "out", "-i", "few=resize(40).toy_posterize(2).png()", "--json",
        site=installed, module=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out" / "few" / "photo.png") as picture:
        assert len(picture.convert("L").getcolors() or ()) == 2


def test_the_reference_and_the_strategies_are_made_of_it(installed: Path) -> None:
    script = (
        "import sys, warnings; sys.path.insert(0, 'docs/_ext')\n"
        "import declared\n"
        "from mediaframe.model.operation import Operation\n"
        "from mediaframe.model.spec import find\n"
        "from tests.strategies import specs\n"
        "warnings.simplefilter('ignore')\n"
        "print('toy_posterize' in declared.operations(), 'as toys do' in declared.operations())\n"
        "print(specs(find(Operation, 'image', 'toy_posterize')).example().word)\n"
    )

    done = ask(script, site=installed)

    assert done.stdout.split() == ["True", "True", "toy_posterize"], done.stderr


def test_without_the_package_it_is_no_word() -> None:
    with pytest.raises(mf.RecipeError, match="no operation 'toy_posterize' for image"):
        mf.parse_recipe("image.toy_posterize(levels=3).png()")


CELL = (
    WORDS
    + """
import sys
import mediaframe as mf
from mediaframe.storage.source import Sources
from mediaframe.work.slot import Slot

def refuse(*args, **words):
    raise AssertionError("a byte was read")

Sources.read = Sources.read_range = Slot.ask = refuse
recipe = mf.image.then(ToyPosterize(3)).png()
for use in (lambda: recipe.run(sys.argv[1]), lambda: mf.scan(sys.argv[1]).with_columns(few=recipe)):
    try:
        use()
    except mf.RecipeError as error:
        print(error.message)
"""
)


def test_a_word_of_a_notebook_cell_is_told_to_move_before_a_byte_is_read(photo: Path) -> None:
    done = ask(CELL, photo)

    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    for line in lines:
        assert line.startswith("image.toy_posterize(levels=3).png(): 'toy_posterize' is declared in __main__")
        assert "put it in a file of a package" in line


def test_a_package_that_does_not_load_is_named(installed: Path, tmp_path: Path) -> None:
    facts = tmp_path / "broken-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[mediaframe.words]\nbroken = not_there.words\n")

    done = ask("import mediaframe as mf; mf.parse_recipe('image.nothing().png()')", site=tmp_path)

    assert "the words of broken (not_there.words) do not load" in done.stderr.splitlines()[-1]


def test_a_word_that_is_taken_is_refused(tmp_path: Path) -> None:
    script = (
        "from mediaframe.model.operation import Operation\n"
        "import mediaframe.recipes\n"
        "class Blur(Operation, takes='image'):\n"
        "    'Not ours.'\n"
    )

    done = ask(script)

    assert "mediaframe.ops.image.effects has 'blur' for image already" in done.stderr.splitlines()[-1]
