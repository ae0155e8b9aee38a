"""Job: what every worker must know of a run, as a frozen value with a JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mediaframe.model.argument import Argument
from mediaframe.model.input import Input
from mediaframe.model.limits import Limits
from mediaframe.model.parse import recipe_from_json
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import digest
from mediaframe.storage.redact import redact

FORMAT = 1
"""Number of the form of what is kept beside the results; raised when older readers would misread it."""

ORIGINAL = "original"
"""Name of the rendition that is the source itself, copied on request."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be made of the frozen rows, and where it goes."""

    recipes: tuple[tuple[str, Finished], ...]
    layout: str
    originals: str | None = None
    """Layout of the copies of the originals, where they are asked for."""
    prefix: str = ""
    """What stands before every name, where results go under a fresh prefix."""
    replace: bool = False
    """Whether a file that stands under a name may be replaced."""
    limits: Limits = field(default_factory=Limits)
    cache_control: str | None = None
    metadata: Mapping[str, str] | None = None
    """What the user has stores keep with each object."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the renditions and measures, in order; the copies of the originals come last."""
        return (*(name for name, _ in self.recipes), *((ORIGINAL,) if self.originals else ()))

    def place(self, name: str) -> int:
        """Say where a rendition or measure stands in the order."""
        return self.names.index(name)

    def to_json(self) -> dict[str, Any]:
        """Give the job as plain values."""
        recipes = [(name, recipe.with_inputs(told)) for name, recipe in self.recipes]
        return {
            "recipes": {name: recipe.to_json() for name, recipe in recipes},
            "text": {name: repr(recipe) for name, recipe in recipes},
            "layout": self.layout,
            "originals": self.originals,
            "prefix": self.prefix,
            "replace": self.replace,
            "limits": self.limits.to_json(),
            "cache_control": self.cache_control,
            "metadata": dict(self.metadata) if self.metadata else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        """Read the job back."""
        known = {one.name for one in fields(cls)}
        plain = {name: value for name, value in data.items() if name in known}
        recipes = tuple((name, recipe_from_json(one)) for name, one in data["recipes"].items())
        return cls(**{**plain, "recipes": recipes, "limits": Limits.from_json(data["limits"])})

    def identity(self, rows: str) -> str:
        """Name the job with the digest of its rows: equal jobs of equal rows may go on with one another's work."""
        recipes = {name: recipe.id for name, recipe in self.recipes}
        return digest([FORMAT, recipes, self.layout, self.originals, self.prefix, rows])


def told(one: Input, argument: Argument) -> Input:
    """Give an input under the name that may be shown, written and sent: one without secrets."""
    return Input(redact(one.name), one.sha256)


def rendition_key(source_sha256: str, recipe: Finished, engine: str) -> str:
    """Name the content of a result before it is made: source, resolved recipe with its inputs, engine version."""
    return digest([source_sha256, recipe.id, engine])[:32]
