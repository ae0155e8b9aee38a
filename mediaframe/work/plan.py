"""The recipes of one stage folded into one tree for each kind: what is shared is done once; explain says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mediaframe.model.kind import Kind
from mediaframe.model.operation import Operation
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import Spec


@dataclass(slots=True)
class Node:
    """A step that recipes share from the start, and what follows it."""

    spec: Operation | None = None
    ends: list[tuple[str, Spec]] = field(default_factory=list)
    then: dict[Operation, Node] = field(default_factory=dict)

    @property
    def uses(self) -> int:
        """How many results pass here."""
        return len(self.ends) + sum(node.uses for node in self.then.values())


@dataclass(frozen=True, slots=True)
class Plan:
    """One tree for each kind of source."""

    trees: Mapping[Kind, Node]

    @property
    def steps(self) -> int:
        """Steps that are done for an asset of each kind, what is shared counted once."""
        return sum(1 for tree in self.trees.values() for node in _walk(tree) if node.spec is not None)

    def lines(self) -> Iterator[str]:
        """Say the plan, line by line."""
        for kind, tree in self.trees.items():
            shared = f", read and opened once for {tree.uses}" if tree.uses > 1 else ""
            yield f"{kind}: {tree.uses} result{'s' if tree.uses > 1 else ''}{shared}"
            yield from _draw(tree, "  ")


def fold(recipes: Mapping[str, Finished]) -> Plan:
    r"""Fold recipes into one tree for each kind.

    >>> from mediaframe.recipes import image
    >>> small = image.resize(640)
    >>> print("\n".join(fold({"a": small.webp(), "b": small.blur(2).jpeg()}).lines()))
    image: 2 results, read and opened once for 2
      resize(width=640)  [shared by 2]
        -> a: webp()
        blur(sigma=2.0)
          -> b: jpeg()
    """
    trees: dict[Kind, Node] = {}
    for name, recipe in recipes.items():
        node = trees.setdefault(recipe.start, Node())
        for step in recipe.steps:
            node = node.then.setdefault(step, Node(step))
        node.ends.append((name, recipe.end))
    return Plan(trees)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for below in node.then.values():
        yield from _walk(below)


def _draw(node: Node, indent: str) -> Iterator[str]:
    for name, end in node.ends:
        yield f"{indent}-> {name}: {end!r}"
    for below in node.then.values():
        shared = f"  [shared by {below.uses}]" if below.uses > 1 else ""
        yield f"{indent}{below.spec!r}{shared}"
        yield from _draw(below, indent + "  ")
