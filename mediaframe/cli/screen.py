"""What the shell shows: consoles, text that is safe on a terminal, tables, and the one JSON document."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import PurePath
from typing import Any

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mediaframe.storage.redact import redact

GOOD, WARN, BAD, FAINT, STRONG = "green", "yellow", "red", "dim", "bold"

TONES = {
    "ok": GOOD, "written": GOOD, "reused": GOOD, "measured": GOOD, "yes": GOOD,
    "warning": WARN, "skipped": WARN, "would be written": WARN,
    "error": BAD, "failed": BAD, "broken": BAD, "missing": BAD, "changed": BAD,
}  # fmt: skip
"""The color of a status."""

_WIDE = 160  # columns where the output goes to a file or a pipe, so that names are not cut at 80
_SHORT = 18  # columns that a cell may have and never be folded: codes, sizes, dates


def out() -> Console:
    """Give the console for results."""
    return _console(stderr=False)


def err() -> Console:
    """Give the console for progress and errors; it is never read by programs."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    # Without markup, emoji and highlighting, text is shown as it is: "[bold]" in a file's name stays those letters.
    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, _WIDE)
    return console


def plain(value: object) -> str:
    r"""Give text in which nothing steers a terminal: what cannot be seen is written as an escape.

    Names of files come from strangers; controls could clear the screen, bidi signs turn `gpj.exe` into `exe.jpg`.

    >>> plain("a\x1b[2Jb\u202egpj.exe\n")
    'a\\x1b[2Jb\\u202egpj.exe\\n'
    """
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in str(value))


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape", "surrogatepass").decode("ascii")


def count(number: int, one: str, more: str = "") -> str:
    """Say how many there are.

    >>> count(1, "file"), count(2, "file"), count(1234, "entry", "entries")
    ('1 file', '2 files', '1,234 entries')
    """
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def size(number: float | None) -> str:
    """Say a number of bytes.

    >>> size(999), size(1_234_567), size(23_456_789), size(None)
    ('999 B', '1.2 MB', '23 MB', '')
    """
    if number is None:
        return ""
    value, unit = float(number), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if abs(value) < 999.5 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or abs(value) >= 9.95 else f"{value:.1f} {unit}"


def time_span(seconds: float | None) -> str:
    """Say how long something takes.

    >>> time_span(0.42), time_span(75.4), time_span(7384)
    ('0.4 s', '1 min 15 s', '2 h 3 min')
    """
    if seconds is None:
        return ""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Make a table without lines; words that are a status are colored.

    A name that begins with `-` heads a column of numbers or sizes, which stand to the right. Where the terminal is
    narrow, long columns are folded; short ones stay whole.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    made = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style=f"{FAINT} {STRONG}", show_edge=False)
    for at, name in enumerate(columns):
        heading = name.lstrip("-")
        longest = max([cell_len(heading), *(max(map(cell_len, row[at].plain.split("\n"))) for row in cells)])
        made.add_column(
            heading,
            justify="right" if name.startswith("-") else "left",
            overflow="fold",
            no_wrap=longest <= _SHORT,
            min_width=min(longest, _SHORT),
        )
    for row in cells:
        made.add_row(*row)
    return made


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    said = "" if value is None else plain(value)
    return Text(said, style=TONES.get(said, ""))


def faint(text: object) -> Text:
    """Give text in the background."""
    return Text(plain(text), style=FAINT)


def strong(text: object) -> Text:
    """Give text in the foreground."""
    return Text(plain(text), style=STRONG)


def place(url: object) -> str:
    """Give a path or a URL as it may be shown, without secrets."""
    return plain(redact(str(url)))


_SHELL_WORDS = (
    (re.compile(r"\bon_exists='(\w+)'"), r"--on-exists \1"),
    (re.compile(r"\bon_exists\b"), "--on-exists"),
    (re.compile(r"\bLimits\.(\w+)"), r"--limit \1"),
    (re.compile(r"\blayout (?=')"), "--layout "),
)


def in_shell(text: str) -> str:
    """Say advice that is given in words of Python in words of the shell.

    >>> in_shell("say on_exists='replace'; see Limits.pixels")
    'say --on-exists replace; see --limit pixels'
    """
    for python, shell in _SHELL_WORDS:
        text = python.sub(shell, text)
    return text


def emit(document: Mapping[str, Any]) -> None:
    """Write the one JSON document of a command; ASCII alone, so that it is safe on a terminal too."""
    typer.echo(json.dumps(_jsonable(document), indent=2, ensure_ascii=True, allow_nan=False))


def _jsonable(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(name): _jsonable(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_jsonable(one) for one in value]
        case datetime() | date():
            return value.isoformat()
        case bytes():
            return {"bytes": len(value)}
        case PurePath():
            return str(value)
        case _:
            return value
