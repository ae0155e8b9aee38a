"""Resize modes: what comes out is what the resize of the mode gives, and no more of a JPEG is decoded."""

from __future__ import annotations

import numpy as np
import pytest

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.engine import engine
from mediaframe.model.mode import ModeName
from mediaframe.ops.image.geometry import MODES
from mediaframe.recipes import image
from tests.engines.pictures import large, pixels_of, scene, write

SIZES: dict[ModeName, int] = {"square": 90, "width": 120, "height": 60}


@pytest.mark.parametrize("name", MODES)
def test_a_mode_gives_the_pixels_of_its_resize(name: ModeName) -> None:
    data = write(scene(240, 160), "PNG")
    recipe = image.mode(name, SIZES.get(name))
    does = recipe.steps[0].resize  # type: ignore[attr-defined]  # the step is a Mode

    made = pixels_of(data, recipe.png())

    np.testing.assert_array_equal(made, pixels_of(data, image.then(does).png() if does else image.png()))


def test_a_mode_shrinks_while_it_decodes_and_original_does_not() -> None:
    source = Source(write(large(3200, 2400), "JPEG"))

    def decoded(recipe: object) -> int:
        return engine.open(source, Task(recipe.steps, recipe.end)).image.width  # type: ignore[attr-defined]

    assert decoded(image.mode("email").jpeg()) == 1600
    assert decoded(image.mode("original").resize(600).jpeg()) == 1600
    assert decoded(image.mode("original").jpeg()) == 3200
