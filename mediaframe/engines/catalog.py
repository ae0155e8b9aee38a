"""The known engines: where they live, which kinds they take, and what to install; loaded when asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from mediaframe.engines.base import Engine
from mediaframe.errors import MissingError
from mediaframe.model.kind import Kind

_GROUP = "mediaframe.engines"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an engine lives. The module has an `engine`."""

    name: str
    module: str
    kinds: tuple[Kind, ...]
    install: str
    probes: str = ""
    """The module that reads headers, where that needs less than the whole engine."""


ENTRIES: tuple[Entry, ...] = (
    Entry("vips", "mediaframe.engines.vips.engine", ("image",), "pip install 'pyvips[binary]'"),
    Entry("av", "mediaframe.engines.av.engine", ("video", "audio"), "pip install av", "mediaframe.engines.av.base"),
    Entry("pdfium", "mediaframe.engines.pdfium", ("document",), "pip install pypdfium2"),
)


@cache
def engine(name: str) -> Engine[Any]:
    """Load an engine by its name, and let other packages add to its table.

    A package adds by an entry point in the group `mediaframe.engines`: a function that is given each loaded engine.
    """
    entry = next(one for one in ENTRIES if one.name == name)
    found = _loaded(entry, entry.module)
    for point in entry_points(group=_GROUP):
        point.load()(found)
    return found


def engine_for(kind: Kind) -> Engine[Any]:
    """Load the engine that takes a kind of medium."""
    return engine(_entry_for(kind).name)


def prober_for(kind: Kind) -> Engine[Any]:
    """Load as much of the engine that takes a kind as a probe needs; it has no words."""
    entry = _entry_for(kind)
    return _loaded(entry, entry.probes) if entry.probes else engine(entry.name)


def _entry_for(kind: Kind) -> Entry:
    for entry in ENTRIES:
        if kind in entry.kinds:
            return entry
    raise MissingError(f"no engine takes {kind}")


def _loaded(entry: Entry, module: str) -> Engine[Any]:
    try:
        found: Engine[Any] = import_module(module).engine
    except ImportError as error:
        raise MissingError(f"{', '.join(entry.kinds)} needs {entry.name}: {entry.install} ({error})") from error
    return found
