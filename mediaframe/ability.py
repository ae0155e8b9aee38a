"""The capability table as users see it."""

from __future__ import annotations

import polars as pl

from mediaframe.work.ability import ability


def formats() -> pl.DataFrame:
    """Give the formats that can be read and written here, tried and not promised.

    >>> mf.formats().filter(pl.col("writes"))["format"].to_list()
    ['apng', 'avif', 'bmp', 'gif', 'heif', 'ico', 'jp2', 'jpeg', 'jxl', 'pdf', 'png', 'tiff', 'webp']
    """
    found = ability()
    reads = {row["format"]: row for row in found["reads"]}
    writes = {row["format"]: row for row in found["writes"]}
    rows = []
    for word in sorted({*reads, *writes}):
        row = reads.get(word) or writes[word]
        rows.append(
            {
                "format": word,
                "media_type": row["media_type"],
                "engine": row["engine"],
                "reads": word in reads and not reads[word]["install"],
                "writes": word in writes and not writes[word]["problem"],
                "note": reads.get(word, {}).get("install", "") or writes.get(word, {}).get("problem", ""),
            }
        )
    return pl.DataFrame(rows)
