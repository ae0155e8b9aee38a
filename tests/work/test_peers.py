"""Faults that other tools have been told of, tried here: nothing is given out without a word that was not asked for."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from mediaframe.errors import RecipeError
from mediaframe.recipes import image
from tests.engines.pictures import write
from tests.work.test_encode import asked, natural, one

NOISE = write(np.random.default_rng(7).integers(1, 255, (160, 220, 3)).astype(np.uint8), "PNG")
PHOTO = write(natural(220, 160), "PNG")


@pytest.mark.parametrize("word", ["jpeg", "webp", "avif", "png"])
@pytest.mark.parametrize("budget", [150, 1_000, 10_000])
def test_a_file_over_its_budget_is_never_given_out_as_if_it_kept_it(word: str, budget: int) -> None:
    """Source: thumbor 1298, 837, 1647: under quality 10 the oversized file itself was given out."""
    header, data = one(NOISE, asked(word, max_bytes=budget))
    best, smallest = one(NOISE, asked(word, max_bytes=budget, on_miss="best_effort"))

    if header["status"] == "ok":
        assert (header["outcome"], len(data) <= budget) == ("met", True)
    else:
        assert (header["code"], data) == ("E_INFEASIBLE", b"")
        assert (best["outcome"], len(smallest) > budget) == ("best_effort", True)


@pytest.mark.parametrize("word", ["jpeg", "webp", "avif"])
def test_a_quality_is_not_ignored(word: str) -> None:
    """Source: thumbor 861: WebP was written at the same quality whatever was asked for."""
    sizes = [len(one(PHOTO, asked(word, quality=quality))[1]) for quality in (20, 50, 80, 95)]

    assert sizes == sorted(set(sizes))


def test_the_format_that_is_chosen_is_no_larger_than_the_others() -> None:
    """Source: thumbor 1061: WebP was chosen for whoever reads it, also where it was larger than the JPEG."""
    sizes = {word: len(one(PHOTO, asked(word, target=76))[1]) for word in ("webp", "jpeg")}

    chosen = image.auto(formats=["webp", "jpeg"], target=76).run(PHOTO)

    assert len(chosen) <= min(sizes.values())


@pytest.mark.parametrize("word", ["jpeg", "webp", "avif", "png"])
@pytest.mark.parametrize("source", ["JPEG", "WEBP", "PNG"])
def test_nothing_grows_that_must_not(word: str, source: str) -> None:
    """Source: imgproxy 1254, imagor 410: files came out larger than their originals."""
    file = io.BytesIO()
    Image.open(io.BytesIO(PHOTO)).save(file, source, **({} if source == "PNG" else {"quality": 12}))
    arguments = {} if word == "png" else {"quality": 95}

    header, data = one(file.getvalue(), asked(word, never_grow=True, **arguments))

    assert (header["status"], len(data) <= len(file.getvalue())) in (("ok", True), ("failed", True))
    assert header["status"] == "ok" or header["code"] == "E_INFEASIBLE"


@pytest.mark.parametrize("wish", ["target", "max_bytes"])
def test_a_wish_that_a_format_does_not_keep_is_refused(wish: str) -> None:
    """Source: imgproxy 1299: a search for quality was left out for GIFs without a word."""
    with pytest.raises(RecipeError, match=wish):
        image.gif(**{wish: 70})


def test_a_picture_too_wide_for_avif_says_what_to_do() -> None:
    """Source: imgproxy 1280: "heifsave: image too large" was all that was said."""
    wide = write(np.zeros((2, 40_000, 3), np.uint8), "PNG")

    header, data = one(wide, asked("avif", quality=50))

    assert (header["status"], data) == ("failed", b"")
    assert "avif" in header["error"]
    assert "resize" in header["error"]
