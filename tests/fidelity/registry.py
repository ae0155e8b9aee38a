"""All cases, gathered from the files `*_cases.py` of this folder; what of our words they cover."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from mediaframe.engines.catalog import ENTRIES, engine
from mediaframe.model.finish import Format, Measure
from mediaframe.model.operation import Operation
from mediaframe.model.spec import every
from tests.fidelity.case import Case, Family

HERE = Path(__file__).parent
FAMILIES: tuple[Family, ...] = ("operation", "format read", "format written", "measure")
SHARE = 0.95
"""Of each family, at least this share has a case."""


@cache
def cases() -> tuple[Case, ...]:
    """Give all cases; a file that is added to the folder is found by its name."""
    found = [import_module(f"tests.fidelity.{path.stem}").CASES for path in sorted(HERE.glob("*_cases.py"))]
    return tuple(sorted((one for some in found for one in some), key=lambda one: FAMILIES.index(one.family)))


def words(family: Family) -> set[str]:
    """Give the words of a family that make, change or measure pictures."""
    if family == "format read":
        known = (engine(entry.name) for entry in ENTRIES if "image" in entry.kinds)
        return {word for one in known for word, install in one.reading().items() if not install}
    kinds: dict[Family, type[Operation | Format | Measure]] = {
        "operation": Operation, "format written": Format, "measure": Measure,
    }  # fmt: skip
    ours = [one for one in every(kinds[family], "image") if one.__module__.startswith("mediaframe.")]
    # A word that chooses among formats has no pixels of its own.
    return {one.word for one in ours if not (issubclass(one, Format) and one.chooses)}


def covered(family: Family) -> set[str]:
    """Give the words of a family that have a case."""
    return {one.word for one in cases() if one.family == family} & words(family)
