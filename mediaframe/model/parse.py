"""Recipes read back: from their JSON form, and from their text."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from mediaframe.errors import RecipeError, did_you_mean
from mediaframe.model.argument import Column
from mediaframe.model.door import Door
from mediaframe.model.finish import Format, Measure
from mediaframe.model.kind import Kind
from mediaframe.model.operation import Operation
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.model.spec import Spec, find, spec_from_json

_our_words = Door("mediaframe.recipes", "image")


def recipe_from_json(data: Mapping[str, Any]) -> Finished:
    """Read a finished recipe back from its JSON form. Nothing in it can run code."""
    if not isinstance(data, Mapping) or set(data) != {"kind", "steps", "end"}:
        raise RecipeError(f"expected {{'kind': ..., 'steps': [...], 'end': {{...}}}}, got {data!r}")
    if not isinstance(data["steps"], list | tuple):
        raise RecipeError(f"expected the steps of a recipe as a list, got {data['steps']!r}")
    recipe = _begin(data["kind"])
    for one in data["steps"]:
        recipe = recipe.then(spec_from_json(Operation, recipe.kind, one))
    end = data["end"]
    word = end.get("word") if isinstance(end, Mapping) else None
    family: type[Format | Measure] = Measure if _is_measure(recipe.kind, word) else Format
    return recipe.finish(spec_from_json(family, recipe.kind, end))


def _is_measure(kind: Kind, word: object) -> bool:
    if not isinstance(word, str):
        return False
    known = Spec.registered()
    if ("format", kind, word) in known or ("measure", kind, word) in known:
        return ("measure", kind, word) in known  # `find` would search for plugins, 4 ms for each recipe.
    try:
        find(Measure, kind, word)
    except RecipeError:
        return False
    return True


def _begin(kind: object) -> Recipe:
    if not Recipe.of_kind:  # Text and JSON may be the first that a program reads, before it names a recipe.
        _our_words()
    if not isinstance(kind, str) or kind not in Recipe.of_kind:
        raise RecipeError(f"no recipe for {kind!r}{did_you_mean(str(kind), Recipe.of_kind)}")
    return Recipe.of_kind[kind]()


def parse_recipe(text: str, kind: Kind | None = None) -> Finished:
    """Read a finished recipe from its text, the form that `repr` gives.

    Parameters
    ----------
    text
        Such as `image.resize(width=320).webp()`. It is read, never run.
    kind
        What the recipe begins with, where the text does not say: `resize(320).webp()`.

    Examples
    --------
    >>> parse_recipe("resize(320).webp()", kind="image")
    image.resize(width=320).webp()
    """
    if not isinstance(text, str):
        raise RecipeError(f"expected a recipe as text, such as 'image.resize(320).webp()', got {text!r}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        calls = _calls(tree, text)
    except SyntaxError as error:
        raise RecipeError(f"{text!r} does not read as a recipe: {error.msg} at character {error.offset}") from None
    except RecipeError:
        raise
    except (ValueError, RecursionError, MemoryError):  # A null character; more brackets or words than Python takes.
        raise RecipeError(f"{text[:60]!r}... does not read as a recipe: expected words and their arguments") from None
    if calls and calls[0][1] is None and (kind is None or calls[0][0] in Recipe.of_kind or len(calls) > 1):
        kind = calls.pop(0)[0]  # type: ignore[assignment]  # _begin checks it
    if kind is None:
        raise RecipeError(f"{text!r}: say what it begins with, such as image.{text.strip()}")
    recipe: Recipe | Finished = _begin(kind)
    for word, arguments in calls:
        if isinstance(recipe, Finished):
            raise RecipeError(f"{text!r}: {recipe!r} is finished; nothing can follow it")
        if arguments is None:
            raise RecipeError(f"{text!r}: expected {word}(...), got {word}")
        recipe = _follow(recipe, word, *arguments)
    if not isinstance(recipe, Finished):
        raise RecipeError(f"{text!r} is not finished: end it with a format such as .webp(), or with a measure")
    return recipe


def _follow(recipe: Recipe, word: str, args: list[Any], kwargs: dict[str, Any]) -> Recipe | Finished:
    for family in (Operation, Format, Measure):
        try:
            spec = find(family, recipe.kind, word)
        except RecipeError:
            continue
        made = spec(*args, **kwargs)
        return recipe.then(made) if isinstance(made, Operation) else recipe.finish(made)  # type: ignore[arg-type]
    known = [one.word for family in (Operation, Format, Measure) for one in _every(family, recipe.kind)]
    raise RecipeError(f"no operation {word!r} for {recipe.kind}{did_you_mean(word, known)}")


def _every(family: type[Spec], kind: Kind) -> list[type[Spec]]:
    from_register = Spec.registered()
    return [cls for (of, takes, _), cls in from_register.items() if of == family.__name__.lower() and takes == kind]


def _calls(node: ast.expr, text: str) -> list[tuple[str, tuple[list[Any], dict[str, Any]] | None]]:
    if isinstance(node, ast.Name):
        return [(node.id, None)]
    if isinstance(node, ast.Attribute):
        return [*_calls(node.value, text), (node.attr, None)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        before = _calls(node.func, text)
        args = [_literal(one, text) for one in node.args]
        names = [one.arg for one in node.keywords]
        if None in names or len(set(names)) < len(names):
            raise RecipeError(f"{text!r}: each argument is given once, by its name")
        kwargs = {str(one.arg): _literal(one.value, text) for one in node.keywords}
        return [*before[:-1], (before[-1][0], (args, kwargs))]
    raise RecipeError(f"{text!r} does not read as a recipe: expected words and their arguments")


def _literal(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "col":
        names = [one.value for one in node.args if isinstance(one, ast.Constant)]
        if len(names) == 1 and isinstance(names[0], str) and not node.keywords:
            return Column(names[0])
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise RecipeError(f"{text!r}: an argument may be a plain value or col('name')") from None
