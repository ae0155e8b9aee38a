"""Rows as plain HTML for notebooks: static, inline styles only, nothing loaded from anywhere, under 64 kB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mediaframe.table.markup import BAD, GOOD, WARN, Thumb, cell, data_uri, text

LIMIT = 64_000
"""Bytes that an output may have at most: notebooks keep every output in their file."""

MOST_THUMBS = 8

_LINE = "rgba(128,128,128,.28)"
_FAINT = "rgba(128,128,128,.12)"
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
_TONES = {"ok": GOOD, "written": GOOD, "reused": GOOD, "warning": WARN, "skipped": WARN, "error": BAD, "failed": BAD}


@dataclass(frozen=True, slots=True)
class Rows:
    """What is shown of a table of assets."""

    facts: Sequence[str] = ()
    """Parts of the header line, such as "1,204 assets (first 8 shown)" and "image 1,100"."""
    thumbs: Sequence[Thumb] = ()
    schema: Mapping[str, object] = field(default_factory=dict)
    columns: Sequence[str] = ()
    """The columns that the table shows."""
    rows: Sequence[Mapping[str, object]] = ()
    pending: Mapping[str, object] = field(default_factory=dict)
    """Media columns that are not made yet, with their recipes."""
    hint: str = ""
    title: str = "MediaFrame"


def rows_html(shown: Rows, *, limit: int = LIMIT) -> str:
    """Give the rows as one block of HTML of at most `limit` bytes.

    What does not fit is left out: the largest thumbnails, then the last rows, then the list of columns.

    >>> rows_html(Rows(facts=["2 assets"], columns=["path"], rows=[{"path": "a.jpg"}])).count("<tr")
    2
    """
    shown = replace(shown, thumbs=list(shown.thumbs)[:MOST_THUMBS])
    page = _page(shown)
    while len(page.encode()) > limit and shown.thumbs:
        largest = max(shown.thumbs, key=lambda one: len(one.data))
        shown = replace(shown, thumbs=[one for one in shown.thumbs if one is not largest])
        page = _page(shown)
    while len(page.encode()) > limit and shown.rows:
        shown = replace(shown, rows=shown.rows[: len(shown.rows) // 2])
        page = _page(shown)
    if len(page.encode()) > limit:
        page = _page(Rows(facts=shown.facts[:4], hint=shown.hint, title=shown.title))
    return page


def _page(shown: Rows) -> str:
    parts = (
        _header(shown.title, shown.facts),
        _thumbs(shown.thumbs),
        _schema(shown.schema),
        _table(shown.columns, shown.rows),
        _pending(shown.pending),
        f'<div style="margin-top:10px;opacity:.62">{text(shown.hint, 400)}</div>' if shown.hint else "",
    )
    return (
        f'<div style="font:13px/1.45 system-ui,-apple-system,Segoe UI,sans-serif;color:inherit;max-width:1040px;'
        f'border:1px solid {_LINE};border-radius:10px;padding:14px 16px;margin:4px 0">{"".join(parts)}</div>'
    )


def _header(title: str, facts: Sequence[str]) -> str:
    dot = '<span style="opacity:.35;padding:0 8px">·</span>'
    said = dot.join(f"<span>{text(one)}</span>" for one in facts)
    return (
        f'<div style="padding-bottom:10px;border-bottom:1px solid {_LINE}">'
        f'<b style="font-size:15px;letter-spacing:.01em">{text(title)}</b>{dot if said else ""}{said}</div>'
    )


def _thumbs(thumbs: Sequence[Thumb]) -> str:
    if not thumbs:
        return ""
    return f'<div style="display:flex;flex-wrap:wrap;gap:10px;padding-top:12px">{"".join(map(_thumb, thumbs))}</div>'


def _thumb(thumb: Thumb) -> str:
    caption = text(thumb.caption or thumb.alt, 40)
    return (
        '<div style="width:112px">'
        f'<img src="{data_uri(thumb)}" alt="{text(thumb.alt)}" style="width:112px;height:84px;object-fit:cover;'
        f'border-radius:6px;display:block;margin:0;background:{_FAINT};box-shadow:0 0 0 1px {_LINE}">'
        '<div style="font-size:11px;line-height:1.3;opacity:.72;padding-top:4px;overflow:hidden;text-overflow:ellipsis;'
        f'white-space:nowrap">{caption}</div></div>'
    )


def _schema(schema: Mapping[str, object]) -> str:
    if not schema:
        return ""
    said = " ".join(
        f'<span style="white-space:nowrap;padding-right:10px">{text(name, 60)} '
        f'<span style="opacity:.55">{text(_short(dtype), 40)}</span></span>'
        for name, dtype in schema.items()
    )
    return f'<div style="font:11px/1.7 {_MONO};padding-top:12px">{said}</div>'


def _short(dtype: object) -> str:
    said = str(dtype)
    return f"{said.partition('(')[0]}(…)" if len(said) > 24 else said


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    if not columns or not rows:
        return ""
    numeric = {name for name in columns if _numbers([row.get(name) for row in rows])}
    head = "".join(_head(name, right=name in numeric) for name in columns)
    body = "".join(
        '<tr style="background:transparent">'
        + "".join(_cell(name, row.get(name), right=name in numeric) for name in columns)
        + "</tr>"
        for row in rows
    )
    return (
        # JupyterLab and nbconvert fix the layout of tables, which lays long names over the next column.
        '<div style="overflow-x:auto;padding-top:10px"><table style="table-layout:auto;border-collapse:collapse;'
        'font-size:12px;margin:0;border:0;width:100%"><thead>'
        f'<tr style="background:transparent">{head}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def _numbers(values: Sequence[object]) -> bool:
    given = [one for one in values if one is not None]
    return bool(given) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in given)


def _head(name: str, *, right: bool) -> str:
    return (
        f'<th style="text-align:{_side(right=right)};font-weight:600;padding:4px 14px 4px 0;border:0;'
        f'border-bottom:1px solid {_LINE};opacity:.72">{text(name, 60)}</th>'
    )


def _cell(name: str, value: object, *, right: bool) -> str:
    said = cell(name, value)
    tone = _TONES.get(value) if name == "status" and isinstance(value, str) else None
    if tone:
        said = f'<span style="color:{tone}">●</span> {said}'
    faint = ";opacity:.4" if value is None else ""
    return (
        f'<td style="text-align:{_side(right=right)};padding:4px 14px 4px 0;border:0;border-bottom:1px solid {_FAINT};'
        f'font-variant-numeric:tabular-nums;white-space:nowrap{faint}">{said}</td>'
    )


def _side(*, right: bool) -> str:
    return "right" if right else "left"


def _pending(pending: Mapping[str, object]) -> str:
    if not pending:
        return ""
    said = "".join(
        f'<div style="padding:2px 0"><b style="font-weight:600">{text(name, 60)}</b> '
        f'<span style="opacity:.75">= {text(recipe, 300)}</span></div>'
        for name, recipe in pending.items()
    )
    return (
        f'<div style="margin-top:12px;padding:8px 12px;border-left:3px solid {_LINE};background:{_FAINT};'
        f'border-radius:0 6px 6px 0;font:12px/1.5 {_MONO}"><div style="font:11px/1.5 system-ui,sans-serif;opacity:.62">'
        f"not made yet</div>{said}</div>"
    )
