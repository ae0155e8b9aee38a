"""MediaFrame: the lazy table whose rows are media assets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Literal, get_args

import polars as pl

from mediaframe.errors import ExpressionError, LayoutError, RecipeError, UsageError, did_you_mean, expected
from mediaframe.fitting import Fitting
from mediaframe.joining import Joining
from mediaframe.model.door import Door
from mediaframe.model.limits import Limits
from mediaframe.model.quantity import parse_bytes
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.query import Drop, Filter, Head, Probe, Query, Rename, Select, as_expressions, as_predicates
from mediaframe.run import Run
from mediaframe.show import SHOWN, THUMBS, Preview, explain, frame_html, frame_line
from mediaframe.storage.layout import DEFAULT, Layout
from mediaframe.storage.retry import Requests
from mediaframe.storage.store import Store
from mediaframe.table.scan import Listing, Table, scan_source
from mediaframe.table.schema import PROBED, schema
from mediaframe.work.ability import require
from mediaframe.work.begin import OnExists, new_id
from mediaframe.work.doing import Doing, pool_of
from mediaframe.work.events import Watcher
from mediaframe.work.freeze import OWN
from mediaframe.work.hidden import COMPLETED, visible
from mediaframe.work.inputs import Inputs
from mediaframe.work.job import ORIGINAL, Job
from mediaframe.work.known import Known
from mediaframe.work.pool import Pool
from mediaframe.work.prober import Prober
from mediaframe.work.stream import Stream
from mediaframe.work.task import SCRATCH, Worker

ORIGINALS = "originals/{dir}/{name}"
"""Where copies of the originals go, unless a layout is given."""

ROWS = 1024
"""Rows of one batch of a frame."""


_TO_BAG = Door("mediaframe.work.bag", "to_bag")
_TO_DATAFRAME = Door("mediaframe.work.bag", "dataframe_of")
_TABLES = Door("mediaframe.work.bag", "tables_of")


class MediaFrame(Joining, Fitting):
    """A lazy table of media assets: metadata are columns, and media work is a column operation too.

    Nothing is read until `collect`, `preview` or `export`. Every method gives a new frame.

    >>> photos = mf.scan(getfixture("folder")).probe().filter(pl.col("width") > 100)
    >>> photos.select("name", "width").head(1).collect()["width"].to_list()
    [640]
    """

    def __init__(self, source: Listing | Table, query: Query | None = None, doing: Doing | None = None) -> None:
        self._source = source
        self._query = query or self._chain(())
        self._doing = doing or Doing()

    def _chain(self, nodes: Sequence[Any]) -> Query:
        completed = frozenset(COMPLETED) if isinstance(self._source, Table) else frozenset[str]()
        return Query(self._source.columns, nodes, probed=schema(PROBED), completed=completed)

    def _rebuilt(self, nodes: Sequence[Any]) -> MediaFrame:
        return self._with(self._chain(nodes))

    def _with(self, query: Query) -> MediaFrame:
        return MediaFrame(self._source, query, self._doing)

    # ---- what is said ------------------------------------------------------------------------------------------------

    def probe(self) -> MediaFrame:
        """Know what each file is: headers are read for format, size, orientation, length, EXIF and damage."""
        own = {name for name in self._source.columns if name in schema(PROBED)} - {"kind", "media_type"}
        if own and not self._query.is_probed:
            raise UsageError(
                f"probe(): the table has columns named {', '.join(sorted(own))} already; "
                "rename them before the table is scanned"
            )
        return self._with(self._query.then(Probe()))

    def filter(self, *predicates: Any, **equal: Any) -> MediaFrame:
        """Keep the rows for which all predicates are true, as in polars.

        >>> mf.scan(getfixture("folder")).filter(pl.col("bytes") > 100, kind="image").columns[:3]
        ['id', 'uri', 'path']
        """
        return self._with(self._query.then(Filter(as_predicates(predicates, equal))))

    def with_columns(self, *expressions: Any, **named: Any) -> MediaFrame:
        """Add columns: polars expressions, and finished recipes, which make renditions and measures.

        >>> frame = mf.scan(getfixture("folder")).with_columns(thumb=mf.image.resize(64).webp())
        >>> frame.schema["thumb"].fields[0]
        Field('uri', String)
        """
        media = {name: one for name, one in named.items() if isinstance(one, Finished)}
        for one in media.values():
            one.check_words()
        for name, one in named.items():
            if isinstance(one, Recipe):
                raise RecipeError(f"{name} = {one!r} is not finished: end it with a format such as .webp()")
        for one in expressions:
            if isinstance(one, Finished | Recipe):
                raise RecipeError(f"with_columns: give the recipe a name: with_columns(name={one!r})")
        plain = {name: one for name, one in named.items() if name not in media}
        return self._with(self._query.with_columns(as_expressions(expressions, plain), media))

    def select(self, *expressions: Any, **named: Any) -> MediaFrame:
        """Keep these columns alone; media columns that are left out are not made."""
        return self._with(self._query.then(Select(as_expressions(expressions, named))))

    def drop(self, *columns: str | pl.Expr) -> MediaFrame:
        """Leave columns out."""
        return self._with(self._query.then(Drop(self._query.chosen(columns))))

    def rename(self, mapping: Mapping[str, str]) -> MediaFrame:
        """Give columns other names; a rendition's name is its column's."""
        return self._with(self._query.then(Rename(tuple(mapping.items()))))

    def head(self, n: int = 5) -> MediaFrame:
        """Keep the first rows, in the order of the scan; no later work is started."""
        return self._with(self._query.then(Head(n)))

    # ---- what is known -----------------------------------------------------------------------------------------------

    @property
    def schema(self) -> pl.Schema:
        """Names and types of the columns, media columns included."""
        return self._query.schema

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self._query.schema)

    @property
    def recipes(self) -> dict[str, Finished]:
        """The media columns: renditions and measures by name."""
        return self._query.media

    def explain(self) -> str:
        """Say what will be done: stages, what is read, what is shared."""
        return explain(self._source.describe(), self._query)

    def __repr__(self) -> str:
        return frame_line(self._source.describe(), self._query)

    def _repr_html_(self) -> str:
        """Show the first rows with small pictures: static, nothing loaded, under 64 kB."""
        with self._rows(None) as stream:
            first = stream.first(SHOWN + 1)
            rows = stream.make(first.head(SHOWN), THUMBS, inline=True)
        return frame_html(self._source.describe(), self._query, rows, more=first.height > SHOWN)

    def __getattr__(self, name: str) -> Any:
        if name in ("sort", "join", "group_by", "unique", "tail", "sample", "write_parquet", "sink_parquet"):
            raise ExpressionError(
                f"{name}() needs all rows, but a frame works batch by batch: "
                f"collect() first, then polars; mf.scan(table) brings the result back"
            )
        if not name.startswith("_") and name in self._query.schema:
            raise AttributeError(f"{name!r} is a column: say pl.col({name!r}), or collect() and take it from the table")
        near = "" if name.startswith("_") else did_you_mean(name, dir(type(self)))
        raise AttributeError(f"a MediaFrame has no {name!r}{near}")

    # ---- what is done ------------------------------------------------------------------------------------------------

    def collect(
        self,
        *,
        max_inline: int | str = "256 MB",
        slots: int | None = None,
        client: Any = None,
        to: str | os.PathLike[str] | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> pl.DataFrame:
        """Do the work here and give a polars table; files of renditions are held inline as bytes.

        Parameters
        ----------
        max_inline
            How many bytes of files may be held; beyond that it raises and nothing is given.
        slots
            How many assets are worked on at once; cores + 1 by default.
        client
            A client of a Dask cluster that does the work; without it the work is done here. Files then need `to`.
        to
            A scratch place for the files: the table has where they are instead of their bytes.
        storage_options
            Passed to fsspec for `to`.
        """
        try:
            limit, held, parts = parse_bytes(max_inline), 0, list[pl.DataFrame]()
        except (ValueError, TypeError) as error:
            raise UsageError(expected("collect(max_inline=...)", str(error), max_inline)) from None
        made = [name for name, recipe in self.recipes.items() if recipe.format]
        if client not in (None, False) and to is None and made:
            raise UsageError(
                f"collect(client=...): the files of {', '.join(made)} would travel through the scheduler; give to=, a "
                "scratch place that the workers share, or export() them"
            )
        with self._rows(slots, client, to, storage_options) as stream:
            stream.worker.inputs.settle_all(self.recipes)
            for rows in stream.made():
                held += _inline(rows)
                if held > limit:
                    raise UsageError(
                        f"collect(max_inline={max_inline!r}): the files come to more; export() writes them instead"
                    )
                parts.append(visible(rows))
        return pl.concat(parts) if parts else pl.DataFrame(schema=self._query.schema)

    def to_dask(
        self,
        to: str | os.PathLike[str],
        *,
        kind: Literal["bag", "dataframe"] = "bag",
        client: Any = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Any:
        """Do the work and give the rows to Dask, for analytics: a bag of records, one partition for each batch.

        Files do not go this way: export them first, and give Dask the manifest.

        Parameters
        ----------
        to
            A place that the workers share, where the rows are kept as Parquet for as long as the bag is used.
        kind
            `"dataframe"` gives a `dask.dataframe`, where pandas is installed.
        client
            A client of a Dask cluster that measures and probes.
        storage_options
            Passed to fsspec for `to`.
        """
        if kind not in ("bag", "dataframe"):
            raise UsageError(expected("to_dask(kind=...)", "'bag' or 'dataframe'", kind))
        made = [name for name, recipe in self.recipes.items() if recipe.format]
        if made:
            raise UsageError(
                f"to_dask(): {', '.join(made)} are files; export() them, and scan what mf.manifest(destination) gives"
            )
        with self._rows(None, client) as stream:
            stream.worker.inputs.settle_all(self.recipes)
            bag = _TO_BAG()((visible(rows) for rows in stream.made()), Store.open(to, storage_options))
        return bag if kind == "bag" else _TO_DATAFRAME()(bag, self._query.schema)

    def to_polars(self) -> pl.DataFrame:
        """Give a polars table; the same as `collect()`."""
        return self.collect()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the rows as an Arrow stream, for anything that takes one: pyarrow, DuckDB, pandas."""
        return self.collect().__arrow_c_stream__(requested_schema)

    def preview(self, rows: int = 8) -> Preview:
        """Render the first rows and show them; nothing is written."""
        if not isinstance(rows, int) or rows < 1:
            raise UsageError(expected("preview(rows=...)", "1 or more", rows))
        return Preview(self.head(rows).collect(), self.recipes)

    def export(
        self,
        to: str | os.PathLike[str],
        *,
        layout: str = DEFAULT,
        on_exists: OnExists = "error",
        originals: bool | str = False,
        dry_run: bool = False,
        refresh: Literal["engine"] | None = None,
        cache_control: str | None = None,
        metadata: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        slots: int | None = None,
        client: Any = None,
        patience: float = 120.0,
        storage_options: Mapping[str, Any] | None = None,
        requests: Requests | None = None,
        ship_secrets: bool = False,
        watch: Watcher | None = None,
    ) -> Run:
        """Make all renditions and measures, write them with a manifest, and wait for the end.

        What a former export to the same place has made of the same sources by the same recipes is used again and
        not read; a run that was killed goes on where it stopped.

        Parameters
        ----------
        to
            A folder or any fsspec URL. It may stand among the sources: results do not become sources of the next run.
        layout
            Where each file goes below `to`: columns, and `{rendition}`, `{stem}`, `{dir}`, `{ext}`, `{id}`, `{recipe}`,
            `{key}`.
        on_exists
            `error` raises before anything is written when other files stand under the names; `replace` puts ours in
            their place, one by one; `version` writes under a fresh prefix.
        originals
            Whether the sources are copied as well: True for `originals/{dir}/{name}`, or a layout of their own.
        dry_run
            Plan everything, write nothing: the manifest says what would be done.
        refresh
            `"engine"` makes again what another version of the engine has made.
        cache_control
            Given to stores that keep it with each object.
        metadata
            Words of your own, given to stores that keep them with each object.
        limits
            How big is too big.
        slots
            How many assets are worked on at once; cores + 1 by default. A cluster has one for each of its threads.
        client
            A client of a Dask cluster that does the work, or the address of its scheduler; the default client where
            there is one. `False` works here.
        patience
            Seconds that are waited for workers of the cluster when there are none.
        storage_options
            Passed to fsspec for the destination; `{"connection": name}` stands for options that each machine knows.
        requests
            How many requests at once and in a second a store is sent, and how often one is tried again.
        ship_secrets
            Whether literal secrets of storage options may be sent to a cluster; else that is refused.
        watch
            Is called with the progress, at most four times a second.
        """
        if refresh not in (None, "engine"):
            raise UsageError(expected("export(refresh=...)", "None or 'engine'", refresh))
        doing = self._carried_out(limits, slots, watch, client, patience)
        doing = replace(doing, requests=requests or doing.requests, ship_secrets=ship_secrets)
        job = self._job(
            layout, originals=originals, cache_control=cache_control, limits=doing.limits, on_exists=on_exists
        )
        doing, job = _with_inputs(doing, replace(job, metadata=_metadata(metadata)))
        store = Store.open(to, storage_options, doing.requests, ship_secrets=ship_secrets)
        run = Run(store, new_id(), doing)
        rows = partial(self._stream, doing)
        return run.rehearse(job, rows, on_exists) if dry_run else run.begin(job, rows, on_exists, refresh)

    def start(
        self,
        to: str | os.PathLike[str],
        *,
        layout: str = DEFAULT,
        on_exists: OnExists = "error",
        originals: bool | str = False,
        refresh: Literal["engine"] | None = None,
        cache_control: str | None = None,
        metadata: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        slots: int | None = None,
        client: Any = None,
        patience: float = 120.0,
        storage_options: Mapping[str, Any] | None = None,
        requests: Requests | None = None,
        ship_secrets: bool = False,
        watch: Watcher | None = None,
    ) -> Run:
        """Begin an export and give the live run at once: `run.progress`, `run.cancel()`, `run.result()`, `await run`.

        Takes what `export` takes.
        """
        if refresh not in (None, "engine"):
            raise UsageError(expected("export(refresh=...)", "None or 'engine'", refresh))
        doing = self._carried_out(limits, slots, watch, client, patience)
        doing = replace(doing, requests=requests or doing.requests, ship_secrets=ship_secrets)
        job = self._job(
            layout, originals=originals, cache_control=cache_control, limits=doing.limits, on_exists=on_exists
        )
        doing, job = _with_inputs(doing, replace(job, metadata=_metadata(metadata)))
        store = Store.open(to, storage_options, doing.requests, ship_secrets=ship_secrets)
        run = Run(store, new_id(), doing)
        return run.in_background(job, partial(self._stream, doing), on_exists, refresh)

    # ---- within ------------------------------------------------------------------------------------------------------

    def _carried_out(
        self,
        limits: Limits | None,
        slots: int | None,
        watch: Watcher | None = None,
        client: Any = None,
        patience: float = 120.0,
    ) -> Doing:
        if slots is not None and (isinstance(slots, bool) or not isinstance(slots, int) or slots < 1):
            raise UsageError(expected("slots=...", "a whole number above 0", slots))
        _check_limits(limits)
        return replace(
            self._doing,
            slots=slots or self._doing.slots,
            limits=limits or self._doing.limits,
            watch=(*self._doing.watch, *([watch] if watch else [])),
            client=client,
            patience=patience,
        )

    def _job(
        self,
        layout: str,
        *,
        originals: bool | str,
        cache_control: str | None,
        limits: Limits,
        on_exists: str,
    ) -> Job:
        """Check what can be checked before anything is read."""
        if on_exists not in get_args(OnExists):
            allowed = " or ".join(map(repr, get_args(OnExists)))
            raise UsageError(expected("export(on_exists=...)", allowed, on_exists))
        recipes = self.recipes
        if not recipes and not originals:
            raise UsageError(
                "export(): nothing to make; add a rendition first: with_columns(thumb=mf.image.resize(320).webp())"
            )
        copies = ORIGINALS if originals is True else originals or None
        if copies and ORIGINAL in recipes:
            raise UsageError(f"export(originals=...): a column is named {ORIGINAL!r} already; rename it first")
        if copies and Layout(copies).needs_key:
            raise LayoutError(f"export(originals={copies!r}): copies have no {{key}}; name them by {{id}} or {{path}}")
        for template in (layout, copies):
            if template:
                Layout(template).check([*self.columns, *OWN])
        return Job(
            recipes=tuple(recipes.items()),
            layout=layout,
            originals=copies,
            replace=on_exists == "replace",
            limits=limits,
            cache_control=cache_control,
        )

    @contextmanager
    def _rows(
        self,
        slots: int | None,
        client: Any = None,
        to: str | os.PathLike[str] | None = None,
        storage_options: Mapping[str, Any] | None = None,
        *,
        limits: Limits | None = None,
    ) -> Iterator[Stream]:
        # What is collected is wanted here; only a client that was named is meant.
        doing = replace(self._carried_out(limits, slots), client=client or False)
        scratch = None if to is None else Store.open(to, storage_options)
        if scratch is not None:
            scratch.write(SCRATCH, b"", replace=True)
        with pool_of(doing, doing.limits, scratch) as pool:
            stream = self._stream(doing, pool, None)
            job = replace(stream.worker.job, replace=True)
            stream.worker = Worker(job, stream.worker.sources, scratch, inputs=stream.worker.inputs)
            yield stream

    def _stream(self, doing: Doing, pool: Pool, known: Known | None, values: Known | None = None) -> Stream:
        require(self.recipes.values(), pool)
        sources = doing.sources()
        prober = Prober(pool, sources, doing.limits, known)
        worker = Worker(Job((), DEFAULT, limits=doing.limits), sources, None, inputs=doing.inputs)
        stream = Stream(self._query, lambda: self._source.batches(ROWS), prober, worker, pool, values)
        stream.root = self._source.root if isinstance(self._source, Listing) else None
        return stream


def _with_inputs(doing: Doing, job: Job) -> tuple[Doing, Job]:
    """Read the files that the recipes name, so that one that is missing is told before anything else is done."""
    inputs = Inputs(doing.sources(), doing.limits)
    recipes = inputs.settle_all(dict(job.recipes))
    return replace(doing, inputs=inputs), replace(job, recipes=tuple(recipes.items()))


def _check_limits(limits: object) -> None:
    if not isinstance(limits, Limits | None):
        raise UsageError(expected("limits=...", "Limits, such as mf.Limits(pixels=50_000_000)", limits))


def from_dask(collection: Any, *, root: str | os.PathLike[str] | None = None) -> MediaFrame:
    """Make a frame of what Dask has computed: a bag of records, or a `dask.dataframe`, with `uri`.

    The rows are computed now, partition by partition, and held here.

    >>> import dask.bag
    >>> mf.from_dask(dask.bag.from_sequence([{"uri": "/photos/a.jpg", "shop": 7}])).columns[-1]
    'shop'
    """
    tables = list(_TABLES()(collection))
    return scan(pl.concat(tables, how="diagonal_relaxed"), root=root)


def _metadata(given: object) -> dict[str, str] | None:
    if given is None:
        return None
    pairs = list(given.items()) if isinstance(given, Mapping) else []
    texts = all(isinstance(one, str) and one.isascii() for pair in pairs for one in pair)
    if isinstance(given, Mapping) and texts and all(name == name.lower() for name, _ in pairs):
        return dict(given)
    raise UsageError(expected("export(metadata=...)", "ASCII texts by names in lower case", given))


def _inline(rows: pl.DataFrame) -> int:
    """Count the bytes of files that a batch holds."""
    held = 0
    for column in rows.get_columns():
        if isinstance(column.dtype, pl.Struct) and "data" in [field.name for field in column.dtype.fields]:
            there = column.struct.field("data").is_not_null()
            held += int(column.struct.field("bytes").filter(there).sum() or 0)  # the parts of packages included
    return held


def scan(
    source: Any,
    *,
    storage_options: Mapping[str, Any] | None = None,
    hidden: bool = False,
    root: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
    requests: Requests | None = None,
) -> MediaFrame:
    """Make a frame of a folder, a pattern, a file, a URL, or a table with a column `uri`; nothing is read yet.

    Parameters
    ----------
    source
        A folder, glob or file, local or at any fsspec URL; a Parquet, CSV, Arrow or NDJSON file, a polars or Arrow
        table, or a list of URIs.
    storage_options
        Passed to fsspec.
    hidden
        Whether files and folders whose names begin with a dot are listed.
    root
        What relative URIs of a table are below of.
    limits
        How big is too big.
    requests
        How many requests at once and in a second a store is sent, and how often one is tried again.

    Examples
    --------
    >>> mf.scan(getfixture("folder")).probe().select("name", "format", "width").collect().height
    3
    """
    _check_limits(limits)
    found = scan_source(source, storage_options=storage_options, hidden=hidden, root=root, requests=requests)
    doing = Doing(limits=limits or Limits(), storage_options=storage_options, requests=requests)
    return MediaFrame(found, doing=doing)
