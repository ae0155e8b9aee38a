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


ENTRIES: tuple[Entry, ...] = (
    Entry("vips", "mediaframe.engines.vips.engine", ("image",), "pip install 'pyvips[binary]'"),
    Entry("av", "mediaframe.engines.av.engine", ("video", "audio"), "pip install av"),
    Entry("pdfium", "mediaframe.engines.pdfium", ("document",), "pip install pypdfium2"),
)


@cache
def engine(name: str) -> Engine[Any]:
    """Load an engine by its name, and let other packages add to its table.

    A package adds by an entry point in the group `mediaframe.engines`: a function that is given each loaded engine.
    """
    entry = next(one for one in ENTRIES if one.name == name)
    try:
        found: Engine[Any] = import_module(entry.module).engine
    except ImportError as error:
        raise MissingError(f"{', '.join(entry.kinds)} needs {name}: {entry.install} ({error})") from error
    for point in entry_points(group=_GROUP):
        point.load()(found)
    return found


def engine_for(kind: Kind) -> Engine[Any]:
    """Load the engine that takes a kind of medium."""
    for entry in ENTRIES:
        if kind in entry.kinds:
            return engine(entry.name)
    raise MissingError(f"no engine takes {kind}")
