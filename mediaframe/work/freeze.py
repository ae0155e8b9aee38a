"""Rows frozen into the input of a run: names, clashes, what can be reused, what cannot be done.

All of this happens before the first byte of a medium is written, and most of it before one is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mediaframe.errors import AssetError, MediaframeError, RunError
from mediaframe.model.media_type import by_name
from mediaframe.model.package import files_of, folder_of
from mediaframe.model.recipe import Finished
from mediaframe.storage.layout import Layout
from mediaframe.storage.source import Sources
from mediaframe.storage.store import Store
from mediaframe.work.batch import Item, Wanted
from mediaframe.work.claims import Claims, Tellings
from mediaframe.work.frozen import Frozen, bound, item_of, layout_values
from mediaframe.work.hidden import ARGUMENTS, ASSET, PLAN, ROW, VALUE
from mediaframe.work.inputs import Inputs
from mediaframe.work.job import ORIGINAL, Job
from mediaframe.work.known import Known, plain
from mediaframe.work.outcome import begin, failure
from mediaframe.work.there import There

_PASSING = ("E_SOURCE_UNAVAILABLE", "E_STORE_UNAVAILABLE")
"""Why a header could not be read that may be over when the source is, or when the run is tried again."""


@dataclass(frozen=True, slots=True)
class _Resolved:
    """What may be made of a row: what is wanted, why it cannot be, what an earlier run knows of it."""

    wanted: Wanted
    error: MediaframeError | None
    known: dict[str, Any] | None
    late: str
    """Its name without the key, where it is known only late."""


class Freezer:
    """Plans rows: each rendition is to be written, is reused, or cannot be done."""

    def __init__(
        self,
        job: Job,
        store: Store,
        *,
        files: Known | None = None,
        values: Known | None = None,
        check_stale: bool = True,
        engines: frozenset[str] | None = None,
        inputs: Inputs | None = None,
    ) -> None:
        self.job, self.store = job, store
        self.inputs = inputs or Inputs(Sources(), job.limits)
        self.layout = Layout(job.layout)
        self.originals = Layout(job.originals) if job.originals else None
        self.files, self.values = files, values
        self.check_stale = check_stale
        self.engines = engines
        self._stale = Tellings()
        self._claims = Claims(store, packages=any(_is_package(recipe) for _, recipe in job.recipes))
        self._there = There(store, job.prefix)
        self._digest = hashlib.sha256()
        self._row = 0

    def freeze(self, batches: Iterable[pl.DataFrame], folder: Path) -> Frozen:
        """Write the planned rows as Parquet parts into a local folder, and say what they come to."""
        frozen = Frozen()
        try:
            for number, batch in enumerate(batches):
                planned, lines = self.plan(batch, frozen)
                frozen.parts.append(folder / f"part-{number:05d}.parquet")
                planned.write_parquet(frozen.parts[-1])
                frozen.lines.append(folder / f"lines-{number:05d}.jsonl")
                frozen.lines[-1].write_text("".join(json.dumps(line, default=plain) + "\n" for line in lines))
        finally:
            self._claims.close()
            self._there.close()
        frozen.digest = self._digest.hexdigest()
        frozen.rows = self._row
        return frozen

    def plan(self, batch: pl.DataFrame, frozen: Frozen) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
        """Plan the rows of one batch."""
        plans, lines, lost = [], [], []
        rows = [(row, self._resolved(row)) for row in batch.iter_rows(named=True)]
        sizes = self._sizes(one for _, resolved in rows for one in resolved)
        for row, resolved in rows:
            self._claims.source(row[ASSET]["uri"])
            wanted, settled = self._plan_row(row, resolved, sizes)
            lost.append(not wanted and not settled and self._lost(row[ASSET]))
            plans.append(json.dumps([[one.name, one.target, *self._named(row, one)] for one in wanted]))
            lines += settled
            self._row += 1
        if any(lost):
            frozen.excluded.append(batch.filter(pl.Series(lost)).select(ASSET).unnest(ASSET))
        numbers = pl.int_range(self._row - batch.height, self._row, eager=True).alias(ROW)
        return batch.with_columns(numbers, pl.Series(PLAN, plans, dtype=pl.String)), lines

    def _named(self, row: Mapping[str, Any], wanted: Wanted) -> Iterator[dict[str, Any]]:
        """Give what the inputs were found to be that are named by columns of the row; those of the recipe are known."""
        recipe = dict(self.job.recipes).get(wanted.name)
        if recipe is not None and wanted.recipe is not None and recipe.columns and wanted.recipe.inputs:
            named = recipe.bind(row[ARGUMENTS + wanted.name]).inputs
            pairs = zip(named, wanted.recipe.inputs, strict=True)
            if found := {one.name: found.to_json() for one, found in pairs if one.sha256 is None}:
                yield found

    def refuse_clashes(self) -> None:
        """Raise when two results have one name, or one has the name of a source."""
        self._claims.refuse(self.job.layout)

    def refuse_stale(self) -> None:
        """Raise when files stand under our names that no earlier run of ours vouches for."""
        if self._stale.count:
            raise RunError(
                f"{self.store.url}: {self._stale.count} files stand there already that this run would write anew, such "
                f"as {', '.join(self._stale.examples)}; say on_exists='replace' or on_exists='version', or choose "
                "another place",
                code="E_STORE_CONFLICT",
            )

    def _resolved(self, row: dict[str, Any]) -> list[_Resolved]:
        """Give what may be made of a row, with its names and what earlier runs know of it."""
        asset, found = row[ASSET], []
        for name, recipe in applicable(self.job, asset):
            one, error, known, late = Wanted(name, self.job.place(name), recipe), None, None, None
            try:
                one = self._resolve(row, one)
                late = None if one.target else self._late_name(row, one, "-")
                if one.recipe is None or not one.recipe.measure:
                    known = self._known_file(row, one)
            except MediaframeError as raised:
                error = raised
            found.append(_Resolved(one, error, known, late or ""))
        return found

    def _sizes(self, resolved: Iterable[_Resolved]) -> dict[str, int]:
        """Ask in bulk for what stands under the names that matter."""
        names = set[str]()
        for one in resolved:
            if one.known is not None:
                names.update(name for name, _, _ in files_of(one.known))
            if self.check_stale and one.wanted.target and one.error is None:
                names.add(one.wanted.target)
        return self._there.sizes(names) if names else {}

    def _plan_row(
        self, row: dict[str, Any], resolved: list[_Resolved], sizes: Mapping[str, int]
    ) -> tuple[list[Wanted], list[dict[str, Any]]]:
        asset, wanted, lines = row[ASSET], [], []
        for one in resolved:
            item = item_of(self._row, asset, ())
            if one.error is not None:
                settled: dict[str, Any] | None = {**begin(item, one.wanted, 0), **failure(one.error)}
            else:
                settled = self._measured(item, one.wanted, row) or self._settled(item, one, sizes)
            if settled is None:
                wanted.append(one.wanted)
            else:
                lines.append(settled)
            told = [asset["id"], asset["version"] or "", one.wanted.name, one.wanted.recipe_id, one.wanted.target or ""]
            told.append(one.late)
            self._digest.update("\0".join(told).encode())
        return wanted, lines

    def _lost(self, asset: Mapping[str, Any]) -> bool:
        """Whether an asset that no recipe takes is missed: it does not read, or is not what its name promised."""
        if asset["status"] == "error":
            return True
        named = by_name(asset["name"] or "") if asset["error_code"] == "E_FORMAT_MISMATCH" else None
        return named is not None and named.kind in {recipe.start for _, recipe in self.job.recipes}

    def _resolve(self, row: dict[str, Any], wanted: Wanted) -> Wanted:
        """Bind the arguments and find the name."""
        asset = row[ASSET]
        recipe = bound(wanted, row)
        recipe = self.inputs.settle(recipe) if recipe else None
        if asset["status"] == "error" and asset["error_code"] not in _PASSING:
            raise AssetError(asset["error"] or "unreadable", code=asset["error_code"])
        if recipe is not None and recipe.measure:
            return Wanted(wanted.name, wanted.place, recipe)
        layout = self.originals if recipe is None and self.originals else self.layout
        extension = recipe.format.extension if recipe and recipe.format else _extension(asset["name"])
        made = Wanted(wanted.name, wanted.place, recipe)
        if layout.needs_key:
            return made
        values = layout_values(row)
        if recipe and recipe.format and recipe.format.chooses and layout.needs_ext:
            # Which of the names it gets is known late; none of them may be another's.
            for one in recipe.format.extensions():
                name = layout.expand(values, wanted.name, made.recipe_id, one)
                self._claims.result(self.job.prefix + name, f"{asset['path']} ({wanted.name})")
            return made
        target = self.job.prefix + layout.expand(values, wanted.name, made.recipe_id, extension)
        target = recipe.format.placed(target) if recipe and recipe.format else target
        self._claims.result(target, f"{asset['path']} ({wanted.name})", package=_is_package(recipe))
        return Wanted(wanted.name, wanted.place, recipe, target)

    def _measured(self, item: Item, wanted: Wanted, row: dict[str, Any]) -> dict[str, Any] | None:
        """Give the line of a value that was measured on the way, for a filter."""
        value = row.get(VALUE + wanted.name)
        if value is None or self._again_known(item, wanted):
            return None
        return {**begin(item, wanted, 1), "status": "measured", "value": value}

    def _again_known(self, item: Item, wanted: Wanted) -> bool:
        return bool(self.values and self.values.find(item.uri, item.version, wanted.name, wanted.recipe_id))

    def _settled(self, item: Item, one: _Resolved, sizes: Mapping[str, int]) -> dict[str, Any] | None:
        """Give the line of a result that is there already; None where it is to be made."""
        wanted = one.wanted
        if wanted.recipe is not None and wanted.recipe.measure:
            row = self.values and self.values.find(item.uri, item.version, wanted.name, wanted.recipe_id)
            return self._again(item, wanted, row) if row else None
        if one.known is not None and all(sizes.get(name) == size for name, size, _ in files_of(one.known)):
            return self._again(item, wanted, one.known)
        if self.check_stale and wanted.target and (wanted.target in sizes or self._holds_others(wanted)):
            self._stale.note(wanted.target)
        return None

    def _holds_others(self, wanted: Wanted) -> bool:
        """Whether anything stands in the folder that a package is to have."""
        if wanted.target is None or not _is_package(wanted.recipe):
            return False
        return next(iter(self.store.list(folder_of(wanted.target))), None) is not None

    def _known_file(self, row: Mapping[str, Any], wanted: Wanted) -> dict[str, Any] | None:
        """Give the row of an earlier run that made the same of the same, if it is under the same name."""
        if self.files is None:
            return None
        asked = (row[ASSET]["uri"], row[ASSET]["version"], wanted.name, wanted.recipe_id)
        target = wanted.target
        if target is None:
            known = self.files.find(*asked)
            target = self._late_name(row, wanted, known["key"], known["media_type"]) if known else None
        found = self.files.find(*asked, target) if target else None
        return found if found and found["uri"] == target and not self._outdated(found) else None

    def _late_name(
        self, row: Mapping[str, Any], wanted: Wanted, key: str | None, media_type: str | None = None
    ) -> str | None:
        """Name a result as it would be named once it is made."""
        form = wanted.recipe.format if wanted.recipe else None
        if form is None or key is None:
            return None
        name = self.layout.expand(layout_values(row), wanted.name, wanted.recipe_id, form.extension_of(media_type), key)
        return self.job.prefix + form.placed(name)

    def _outdated(self, row: Mapping[str, Any]) -> bool:
        return self.engines is not None and row["engine"] is not None and row["engine"] not in self.engines

    def _again(self, item: Item, wanted: Wanted, row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, **begin(item, wanted, 0), "source_bytes": row.get("source_bytes"), "status": "reused"}


def _is_package(recipe: Finished | None) -> bool:
    return recipe is not None and recipe.format is not None and bool(recipe.format.package)


def applicable(job: Job, asset: Mapping[str, Any]) -> Iterator[tuple[str, Finished | None]]:
    """Give the renditions and measures that take an asset of this kind.

    Where neither probe nor name tells the kind, all are tried: the content decides when it is read.
    """
    unknown = asset["kind"] is None and asset["status"] is None
    for name, recipe in job.recipes:
        if unknown or recipe.start == asset["kind"]:
            yield name, recipe
    if job.originals:
        yield ORIGINAL, None


def _extension(name: str | None) -> str:
    return (name or "").rpartition(".")[2].lower() if "." in (name or "") else "bin"
