"""The verb that fits a whole catalogue into a budget of bytes."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

import polars as pl

from mediaframe.errors import ExpressionError, UsageError, expected
from mediaframe.model.finish import Format
from mediaframe.model.kind import Shape
from mediaframe.model.quantity import human_bytes, parse_bytes
from mediaframe.model.recipe import Finished
from mediaframe.query import Filter, Media, Node, Query
from mediaframe.run import Run
from mediaframe.work.budget import Fitted, Sizes, fit_total
from mediaframe.work.hidden import ASSET
from mediaframe.work.stream import Stream

LOWEST, HIGHEST = 20.0, 90.0
"""The range of scores: under the first nobody wants a picture, over the second nobody sees a difference."""


class Fittable(Protocol):
    """What a frame must have whose renditions are fitted into a budget."""

    @property
    def _query(self) -> Query:
        """What is done with the rows."""
        ...

    def _rebuilt(self, nodes: Sequence[Node]) -> Self:
        """Give the frame with another chain."""
        ...

    def _rows(self, slots: int | None) -> AbstractContextManager[Stream]:
        """Give the rows, with slots of their own."""
        ...

    def export(self, to: str, *, layout: str, slots: int | None, client: Any) -> Run:
        """Write all renditions."""
        ...


F = TypeVar("F", bound=Fittable)


@dataclass(frozen=True)
class Budget(Generic[F]):
    """A frame whose renditions come to a budget: what was found, and how well it is known."""

    frame: F
    """The frame with the one target in its recipes: export it."""
    budget: int
    target: float
    """The score of SSIMULACRA 2 that every rendition is searched for."""
    bytes: int
    """What all renditions come to, by the sample."""
    low: int
    high: int
    """Between these the sum lies with 95 % certainty."""
    sampled: int
    """Assets that were rendered to know it."""
    assets: int

    def __repr__(self) -> str:
        share = self.bytes / self.budget
        return (
            f"Budget of {human_bytes(self.budget)}: target {self.target:g} gives {human_bytes(self.bytes)} "
            f"({share:.1%}; {human_bytes(self.low)} to {human_bytes(self.high)}), from {self.sampled} of "
            f"{self.assets} assets"
        )


class Fitting:
    """What a frame can do for the sum of the bytes of its renditions."""

    def fit_into(  # noqa: PYI019  # `Self` would be this class, which is no frame
        self: F,
        budget: int | str,
        *,
        within: float = 0.02,
        sample: int | None = None,
        slots: int | None = None,
    ) -> Budget[F]:
        """Find the one quality at which all renditions together come to a budget of bytes, and give the frame with it.

        Assets of a sample are rendered at several targets, here and into a place that is thrown away. The sample is
        spread over small and large assets, and grows until the sum is known well enough for `within`; of many thousand
        photographs that are one or two thousand. Nothing of what is exported later depends on the sample but the
        target, which stands in the recipes of the frame that is given.

        Renditions whose format has `target` take part with it, in place of their own `quality` or `target`, and with
        `on_miss="best_effort"`, so that no picture is lost that cannot reach it; the others count as they are.

        Parameters
        ----------
        budget
            Bytes of all files together, such as "40 GB". The target is chosen for 99 % of it.
        within
            How well the sum shall be known, as a share: 0.02 is 2 %.
        sample
            Assets that are rendered at the most; without it as many as are needed.
        slots
            How many assets are worked on at once; cores + 1 by default.

        Raises
        ------
        UsageError
            Where a score of 20 still takes more than the budget, or no rendition has a target.

        Examples
        --------
        >>> thumbs = mf.scan(getfixture("folder")).with_columns(thumb=mf.image.resize(64).jpeg())
        >>> fitted = thumbs.fit_into("4 kB")
        >>> fitted.bytes <= 4100, fitted.sampled
        (True, 3)
        """
        limit = _bytes(budget)
        if not 0 < within < 1:
            raise UsageError(expected("fit_into(within=...)", "a share between 0 and 1, such as 0.02", within))
        if not any(_has_target(recipe) for recipe in self._query.media.values()):
            raise UsageError("fit_into(): no rendition here has a quality to choose; add one such as mf.image.webp()")
        assets = _assets(self, slots)
        if not assets.height:
            raise UsageError("fit_into(): the frame has no row")
        weights = [_weight(row, self._query.media.values()) for row in assets.iter_rows(named=True)]

        def measure(target: float, numbers: Sequence[int]) -> Sizes:
            return _measured(self, assets, target, numbers, slots)

        found = fit_total(measure, weights, limit, within=within, lowest=LOWEST, highest=HIGHEST, most=sample)
        if found.estimate.total > limit * (1 + within) and found.target <= LOWEST:
            raise UsageError(
                f"fit_into({budget!r}): at a score of {LOWEST:g} the renditions still take about "
                f"{human_bytes(found.estimate.total)}; resize to fewer pixels, or allow more bytes"
            )
        return _budget(self, limit, found, assets.height)


def _budget(frame: F, limit: int, found: Fitted, assets: int) -> Budget[F]:
    total, half = found.estimate.total, found.estimate.half
    low, high = math.floor(max(0.0, total - half)), math.ceil(total + half)
    fitted = frame._rebuilt(_targeted(frame._query.nodes, found.target))
    return Budget(fitted, limit, found.target, round(total), low, high, found.sampled, assets)


def _assets(frame: Fittable, slots: int | None) -> pl.DataFrame:
    """Give what is known of the assets that come to the end of the chain, without making anything."""
    try:
        plain = frame._rebuilt([node for node in frame._query.nodes if not isinstance(node, Media)])
    except ExpressionError as error:
        raise UsageError(
            f"fit_into(): the frame chooses by what is made of the media ({error}); collect() that first"
        ) from None
    parts = []
    with plain._rows(slots) as stream:
        parts = [rows[ASSET].struct.unnest() for rows in stream.made()]
    return pl.concat(parts) if parts else pl.DataFrame()


def _measured(frame: Fittable, assets: pl.DataFrame, target: float, numbers: Sequence[int], slots: int | None) -> Sizes:
    """Render some assets at a target, into a place that is thrown away."""
    if not numbers:
        return {}
    chosen = assets[list(numbers)]
    # First in the chain, where the names of the source are still there.
    nodes = (Filter((pl.col("uri").is_in(chosen["uri"].to_list()),)), *_targeted(frame._query.nodes, target))
    with tempfile.TemporaryDirectory(prefix="mediaframe-") as folder:
        run = frame._rebuilt(nodes).export(folder, layout="{rendition}/{key}.bin", slots=slots, client=False)
        made = run.manifest.group_by("asset_id", "rendition").agg(pl.col("bytes").mean())
        made = made.group_by("asset_id").agg(pl.col("bytes").sum())
    sizes = dict(made.iter_rows())
    return {number: float(sizes.get(name, 0)) for number, name in zip(numbers, chosen["id"], strict=True)}


def _bytes(budget: int | str) -> int:
    try:
        found = parse_bytes(budget)
    except (ValueError, TypeError) as error:
        raise UsageError(expected("fit_into(budget)", str(error), budget)) from None
    if found <= 0:
        raise UsageError(expected("fit_into(budget)", "more than 0 bytes", budget))
    return found


def _has_target(recipe: Finished) -> bool:
    return (
        isinstance(recipe.end, Format)
        and "target" in recipe.end.arguments
        and recipe.end.values.get("lossless") is not True
    )


def _targeted(nodes: Sequence[Node], target: float) -> list[Node]:
    """Put a target into the recipes of a chain."""
    return [
        Media(tuple((name, _with_target(recipe, target)) for name, recipe in node.columns))
        if isinstance(node, Media)
        else node
        for node in nodes
    ]


def _with_target(recipe: Finished, target: float) -> Finished:
    if not _has_target(recipe):
        return recipe
    given = {**recipe.end.values, "target": target, "on_miss": "best_effort"}
    if "allow_resize" in given:
        given["allow_resize"] = False
    return Finished(recipe.start, recipe.steps, type(recipe.end)(**given))


def _weight(row: dict[str, Any], recipes: Iterable[Finished]) -> float:
    """Give what goes with the bytes of the renditions: their pixels, and how many bytes the source takes for one."""
    known, pixels = (row["width"], row["height"]), 0.0
    for recipe in recipes:
        size = (
            recipe.infer(Shape(recipe.start, *known)).size
            if all(known) and recipe.format and not recipe.columns
            else None
        )
        pixels += size[0] * size[1] if size else 0
    whole = (row["width"] or 0) * (row["height"] or 0)
    dense = (row["bytes"] or 1) / whole if whole else None
    if pixels and dense:
        return float(pixels * math.sqrt(dense))
    return float(row["bytes"] or 1)
