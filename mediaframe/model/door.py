"""Door: the one way by which a value names what is built on top of it, loaded when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Door:
    """A name in a module that is loaded at the first call, so that words need no libraries."""

    module: str
    name: str

    def __call__(self) -> Callable[..., Any]:
        """Load the module and give what is named."""
        found: Callable[..., Any] = getattr(import_module(self.module), self.name)
        return found
