"""The tables of the reference, as Markdown, made from the declarations."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from typer.testing import CliRunner

import mediaframe as mf
import mediaframe.recipes  # the declarations of all words come with it
from mediaframe.errors import CODES
from mediaframe.model.argument import Argument
from mediaframe.model.finish import Format, Measure
from mediaframe.model.input import Input
from mediaframe.model.operation import Operation
from mediaframe.model.spec import Spec, every
from mediaframe.ops.image.geometry import MODES
from mediaframe.table.schema import LISTED, MEASURED, PROBED, RENDITION, Field

SHORT = {int: "int", float: "float", str: "text", bool: "bool", Input: "file", str | float: "text or float"}


def operations() -> str:
    """Say every operation, by what it takes."""
    return "\n\n".join(_word(cls, f"Takes {cls.takes}, gives {cls.gives}.") for cls in every(Operation))


def formats() -> str:
    """Say every format that can be written."""
    return "\n\n".join(
        _word(cls, f"Takes {cls.takes}; writes `{cls.media_type}`, `.{cls.extension}`.") for cls in every(Format)
    )


def measures() -> str:
    """Say every measure."""
    return "\n\n".join(_word(cls, f"Takes {cls.takes}, gives {_given(cls)}.") for cls in every(Measure))


def _given(cls: type[Measure]) -> str:
    told = ", ".join(f"`{name}` ({scalar})" for name, scalar in cls.fields.items())
    return f"{cls.gives}: {told}" if told else cls.gives


def presets() -> str:
    """Say every preset, and every resize mode."""
    found = mf.presets()
    told = ((name, found.about(name)) for name in found)
    named = _table(
        ("Preset", "For", "Recipe", "Why"),
        ((f"`{name}`", one.purpose, f"`{one.recipe!r}`", one.why) for name, one in told),
    )
    modes = _table(
        ("Mode", "For", "Does", "Why"),
        ((f"`{name}`", one.purpose, f"`{one.does!r}`" if one.does else "", one.why) for name, one in MODES.items()),
    )
    steps = 'Steps, which still need a format: `mf.image.mode("website").webp()`, `mf.video.mode("website").mp4()`.'
    return "\n\n".join((named, "## Resize modes", steps, modes))


def asset_columns() -> str:
    """Say the columns of asset rows."""
    return "## What a listing knows\n\n" + _fields(LISTED) + "\n\n## What a probe adds\n\n" + _fields(PROBED)


def manifest_columns() -> str:
    """Say the columns of a manifest."""
    return "## Renditions\n\n" + _fields(RENDITION) + "\n\n## Measures\n\n" + _fields(MEASURED)


def error_codes() -> str:
    """Say every code."""
    rows = (
        (f"`{one.code}`", one.stage, "yes" if one.retryable else "", one.meaning, one.advice) for one in CODES.values()
    )
    return _table(("Code", "Stage", "Try again", "What it means", "What to do"), rows)


def limits() -> str:
    """Say every limit with its default, from the source: the meaning stands under each field."""
    source = inspect.getsource(mf.Limits)
    meaning = dict(re.findall(r"^    (\w+): \w+ = .*\n    \"\"\"(.*?)\"\"\"", source, re.MULTILINE))
    rows = ((f"`{one.name}`", f"{one.default:,}", meaning[one.name]) for one in dataclasses.fields(mf.Limits))
    return _table(("Limit", "Default", "What is counted"), rows)


def capabilities() -> str:
    """Say what can be read and written where these docs are built."""
    found = mf.formats()
    rows = (
        (
            f"`{row['format']}`",
            row["media_type"],
            row["engine"],
            _tick(holds=row["reads"]),
            f"`{row['word']}`" if row["writes"] else "",
            _tick(holds=row["animation"]),
            _tick(holds=row["alpha"]),
            str(row["bits"] or ""),
            _tick(holds=row["lossless"]),
            row["note"],
        )
        for row in found.iter_rows(named=True)
    )
    return _table(
        ("Format", "Media type", "Engine", "Reads", "Writes", "Animation", "Alpha", "Bits", "Lossless", "Note"), rows
    )


def shell() -> str:
    """Say the help of the shell, and that of every command."""
    app = import_module("mediaframe.cli").app
    names = [one.name or one.callback.__name__ for one in app.registered_commands]
    parts = [_help(app)] + [f"## mediaframe {name}\n\n{_help(app, name)}" for name in names]
    return "\n\n".join(parts)


def _help(app: Any, *words: str) -> str:
    said = CliRunner().invoke(app, [*words, "--help"], prog_name="mediaframe", env={"COLUMNS": "84", "TERM": "dumb"})
    lines = (line.rstrip() for line in said.output.strip().splitlines())
    return "```text\n" + "\n".join(lines) + "\n```"


def _word(cls: type[Spec], facts: str) -> str:
    taken = cls.arguments.values()
    rows = ((f"`{one.name}`", _type(one), _default(one), one.unit, one.doc) for one in taken)
    table = (
        _table(("Argument", "Type and range", "Default", "Unit", "What it is"), rows)
        if taken
        else "It takes no arguments."
    )
    return f"## {cls.takes}.{cls.word}\n\n{_prose(inspect.getdoc(cls) or '')}\n\n{facts}\n\n{table}"


def _type(one: Argument) -> str:
    if one.choices:
        words = ", ".join(f"`{choice}`" for choice in one.choices)
    else:
        ends = (
            "" if one.ge is None else f", {one.ge:g} to {one.le:g}" if one.le is not None else f", {one.ge:g} or more"
        )
        words = SHORT.get(one.base, str(one.base)) + ends
    return words + (", or None" if one.optional else "")


def _default(one: Argument) -> str:
    return "must be given" if one.required else f"`{one.default!r}`"


def _fields(fields: Iterable[Field]) -> str:
    return _table(("Column", "Type", "What it is"), ((f"`{one.name}`", str(one.dtype), one.doc) for one in fields))


def _tick(*, holds: bool) -> str:
    return "yes" if holds else ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


def _prose(doc: str) -> str:
    """Give a docstring as Markdown: examples fenced, notes such as `Source: ...` as a list, the rest as it is."""
    parts = [re.sub(r"^(?=[A-Z][a-z]+: )", "- ", part, flags=re.MULTILINE) for part in re.split(r"\n\s*\n", doc)]
    return "\n\n".join(f"```pycon\n{part}\n```" if part.startswith(">>>") else part for part in parts)


TABLES: dict[str, Callable[[], str]] = {
    "operations": operations,
    "formats": formats,
    "measures": measures,
    "presets": presets,
    "asset-columns": asset_columns,
    "manifest-columns": manifest_columns,
    "error-codes": error_codes,
    "limits": limits,
    "capabilities": capabilities,
    "shell": shell,
}
