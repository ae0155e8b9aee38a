"""One file made of many rows: what its name and its recipe say of it, and how it comes about."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from mediaframe.errors import RecipeError, UsageError, expected
from mediaframe.formats.image import Png
from mediaframe.frame.merged import Merged
from mediaframe.model.finish import Format
from mediaframe.model.limits import Limits
from mediaframe.model.media_type import by_name
from mediaframe.model.merge import Merge
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.model.spec import every
from mediaframe.storage.store import Store
from mediaframe.work.ability import require
from mediaframe.work.merge import Composer, Order, merged, refuse
from mediaframe.work.stream import Stream

QUICK = Png(effort=1)
"""How pieces travel from child to child: lossless, and quickly packed."""


class Rows(Protocol):
    """What a frame must have whose rows are made into one file."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        ...

    def with_columns(self, *expressions: Any, **named: Any) -> Rows:
        """Add columns."""
        ...

    def _rows(
        self,
        slots: int | None,
        client: Any = None,
        to: str | os.PathLike[str] | None = None,
        storage_options: Mapping[str, Any] | None = None,
        *,
        limits: Limits | None = None,
    ) -> AbstractContextManager[Stream]:
        """Give the rows, with slots of their own."""
        ...


class Work(NamedTuple):
    """How a verb goes about it, as its caller says."""

    on_exists: str
    limits: Limits | None
    slots: int | None
    storage_options: Mapping[str, Any] | None


def merge_rows(
    frame: Rows, merge: Merge, to: str | os.PathLike[str], piece: Finished, end: Format, work: Work
) -> Merged:
    """Do what all verbs do: refuse what is wrong, make the pieces, have them composed and published."""
    on_exists, limits, slots, storage_options = work
    if on_exists not in ("error", "replace"):
        raise UsageError(expected(f"{merge.word}(on_exists=...)", "'error' or 'replace'", on_exists))
    folder, name = place(os.fspath(to), merge)
    piece.check_words()
    require([Finished(piece.start, piece.steps, end)])
    order = Order(merge, piece, end, name, replace=on_exists == "replace")
    store = Store.open(folder, storage_options)
    refuse(order, store)
    column = free_name("piece", frame.columns)
    pieces = frame.with_columns(**{column: piece})
    with (
        tempfile.TemporaryDirectory(prefix="mediaframe-") as scratch,
        pieces._rows(slots, False, scratch, limits=limits) as stream,
    ):
        inputs = stream.worker.inputs
        inputs.settle_all({merge.word: piece})
        order = replace(order, merge=inputs.settle_all({merge.word: merge})[merge.word])
        by = Composer(stream.pool, Path(scratch), stream.worker.job.limits, inputs.contents(order.merge))
        record = merged(order, stream.lines(column, sorted(merge.named_columns)), store, by)
    return Merged(record["uri"], record)


def free_name(name: str, columns: Sequence[str]) -> str:
    """Give a name that no column has."""
    while name in columns:
        name += "_"
    return name


def place(to: str, merge: Merge) -> tuple[str, str]:
    """Give the folder and the name of a file."""
    folder, _, name = (to if "://" in to else str(Path(to).absolute())).rpartition("/")
    if not name:
        raise UsageError(expected(f"{merge.word}(to=...)", "the name of a file", to))
    return folder or "/", name


def formats(merge: Merge) -> list[type[Format]]:
    """Give the formats that the whole may be written as, by the ending of a name."""
    # A format that is chosen by looking at the file, such as `auto`, has no ending that could name it.
    return [one for one in every(Format, merge.gives) if merge.fits(one) and not one.media_type.endswith("/*")]


def written_as(merge: Merge, name: str, end: Format | None) -> Format:
    """Give the format of the whole: the one that is said, which the name must not gainsay, or the one of the name."""
    named, known = by_name(name), formats(merge)
    if end is None:
        for one in known:
            if named is not None and one.media_type == named.media_type:
                return one()
        raise UsageError(expected(f"{merge.word}(to=...)", f"a name that ends in one of {endings(known)}", name))
    if named is not None and named.media_type != end.media_type:
        raise RecipeError(f"{merge.word}(to={name!r}): the recipe ends in {end.word}; call it .{end.extension}")
    if end.named_columns:
        raise RecipeError(f"{merge.word}: the whole has no row; give {end!r} values, not columns")
    return end


def endings(known: Iterable[type[Format]]) -> str:
    """Name the endings of formats."""
    return ", ".join(f".{one.extension}" for one in known)


def ends(merge: Merge, recipe: Recipe | Finished | None, name: str) -> tuple[Recipe, Format]:
    """Give the steps of each piece, and the format of the whole: that of the recipe, or the one that the name says."""
    steps = Recipe.of_kind[merge.takes]() if recipe is None else recipe
    given: Format | None = None
    if isinstance(steps, Finished):
        given, known = steps.format, formats(merge)
        if given is None or type(given) not in known:
            raise RecipeError(
                f"{merge.word}({steps!r}): expected a recipe that ends in one of {endings(known)}, or in none"
            )
        begun: Recipe = Recipe.of_kind[steps.start]()
        for step in steps.steps:
            begun = begun.then(step)
        steps = begun
    end = written_as(merge, name, given)
    if not isinstance(steps, Recipe) or steps.kind != merge.takes:
        raise RecipeError(expected(f"{merge.word}(recipe=...)", f"a recipe that gives an {merge.takes}", steps))
    return steps, end
