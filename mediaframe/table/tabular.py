"""Table: a table with a column `uri` made into asset rows, its own columns untouched."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl
from polars._typing import PolarsDataType

from mediaframe.errors import StoreError, UsageError, did_you_mean
from mediaframe.storage.connect import connect, scheme
from mediaframe.storage.failures import told
from mediaframe.storage.names import is_url, local_path, local_uri, readable
from mediaframe.storage.redact import redact
from mediaframe.table.listing import GUESSED, guess
from mediaframe.table.pattern import is_pattern
from mediaframe.table.schema import ASSET, LISTED, asset_id, schema

SUFFIXES = (".parquet", ".csv", ".arrow", ".ipc", ".feather", ".ndjson", ".jsonl")
"""Files of these names are tables, not media."""

_ABSOLUTE = r"^(?:/|[A-Za-z][A-Za-z0-9+.-]+(?:://|::))"
_MADE = (*schema(LISTED), *GUESSED)


class Table:
    """Assets named by the column `uri` of a table: a file, a pattern, an Arrow or polars table, or a list.

    The other columns stay as they are. Relative uris need `root`.
    """

    def __init__(
        self,
        source: Any,
        *,
        storage_options: Mapping[str, Any] | None = None,
        root: str | os.PathLike[str] | None = None,
    ) -> None:
        self._said, self._given = _opened(source, dict(storage_options or {}))
        self._root = _root(root)
        try:
            self._schema = dict(self._given.collect_schema())
            self._check_columns()
            self._check_uris()
        except pl.exceptions.PolarsError as error:
            raise UsageError(f"{self._said}: not a table that can be read: {redact(str(error))}") from None

    @property
    def root(self) -> str | None:
        """What relative uris are below of; None where all are absolute."""
        return self._root

    @property
    def columns(self) -> dict[str, PolarsDataType]:
        """Names and types: those of a listing first, then those of the table."""
        kept = {name: _wanted(name, dtype) for name, dtype in self._schema.items()}
        made = {**schema(LISTED), **GUESSED}
        return {**made, **{name: dtype for name, dtype in kept.items() if name not in made}}

    def describe(self) -> str:
        """Say in one line what the table is."""
        return self._said

    def __repr__(self) -> str:
        return f"Table({self._said!r})"

    def batches(self, size: int = 1024) -> Iterator[pl.DataFrame]:
        """Give the rows in their order, so many at a time."""
        found = self._given.collect_batches(chunk_size=size, maintain_order=True, lazy=True)
        for part in found:
            for batch in part.iter_slices(size):
                yield self._complete(batch)

    def _complete(self, batch: pl.DataFrame) -> pl.DataFrame:
        uris = [self._resolved(uri) for uri in batch["uri"].cast(pl.String)]
        paths = [self._path(uri) for uri in uris]
        guesses = [guess(path) for path in paths]
        made: dict[str, Sequence[Any]] = {
            "id": [asset_id(uri) for uri in uris],
            "path": paths,
            "name": [path.rpartition("/")[2] for path in paths],
            "kind": [kind for kind, _ in guesses],
            "media_type": [media_type for _, media_type in guesses],
        }
        self._check_ids(batch, made["id"])
        columns = self.columns
        own = [
            pl.Series("uri", uris, pl.String())
            if name == "uri"
            else batch[name].cast(dtype)
            if name in batch.columns
            else pl.Series(name, made.get(name, [None] * len(uris)), dtype)
            for name, dtype in columns.items()
        ]
        return pl.DataFrame(own)

    def _resolved(self, uri: str) -> str:
        if is_url(uri):
            path = local_path(uri)
            return uri if path is None else local_uri(path)
        return uri if uri.startswith("/") or self._root is None else f"{self._root.rstrip('/')}/{uri}"

    def _path(self, uri: str) -> str:
        """Give the uri below the root; without a root, the key in its bucket or the whole local path."""
        if self._root is not None and uri.startswith(self._root.rstrip("/") + "/"):
            return uri[len(self._root.rstrip("/")) + 1 :]
        path = local_path(uri)
        if path is not None:
            return readable(path).lstrip("/")
        kind, _, rest = uri.partition("://")
        if kind.lower() in ("http", "https"):
            rest = rest.partition("#")[0].partition("?")[0]
        return rest.partition("/")[2] or rest

    def _check_columns(self) -> None:
        if "uri" not in self._schema:
            near = did_you_mean("uri", self._schema) or _likely(self._schema)
            raise UsageError(f"{self._said}: no column 'uri'{near}; rename the one that says where the files are")
        for name, dtype in self._schema.items():
            if name.startswith("__mf_"):
                raise UsageError(f"{self._said}: column {name!r} has a name of ours within; drop or rename it")
            wanted = _wanted(name, dtype)
            if not _fits(dtype, wanted):
                raise UsageError(f"{self._said}: column {name!r} is {dtype}, but is kept for {wanted} here; rename it")

    def _check_uris(self) -> None:
        uri = pl.col("uri").cast(pl.String)
        empty = uri.is_null() | (uri == "")
        relative = ~empty & ~uri.str.contains(_ABSOLUTE)
        outside = relative & uri.str.contains(r"(?:^|/)\.\.(?:/|$)")
        found = self._given.select(
            empty=empty.sum(),
            relative=uri.filter(relative).first(),
            outside=uri.filter(outside).first(),
        ).collect()
        empties, first, out = found.row(0)
        if empties:
            raise UsageError(f"{self._said}: {empties} rows have no uri; filter them out")
        if first is not None and self._root is None:
            raise UsageError(f"{self._said}: uri {first!r} is relative; give root=, the folder or url above it")
        if out is not None:
            raise UsageError(f"{self._said}: uri {out!r} leads out of the root; mend it")

    def _check_ids(self, batch: pl.DataFrame, made: Sequence[str]) -> None:
        if "id" in batch.columns and any(
            old is not None and old != new for old, new in zip(batch["id"], made, strict=True)
        ):
            raise UsageError(
                f"{self._said}: column 'id' is kept for what is made of the uri; rename it, such as to 'sku'"
            )


def _opened(source: Any, options: dict[str, Any]) -> tuple[str, pl.LazyFrame]:
    if isinstance(source, pl.LazyFrame):
        return "a lazy frame", source
    if isinstance(source, pl.DataFrame):
        return f"a frame of {source.height} rows", source.lazy()
    if isinstance(source, str | os.PathLike):
        return _file(source, options)
    if isinstance(source, list | tuple | pl.Series):
        uris = [_listed(one) for one in source]
        return f"a list of {len(uris)} uris", pl.DataFrame({"uri": uris}, schema={"uri": pl.String}).lazy()
    if hasattr(source, "__arrow_c_stream__"):
        frame = pl.DataFrame(source)
        return f"a table of {frame.height} rows", frame.lazy()
    raise UsageError(
        f"a table: expected a file ({', '.join(SUFFIXES)}), an Arrow or polars table, or a list of uris, "
        f"got {type(source).__name__}"
    )


def _listed(one: object) -> str:
    if isinstance(one, os.PathLike):
        return local_uri(os.path.abspath(os.fsdecode(one)))
    if isinstance(one, str):
        return readable(one) if is_url(one) else local_uri(one)
    raise UsageError(f"a list of uris: expected text or paths, got {one!r}")


def _file(source: str | os.PathLike[str], options: dict[str, Any]) -> tuple[str, pl.LazyFrame]:
    text = os.fspath(source)
    said = readable(redact(text))
    path = text if isinstance(source, os.PathLike) else local_path(text)
    try:
        if path is None:
            return said, _remote(text, options)
        pattern = is_pattern(path) and not os.path.lexists(path)
        if not pattern and not os.path.exists(path):
            raise StoreError(f"{said}: no such file", code="E_SOURCE_NOT_FOUND")
        return said, _read(path, text, glob=pattern)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UsageError(f"{said}: not a table that can be read: {redact(str(error))}") from None


def _remote(url: str, options: dict[str, Any]) -> pl.LazyFrame:
    # polars has a cloud reader of its own, with other options and its own credentials; one set is enough.
    with told(redact(url), "read"):
        files, path = connect(url, options)
        web = scheme(url) in ("http", "https")
        names = [path] if web or not is_pattern(path) or files.exists(path) else sorted(files.glob(path))
        if not names:
            raise StoreError(f"{redact(url)}: no file matches", code="E_SOURCE_NOT_FOUND")
        parts = [bytes(files.cat_file(name)) for name in names]
    return pl.concat([_read(io.BytesIO(part), url, glob=False) for part in parts])


def _read(source: str | io.BytesIO, name: str, *, glob: bool) -> pl.LazyFrame:
    suffix = table_suffix(name)
    if suffix == ".parquet":
        return pl.scan_parquet(source, glob=glob)
    if suffix == ".csv":
        return pl.scan_csv(source, glob=glob)
    if suffix in (".ndjson", ".jsonl"):
        return pl.scan_ndjson(source)
    return pl.scan_ipc(source)


def table_suffix(name: str) -> str:
    """Give the ending that makes a file a table, or nothing."""
    path = name.partition("?")[0] if is_url(name) else name
    ending = os.path.splitext(path.rstrip("/"))[1].lower()
    return ending if ending in SUFFIXES else ""


def _root(root: str | os.PathLike[str] | None) -> str | None:
    if root is None:
        return None
    text = os.fspath(root)
    path = text if isinstance(root, os.PathLike) else local_path(text)
    return text.rstrip("/") if path is None else local_uri(os.path.abspath(path))


def _wanted(name: str, dtype: PolarsDataType) -> PolarsDataType:
    return schema(ASSET).get(name, dtype)


def _fits(given: PolarsDataType, wanted: PolarsDataType) -> bool:
    if given == wanted or given == pl.Null:
        return True
    if wanted == pl.String:
        return given in (pl.Categorical, pl.Enum)
    if isinstance(wanted, pl.Datetime):
        return isinstance(given, pl.Datetime) and (given.time_zone is None) == (wanted.time_zone is None)
    if wanted.is_float():
        return given.is_numeric()
    return wanted.is_integer() and given.is_integer()


def _likely(names: Mapping[str, object]) -> str:
    known = ("url", "path", "file", "filename", "file_name", "image", "src", "href", "key", "location")
    near = next((name for name in names if name.lower() in known), None)
    return f"; did you mean {near!r}?" if near else ""
