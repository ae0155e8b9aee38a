"""Merged: one file that was made of many rows, and what it was made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

_SOURCES: dict[str, Any] = {
    "asset_id": pl.String, "source": pl.String, "source_version": pl.String, "source_bytes": pl.Int64,
    "source_sha256": pl.String, "recipe": pl.String, "recipe_id": pl.String, "status": pl.String, "width": pl.Int32,
    "height": pl.Int32, "bytes": pl.Int64, "sha256": pl.String, "error_code": pl.String, "stage": pl.String,
    "error": pl.String, "retryable": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class Merged:
    """One file that was made of many rows, and what it was made of."""

    uri: str
    record: Mapping[str, Any]
    """What stands beside the file in `_mediaframe/merges/`: its size, hash and facts, and a row for each source."""

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return int(self.record["bytes"])

    @property
    def sha256(self) -> str:
        """SHA-256 of the file."""
        return str(self.record["sha256"])

    @property
    def pages(self) -> int | None:
        """Pages, or frames of an animation."""
        found: int | None = self.record["pages"]
        return found

    @property
    def seconds(self) -> float | None:
        """Playing time of an animation."""
        found: float | None = self.record["seconds"]
        return found

    @property
    def sources(self) -> pl.DataFrame:
        """One row for each asset that the recipe takes, in their order, whatever became of it."""
        return pl.DataFrame(self.record["sources"], schema=_SOURCES)

    @property
    def failures(self) -> pl.DataFrame:
        """The assets that were left out since they could not be read or made into a piece."""
        return self.sources.filter(pl.col("status") == "failed")

    def __repr__(self) -> str:
        failed = self.failures.height
        made = f"{self.sources.height - failed} of {self.sources.height} assets"
        return f"Merged {self.uri}: {self.bytes} bytes of {made}" + (f", {failed} failed" if failed else "")
