"""Runner: plain nodes done batch after batch, with what must be remembered between batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from mediaframe.query.nodes import Filter, Head, Media, Node, Probe, apply


@dataclass(frozen=True, eq=False, slots=True)
class Fed:
    """What became of one batch."""

    kept: pl.DataFrame
    dropped: tuple[pl.DataFrame, ...]
    """For each filter that dropped rows: those rows, as they stood before it."""


class Runner:
    """Do plain nodes and heads on batches in the order of the scan.

    >>> runner = Runner([Head(3)])
    >>> [runner.feed(pl.DataFrame({"a": [1, 2]})).kept.height for _ in range(3)]
    [2, 1, 0]
    >>> runner.finished
    True
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            if isinstance(node, Probe | Media):
                raise TypeError(f"{node.describe()}: a runner does plain nodes alone; see Stage.sections")
        self._nodes = tuple(nodes)
        self._left = {i: node.n for i, node in enumerate(nodes) if isinstance(node, Head)}

    @property
    def finished(self) -> bool:
        """Whether a head has all its rows: batches that come later give nothing."""
        return any(left <= 0 for left in self._left.values())

    def feed(self, batch: pl.DataFrame) -> Fed:
        """Do the nodes on the next batch."""
        dropped: list[pl.DataFrame] = []
        for i, node in enumerate(self._nodes):
            if isinstance(node, Head):
                batch = batch.head(self._left[i])
                self._left[i] -= batch.height
            elif isinstance(node, Filter):
                mask = node.mask(batch)
                if not mask.all():
                    dropped.append(batch.filter(~mask))
                    batch = batch.filter(mask)
            else:
                batch = apply((node,), batch)
        return Fed(batch, tuple(dropped))
