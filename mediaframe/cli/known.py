"""What there is: formats that can be read and written here, presets, resize modes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from mediaframe.ability import formats as known_formats
from mediaframe.cli import options
from mediaframe.cli.outcome import OK, command
from mediaframe.cli.screen import emit, faint, out, plain, strong, table
from mediaframe.ops.image.geometry import MODES
from mediaframe.presets import Presets
from mediaframe.presets import presets as known_presets


@command
def formats(as_json: options.AsJson = False) -> int:
    """Say which formats can be read and written here; each was tried."""
    rows = known_formats().to_dicts()
    if as_json:
        emit({"formats": rows})
        return OK
    console = out()
    lines = [
        (strong(row["format"]), faint(row["media_type"] or ""), _yes(row["reads"]), _written(row),
         _yes(row["animation"]), _yes(row["alpha"]), str(row["bits"]) if row["bits"] else faint("–"),
         _yes(row["lossless"]), faint(row["engine"]), faint(row["note"]))
        for row in rows
    ]  # fmt: skip
    head = ("format", "media type", "reads", "writes", "animation", "alpha", "bits", "lossless", "engine", "note")
    console.print(table(head, lines))
    return OK


def _yes(holds: bool | None) -> str | Text:  # noqa: FBT001  # a cell of the table
    return "yes" if holds else faint("–")


def _written(row: Mapping[str, Any]) -> str | Text:
    """Say that a format is written, by its word where that is another."""
    if not row["writes"]:
        return faint("–")
    return "yes" if row["word"] == row["format"] else f"as {row['word']}"


@command
def presets(file: options.PresetFile = None, as_json: options.AsJson = False) -> int:
    """List the recipes that have a name, for `export --preset`, and the resize modes, for recipes.

    mediaframe presets --file presets.toml
    """
    found = known_presets(file)
    if as_json:
        emit({"presets": _as_json(found), "modes": _modes_as_json()})
        return OK
    console = out()
    lines = [(strong(name), plain(found.about(name).purpose), plain(repr(one))) for name, one in found.items()]
    console.print(table(("preset", "for", "recipe"), lines))
    does = {name: repr(one.does) if one.does else "" for name, one in MODES.items()}
    modes = [(strong(name), plain(one.purpose), plain(does[name])) for name, one in MODES.items()]
    console.print()
    console.print(table(("mode", "for", "does"), modes))
    console.print()
    console.print(faint("a mode is a step and needs a format: --image small='mode(\"email\").jpeg()'"))
    return OK


def _as_json(found: Presets) -> dict[str, Any]:
    told = {}
    for name, recipe in found.items():
        one = found.about(name)
        told[name] = {
            "recipe": repr(recipe), "id": recipe.id, **recipe.to_json(), "purpose": one.purpose, "why": one.why,
            "source": one.source,
        }  # fmt: skip
    return told


def _modes_as_json() -> dict[str, Any]:
    return {
        name: {"purpose": one.purpose, "does": one.does and one.does.to_json(), "why": one.why}
        for name, one in MODES.items()
    }
