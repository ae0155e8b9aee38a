"""What can be done here: asked of the engines in a child, tried and not promised."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from importlib.util import find_spec
from typing import Any

import mediaframe.recipes  # noqa: F401  # loads the words
from mediaframe.engines.base import Engine, Source
from mediaframe.engines.catalog import ENTRIES, engine
from mediaframe.errors import MissingError
from mediaframe.model.finish import Format, Measure
from mediaframe.model.media_type import by_word
from mediaframe.model.operation import Operation
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import Spec, every
from mediaframe.work.confine import sealed
from mediaframe.work.pool import Pool
from mediaframe.work.slot import Slot
from mediaframe.work.trial import read_back, tried, written_as


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


def ability() -> dict[str, Any]:
    """Ask a child what can be done here."""
    with Slot() as slot:
        answer: dict[str, Any] = {}
        for header, _ in slot.ask({"do": "formats"}, None):
            answer = header
        told = {name: value for name, value in answer.items() if name != "done"}
        return {**told, "child": slot.hello, "sealed": _seals()}


def engine_versions(pool: Pool) -> frozenset[str]:
    """Name the engines of the children of a pool, each with its version."""
    found: set[str] = set()
    for answer in pool.run(_told, [None]):
        found.update(one["version"] for one in answer[-1][0]["engines"] if "version" in one)
    return frozenset(found)


def require(recipes: Iterable[Finished], pool: Pool | None = None) -> None:
    """Raise MissingError where recipes end in formats whose modules are not installed where the work is done.

    Parameters
    ----------
    pool
        Where the work is done; this process and its children where there is none.
    """
    needed = {one.end.module: one.end for one in recipes if isinstance(one.end, Format) and one.end.module}
    if not needed:
        return
    ask = partial(_lacking, tuple(needed))
    for module in next(iter(pool.run(ask, [None]))) if pool else ask(None, None):
        end = needed[module]
        raise MissingError(f"{end.word} is written by {module}, which is not installed here: {end.install}")


def _lacking(modules: tuple[str, ...], _: None, __: Slot | None) -> list[str]:
    return [one for one in modules if find_spec(one) is None]


def _told(_: None, slot: Slot) -> list[tuple[dict[str, Any], bytes]]:
    return list(slot.ask({"do": "formats", "only": "engines"}, None))


def _seals() -> bool:
    """Whether sources are handed to children behind a descriptor that nobody can change."""
    fd = sealed(b"")
    if fd is not None:
        os.close(fd)
    return fd is not None


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
