"""The rows of a query, batch by batch: nodes done in order, media made where a later node asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from mediaframe.errors import AssetError, MediaframeError, RecipeError, RunError
from mediaframe.model.recipe import Finished
from mediaframe.query import Filter, Node, Query, Rename, Runner, Select, Stage, WithColumns, media_dtype
from mediaframe.query.expressions import has_selector
from mediaframe.work.batch import Item, Wanted, batches
from mediaframe.work.frozen import item_of
from mediaframe.work.hidden import ARGUMENTS, ASSET, VALUE, hide
from mediaframe.work.known import Known
from mediaframe.work.outcome import begin, failure
from mediaframe.work.pool import Pool
from mediaframe.work.prober import Prober
from mediaframe.work.task import Worker

ARGS = "__mf_args"
"""A field of a rendition that was made on the way: the values that its recipe was bound to."""


ANY = "*"


class Stream:
    """Gives the rows of a query, frozen for a run or finished; fills `excluded` with what could not be read."""

    def __init__(
        self,
        query: Query,
        source: Callable[[], Iterable[pl.DataFrame]],
        prober: Prober,
        worker: Worker,
        pool: Pool,
        values: Known | None = None,
    ) -> None:
        self.query, self.source, self.prober, self.worker, self.pool = query, source, prober, worker, pool
        self.values = values
        """What was measured before, if that is known."""
        self.root: str | None = None
        """Where the sources are listed, if they are."""
        self.leave_out: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows
        """Takes rows out that are no sources: results of a run that stand among them."""
        self.excluded: list[pl.DataFrame] = []
        self._stages = _staged(query.stages())

    def frozen(self) -> Iterator[pl.DataFrame]:
        """Give the rows as a run freezes them: media columns gone, their arguments in hidden columns.

        A rendition is made on the way only where a later node looks at it.
        """
        media, last = self.query.media, self._stages[-1]
        for rows in self._rows(all_of_them=False):
            promised = last.after.feed(_promise(rows, last.media)).kept
            there = [name for name in media if name in promised.columns]
            kept = [one for name in there for one in _kept(promised[name], media[name])]
            yield promised.with_columns(kept).drop(there)

    def made(self) -> Iterator[pl.DataFrame]:
        """Give the finished rows: media columns made, files inline."""
        last = self._stages[-1]
        for rows in self._rows(all_of_them=True):
            yield self.query.order(last.after.feed(self.make(rows, last.media, inline=True)).kept)

    def first(self, count: int) -> pl.DataFrame:
        """Give the first rows as they stand before any media work; looks at the first batch alone."""
        for batch in self.source():
            return self._before(self._stages[0], hide(batch)).head(count)
        return hide(pl.DataFrame(schema=self.query.schema)).head(0)

    def _rows(self, *, all_of_them: bool) -> Iterator[pl.DataFrame]:
        """Give the rows as they stand before the media of the last stage."""
        for batch in self.source():
            rows = self._before(self._stages[0], hide(self.leave_out(batch)))
            for stage, following in pairwise(self._stages):
                seen = all_of_them or ANY in stage.looked_at
                needed = {name: one for name, one in stage.media.items() if seen or name in stage.looked_at}
                waiting = {name: one for name, one in stage.media.items() if name not in needed}
                rows = self.make(_promise(rows, waiting), needed, inline=all_of_them)
                rows = self._before(following, rows)
            if rows.height:
                yield rows
            if any(stage.finished for stage in self._stages):
                return

    # ---- one batch ---------------------------------------------------------------------------------------------------

    def _before(self, stage: _Stage, rows: pl.DataFrame) -> pl.DataFrame:
        for at, runner in enumerate(stage.sections):
            if at:
                rows = self.prober(rows)
            fed = runner.feed(rows)
            self.excluded += [bad for dropped in fed.dropped if (bad := unreadable(dropped)).height]
            rows = fed.kept
        return rows

    def lines(self, name: str, beside: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """Give what became of one rendition of the last stage, row by row; those beside it are not made.

        `file` is its name in the store of the worker, `row` has the columns beside it that are asked for. Rows of a
        kind that the recipe does not take are passed over.
        """
        media = {name: self._stages[-1].media[name]}
        for rows in self._rows(all_of_them=False):
            found = self._worked(rows, media, self.worker)
            told = rows.select(beside).to_dicts() if beside else [{}] * rows.height
            for row, columns in enumerate(told):
                if (line := found.get((row, name))) is not None:
                    yield {**line, "row": columns}

    def make(self, rows: pl.DataFrame, media: Mapping[str, Finished], *, inline: bool) -> pl.DataFrame:
        """Make media columns for the rows of a batch, in the slots."""
        if not media or not rows.height:
            return rows.with_columns(pl.lit(None, media_dtype(one)).alias(name) for name, one in media.items())
        # What is not looked at as a file need not travel either.
        lines = self._worked(rows, media, self.worker if inline else self.worker.without_files())
        columns = []
        for name, recipe in media.items():
            found = [lines.get((row, name)) for row in range(rows.height)]
            found = [None if line and line["status"] == "skipped" else line for line in found]
            columns.append(_column(name, recipe, found, inline=inline))
        done = rows.with_columns(columns)
        for name, recipe in media.items():
            if recipe.columns and not inline and recipe.format:
                args = rows.select(pl.struct(sorted(recipe.columns)).alias(ARGS)).to_series()
                done = done.with_columns(pl.col(name).struct.with_fields(args.alias(ARGS)))
        return done

    def _worked(
        self, rows: pl.DataFrame, media: Mapping[str, Finished], worker: Worker
    ) -> dict[tuple[int, str], dict[str, Any]]:
        """Do media for the rows of a batch; gives a line for each row and column that applies."""
        places = {name: place for place, name in enumerate(media)}
        lines: dict[tuple[int, str], dict[str, Any]] = {}
        items = self._items(rows, media, places, lines)
        for outcome in self.pool.run(worker, batches(items)):
            for line in outcome.lines:
                name, file = line.get("rendition") or line.get("measure") or "", line.get("uri")
                uri = file and worker.store and worker.store.uri(file)
                data = outcome.data.get((line["row"], name))
                lines[line["row"], name] = {**line, "uri": uri, "file": file, "data": data}
                if found := outcome.parts.get((line["row"], name)):
                    parts = zip(line["parts"], found, strict=True)
                    lines[line["row"], name]["parts"] = [{**part, "data": one} for part, one in parts]
        if not all(lines.values()):
            raise RunError("stopped before all media of these rows were made", code="E_CANCELLED")
        return lines

    def _items(
        self,
        rows: pl.DataFrame,
        media: Mapping[str, Finished],
        places: Mapping[str, int],
        lines: dict[tuple[int, str], dict[str, Any]],
    ) -> Iterator[Item]:
        for number, row in enumerate(rows.iter_rows(named=True)):
            asset, wanted = row[ASSET], []
            for name, recipe in media.items():
                if asset["kind"] != recipe.start and not (asset["kind"] is None and asset["status"] is None):
                    continue
                one = Wanted(name, places[name], recipe)
                try:
                    bound = self.worker.inputs.settle(_bind(recipe, row))
                    one = Wanted(name, places[name], bound, self._target(asset, bound))
                    _readable(asset)
                    known = self._known(asset, one)
                    if known is not None:
                        lines[number, name] = known
                        continue
                except MediaframeError as error:
                    line = begin(item_of(number, asset, ()), one, 0)
                    lines[number, name] = {**line, **failure(error)}
                    continue
                wanted.append(one)
                lines[number, name] = {}  # Nothing yet: what a stop leaves so is seen.
            if wanted:
                yield item_of(number, asset, tuple(wanted))

    def _target(self, asset: Mapping[str, Any], recipe: Finished) -> str | None:
        """Say where a file goes that is made on the way, where there is a place for it."""
        if self.worker.store is None or recipe.format is None:
            return None
        return recipe.format.placed(f"{recipe.id[:16]}/{asset['id']}.{recipe.format.extension}")

    def _known(self, asset: Mapping[str, Any], wanted: Wanted) -> dict[str, Any] | None:
        if self.values is None or wanted.recipe is None or wanted.recipe.measure is None:
            return None
        return self.values.find(asset["uri"], asset["version"], wanted.name, wanted.recipe_id)


class _Stage:
    """A stage with what it must remember from batch to batch."""

    def __init__(self, stage: Stage, looked_at: frozenset[str]) -> None:
        self.media = stage.media
        self.looked_at = looked_at
        """Columns that later nodes look at; `ANY` where a selector may look at all."""
        self.sections = [Runner(section) for section in stage.sections]
        self.after = Runner(stage.after)

    @property
    def finished(self) -> bool:
        return self.after.finished or any(runner.finished for runner in self.sections)


def _staged(stages: tuple[Stage, ...]) -> list[_Stage]:
    made, later = list[_Stage](), set[str]()
    for stage in reversed(stages):
        later.update(name for node in stage.after for name in _looks_at(node))
        made.append(_Stage(stage, frozenset(later)))
        later.update(name for node in stage.before for name in _looks_at(node))
        later.update(name for recipe in stage.media.values() for name in recipe.columns)
    return made[::-1]


def _looks_at(node: Node) -> Iterator[str]:
    if isinstance(node, Rename):
        yield from (old for old, _ in node.pairs)
    expressions = node.predicates if isinstance(node, Filter) else ()
    if isinstance(node, WithColumns | Select):
        expressions = node.expressions
    for one in expressions:
        yield from one.meta.root_names()
        if has_selector(one):
            yield ANY


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


def _kept(column: pl.Series, recipe: Finished) -> Iterator[pl.Series]:
    """Give what a frozen row keeps of a media column: the values it takes as arguments, or what was measured."""
    dtype = column.dtype
    if recipe.measure is not None and dtype == media_dtype(recipe):
        values = [None if value is None else json.dumps(value) for value in column.to_list()]
        yield pl.Series(VALUE + column.name, values, dtype=pl.String)
    elif recipe.columns and isinstance(dtype, pl.Struct):
        made = ARGS in [field.name for field in dtype.fields]
        yield (column.struct.field(ARGS) if made else column).alias(ARGUMENTS + column.name)


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
