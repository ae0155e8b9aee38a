"""Outcome: what became of a batch, in the lines of the row log that tell of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mediaframe.errors import CODES, MediaframeError
from mediaframe.storage.names import readable
from mediaframe.storage.redact import redact
from mediaframe.work.batch import Item, Wanted


@dataclass(slots=True)
class Outcome:
    """What became of a batch: lines of the row log, and what was read."""

    batch: int
    lines: list[dict[str, Any]] = field(default_factory=list)
    bytes_in: int = 0
    data: dict[tuple[int, str], bytes] = field(default_factory=dict)
    """The files themselves, where they are collected and not published."""
    parts: dict[tuple[int, str], list[bytes]] = field(default_factory=dict)
    """The same of the parts of packages, in the order of their rows."""


def begin(item: Item, wanted: Wanted, attempts: int) -> dict[str, Any]:
    """Give what a line of the row log begins with: which row, which rendition or measure."""
    measure = wanted.recipe is not None and wanted.recipe.measure is not None
    return {
        "row": item.row,
        "place": wanted.place,
        "attempt": attempts,
        "asset_id": item.id,
        "source": redact(item.uri),
        "source_version": item.version,
        "source_bytes": item.bytes,
        "measure" if measure else "rendition": wanted.name,
        "recipe": wanted.text,
        "recipe_id": wanted.recipe_id,
        "inputs": wanted.inputs,
        "attempts": attempts,
    }


def failure(error: MediaframeError) -> dict[str, Any]:
    """Give the columns of a row that tell of an error."""
    return {
        "status": "failed",
        "error_code": error.code,
        "stage": error.stage,
        "error": readable(redact(error.message))[:500],
        "retryable": CODES[error.code].retryable,
        "outcome": "infeasible" if error.code == "E_INFEASIBLE" else None,
    }
