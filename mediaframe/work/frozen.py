"""The frozen input of a run: how its rows are kept, and what is made of them again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from mediaframe.errors import AssetError, RecipeError
from mediaframe.model.input import parse_input
from mediaframe.model.recipe import Finished
from mediaframe.table.schema import RENDITION
from mediaframe.work.batch import Item, Wanted
from mediaframe.work.commit import logged
from mediaframe.work.hidden import ARGUMENTS, ASSET, PLAN, ROW
from mediaframe.work.job import ORIGINAL, Job
from mediaframe.work.outcome import begin

OWN = ("id", "uri", "path", "name")
"""What a layout may name, whether the user kept the columns or not."""


@dataclass(slots=True)
class Frozen:
    """The frozen input on local disk, before it is published."""

    parts: list[Path] = field(default_factory=list)
    lines: list[Path] = field(default_factory=list)
    """Lines of the row log that are settled already: what is reused, what cannot be done."""
    excluded: list[pl.DataFrame] = field(default_factory=list)
    rows: int = 0
    digest: str = ""

    def rehearse(self, job: Job, folder: Path) -> None:
        """Write the rows that the manifest would have, part by part: `planned`, reused, or failed already."""
        logged([], RENDITION).select([one.name for one in RENDITION]).write_parquet(folder / "00000.parquet")
        for number, (part, settled) in enumerate(zip(self.parts, self.lines, strict=True), 1):
            lines = [json.loads(line) for line in settled.read_text().splitlines()]
            for row in pl.read_parquet(part).iter_rows(named=True):
                lines += _planned(job, row)
            made = logged([line for line in lines if "rendition" in line], RENDITION).sort("row", "place")
            made.select([one.name for one in RENDITION]).write_parquet(folder / f"{number:05d}.parquet")


def bound(
    wanted: Wanted, row: Mapping[str, Any], named: Mapping[str, Mapping[str, str]] | None = None
) -> Finished | None:
    """Take the arguments of a recipe from a frozen row; `named` says what the inputs were that it names."""
    recipe = wanted.recipe
    if recipe is None or not recipe.columns:
        return recipe
    try:
        made = recipe.bind(row[ARGUMENTS + wanted.name])
        return made.with_inputs(lambda one, _: parse_input(named.get(one.name, one))) if named else made
    except RecipeError as error:
        raise AssetError(error.message, code="E_PARAM") from None


def item_of(row: int, asset: Mapping[str, Any], wanted: tuple[Wanted, ...], attempts: int = 0) -> Item:
    """Make the item of a batch from the hidden column of a row."""
    return Item(
        row=row,
        id=asset["id"],
        uri=asset["uri"],
        version=asset["version"],
        bytes=asset["bytes"],
        kind=asset["kind"],
        format=asset["format"],
        pixels=(asset["width"] or 0) * (asset["height"] or 0) or None,
        wanted=wanted,
        attempts=attempts,
        media_type=asset["media_type"],
        frames=asset["frames"],
    )


def layout_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a layout may name: the user's columns, and what we know of the asset."""
    asset = row[ASSET]
    values = {name: value for name, value in row.items() if not name.startswith("__mf_")}
    return {**{name: asset[name] for name in OWN}, **values}


def _planned(job: Job, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    recipes = dict(job.recipes)
    for name, target, *named in json.loads(row[PLAN]):
        recipe = None if name == ORIGINAL and job.originals else recipes[name]
        wanted = Wanted(name, job.place(name), bound(Wanted(name, job.place(name), recipe), row, *named), target)
        item = item_of(row[ROW], row[ASSET], (wanted,))
        yield {**begin(item, wanted, 0), "status": "planned", "uri": target}
