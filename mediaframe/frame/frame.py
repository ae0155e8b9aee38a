"""MediaFrame: the lazy table whose rows are media assets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Literal, NoReturn, Self

import polars as pl

from mediaframe.errors import UsageError, expected
from mediaframe.frame.asked import Asked, check_limits, check_slots, with_inputs
from mediaframe.frame.collected import bounded, inline_limit, made_of, refuse_files, refuse_travel
from mediaframe.frame.fitting import Fitting
from mediaframe.frame.joining import Joining
from mediaframe.frame.merging import Merging
from mediaframe.frame.said import no_such, parted, refuse_probed
from mediaframe.model.door import Door
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished
from mediaframe.query import Drop, Filter, Head, Node, Probe, Query, Rename, Select, as_expressions, as_predicates
from mediaframe.run import PoolRows, Run
from mediaframe.show import SHOWN, THUMBS, Preview, explain, frame_html, frame_line
from mediaframe.storage.layout import DEFAULT
from mediaframe.storage.retry import Requests
from mediaframe.storage.store import Store
from mediaframe.table.scan import Listing, Table
from mediaframe.table.schema import PROBED, schema
from mediaframe.work.ability import require
from mediaframe.work.begin import OnExists, new_id
from mediaframe.work.doing import Doing, pool_of
from mediaframe.work.events import Watcher
from mediaframe.work.hidden import COMPLETED
from mediaframe.work.job import Job
from mediaframe.work.known import Known
from mediaframe.work.pool import Pool
from mediaframe.work.prober import Prober
from mediaframe.work.stream import Stream
from mediaframe.work.task import SCRATCH, Worker

ROWS = 1024
"""Rows of one batch of a frame."""

_TO_BAG = Door("mediaframe.work.cluster.bag", "to_bag")
_TO_DATAFRAME = Door("mediaframe.work.cluster.bag", "dataframe_of")


class MediaFrame(Merging, Joining, Fitting):
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

    def _chain(self, nodes: Sequence[Node]) -> Query:
        completed = frozenset(COMPLETED) if isinstance(self._source, Table) else frozenset[str]()
        return Query(self._source.columns, nodes, probed=schema(PROBED), completed=completed)

    def _rebuilt(self, nodes: Sequence[Node]) -> Self:
        return self._with(self._chain(nodes))

    def _with(self, query: Query) -> Self:
        return type(self)(self._source, query, self._doing)

    # ---- what is said ------------------------------------------------------------------------------------------------

    def probe(self) -> MediaFrame:
        """Know what each file is: headers are read for format, size, orientation, length, EXIF and damage."""
        if not self._query.is_probed:
            refuse_probed(self._source.columns)
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
        media, plain = parted(expressions, named)
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
        # `_query` is missing where a frame is being copied or unpickled: asking for it here would never end.
        columns = () if name.startswith("_") else self._query.schema
        raise no_such(name, columns, dir(type(self)))

    def __getitem__(self, key: object) -> NoReturn:
        raise TypeError(
            "a frame is read by no [...] and no loop, since nothing is done yet: select() chooses columns, head() "
            "rows, and collect() gives a polars table"
        )

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
        inline_limit(max_inline)
        refuse_travel(client, to, self.recipes)
        with self._rows(slots, client, to, storage_options) as stream:
            parts = list(bounded(made_of(stream, self.recipes), max_inline))
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
        refuse_files(self.recipes)
        with self._rows(None, client) as stream:
            bag = _TO_BAG()(made_of(stream, self.recipes), Store.open(to, storage_options))
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
        doing = self._by(limits, slots, watch, client, patience, requests, ship_secrets=ship_secrets)
        asked = Asked(layout, on_exists, originals, refresh, cache_control, metadata)
        run, job, rows = self._planned(to, asked, doing, storage_options)
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
        doing = self._by(limits, slots, watch, client, patience, requests, ship_secrets=ship_secrets)
        asked = Asked(layout, on_exists, originals, refresh, cache_control, metadata)
        run, job, rows = self._planned(to, asked, doing, storage_options)
        return run.in_background(job, rows, on_exists, refresh)

    # ---- within ------------------------------------------------------------------------------------------------------

    def _by(
        self,
        limits: Limits | None,
        slots: int | None,
        watch: Watcher | None = None,
        client: Any = None,
        patience: float = 120.0,
        requests: Requests | None = None,
        *,
        ship_secrets: bool = False,
    ) -> Doing:
        """Give who does the work, and how: as the frame says, but for what the call says."""
        check_slots(slots)
        check_limits(limits)
        return replace(
            self._doing,
            slots=slots or self._doing.slots,
            limits=limits or self._doing.limits,
            watch=(*self._doing.watch, *([watch] if watch else [])),
            client=client,
            patience=patience,
            requests=requests or self._doing.requests,
            ship_secrets=ship_secrets,
        )

    def _planned(
        self, to: str | os.PathLike[str], asked: Asked, doing: Doing, storage_options: Mapping[str, Any] | None
    ) -> tuple[Run, Job, PoolRows]:
        """Check what can be checked before anything is read, and give the run with what it begins with."""
        doing, job = with_inputs(doing, asked.job(self.recipes, self.columns, doing.limits))
        store = Store.open(to, storage_options, doing.requests, ship_secrets=doing.ship_secrets)
        return Run(store, new_id(), doing), job, partial(self._stream, doing)

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
        doing = replace(self._by(limits, slots), client=client or False)
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
