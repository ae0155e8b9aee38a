"""What holds for every recipe: what is said of its result beforehand is what comes out."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import AssetError
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import every
from tests.engines.pictures import write
from tests.strategies import recipes, specs

SIDES = st.integers(1, 70)
CAREFUL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _source(width: int, height: int, bands: int) -> bytes:
    random = np.random.default_rng(width * 71 + height)
    return write(random.integers(0, 256, (height, width, bands), dtype=np.uint8), "PNG", compress_level=1)


def _agrees(inferred: Shape, rendered: Shape) -> bool:
    facts = ("width", "height", "alpha", "gray")
    said = {name: getattr(inferred, name) for name in facts if getattr(inferred, name) is not None}
    return said == {name: getattr(rendered, name) for name in said}


@CAREFUL
@given(width=SIDES, height=SIDES, bands=st.sampled_from((1, 2, 3, 4)), data=st.data())
def test_the_inferred_shape_is_the_rendered_shape_for_every_operation(
    width: int, height: int, bands: int, data: st.DataObject
) -> None:
    words = [one for one in every(Operation, "image") if one.gives == "image"]
    operation: Any = data.draw(specs(data.draw(st.sampled_from(words)), most=40))
    try:
        handle = engine.open(Source(_source(width, height, bands)), Task((operation,)))
        before = engine.shape(handle)
        after = engine.shape(engine.hold(engine.do(operation, handle)))
    except AssetError as error:
        assume(error.code != "E_PARAM")
        raise

    assert _agrees(operation.infer(before), after), (operation, operation.infer(before), after)


@CAREFUL
@given(width=SIDES, height=SIDES, recipe=recipes(most=20))
def test_whole_recipes_end_in_the_shape_that_was_inferred(width: int, height: int, recipe: Finished) -> None:
    try:
        handle = engine.open(Source(_source(width, height, 3)), Task(recipe.steps, recipe.end))
        shape = engine.shape(handle)
        for step in recipe.steps:
            handle = engine.do(step, handle)
        made = engine.shape(engine.hold(handle))
    except AssetError as error:
        assume(error.code != "E_PARAM")
        raise

    assert _agrees(recipe.infer(shape), made)
