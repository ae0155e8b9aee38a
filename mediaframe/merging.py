"""The verbs that make one file of many rows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from mediaframe.errors import RecipeError, UsageError, expected
from mediaframe.formats.image import Png
from mediaframe.model.finish import Format
from mediaframe.model.limits import Limits
from mediaframe.model.media_type import by_name
from mediaframe.model.merge import Merge
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.model.spec import every
from mediaframe.ops.merge import Animate
from mediaframe.recipes import image
from mediaframe.storage.store import Store
from mediaframe.work.merge import Composer, Order, merged, refuse
from mediaframe.work.stream import Stream

_SOURCES: dict[str, Any] = {
    "asset_id": pl.String, "source": pl.String, "source_version": pl.String, "source_bytes": pl.Int64,
    "source_sha256": pl.String, "recipe": pl.String, "recipe_id": pl.String, "status": pl.String, "width": pl.Int32,
    "height": pl.Int32, "bytes": pl.Int64, "sha256": pl.String, "error_code": pl.String, "stage": pl.String,
    "error": pl.String, "retryable": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class Merged:
    """One file that was made of many rows, and what it was made of."""

    uri: str
    record: Mapping[str, Any]
    """What stands beside the file in `_mediaframe/merges/`: its size, hash and facts, and a row for each source."""

    @property
    def bytes(self) -> int:
        """Size of the file."""
        return int(self.record["bytes"])

    @property
    def sha256(self) -> str:
        """SHA-256 of the file."""
        return str(self.record["sha256"])

    @property
    def pages(self) -> int | None:
        """Pages, or frames of an animation."""
        found: int | None = self.record["pages"]
        return found

    @property
    def seconds(self) -> float | None:
        """Playing time of an animation."""
        found: float | None = self.record["seconds"]
        return found

    @property
    def sources(self) -> pl.DataFrame:
        """One row for each asset that the recipe takes, in their order, whatever became of it."""
        return pl.DataFrame(self.record["sources"], schema=_SOURCES)

    @property
    def failures(self) -> pl.DataFrame:
        """The assets that were left out since they could not be read or made into a piece."""
        return self.sources.filter(pl.col("status") == "failed")

    def __repr__(self) -> str:
        failed = self.failures.height
        made = f"{self.sources.height - failed} of {self.sources.height} assets"
        return f"Merged {self.uri}: {self.bytes} bytes of {made}" + (f", {failed} failed" if failed else "")


class Merging:
    """What a frame can do with all of its rows together: one file comes out."""

    if TYPE_CHECKING:

        @property
        def columns(self) -> list[str]:
            """Names of the columns."""

        def with_columns(self, *expressions: Any, **named: Any) -> Any:
            """Add columns."""

        def _rows(
            self, slots: int | None, client: Any = None, to: str | None = None, *, limits: Limits | None = None
        ) -> AbstractContextManager[Stream]: ...

    def animate(
        self,
        to: str | os.PathLike[str],
        recipe: Recipe | Finished | None = None,
        *,
        delay: float | str = "100 ms",
        loop: int = 0,
        background: str = "white",
        on_exists: Literal["error", "replace"] = "error",
        limits: Limits | None = None,
        slots: int | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Merged:
        """Make one animation of all rows, in their order: a GIF, WebP, APNG or AVIF.

        Rows of other kinds than the recipe takes are passed over; those that fail are left out, and told. The animation
        is as wide as the widest and as high as the highest frame; smaller ones stand in the middle of the background.

        Parameters
        ----------
        to
            The file, local or at any fsspec URL; its name says the format. Beside it, in `_mediaframe/merges/`, a
            record tells what it was made of.
        recipe
            What is done to each asset: `mf.image.resize(320, 240, fit="cover")`, or `mf.video.frame(at="50%")` for
            videos. It may end in the format, with its arguments: `.webp(quality=60)`.
        delay
            How long each frame is shown, in seconds or as "100 ms".
        loop
            How often it is played in all; 0 goes on forever.
        background
            The color around frames that are smaller than others.
        on_exists
            `error` raises before anything is made when something stands under the name; `replace` puts the new file in
            its place.
        limits
            How big is too big; of frames and of their pixels together too.
        slots
            How many assets are worked on at once; cores + 1 by default.
        storage_options
            Passed to fsspec for `to`.

        Examples
        --------
        >>> frames = mf.scan(getfixture("folder"))
        >>> made = frames.animate(getfixture("tmp_path") / "all.gif", mf.image.resize(64, 48, fit="cover"), delay=0.5)
        >>> made.pages, made.seconds, made.sources["status"].to_list()
        (3, 1.5, ['written', 'written', 'written'])
        """
        merge = Animate(delay=delay, loop=loop, background=background)
        return self._merge(
            merge, to, recipe, on_exists=on_exists, limits=limits, slots=slots, storage_options=storage_options
        )

    def _merge(
        self,
        merge: Merge,
        to: str | os.PathLike[str],
        recipe: Recipe | Finished | None,
        *,
        on_exists: str,
        limits: Limits | None,
        slots: int | None,
        storage_options: Mapping[str, Any] | None,
    ) -> Merged:
        """Do what all verbs do: refuse what is wrong, make the pieces, have them composed and published."""
        if on_exists not in ("error", "replace"):
            raise UsageError(expected(f"{merge.word}(on_exists=...)", "'error' or 'replace'", on_exists))
        folder, name = _place(os.fspath(to), merge)
        steps, end = _ends(merge, recipe, name)
        piece = steps.finish(Png(effort=1))  # Lossless, and quick: it only travels from child to child.
        piece.check_words()
        order = Order(merge, piece, end, name, replace=on_exists == "replace")
        store = Store.open(folder, storage_options)
        refuse(order, store)
        column = "piece"
        while column in self.columns:
            column += "_"
        frame = self.with_columns(**{column: piece})
        with (
            tempfile.TemporaryDirectory(prefix="mediaframe-") as scratch,
            frame._rows(slots, False, scratch, limits=limits) as stream,  # a frame of ours
        ):
            stream.worker.inputs.settle_all({merge.word: piece})
            by = Composer(stream.pool, Store.open(scratch), Path(scratch), stream.worker.job.limits)
            record = merged(order, stream.lines(column), store, by)
        return Merged(record["uri"], record)


def _place(to: str, merge: Merge) -> tuple[str, str]:
    """Give the folder and the name of a file."""
    folder, _, name = (to if "://" in to else str(Path(to).absolute())).rpartition("/")
    if not name:
        raise UsageError(expected(f"{merge.word}(to=...)", "the name of a file", to))
    return folder or "/", name


def _ends(merge: Merge, recipe: Recipe | Finished | None, name: str) -> tuple[Recipe, Format]:
    """Give the steps of each piece, and the format of the whole: that of the recipe, or the one that the name says."""
    known = [one for one in every(Format, merge.gives) if one.animates or not isinstance(merge, Animate)]
    words = ", ".join(f".{one.extension}" for one in known)
    steps = image if recipe is None else recipe
    named = by_name(name)
    if isinstance(steps, Finished):
        end = steps.format
        if end is None or type(end) not in known:
            raise RecipeError(f"{merge.word}({steps!r}): expected a recipe that ends in one of {words}, or in none")
        if named is not None and named.media_type != end.media_type:
            raise RecipeError(f"{merge.word}(to={name!r}): the recipe ends in {end.word}; call it .{end.extension}")
        begun: Recipe = Recipe.of_kind[steps.start]()
        for step in steps.steps:
            begun = begun.then(step)
        steps = begun
    else:
        fitting = [one for one in known if named is not None and one.media_type == named.media_type]
        if not fitting:
            raise UsageError(expected(f"{merge.word}(to=...)", f"a name that ends in one of {words}", name))
        end = fitting[0]()
    if not isinstance(steps, Recipe) or steps.kind != merge.takes:
        raise RecipeError(expected(f"{merge.word}(recipe=...)", f"a recipe that gives an {merge.takes}", steps))
    if end.columns:
        raise RecipeError(f"{merge.word}: the whole has no row; give {end!r} values, not columns")
    return steps, end
