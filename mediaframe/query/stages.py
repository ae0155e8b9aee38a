"""Stages: in which order the nodes of a chain are done, so that media are read seldom and for few rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from mediaframe.model.recipe import Finished
from mediaframe.query.expressions import column_names, has_selector, is_conjunction, is_selection, may_raise
from mediaframe.query.nodes import (
    Drop,
    Filter,
    Head,
    Media,
    Node,
    Probe,
    Rename,
    Select,
    WithColumns,
    apply,
    media_dtype,
)


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """One pass over the media: nodes before it, the media columns made in it, nodes after it."""

    before: tuple[Node, ...]
    media: Mapping[str, Finished]
    after: tuple[Node, ...] = ()
    """Nodes that keep all rows; only in the last stage."""

    @property
    def sections(self) -> tuple[tuple[Node, ...], ...]:
        """The nodes before the media, cut where a probe is done: plain nodes, (probe), plain nodes."""
        parts: list[list[Node]] = [[]]
        for node in self.before:
            if isinstance(node, Probe):
                parts.append([])
            else:
                parts[-1].append(node)
        return tuple(map(tuple, parts))


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """A node with the columns that it reads and those that it makes, changes or takes away."""

    node: Node
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    wide: bool = False
    """Whether it depends on which columns there are."""
    replaces: frozenset[str] = frozenset()
    """Columns that were there before and that media take the place of."""

    def apart(self, other: Step) -> bool:
        """Whether the two may change places without anybody seeing it."""
        if (self.wide and other.writes) or (other.wide and self.writes):
            return False
        return not (self.writes & (other.reads | other.writes) or other.writes & self.reads)


def steps_of(
    node: Node, schema: pl.Schema, probed: Iterable[str], completed: frozenset[str] = frozenset()
) -> list[Step]:
    """Give the columns that a node touches; a select becomes with_columns, drop and rename."""
    match node:
        case Probe():
            return [Step(node, completed, frozenset(probed) | completed)]
        case Filter(predicates):
            parts = [part for one in predicates for part in _conjuncts(one)]
            return [step for part in parts for step in _expressions(Filter((part,)), (part,), schema, ())]
        case WithColumns(expressions):
            return _expressions(node, expressions, schema, _outputs(expressions, schema))
        case Media(columns):
            return _media_steps(columns, schema)
        case Drop(names):
            return [Step(node, frozenset(), frozenset(names))]
        case Rename(pairs):
            return [
                Step(
                    node,
                    frozenset(old for old, _ in pairs),
                    frozenset(name for pair in pairs for name in pair),
                )
            ]
        case Select(expressions):
            return _select(expressions, schema)
        case Head():
            return [Step(node)]


def media_of(steps: Iterable[Step]) -> dict[str, Finished]:
    """Give the media columns that are still there at the end, under the names they have then."""
    alive: dict[str, Finished] = {}
    for step in steps:
        if isinstance(step.node, Media):
            alive.update(step.node.columns)
        elif isinstance(step.node, Rename):
            names = dict(step.node.pairs)
            kept = {name: one for name, one in alive.items() if name in names or name not in names.values()}
            alive = {names.get(name, name): one for name, one in kept.items()}
        else:
            alive = {name: one for name, one in alive.items() if name not in step.writes}
    return alive


def plan(steps: Sequence[Step], wanted: Iterable[str]) -> tuple[Stage, ...]:
    """Cut a chain into stages.

    Filters and heads that do not need the media go ahead of them; media columns fuse into one stage until a
    filter needs one of them; renditions that the filter does not need wait until it has dropped its rows.
    """
    work = _Work()
    for step in _ahead(_needed(steps, frozenset(wanted))):
        work.add(step)
    return work.finish()


# ---- what a node touches -----------------------------------------------------------------------------------


def _expressions(node: Node, expressions: Iterable[pl.Expr], schema: pl.Schema, writes: Iterable[str]) -> list[Step]:
    given = list(expressions)
    reads = frozenset[str]().union(*(column_names(one, schema) for one in given))
    if not any(map(has_selector, given)):
        return [Step(node, reads, frozenset(writes))]
    # Selectors see the columns in their order, which moving others about may have changed.
    order = Step(Select(tuple(map(pl.col, schema))), wide=True)
    return [order, Step(node, reads, frozenset(writes), wide=True)]


def _media_steps(columns: Sequence[tuple[str, Finished]], schema: Iterable[str]) -> list[Step]:
    """Give a step for each column; one for all where a recipe reads what another one of them replaces."""
    names = frozenset(name for name, _ in columns)
    there = frozenset(schema)
    if any(recipe.columns & names for _, recipe in columns):
        return [_media(columns, names & there)]
    return [_media((one,), frozenset((one[0],)) & there) for one in columns]


def _media(columns: Sequence[tuple[str, Finished]], replaces: frozenset[str] = frozenset()) -> Step:
    reads = frozenset[str]().union(*(recipe.columns for _, recipe in columns))
    return Step(Media(tuple(columns)), reads, frozenset(name for name, _ in columns), replaces=replaces)


def _outputs(expressions: Iterable[pl.Expr], schema: pl.Schema) -> list[str]:
    return apply([Select(tuple(expressions))], pl.DataFrame(schema=schema)).columns


def _select(expressions: tuple[pl.Expr, ...], schema: pl.Schema) -> list[Step]:
    outputs = frozenset(_outputs(expressions, schema))
    renamed: dict[str, str] = {}
    made: list[pl.Expr] = []
    for one in expressions:
        old = _renamed(one, schema)
        if old and old not in outputs and old not in renamed:
            renamed[old] = one.meta.output_name()
        elif not is_selection(one):
            made.append(one)
    gone = tuple(name for name in schema if name not in renamed and name not in outputs - set(renamed.values()))
    nodes: list[Node] = []
    if made:
        nodes.append(WithColumns(tuple(made)))
    if gone:
        nodes.append(Drop(gone))
    if renamed:
        nodes.append(Rename(tuple(renamed.items())))
    return [step for node in nodes for step in steps_of(node, schema, ())]


def _renamed(expr: pl.Expr, schema: pl.Schema) -> str | None:
    """Give `a` of `pl.col("a").alias("b")`: a rename need not look at the column."""
    if is_selection(expr) or has_selector(expr):
        return None
    bare = expr.meta.undo_aliases()
    return bare.meta.output_name() if bare.meta.is_column() else None


def _conjuncts(predicate: pl.Expr) -> list[pl.Expr]:
    """Split `a & b`: each part may go ahead on its own."""
    parts = predicate.meta.pop() if is_conjunction(predicate) else []
    return [one for part in reversed(parts) for one in _conjuncts(part)] or [predicate]


# ---- the order ---------------------------------------------------------------------------------------------


def _needed(steps: Sequence[Step], wanted: frozenset[str]) -> list[Step]:
    """Leave out media columns that nobody sees."""
    live = wanted
    wide = False
    kept: list[Step] = []
    for step in reversed(steps):
        wide = wide or step.wide
        if isinstance(step.node, Media):
            alive = [one for one in step.node.columns if one[0] in live]
            dead = [one for one in step.node.columns if one[0] not in live]
            live -= step.writes
            if dead and (wide or step.replaces):
                kept.append(_nulls(dead))
            if not alive:
                continue
            step = _media(alive, step.replaces)
            live |= step.reads
        elif isinstance(step.node, Rename):
            names = {new: old for old, new in step.node.pairs}
            live = frozenset(names.get(name, name) for name in live)
        else:
            live = (live - step.writes) | step.reads
        kept.append(step)
    return kept[::-1]


def _nulls(columns: Iterable[tuple[str, Finished]]) -> Step:
    """Stand in for media that nobody sees, where selectors must find the columns."""
    made = tuple(pl.lit(None, media_dtype(recipe)).alias(name) for name, recipe in columns)
    return Step(WithColumns(made), frozenset(), frozenset(name for name, _ in columns))


def _ahead(steps: Sequence[Step]) -> list[Step]:
    """Move filters and heads ahead of the probe and the media that they do not need."""
    done: list[Step] = []
    for step in steps:
        place = at = len(done)
        while isinstance(step.node, Filter | Head) and at > 0 and _passes(step, done[at - 1]):
            at -= 1
            if isinstance(done[at].node, Probe | Media) and _opens(done[:at]):
                place = at
        done.insert(place, step)
    return done


def _opens(earlier: Sequence[Step]) -> bool:
    """Whether no media are made just before: a filter that needs one of several does not part the others."""
    for step in reversed(earlier):
        if isinstance(step.node, Media):
            return False
        if isinstance(step.node, Filter | Head):
            return True
    return True


def _passes(step: Step, earlier: Step) -> bool:
    if isinstance(step.node, Head):
        return not isinstance(earlier.node, Filter)
    if isinstance(earlier.node, Head):
        return False
    if isinstance(earlier.node, Filter) and isinstance(step.node, Filter):
        # The earlier one may be what keeps a strict cast from raising.
        return not any(map(may_raise, step.node.predicates))
    return step.apart(earlier)


@dataclass
class _Work:
    """The stage that is being filled, and those that are done."""

    done: list[Stage] = field(default_factory=list)
    before: list[Node] = field(default_factory=list)
    media: dict[str, Finished] = field(default_factory=dict)
    replaced: frozenset[str] = frozenset()
    pending: list[Step] = field(default_factory=list)
    """Steps after the media of this stage that could not go ahead of them."""

    def add(self, step: Step) -> None:
        if isinstance(step.node, Media):
            self._add_media(step, step.node)
        elif not self.media or (self._free(step) and not isinstance(step.node, Drop)):
            self.before.append(step.node)
        elif isinstance(step.node, Rename) and self._rename(step.node, step):
            pass
        elif isinstance(step.node, Filter | Head):
            self._split(step)
        elif isinstance(step.node, Probe):
            self._close()
            self.before.append(step.node)
        else:
            self.pending.append(step)

    def finish(self) -> tuple[Stage, ...]:
        last = Stage(tuple(self.before), dict(self.media), tuple(step.node for step in self.pending))
        return (*self.done, last)

    def _free(self, step: Step) -> bool:
        """Whether the step can go ahead of everything in this stage but its first nodes."""
        return all(step.apart(one) for one in (*self._made(), *self.pending))

    def _add_media(self, step: Step, node: Media) -> None:
        taken = set(self.media)
        if taken & (step.writes | step.reads) or not all(step.apart(one) for one in self.pending):
            self._close()
        self.replaced |= step.replaces
        self.media.update(node.columns)

    def _rename(self, node: Rename, step: Step) -> bool:
        """Let the media columns of this stage have their new names at once, if nothing stands between."""
        names = dict(node.pairs)
        others = [one for one in self.pending if not step.apart(one)]
        if others or not set(names) <= set(self.media) - self.replaced or set(names.values()) & set(names):
            return False
        if any(set(names.values()) & (one.reads | one.writes) for one in self._made()):
            return False
        self.media = {names.get(name, name): one for name, one in self.media.items()}
        return True

    def _split(self, step: Step) -> None:
        """End the stage at a filter; renditions it does not need are made for the rows that it leaves."""
        after = [*self.pending, step]
        waiting = {
            name: recipe
            for name, recipe in self.media.items()
            if recipe.format is not None
            and all(_media(((name, recipe),)).apart(other) for other in after)
            and not recipe.columns & (set(self.media) - {name})
        }
        if len(waiting) == len(self.media):
            self.before += [one.node for one in after]
            self.pending = []
            return
        replaced = self.replaced & waiting.keys()
        self.media = {name: one for name, one in self.media.items() if name not in waiting}
        self._close()
        self.before.append(step.node)
        self.media, self.replaced = waiting, replaced

    def _close(self) -> None:
        self.done.append(Stage(tuple(self.before), dict(self.media)))
        self.before = [step.node for step in self.pending]
        self.media, self.pending, self.replaced = {}, [], frozenset()

    def _made(self) -> list[Step]:
        return [_media((one,)) for one in self.media.items()]
