"""The capability table as users see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from mediaframe.work.ability import ability

_COLUMNS = {
    "format": pl.String, "media_type": pl.String, "word": pl.String, "engine": pl.String, "reads": pl.Boolean,
    "writes": pl.Boolean, "animation": pl.Boolean, "alpha": pl.Boolean, "bits": pl.Int64, "lossless": pl.Boolean,
    "note": pl.String,
}  # fmt: skip
_HELD = ("animation", "alpha", "bits", "lossless")


def formats() -> pl.DataFrame:
    """Give the formats that can be read and written here, tried and not promised.

    Pictures are written in each format, read back and compared; formats of pictures that are read are given a file.
    `word` is the one that recipes end with. `animation`, `alpha` (half transparency as well),
    `bits` (of each number, the most) and `lossless` say what a file holds that is written here; they are null where
    nothing is written, and for videos, of which no sample is made. `note` says what to install, or what went wrong.

    >>> table = mf.formats()
    >>> table.filter(pl.col("writes"), pl.col("bits") > 8)["word"].to_list()
    ['avif', 'png', 'tiff']
    >>> table.filter(format="heic").select("word", "reads", "writes", "lossless").row(0)
    ('heif', True, True, True)
    """
    found = ability()
    reads = {row["format"]: row for row in found["reads"]}
    writes: dict[str, Mapping[str, Any]] = {}
    for row in (one for one in found["writes"] if not one["media_type"].endswith("*")):  # `auto` is no format itself.
        # Of a format that pictures and videos are written in, what was tried of pictures is told.
        if row["read_as"] not in writes or row["kind"] == "image":
            writes[row["read_as"]] = row
    rows = [_row(word, reads.get(word), writes.get(word)) for word in sorted({*reads, *writes})]
    return pl.DataFrame(rows, schema=_COLUMNS)


def _row(word: str, read: Mapping[str, Any] | None, write: Mapping[str, Any] | None) -> dict[str, Any]:
    both = [one for one in (read, write) if one is not None]
    writes = write is not None and not write["problem"]
    return {
        "format": word,
        "media_type": both[0]["media_type"],
        "word": write["format"] if write else None,
        "engine": ", ".join(dict.fromkeys(one["engine"] for one in both)),
        "reads": read is not None and not read["install"] and not read["problem"],
        "writes": writes,
        **{name: write.get(name) if write and writes else None for name in _HELD},
        "note": "; ".join(dict.fromkeys(said for one in both if (said := one["install"] or one["problem"]))),
    }
