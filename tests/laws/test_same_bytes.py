"""Law 2: the same source and recipe give the same bytes, alone or together, in any order, in any number of slots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

import mediaframe as mf

pytestmark = pytest.mark.slow

RECIPES = {
    "poster": mf.image.resize(2500).jpeg(quality=70),
    "hero": mf.image.resize(1250).jpeg(progressive=True),
    "card": mf.image.resize(700).webp(quality=75, effort=1),
    "thumb": mf.image.resize(160, 160, fit="cover").webp(),
    "dot": mf.image.resize(32).png(),
    "slim": mf.image.resize(400).jpeg(max_bytes="9 kB"),
    "soft": mf.image.resize(300).blur(2).rotate(90).jpeg(),
    "next": mf.image.resize(120).avif(effort=0),
}
LAYOUT = "{rendition}/{name}.{ext}"

Published = Callable[[Path], dict[str, bytes]]


@pytest.fixture(scope="module")
def together(every_sort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All renditions made together, in one slot."""
    to = tmp_path_factory.mktemp("together") / "out"
    run = mf.scan(every_sort).probe().with_columns(**RECIPES).export(to, layout=LAYOUT, slots=1)
    assert run.state == "complete", run.failures
    return to


def test_three_slots_give_the_bytes_that_one_gives(
    every_sort: Path, together: Path, tmp_path: Path, published: Published
) -> None:
    """A rendition depends on its source, its recipe as resolved for that row, and the engine version alone."""
    mf.scan(every_sort).probe().with_columns(**RECIPES).export(tmp_path / "out", layout=LAYOUT, slots=3)

    assert len(published(together)) == len(RECIPES) * len(list(every_sort.iterdir()))
    assert published(tmp_path / "out") == published(together)


@pytest.mark.parametrize("name", RECIPES)
def test_a_rendition_alone_has_the_bytes_that_it_has_together(
    every_sort: Path, together: Path, tmp_path: Path, published: Published, name: str
) -> None:
    """Not on its siblings."""
    mf.scan(every_sort).probe().with_columns(**{name: RECIPES[name]}).export(tmp_path / "out", layout=LAYOUT, slots=2)

    siblings = {at: data for at, data in published(together).items() if at.startswith(f"{name}/")}
    assert siblings
    assert published(tmp_path / "out") == siblings


def test_the_order_of_rows_changes_no_byte(
    every_sort: Path, together: Path, tmp_path: Path, published: Published
) -> None:
    """Not on the batch: neighbors in another order, in batches of another cut, without a probe."""
    uris = sorted((str(path) for path in every_sort.iterdir()), reverse=True)
    names = ("thumb", "card", "poster")
    table = mf.scan(pl.DataFrame({"uri": uris}))

    run = table.with_columns(**{name: RECIPES[name] for name in names}).export(tmp_path / "out", layout=LAYOUT)

    same = {at: data for at, data in published(together).items() if at.split("/")[0] in names}
    assert [row["source"] for row in run.manifest.iter_rows(named=True)][:: len(names)] == uris
    assert published(tmp_path / "out") == same


@pytest.mark.parametrize("name", ["large.jpg", "alpha.png", "turn6.jpg", "moving.gif"])
def test_one_file_without_a_frame_has_the_bytes_of_the_run(every_sort: Path, together: Path, name: str) -> None:
    """Nor on the executor."""
    for rendition in ("card", "slim"):
        recipe = RECIPES[rendition]
        assert recipe.format is not None

        alone = recipe.run(every_sort / name)

        assert alone == (together / rendition / f"{name}.{recipe.format.extension}").read_bytes()


def test_collected_bytes_are_the_published_ones(every_sort: Path, together: Path) -> None:
    """Nor on where they go: what is collected is what would be exported."""
    frame = mf.scan(every_sort).probe().with_columns(thumb=RECIPES["thumb"], dot=RECIPES["dot"])

    rows = frame.collect()

    for row in rows.iter_rows(named=True):
        for rendition, ext in (("thumb", "webp"), ("dot", "png")):
            assert row[rendition]["data"] == (together / rendition / f"{row['name']}.{ext}").read_bytes()
