"""What holds for all words and all recipes, whatever their arguments."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Column
from mediaframe.model.finish import Format, Measure
from mediaframe.model.operation import Operation
from mediaframe.model.parse import parse_recipe, recipe_from_json
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import Spec, every, spec_from_json
from tests.strategies import recipes, specs

FAMILIES: tuple[type[Spec], ...] = (Operation, Format, Measure)
WORDS = [(family, cls) for family in FAMILIES for cls in every(family)]
FEW = settings(max_examples=25, deadline=None)
MORE = settings(max_examples=60, deadline=None)
STARTS = st.sampled_from(("image", "video", "document"))


@pytest.mark.parametrize(("family", "cls"), WORDS, ids=lambda one: getattr(one, "__name__", ""))
@FEW
@given(data=st.data())
def test_every_word_reads_back_from_its_json(family: Any, cls: type[Spec], data: st.DataObject) -> None:
    spec = data.draw(specs(cls, columns=True))

    again = spec_from_json(family, cls.takes, json.loads(json.dumps(spec.to_json())))

    assert again == spec
    assert hash(again) == hash(spec)
    assert again.identity() == spec.identity()


@pytest.mark.parametrize(("family", "cls"), WORDS, ids=lambda one: getattr(one, "__name__", ""))
@FEW
@given(data=st.data())
def test_every_word_survives_pickling(family: Any, cls: type[Spec], data: st.DataObject) -> None:
    spec = data.draw(specs(cls, columns=True))

    assert pickle.loads(pickle.dumps(spec)) == spec


@MORE
@given(STARTS.flatmap(lambda start: recipes(start, columns=True)))
def test_a_recipe_reads_back_from_its_text(recipe: Finished) -> None:
    again = parse_recipe(repr(recipe))

    assert again == recipe
    assert again.id == recipe.id


@MORE
@given(STARTS.flatmap(lambda start: recipes(start, columns=True)))
def test_a_recipe_reads_back_from_its_json_and_from_pickle(recipe: Finished) -> None:
    assert recipe_from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe


@MORE
@given(recipes(columns=True), recipes(columns=True))
def test_equal_recipes_have_equal_ids_and_others_have_others(first: Finished, second: Finished) -> None:
    assert (first.id == second.id) == (first == second)


@MORE
@given(recipes())
def test_a_recipe_without_columns_is_bound_already(recipe: Finished) -> None:
    assert recipe.columns == frozenset()
    assert recipe.bind({}) is recipe


@pytest.mark.parametrize(("family", "cls"), WORDS, ids=lambda one: getattr(one, "__name__", ""))
def test_every_numeric_argument_refuses_what_is_out_of_range(family: Any, cls: type[Spec]) -> None:
    for name, argument in cls.arguments.items():
        outside = [argument.ge - 1] if argument.ge is not None else []
        outside += [argument.le + 1] if argument.le is not None else []
        for value in outside:
            needed = [one for one in cls.arguments.values() if one.required and one.name != name]
            others = {one.name: Column("another") for one in needed}

            with pytest.raises(RecipeError, match=name):
                cls(**{name: value}, **others)


@MORE
@given(recipes(columns=True).filter(lambda recipe: recipe.columns))
def test_a_column_that_the_row_lacks_is_named(recipe: Finished) -> None:
    with pytest.raises(RecipeError, match="the row has no column"):
        recipe.bind({})


def test_a_bound_column_gives_the_recipe_with_the_value() -> None:
    recipe = parse_recipe("image.resize(width=col('side')).webp()")

    assert recipe.bind({"side": 320}) == parse_recipe("image.resize(320).webp()")
    assert recipe.words[0].values["width"] == Column("side")
