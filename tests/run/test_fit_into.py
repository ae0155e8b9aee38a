"""A whole catalogue in a budget of bytes: one target for all, found before the export, kept by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.errors import UsageError


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of pictures of many sizes and kinds."""
    root = tmp_path_factory.mktemp("catalogue")
    for number in range(12):
        random = np.random.default_rng(number)
        width, height = (int(one) for one in random.integers(90, 240, 2))
        down, across = np.mgrid[0:height, 0:width]
        plain = 128 + 60 * np.sin(across / random.uniform(5, 40)) + 40 * np.cos(down / random.uniform(5, 40))
        grain = random.normal(0, random.uniform(0, 14), (height, width))
        picture = np.clip(plain + grain, 0, 255).astype(np.uint8)
        Image.fromarray(picture).convert("RGB").save(root / f"{number}.jpg", quality=92)
    return root


@pytest.mark.slow
def test_the_export_comes_to_the_budget_at_one_target(catalogue: Path, tmp_path: Path) -> None:
    frame = (
        mf.scan(catalogue)
        .probe()
        .with_columns(web=mf.image.resize(90).webp(effort=0), small=mf.image.resize(48).jpeg())
    )
    budget = 8_500

    fitted = frame.fit_into(budget)
    run = fitted.frame.export(tmp_path / "out")

    total = run.manifest["bytes"].sum()
    assert run.state == "complete"
    assert total == pytest.approx(budget, rel=0.03)
    assert fitted.low <= total <= fitted.high
    assert fitted.sampled == fitted.assets == 12
    assert {recipe.end.values["target"] for recipe in fitted.frame.recipes.values()} == {fitted.target}
    assert f"target {fitted.target:g}" in repr(fitted)
    assert not list(catalogue.glob("_mediaframe"))


def test_what_has_no_target_counts_as_it_is(catalogue: Path, tmp_path: Path) -> None:
    frame = mf.scan(catalogue).head(3).with_columns(flat=mf.image.resize(40).gif(), web=mf.image.resize(80).jpeg())

    fitted = frame.fit_into("9900 B")
    run = fitted.frame.export(tmp_path / "out")

    assert run.manifest["bytes"].sum() <= 10_100
    assert fitted.frame.recipes["flat"] == frame.recipes["flat"]


def test_a_sample_is_enough_of_a_look(catalogue: Path) -> None:
    frame = mf.scan(catalogue).probe().with_columns(web=mf.image.resize(64).jpeg())

    fitted = frame.fit_into("5 kB", sample=6)

    assert (fitted.sampled, fitted.assets) == (6, 12)
    assert fitted.low < fitted.bytes < fitted.high


def test_filters_and_columns_of_the_frame_hold(catalogue: Path, tmp_path: Path) -> None:
    wide = mf.scan(catalogue).probe().filter(pl.col("width") > 150).select("name", "path")

    fitted = wide.with_columns(web=mf.image.resize(64).jpeg()).fit_into("2500 B")

    assert 0 < fitted.assets < 12
    assert fitted.frame.columns == ["name", "path", "web"]


def test_a_budget_that_no_score_keeps_is_refused_with_what_to_do(catalogue: Path) -> None:
    frame = mf.scan(catalogue).head(3).with_columns(web=mf.image.webp())

    with pytest.raises(UsageError, match=r"at a score of 20 the renditions still take about .* resize to fewer"):
        frame.fit_into(600)


@pytest.mark.parametrize(
    ("budget", "options", "said"),
    [("lots", {}, "bytes such as"), (0, {}, "more than 0"), ("1 MB", {"within": 2}, "a share between 0 and 1")],
)
def test_what_cannot_be_asked_for_raises(catalogue: Path, budget: object, options: dict[str, float], said: str) -> None:
    frame = mf.scan(catalogue).with_columns(web=mf.image.webp())

    with pytest.raises(UsageError, match=said):
        frame.fit_into(budget, **options)


def test_a_frame_without_a_quality_to_choose_is_refused(catalogue: Path) -> None:
    with pytest.raises(UsageError, match="no rendition here has a quality to choose"):
        mf.scan(catalogue).with_columns(web=mf.image.gif()).fit_into("1 MB")


def test_a_frame_that_chooses_by_what_is_made_is_refused(catalogue: Path) -> None:
    sharp = mf.scan(catalogue).with_columns(sharp=mf.image.sharpness()).filter(pl.col("sharp") > 1)

    with pytest.raises(UsageError, match=r"collect\(\) that first"):
        sharp.with_columns(web=mf.image.webp()).fit_into("1 MB")
