"""What became of a run, as tables: from its manifest once it is committed, from its row log before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from mediaframe.table.schema import MEASURED, RENDITION, Field, schema
from mediaframe.work.commit import ORDER, RunFiles, head_commit, last_attempts, logged
from mediaframe.work.hidden import ASSET, visible
from mediaframe.work.past import parts, read_manifest

_ID = "__mf_id"


@dataclass(frozen=True, slots=True)
class Record:
    """The tables of one run."""

    files: RunFiles
    committed: bool
    """Whether the manifest tells of all that the row log does."""

    @property
    def renditions(self) -> pl.DataFrame:
        """One row for each asset and rendition that applies."""
        return self._table("renditions", RENDITION, "rendition")

    @property
    def measures(self) -> pl.DataFrame:
        """One row for each asset and measure that applies."""
        return self._table("measures", MEASURED, "measure")

    @property
    def excluded(self) -> pl.DataFrame:
        """Assets that could not be read and that nothing was made of."""
        found = self.files.table("excluded")
        return pl.DataFrame() if found is None else found

    @property
    def failures(self) -> pl.DataFrame:
        """Everything that did not work, in one table."""
        columns = ["asset_id", "source", "what", "error_code", "stage", "error", "retryable"]
        renditions = self.renditions.filter(pl.col("status") == "failed").rename({"rendition": "what"})
        measures = self.measures.filter(pl.col("status") == "failed").rename({"measure": "what"})
        tables = [renditions.select(columns), measures.select(columns)]
        excluded = self.excluded
        if excluded.height:
            tables.append(
                excluded.select(
                    pl.col("id").alias("asset_id"),
                    pl.col("uri").alias("source"),
                    pl.lit("excluded").alias("what"),
                    "error_code",
                    pl.lit("probe").alias("stage"),
                    "error",
                    pl.lit(value=False).alias("retryable"),
                )
            )
        return pl.concat(tables)

    @property
    def assets(self) -> pl.DataFrame:
        """The frozen input, with the measured values as columns."""
        parts = list(self.files.inputs())
        if not parts:
            return pl.DataFrame()
        rows = pl.concat(parts, how="diagonal_relaxed")
        values = self.measures.filter(pl.col("status") != "failed")
        if values.height:
            # An asset that a table names twice has its values twice.
            values = values.rename({"asset_id": _ID})
            wide = values.pivot(on="measure", index=_ID, values="value", aggregate_function="first")
            wide = wide.with_columns(_decoded(wide[name]) for name in wide.columns if name != _ID)
            rows = rows.with_columns(pl.col(ASSET).struct.field("id").alias(_ID))
            rows = rows.join(wide, on=_ID, how="left", maintain_order="left")
        return visible(rows)

    def counted(self) -> dict[str, Any]:
        """Give the numbers of a run; reads of its tables the columns alone that are counted, part by part."""
        counts, errors = Counter[str](), Counter[str]()
        written = measured = 0
        for made in self._parts("renditions", RENDITION, "rendition", ("status", "bytes", "error_code")):
            counts.update(dict(made.group_by("status").len().iter_rows()))
            errors.update(_codes(made))
            written += int(made.filter(pl.col("status") == "written")["bytes"].sum() or 0)
        for found in self._parts("measures", MEASURED, "measure", ("status", "value", "error_code")):
            measured += found["value"].count()
            errors.update(_codes(found))
        excluded = self.excluded
        if excluded.height:
            errors.update(Counter(excluded["error_code"]))
        return {
            "counts": dict(counts),
            "measured": measured,
            "errors": dict(errors),
            "excluded": excluded.height,
            "bytes_out": written,
        }

    def _parts(
        self, table: str, fields: tuple[Field, ...], word: str, columns: tuple[str, ...]
    ) -> Iterator[pl.DataFrame]:
        entry = self._entry(table)
        if entry is None:
            yield self._table(table, fields, word, columns)
        else:
            yield from parts(self.files.store, entry, list(columns))

    def _entry(self, table: str) -> dict[str, Any] | None:
        head = head_commit(self.files.store) if self.committed else None
        for entry in head.manifests if head else ():
            if entry["run"] == self.files.run and entry["table"] == table:
                return entry
        return None

    def _table(
        self, table: str, fields: tuple[Field, ...], word: str, columns: tuple[str, ...] | None = None
    ) -> pl.DataFrame:
        names = list(columns or (field.name for field in fields))
        entry = self._entry(table)
        if entry is not None:
            return read_manifest(self.files.store, entry, names)
        # Log by log: rows of a table take a tenth of the memory that they take as lines.
        kept = list(dict.fromkeys([*ORDER, "status", *({"written_at"} & set(schema(fields))), *names]))
        logs = (logged([line for line in log if word in line], fields) for log in self.files.logs())
        parts = [part.select(kept) for part in logs if part.height]
        if not parts:
            return pl.DataFrame(schema={name: dtype for name, dtype in schema(fields).items() if name in names})
        return last_attempts(pl.concat(parts).lazy()).select(names).collect()


def _codes(rows: pl.DataFrame) -> Counter[str]:
    return Counter(rows.filter(pl.col("status") == "failed")["error_code"])


def _decoded(values: pl.Series) -> pl.Series:
    return pl.Series(values.name, [None if one is None else json.loads(one) for one in values])
