"""A frame and its results shown: one line, a plan, plain HTML, a few rows rendered."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mediaframe.query import Query
from mediaframe.work.plan import fold


def frame_line(source: str, query: Query) -> str:
    """Say a frame in one line."""
    nodes = [node.describe() for node in query.nodes]
    told = "; ".join(nodes)
    return f"MediaFrame of {source}" + (f": {told}" if told else "")


def explain(source: str, query: Query) -> str:
    """Say what will be done, stage by stage."""
    lines = [f"scan {source}"]
    stages = query.stages()
    for number, stage in enumerate(stages, 1):
        lines.append(f"stage {number} of {len(stages)}" + (": reads and decodes again" if number > 1 else ""))
        lines += [f"  {node.describe()}" for node in stage.before]
        lines += [f"  {line}" for line in fold(stage.media).lines()]
        lines += [f"  {node.describe()}" for node in stage.after]
    return "\n".join(lines)


class Preview:
    """A few rows, rendered: a table for code, pictures for the eye."""

    def __init__(self, table: pl.DataFrame, query: Query) -> None:
        self.table = table
        self._query = query

    def __repr__(self) -> str:
        return f"Preview of {self.table.height} rows: {', '.join(self._query.media) or 'no media columns'}"


def frame_html(source: str, query: Query, peek: Callable[[int], pl.DataFrame]) -> str:
    """Show a frame as plain HTML."""
    del peek
    return f"<pre>{explain(source, query)}</pre>"
