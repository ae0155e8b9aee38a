"""Words become methods: what stands in the classes of recipes, so that each word is said once and checkers see it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, overload

from mediaframe.model.finish import Format, Measure
from mediaframe.model.operation import Operation
from mediaframe.model.recipe import Finished, Recipe

P = ParamSpec("P")
R = TypeVar("R", bound=Recipe)


class step(Generic[P]):  # noqa: N801  # it reads as a verb where it is used
    """A method that adds an operation; checkers see the operation's own signature."""

    def __init__(self, spec: Callable[P, Operation]) -> None:
        self.spec: Any = spec

    @overload
    def __get__(self, recipe: None, owner: type[R]) -> type[Operation]: ...
    @overload
    def __get__(self, recipe: R, owner: type[R]) -> Callable[P, R]: ...
    def __get__(self, recipe: R | None, owner: type[R]) -> Any:
        if recipe is None:
            return self.spec
        return _dress(lambda *args, **kwargs: recipe.then(self.spec(*args, **kwargs)), self.spec)


class turn(Generic[P, R]):  # noqa: N801  # it reads as a verb where it is used
    """A method that adds an operation which gives another kind of medium."""

    def __init__(self, spec: Callable[P, Operation], to: type[R]) -> None:
        self.spec: Any = spec
        self.to = to

    @overload
    def __get__(self, recipe: None, owner: type[Recipe]) -> type[Operation]: ...
    @overload
    def __get__(self, recipe: Recipe, owner: type[Recipe]) -> Callable[P, R]: ...
    def __get__(self, recipe: Recipe | None, owner: type[Recipe]) -> Any:
        if recipe is None:
            return self.spec
        return _dress(lambda *args, **kwargs: recipe.then(self.spec(*args, **kwargs)), self.spec)


class finish(Generic[P]):  # noqa: N801  # it reads as a verb where it is used
    """A method that ends the recipe with a format or a measure."""

    def __init__(self, spec: Callable[P, Format | Measure]) -> None:
        self.spec: Any = spec

    @overload
    def __get__(self, recipe: None, owner: type[Recipe]) -> type[Format | Measure]: ...
    @overload
    def __get__(self, recipe: Recipe, owner: type[Recipe]) -> Callable[P, Finished]: ...
    def __get__(self, recipe: Recipe | None, owner: type[Recipe]) -> Any:
        if recipe is None:
            return self.spec
        return _dress(lambda *args, **kwargs: recipe.finish(self.spec(*args, **kwargs)), self.spec)


def _dress(method: Callable[..., Any], spec: Any) -> Callable[..., Any]:
    method.__name__ = method.__qualname__ = spec.word
    method.__doc__ = inspect.getdoc(spec)
    method.__signature__ = spec.signature  # type: ignore[attr-defined]  # read by inspect.signature
    return method
