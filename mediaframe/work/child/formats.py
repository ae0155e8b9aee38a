"""What can be done here: asked of the engines, tried and not promised."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import mediaframe.recipes  # noqa: F401  # loads the words
from mediaframe.engines.base import Engine, Source
from mediaframe.engines.catalog import ENTRIES, engine
from mediaframe.errors import MissingError
from mediaframe.model.finish import Format, Measure
from mediaframe.model.media_type import by_word
from mediaframe.model.operation import Operation
from mediaframe.model.spec import Spec, every
from mediaframe.work.child.trial import read_back, tried, written_as


def formats(request: Mapping[str, Any], source: Source | None = None) -> dict[str, Any]:
    """Say, in a child, which engines there are, what they read, write and do; `only` the "engines" on request."""
    engines, reads, writes = [], [], []
    for entry in ENTRIES:
        try:
            found = engine(entry.name)
        except MissingError as error:
            engines.append({"name": entry.name, "kinds": list(entry.kinds), "missing": error.message})
            continue
        engines.append({"name": entry.name, "kinds": list(entry.kinds), "version": found.version(), **found.facts()})
        if request.get("only") == "engines":
            continue
        reads += [_read(found, word, install) for word, install in sorted(found.reading().items())]
        writes += [_write(found, spec) for spec in every(Format) if found.can(spec)]
    if request.get("only") == "engines":
        return {"engines": engines}
    return {
        "engines": engines,
        "reads": reads,
        "writes": writes,
        "operations": _done(Operation),
        "measures": _done(Measure),
    }


def _write(found: Engine[Any], spec: type[Format]) -> dict[str, Any]:
    row = {
        "format": spec.word, "read_as": spec.word if spec.chooses or spec.package else written_as(spec).format,
        "kind": spec.takes, "media_type": spec.media_type,
        "engine": found.name, "install": spec.install if spec.module and find_spec(spec.module) is None else "",
        "problem": "",
    }  # fmt: skip
    # There is a sample of a picture alone; the wheels of the others carry their encoders.
    if spec.takes != "image" or spec.chooses:
        return row
    return {**row, **({"problem": row["install"]} if row["install"] else tried(found, spec))}


def _read(found: Engine[Any], word: str, install: str) -> dict[str, Any]:
    known = by_word(word)
    image = "image" in found.kinds and not install
    return {
        "format": word, "media_type": known.media_type, "engine": found.name, "install": install,
        "problem": read_back(found, word) if image else "",
    }  # fmt: skip


def _done(family: type[Spec]) -> list[dict[str, Any]]:
    rows = []
    for spec in every(family):
        engines = [entry.name for entry in ENTRIES if spec.takes in entry.kinds and _can(entry.name, spec)]
        rows.append(
            {"word": spec.word, "kind": spec.takes, "engines": engines, "module": spec.__module__,
             "summary": spec.summary()}
        )  # fmt: skip
    return rows


def _can(name: str, spec: type[Spec]) -> bool:
    try:
        return engine(name).can(spec)
    except MissingError:
        return False
