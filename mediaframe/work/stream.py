"""The rows of a query, batch by batch: nodes done in order, media made where a later node asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from mediaframe.errors import AssetError, MediaframeError, RecipeError
from mediaframe.model.recipe import Finished
from mediaframe.query import Query, Runner, Stage, media_dtype
from mediaframe.work.batch import Item, Wanted, batches
from mediaframe.work.freeze import item_of
from mediaframe.work.hidden import ARGUMENTS, ASSET, hide
from mediaframe.work.local import LocalPool
from mediaframe.work.prober import Prober
from mediaframe.work.slot import Slot
from mediaframe.work.task import Outcome, Worker, begin, failure

ARGS = "__mf_args"
"""A field of a rendition that was made on the way: the values that its recipe was bound to."""


class Stream:
    """Gives the rows of a query up to its last media columns, which are left to be made; fills `excluded`.

    In the rows that come out, a media column with arguments from columns stands as the struct of their values.
    """

    def __init__(
        self,
        query: Query,
        source: Callable[[], Iterable[pl.DataFrame]],
        prober: Prober,
        worker: Worker,
        pool: LocalPool,
    ) -> None:
        self.query, self.source, self.prober, self.worker, self.pool = query, source, prober, worker, pool
        self.excluded: list[pl.DataFrame] = []
        self._stages = [_Stage(stage) for stage in query.stages()]

    def __iter__(self) -> Iterator[pl.DataFrame]:
        for batch in self.source():
            rows = hide(batch)
            for at, stage in enumerate(self._stages):
                rows = self._before(stage, rows)
                if at < len(self._stages) - 1:
                    rows = self.make(rows, stage.media, inline=False)
            if rows.height:
                rows = self._stages[-1].after.feed(_promise(rows, self._stages[-1].media)).kept
                yield rows
            if any(stage.finished for stage in self._stages):
                return

    def frozen(self) -> Iterator[pl.DataFrame]:
        """Give the rows as a run freezes them: media columns gone, their arguments in hidden columns."""
        media = self.query.media
        for rows in self:
            kept = []
            for name, recipe in media.items():
                if recipe.columns:
                    column = pl.col(name)
                    args = column.struct.field(ARGS) if ARGS in _fields(rows, name) else column
                    kept.append(args.alias(ARGUMENTS + name))
            yield rows.with_columns(kept).drop([name for name in media if name in rows.columns])

    def made(self) -> Iterator[pl.DataFrame]:
        """Give the finished rows: media columns made, files inline."""
        for rows in self:
            yield self.query.order(self.make(rows, self._stages[-1].media, inline=True, promised=True))

    # ---- one batch ---------------------------------------------------------------------------------------------------

    def _before(self, stage: _Stage, rows: pl.DataFrame) -> pl.DataFrame:
        for at, runner in enumerate(stage.sections):
            if at:
                rows = self.prober(rows)
            fed = runner.feed(rows)
            self.excluded += [bad for dropped in fed.dropped if (bad := unreadable(dropped)).height]
            rows = fed.kept
        return rows

    def make(
        self, rows: pl.DataFrame, media: Mapping[str, Finished], *, inline: bool, promised: bool = False
    ) -> pl.DataFrame:
        """Make media columns for the rows of a batch, in the slots."""
        if not media or not rows.height:
            return rows.with_columns(pl.lit(None, media_dtype(one)).alias(name) for name, one in media.items())
        places = {name: place for place, name in enumerate(media)}
        lines: dict[tuple[int, str], dict[str, Any]] = {}
        items = self._items(rows, media, places, lines, promised=promised)
        for outcome in self.pool.run(self._do, batches(items)):
            for line in outcome.lines:
                name = line.get("rendition") or line.get("measure") or ""
                lines[line["row"], name] = {**line, "data": outcome.data.get((line["row"], name))}
        columns = []
        for name, recipe in media.items():
            found = [lines.get((row, name)) for row in range(rows.height)]
            columns.append(_column(name, recipe, found, inline=inline))
        done = rows.with_columns(columns)
        for name, recipe in media.items():
            if recipe.columns and not inline and recipe.format:
                args = rows.select(pl.struct(sorted(recipe.columns)).alias(ARGS)).to_series()
                done = done.with_columns(pl.col(name).struct.with_fields(args.alias(ARGS)))
        return done

    def _do(self, batch: Any, slot: Slot) -> Outcome:
        return self.worker(batch, slot)

    def _items(
        self,
        rows: pl.DataFrame,
        media: Mapping[str, Finished],
        places: Mapping[str, int],
        lines: dict[tuple[int, str], dict[str, Any]],
        *,
        promised: bool,
    ) -> Iterator[Item]:
        for number, row in enumerate(rows.iter_rows(named=True)):
            asset, wanted = row[ASSET], []
            for name, recipe in media.items():
                if asset["kind"] != recipe.start and not (asset["kind"] is None and asset["status"] is None):
                    continue
                one = Wanted(name, places[name], recipe)
                try:
                    values = row[name] if promised and recipe.columns else row
                    one = Wanted(name, places[name], _bind(recipe, values))
                    _readable(asset)
                except MediaframeError as error:
                    line = begin(item_of(number, asset, ()), one, 0)
                    lines[number, name] = {**line, **failure(error)}
                    continue
                wanted.append(one)
            if wanted:
                yield item_of(number, asset, tuple(wanted))


class _Stage:
    """A stage with what it must remember from batch to batch."""

    def __init__(self, stage: Stage) -> None:
        self.media = stage.media
        self.sections = [Runner(section) for section in stage.sections]
        self.after = Runner(stage.after)

    @property
    def finished(self) -> bool:
        return self.after.finished or any(runner.finished for runner in self.sections)


def unreadable(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the assets among these rows that could not be read."""
    return rows.filter(pl.col(ASSET).struct.field("status") == "error").select(ASSET).unnest(ASSET)


def _bind(recipe: Finished, values: Mapping[str, Any]) -> Finished:
    try:
        return recipe.bind(values)
    except RecipeError as error:
        raise AssetError(error.message, code="E_PARAM") from None


def _readable(asset: Mapping[str, Any]) -> None:
    if asset["status"] == "error":
        raise AssetError(asset["error"] or "it could not be read", code=asset["error_code"])


def _promise(rows: pl.DataFrame, media: Mapping[str, Finished]) -> pl.DataFrame:
    """Let media columns that take arguments from columns hold their values, until they are made."""
    return rows.with_columns(
        pl.struct(sorted(recipe.columns)).alias(name) for name, recipe in media.items() if recipe.columns
    )


def _fields(rows: pl.DataFrame, name: str) -> list[str]:
    dtype = rows.schema[name]
    return [field.name for field in dtype.fields] if isinstance(dtype, pl.Struct) else []


def _column(name: str, recipe: Finished, lines: list[dict[str, Any] | None], *, inline: bool) -> pl.Series:
    dtype = media_dtype(recipe)
    if recipe.measure is not None:
        values = [json.loads(line["value"]) if line and "value" in line else None for line in lines]
        return pl.Series(name, values, dtype=dtype)
    names = [field.name for field in dtype.fields] if isinstance(dtype, pl.Struct) else []
    structs = [
        None if line is None else {one: line.get(one) if inline or one != "data" else None for one in names}
        for line in lines
    ]
    return pl.Series(name, structs, dtype=dtype)
