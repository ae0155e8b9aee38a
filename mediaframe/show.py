"""A frame and its results shown: one line, a plan, plain HTML, a few rows rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from mediaframe.model.kind import KINDS
from mediaframe.model.quantity import human_bytes
from mediaframe.model.recipe import Finished
from mediaframe.query import Query
from mediaframe.recipes import document, image, video
from mediaframe.table.html import Rows, rows_html
from mediaframe.table.markup import PICTURES, Thumb
from mediaframe.work.hidden import ASSET
from mediaframe.work.plan import fold

SHOWN = 8
"""Rows that are shown with a picture."""

THUMBS: dict[str, Finished] = {
    "__mf_thumb_image": image.frame(1).resize(224, 168, fit="cover", enlarge=True).webp(quality=60),
    "__mf_thumb_video": video.frame(at="10%", pick="keyframe")
    .resize(224, 168, fit="cover", enlarge=True)
    .webp(quality=60),
    "__mf_thumb_document": document.page(1, dpi=50).resize(224, 168, fit="cover", enlarge=True).webp(quality=60),
}
"""How the rows of a kind are pictured."""

_SMALL = image.frame(1).resize(224, 168).webp(quality=60)
_FIRST = ("name", "kind", "format", "width", "height", "seconds", "bytes", "status", "error_code")


def frame_line(source: str, query: Query) -> str:
    """Say a frame in one line."""
    told = "; ".join(node.describe() for node in query.nodes)
    return f"MediaFrame of {source}" + (f": {told}" if told else "")


def explain(source: str, query: Query) -> str:
    """Say what will be done, stage by stage."""
    lines = [f"scan {source}"]
    stages = query.stages()
    for number, stage in enumerate(stages, 1):
        lines.append(f"stage {number} of {len(stages)}" + (": reads and decodes again" if number > 1 else ""))
        lines += [f"  {node.describe()}" for node in stage.before]
        lines += [f"  {line}" for line in fold(stage.media).lines()]
        lines += [f"  {node.describe()}" for node in stage.after]
    return "\n".join(lines)


def frame_html(source: str, query: Query, rows: pl.DataFrame, *, more: bool) -> str:
    """Show a frame as plain HTML: its first rows with pictures, its columns, what is pending."""
    count = f"first {rows.height} rows shown" if more else f"{rows.height} assets"
    kinds = rows[ASSET].struct.field("kind").value_counts() if rows.height else pl.DataFrame({"kind": [], "count": []})
    by_kind = dict(kinds.iter_rows())
    facts = [source, count, *(f"{kind} {by_kind[kind]}" for kind in KINDS if kind in by_kind)]
    columns = [name for name in _FIRST if name in query.schema and name in rows.columns]
    plain = [name for name in query.schema if name not in query.media and name in rows.columns]
    return rows_html(
        Rows(
            facts=facts,
            thumbs=thumbs(rows),
            schema={name: dtype for name, dtype in query.schema.items() if name not in query.media},
            columns=columns or plain[:8],
            rows=rows.select(columns or plain[:8]).to_dicts() if columns or plain else [],
            pending=query.media,
            hint="export(to) writes, preview() shows a few rows rendered, collect() gives a polars table",
        )
    )


def thumbs(rows: pl.DataFrame) -> list[Thumb]:
    """Take the pictures of rows that were pictured."""
    found = []
    names = [name for name in THUMBS if name in rows.columns]
    for row in rows.iter_rows(named=True):
        made = next((row[name] for name in names if row[name] and row[name]["data"]), None)
        if made:
            name = row[ASSET]["name"] or ""
            found.append(Thumb(made["data"], made["media_type"], name, name))
    return found[:SHOWN]


class Preview:
    """A few rows, rendered: `table` for code, pictures for the eye."""

    def __init__(self, table: pl.DataFrame, media: Mapping[str, Finished]) -> None:
        self.table = table
        self._media = media

    def __repr__(self) -> str:
        return f"Preview of {_rows(self.table.height)}: {', '.join(self._media) or 'no media columns'}"

    def _repr_html_(self) -> str:
        """Show the renditions; those that a notebook cannot show are told of by their sizes."""
        names = [name for name in ("name", "path", *self._measures()) if name in self.table.columns]
        rows: list[dict[str, Any]] = []
        pictures: list[Thumb] = []
        for row in self.table.iter_rows(named=True):
            told = {name: row[name] for name in names}
            for name in self._renditions():
                told[name] = _said(row[name])
                pictures += _small(row[name], name, f"{name} of {row.get('name', '')}")
            rows.append(told)
        facts = [f"{_rows(self.table.height)} rendered, nothing written"]
        columns = [*names, *self._renditions()]
        return rows_html(Rows(facts=facts, thumbs=pictures, columns=columns, rows=rows, title="Preview"))

    def _renditions(self) -> Sequence[str]:
        return [name for name, recipe in self._media.items() if recipe.format is not None]

    def _measures(self) -> Sequence[str]:
        return [name for name, recipe in self._media.items() if recipe.measure is not None]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _small(made: Mapping[str, Any] | None, caption: str, alt: str) -> list[Thumb]:
    """Make a rendition small enough to be kept in a notebook."""
    if not made or not made["data"] or made["media_type"] not in PICTURES:
        return []
    return [Thumb(_SMALL.run(made["data"]), "image/webp", alt, caption)]


def _said(made: Mapping[str, Any] | None) -> str:
    if made is None:
        return ""
    if made["status"] == "failed":
        return f"{made['error_code']}: {made['error']}"
    return f"{made['width']} x {made['height']}, {human_bytes(made['bytes'])}"
