"""Real photographs are traced to within a score, seen by an engine that had no part in it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mediaframe.recipes import image
from tests.corpus.conftest import CORPUS
from tests.engines.pictures import rendered
from tests.engines.test_vips_trace import scores


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tanners_ridge.jpg", "mongolels.jpg", "craft_beer_24mp.jpg"])
def test_a_photograph_comes_back_within_the_score(name: str) -> None:
    path = CORPUS / "photos" / name
    if not path.is_file():
        pytest.skip(f"no corpus in {CORPUS}")
    recipe = image.resize(1200)
    data = path.read_bytes()
    with Image.open(io.BytesIO(rendered(data, recipe.png(effort=1)).data)) as picture:
        pixels = np.asarray(picture.convert("RGB"))

    made = rendered(data, recipe.svg())

    psnr, ssim = scores(made.data, pixels)
    assert psnr > 22
    assert ssim > 0.65
    assert len(made.data) < 2_000_000
