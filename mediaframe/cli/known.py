"""What there is: formats that can be read and written here, presets."""

from __future__ import annotations

from mediaframe.ability import formats as known_formats
from mediaframe.cli import options
from mediaframe.cli.outcome import OK, command
from mediaframe.cli.screen import emit, faint, out, plain, strong, table
from mediaframe.presets import PRESETS


@command
def formats(as_json: options.AsJson = False) -> int:
    """Say which formats can be read and written here; each was tried."""
    rows = known_formats().to_dicts()
    if as_json:
        emit({"formats": rows})
        return OK
    console = out()
    lines = [
        (strong(row["format"]), faint(row["media_type"] or ""), "yes" if row["reads"] else faint("–"),
         "yes" if row["writes"] else faint("–"), row["engine"], faint(row["note"]))
        for row in rows
    ]  # fmt: skip
    console.print(table(("format", "media type", "reads", "writes", "engine", "note"), lines))
    return OK


@command
def presets(as_json: options.AsJson = False) -> int:
    """List the recipes that have a name, for `export --preset`."""
    if as_json:
        emit({"presets": {name: {"recipe": repr(one), "id": one.id, **one.to_json()} for name, one in PRESETS.items()}})
        return OK
    console = out()
    console.print(table(("preset", "recipe"), [(strong(name), plain(repr(one))) for name, one in PRESETS.items()]))
    return OK
