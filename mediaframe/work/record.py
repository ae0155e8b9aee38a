"""What became of a run, as tables: from its manifest once it is committed, from its row log before."""

from __future__ import annotations

import json
from dataclasses import dataclass

import polars as pl

from mediaframe.table.schema import MEASURED, RENDITION, Field, schema
from mediaframe.work.commit import RunFiles, head_commit, logged, read_manifest
from mediaframe.work.hidden import ASSET, visible

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
            wide = values.pivot(on="measure", index="asset_id", values="value", aggregate_function="first")
            wide = wide.with_columns(_decoded(wide[name]) for name in wide.columns if name != "asset_id")
            rows = rows.with_columns(pl.col(ASSET).struct.field("id").alias(_ID))
            rows = rows.join(wide, left_on=_ID, right_on="asset_id", how="left", maintain_order="left")
        return visible(rows)

    def _table(self, table: str, fields: tuple[Field, ...], word: str) -> pl.DataFrame:
        head = head_commit(self.files.store) if self.committed else None
        for entry in head.manifests if head else ():
            if entry["run"] == self.files.run and entry["table"] == table:
                return read_manifest(self.files.store, entry)
        lines = [line for log in self.files.logs() for line in log if word in line]
        if not lines:
            return pl.DataFrame(schema=schema(fields))
        rows = logged(lines, fields).sort("row", "place", "attempt")
        rows = rows.unique(["row", "place"], keep="last", maintain_order=True)
        return rows.select([field.name for field in fields])


def _decoded(values: pl.Series) -> pl.Series:
    return pl.Series(values.name, [None if one is None else json.loads(one) for one in values])
