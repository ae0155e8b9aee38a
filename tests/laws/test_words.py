"""Laws 3, 5, 7 and 8: what can be said needs no library, crosses every border, and is said once."""

from __future__ import annotations

import ast
import inspect
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mediaframe as mf
from mediaframe.cli import options
from mediaframe.errors import MediaframeError, RecipeError, UsageError
from mediaframe.model.argument import Column
from mediaframe.model.finish import Format, Measure
from mediaframe.model.operation import Operation
from mediaframe.model.parse import parse_recipe, recipe_from_json
from mediaframe.model.recipe import Recipe
from mediaframe.model.spec import Spec, every
from mediaframe.work.job import Job
from tests.strategies import specs

PACKAGE = Path(mf.__file__ or "").parent
WORDS: list[type[Spec]] = [one for family in (Operation, Format, Measure) for one in every(family)]  # type: ignore[type-abstract]
RECIPE = mf.image.resize(320, 200, fit="cover", gravity="north").blur(2).webp(quality=70, max_bytes="20 kB")
TAKEN = mf.image.resize(Column("side")).jpeg()

each_word = pytest.mark.parametrize("word", WORDS, ids=lambda one: f"{one.takes}.{one.word}")


# ---- law 3


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (RECIPE, recipe_from_json),
        (TAKEN, recipe_from_json),
        (mf.video.frame(at="10%").grayscale().png(), recipe_from_json),
        (mf.image.phash(), recipe_from_json),
        (mf.Limits(pixels=5), mf.Limits.from_json),
        (Job((("a", RECIPE), ("b", TAKEN)), "{rendition}/{id}.{ext}", limits=mf.Limits(bytes=9)), Job.from_json),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_crosses_a_border_is_frozen(value: Any, read: Any) -> None:
    """Hashable values that pickle, and have a JSON form that reads back."""
    again = read(json.loads(json.dumps(value.to_json())))

    assert again == value
    assert hash(again) == hash(value)
    assert pickle.loads(pickle.dumps(value)) == value
    with pytest.raises((AttributeError, TypeError)):
        value.anything = 1


def _with(**changed: Any) -> dict[str, Any]:
    return {"kind": "image", "steps": [], "end": {"word": "webp"}, **changed}


@pytest.mark.parametrize(
    "said",
    [
        _with(end={"word": "webp", "with": {"quality": {"expr": '{"Column":"a"}'}}}),
        _with(end={"word": "webp", "with": {"quality": {"column": "a", "expr": "b"}}}),
        _with(end={"word": "webp", "with": {"quality": {"__reduce__": ["os.system", ["true"]]}}}),
        _with(end={"word": "webp", "with": {"quality": {"py/object": "builtins.eval"}}}),
        _with(end={"word": "webp", "with": {"quality": "gASVHAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOU"}}),
        _with(end={"word": "webp", "with": {"quality": {"Function": {"input": [], "function": "python"}}}}),
        _with(end={"word": "webp", "with": [1]}),
        _with(end={"word": "__import__"}),
        _with(end={"word": "webp", "__class__": "x"}),
        _with(end=None),
        _with(steps=[{"word": "eval", "with": {"code": "1"}}]),
        _with(steps=[{"word": "then"}]),
        _with(steps=[{"word": "__init__"}]),
        _with(steps=None),
        _with(steps={"word": "flip"}),
        _with(steps="flip"),
        _with(kind="__main__"),
        _with(kind=["image"]),
        _with(kind=None),
        _with(more=1),
        {"kind": "image"},
        [],
        "image.webp()",
        None,
    ],
    ids=str,
)
def test_json_that_names_what_it_may_not_is_refused(said: Any) -> None:
    """No JSON that we read can run code: polars expressions are never deserialized from it."""
    with pytest.raises(RecipeError):
        recipe_from_json(said)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["image", "flip", "webp", "resize"]),
    lambda below: st.lists(below, max_size=3)
    | st.dictionaries(st.sampled_from(["kind", "steps", "end", "word", "with", "column", "width"]), below, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({"kind": ANY_JSON | st.just("image"), "steps": ANY_JSON, "end": ANY_JSON}) | ANY_JSON)
def test_any_json_is_a_recipe_or_refused(said: Any) -> None:
    """No JSON that we read can run code."""
    try:
        read = recipe_from_json(said)
    except RecipeError:
        return
    assert recipe_from_json(read.to_json()) == read


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "image.resize(__import__('os').getpid()).webp()",
        "image.resize(width=open('/etc/passwd').read()).webp()",
        "image.resize(**{'width': 3}).webp()",
        "image.resize(*[3]).webp()",
        "image.__class__.webp()",
        "image.then(1).webp()",
        "image.run('/etc/passwd')",
        "(lambda: image)().webp()",
        "image.resize(3).webp().run('/etc/passwd')",
        "image[0].webp()",
        "image.resize(3 if True else 4).webp()",
        "image.resize(f'{1}').webp()",
        "image.resize(width=3, width=4).webp()",
        "image.webp(" + "(" * 300 + "1" + ")" * 300 + ")",
        "image." + "flip()." * 3000 + "webp()",
        "image.webp()\0",
        "",
    ],
    ids=lambda text: text[:40] or "nothing",
)
def test_text_that_is_more_than_words_and_values_is_refused(text: str) -> None:
    """It is read, never run."""
    with pytest.raises(RecipeError):
        parse_recipe(text)


# ---- law 5

_IMPORTED = """
import importlib, json, sys
found, ours = {}, ("mediaframe",)
before = set(sys.modules)
for name in sys.argv[1:]:
    importlib.import_module(name)
    new = {one.partition(".")[0] for one in set(sys.modules) - before}
    found[name] = sorted(one for one in new if one not in sys.stdlib_module_names and one not in ours)
    before = set(sys.modules)
print(json.dumps(found))
"""


def _modules(*places: str) -> list[str]:
    files = [
        file for place in places for file in (sorted((PACKAGE / place).rglob("*.py")) or [PACKAGE / f"{place}.py"])
    ]
    names = [".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def test_words_need_no_libraries() -> None:
    """What can be said (model, ops, formats, measures, recipes, presets) imports the standard library only."""
    names = _modules("errors", "model", "ops", "formats", "measures", "recipes", "presets")
    here = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}

    done = subprocess.run([sys.executable, "-c", _IMPORTED, *names], capture_output=True, text=True, env=here)

    assert len(names) > 20
    assert {name: found for name, found in json.loads(done.stdout).items() if found} == {}, done.stderr


def test_media_libraries_live_in_engines_and_nowhere_else() -> None:
    """Media libraries live in `engines`, and nowhere else."""
    media = {"PIL", "av", "numpy", "pi_heif", "pypdfium2", "pyvips", "vtracer"}
    others = [file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] not in ("engines", "demo")]

    found = {str(file): sorted(media & _imports(file)) for file in others}

    assert {file: names for file, names in found.items() if names} == {}
    assert any(media & _imports(file) for file in (PACKAGE / "engines").rglob("*.py"))


def _imports(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names


# ---- law 7

DOWN = {("document", "image"), ("video", "image"), ("video", "audio"), ("audio", "image")}


@pytest.mark.parametrize("word", every(Operation), ids=lambda one: f"{one.takes}.{one.word}")
def test_media_only_come_down(word: type[Operation]) -> None:
    """document -> image, video -> image, video -> audio, audio -> image."""
    assert word.gives == word.takes or (word.takes, word.gives) in DOWN


def test_there_is_no_way_up_from_an_image() -> None:
    """What goes up is a verb on the frame, not a step in a recipe."""
    with pytest.raises(RecipeError, match=r"frame takes video, but this recipe now holds an image"):
        mf.video.frame(at=1).then(mf.video.frame(at=2).steps[0])

    for kind in ("video", "document", "audio"):
        assert not [one for one in every(Operation, "image") if one.gives == kind]


# ---- law 8


@each_word
def test_what_a_word_is_is_written_once(word: type[Spec]) -> None:
    """Method, signature, range checks, JSON and its schema, CLI text, reference docs are derived from it."""
    recipe = Recipe.of_kind[word.takes]()
    method = getattr(recipe, word.word)

    told = inspect.signature(method)

    assert list(told.parameters) == list(word.arguments)
    for name, parameter in told.parameters.items():
        argument = word.arguments[name]
        assert argument.doc, f"{word.word}({name}) has no doc"
        assert parameter.default == (inspect.Parameter.empty if argument.required else argument.default)
    assert method.__doc__ == inspect.getdoc(word)
    assert word.summary().endswith((".", "."))
    assert word.schema()["description"] == word.summary()
    assert set(word.schema()["properties"]["with"]["properties"]) == set(word.arguments)


@each_word
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_every_use_of_a_word_fits_its_own_schema(word: type[Spec], data: st.DataObject) -> None:
    """JSON and its schema are derived from it, and agree."""
    spec = data.draw(specs(word, columns=True))
    schema = word.schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(json.dumps(spec.to_json())), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"word": word.word, "with": {"no such argument": 1}}, schema)


@pytest.mark.parametrize("recipe", [RECIPE, TAKEN, mf.image.crop(10, 20).png(), mf.image.sharpness()], ids=repr)
def test_the_shell_reads_the_text_that_python_shows(recipe: Any) -> None:
    """CLI text is derived from it."""
    wanted = options.Wanted(recipe=[f"thumb={recipe!r}"], image=[f"short={repr(recipe).removeprefix('image.')}"])

    assert wanted.recipes() == {"thumb": recipe, "short": recipe}


def test_errors_of_words_are_errors_of_usage() -> None:
    """Range checks are derived from it, with one form of message."""
    with pytest.raises(UsageError, match=r"^resize\(width=\.\.\.\): expected 1 to 65535 px, got 0$") as caught:
        mf.image.resize(0)

    assert isinstance(caught.value, MediaframeError | ValueError)
