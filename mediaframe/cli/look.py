"""Looking at media: scan lists them, probe reads what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import polars as pl
import typer
from rich.text import Text

from mediaframe.cli import options
from mediaframe.cli.outcome import OK, WITH_ERRORS, command
from mediaframe.cli.progress import following
from mediaframe.cli.screen import (
    BAD,
    FAINT,
    STRONG,
    count,
    emit,
    faint,
    in_shell,
    out,
    place,
    plain,
    size,
    table,
    time_span,
)
from mediaframe.errors import CODES

NOTHING = "nothing is there, or nothing that the pattern and the filter let pass; --hidden shows dotfiles too"
"""Said where no row is left."""

SHOWN = 40
"""Rows that are shown, unless all are asked for."""

ShowAll = Annotated[bool, typer.Option("--all", "-a", help=f"Show all rows, not only the first {SHOWN}.")]


@command
def scan(
    source: options.Source,
    where: options.Where = None,
    hidden: options.Hidden = False,
    show_all: ShowAll = False,
    connection: options.Connection = None,
    as_json: options.AsJson = False,
) -> int:
    """List media: kinds by name, sizes, totals. No file is opened."""
    stored = options.Connections(connection).sources
    rows = options.frame_of(source, probe=False, where=where, hidden=hidden, stored=stored).collect()
    if as_json:
        emit({"source": place(source), **_totals(rows), "assets": _records(rows)})
        return OK
    shown = rows if show_all else rows.head(SHOWN)
    names = [("path", "kind", "-size", "changed")]
    lines = [
        (row["path"], faint(row["kind"] or "–"), size(row["bytes"]), faint(_day(row["modified"])))
        for row in shown.select("path", "kind", "bytes", "modified").iter_rows(named=True)
    ]
    _show(names[0], lines, rows.height)
    out().print(_line(rows))
    return OK


@command
def probe(
    source: options.Source,
    errors: Annotated[bool, typer.Option("--errors", "-e", help="Show what is damaged or odd alone.")] = False,
    where: options.Where = None,
    hidden: options.Hidden = False,
    show_all: ShowAll = False,
    slots: options.Slots = None,
    limit: options.LimitTexts = None,
    connection: options.Connection = None,
    as_json: options.AsJson = False,
) -> int:
    """Read headers: format, size, orientation, playing time, damage. Exits with 3 where files cannot be read."""
    limits = options.limits(limit)
    stored = options.Connections(connection).sources
    frame = options.frame_of(source, probe=True, where=where, hidden=hidden, limits=limits, stored=stored)
    with following():
        rows = frame.collect(slots=slots)
    code = WITH_ERRORS if rows.filter(pl.col("status") == "error").height else OK
    told = rows.filter(pl.col("status") != "ok") if errors else rows
    if as_json:
        emit({"source": place(source), **_totals(rows), "assets": _records(told)})
        return code
    shown = told if show_all or errors else told.head(SHOWN)
    if errors:
        _show(
            ("path", "status", "code", "what it says"),
            [(row["path"], row["status"], row["error_code"], _reason(row)) for row in shown.iter_rows(named=True)],
            told.height,
        )
    else:
        head = ("path", "format", "-width × height", "-turned", "-length", "-size", "status", "code")
        _show(head, [_probed(row) for row in shown.iter_rows(named=True)], told.height)
    out().print(_line(rows))
    return code


def _probed(row: dict[str, Any]) -> tuple[object, ...]:
    length = time_span(row["seconds"]) if row["seconds"] else ""
    if not length and (row["pages"] or 0) > 0:
        length = count(row["pages"], "page")
    elif not length and (row["frames"] or 0) > 1:
        length = count(row["frames"], "frame")
    sides = f"{row['width']} × {row['height']}" if row["width"] else ""
    turned = str(row["orientation"]) if (row["orientation"] or 1) != 1 else ""
    return (
        row["path"], row["format"] or faint("–"), sides, turned, length, size(row["bytes"]), row["status"],
        row["error_code"],
    )  # fmt: skip


def _reason(row: dict[str, Any]) -> str:
    code = CODES.get(row["error_code"] or "")
    advice = in_shell(code.advice) if code else ""
    return f"{row['error'].rstrip('.')}. {advice}" if row["error"] else advice


def _show(columns: tuple[str, ...], rows: Sequence[tuple[object, ...]], of: int) -> None:
    console = out()
    if rows:
        console.print(table(columns, rows))
    if of > len(rows):
        console.print(faint(f"… and {of - len(rows):,} more; --all shows them"))
    if rows:
        console.print()


def _totals(rows: pl.DataFrame) -> dict[str, Any]:
    kinds = rows.group_by("kind").agg(pl.len().alias("count"), pl.col("bytes").sum()).sort("count", descending=True)
    totals: dict[str, Any] = {
        "count": rows.height,
        "bytes": int(rows["bytes"].sum() or 0),
        "kinds": {
            row["kind"] or "unknown": {"count": row["count"], "bytes": row["bytes"]}
            for row in kinds.iter_rows(named=True)
        },
    }
    if "status" in rows.columns and rows["status"].null_count() < rows.height:
        totals["statuses"] = dict(rows.group_by("status").len().sort("status").iter_rows())
        failed = rows.filter(pl.col("error_code").is_not_null())
        totals["errors"] = dict(failed.group_by("error_code").len().sort("error_code").iter_rows())
    return totals


def _line(rows: pl.DataFrame) -> Text:
    totals = _totals(rows)
    line = Text(count(totals["count"], "asset"), style=STRONG)
    line.append(f", {size(totals['bytes'])}", style="not bold")
    if not totals["count"]:
        line.append(f"  ·  {NOTHING}", style=f"not bold {FAINT}")
    kinds = [f"{kind} {found['count']:,} ({size(found['bytes'])})" for kind, found in totals["kinds"].items()]
    line.append("".join(f"  ·  {plain(one)}" for one in kinds), style=f"not bold {FAINT}")
    if bad := totals.get("statuses", {}).get("error"):
        line.append(f"  ·  {count(bad, 'cannot be read', 'cannot be read')}", style=f"not bold {BAD}")
    return line


def _records(rows: pl.DataFrame) -> list[dict[str, Any]]:
    return [{**row, "uri": place(row["uri"])} for row in rows.iter_rows(named=True)]


def _day(moment: Any) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d}"
