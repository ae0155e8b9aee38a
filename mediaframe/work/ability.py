"""Ability: children asked what can be done where the work is done, and what is not there refused before any of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from importlib.util import find_spec
from typing import Any

from mediaframe.errors import MissingError
from mediaframe.model.finish import Format
from mediaframe.model.recipe import Finished
from mediaframe.work.confine import sealed
from mediaframe.work.pool import Pool
from mediaframe.work.slot import Slot


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
