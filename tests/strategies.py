"""Hypothesis strategies for words and recipes, derived from their declarations."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args, get_origin

from hypothesis import strategies as st

import mediaframe.recipes  # noqa: F401  # declares the words
from mediaframe.engines.base import Source
from mediaframe.engines.vips.library import FONTS
from mediaframe.errors import MissingError, RecipeError
from mediaframe.model.argument import Argument, Column
from mediaframe.model.finish import Format, Measure
from mediaframe.model.input import Input
from mediaframe.model.kind import Kind
from mediaframe.model.operation import Operation
from mediaframe.model.quantity import parse_sides, parse_words
from mediaframe.model.recipe import Finished, Recipe
from mediaframe.model.spec import Spec, every

_CHANNELS = st.sampled_from("0123456789abcdef")


def _input(path: Path, data: bytes | None = None) -> Input:
    """Give a file as the engines are given it."""
    return Input(str(path), data=Source(path.read_bytes() if data is None else data))


LOGO = _input(Path(__file__).with_name("logo.png"))
"""A picture that recipes name: 24 x 10 pixels, with colors and alpha."""
FONT = _input(FONTS / "DejaVuSans-Bold.ttf")
"""A font that recipes name."""

CAPTIONS = _input(Path("talk.vtt"), b"WEBVTT\n\n00:00.100 --> 00:00.600\nLeft <i>and</i> right\n")
"""Captions that recipes name."""

COLORS = st.builds("#{}{}{}".format, *[st.text(_CHANNELS, min_size=2, max_size=2)] * 3)
"""Opaque colors in canonical form."""


def values(argument: Argument, most: float | None = None) -> st.SearchStrategy[Any]:
    """Give all that an argument takes; numbers up to `most` where that is said, so that pictures stay small."""
    base = argument.base
    known = {
        "color": COLORS,
        "colors": st.lists(COLORS, min_size=1, max_size=4, unique=True).map(tuple),
        "moment": _moments(),
        "length": _lengths(most),
        "aspect": st.builds("{}:{}".format, st.integers(1, 20), st.integers(1, 20)),
        "track": st.just("default"),
        "tracks": st.sampled_from(["default", "all", "none"]),
        "sides": st.lists(st.integers(16, 8192), min_size=1, max_size=8).map(parse_sides),
        "words": st.lists(st.text("abß, é", min_size=1, max_size=6)).map(parse_words),
        "point": st.tuples(*[st.floats(0, 1).map(_short)] * 2),
    }
    if argument.is_file:
        found: st.SearchStrategy[Any] = st.just({"font": FONT, "text": CAPTIONS}.get(argument.holds or "", LOGO))
    elif argument.unit in known:
        found = known[argument.unit]
    elif argument.choices:
        found = st.sampled_from(argument.choices)
    elif base is bool:
        found = st.booleans()
    elif base in (int, float):
        low = argument.ge if argument.ge is not None else -1000
        high = min(argument.le if argument.le is not None else 10**9, most if most is not None else 10**9)
        found = _numbers(base, low, max(low, high))
    elif base is str:
        found = st.text(max_size=12)
    elif get_origin(base) is tuple:
        found = st.tuples(*(values(Argument(type=one, ge=0, le=1), most) for one in get_args(base)))
    else:
        raise NotImplementedError(f"no strategy for {base!r} of {argument.name!r}: add one here")
    return st.none() | found if argument.optional else found


def _numbers(base: type, low: float, high: float) -> st.SearchStrategy[Any]:
    if base is int:
        return st.integers(int(low), int(high))
    return st.floats(low, high, allow_nan=False).map(_short).filter(lambda number: low <= number <= high)


def _short(number: float) -> float:
    return round(number, 3)


def _moments() -> st.SearchStrategy[str]:
    shares = st.integers(0, 100).map("{}%".format)
    return shares | st.integers(0, 10_000).map("{}s".format)


def _lengths(most: float | None) -> st.SearchStrategy[str]:
    return st.integers(0, 100).map("{}%".format) | st.integers(0, int(most or 1000)).map("{}px".format)


_FITTING: dict[str, dict[str, Any]] = {
    "resize": {"width": 7},
    "describe": {"title": "x"},
    "tag": {"title": "x"},
    "mode": {"name": "square", "size": 7},
    "pad": {"width": 7},
    "crop": {"width": 7, "height": 5},
}


@st.composite
def specs(draw: st.DrawFn, cls: type[Spec], *, columns: bool = False, most: float | None = None) -> Spec:
    """Give one use of a word, with any arguments that fit one another."""
    given: dict[str, Any] = {}
    for name, argument in cls.arguments.items():
        if not argument.required and draw(st.booleans()):
            continue
        found = values(argument, most)
        if columns:
            found |= st.sampled_from(("sku", "Größe", "a b")).map(Column)
        given[name] = draw(found)
    try:
        return cls(**given)
    except (RecipeError, MissingError):
        # Arguments that do not fit one another, such as crop(left=1) without top: take the least that is valid.
        needed = {name: given[name] for name, one in cls.arguments.items() if one.required}
        return cls(**{**needed, **_FITTING.get(cls.word, {})})


@st.composite
def recipes(draw: st.DrawFn, start: Kind = "image", *, columns: bool = False, most: float | None = None) -> Finished:
    """Give a finished recipe that begins with a kind of medium."""
    recipe: Recipe = Recipe.of_kind[start]()
    for _ in range(draw(st.integers(0, 4))):
        opening = {step.word for step in recipe.steps} if all(step.opening for step in recipe.steps) else None
        words = [
            one
            for one in every(Operation, recipe.kind)
            if not one.opening or (opening is not None and one.word not in opening)
        ]
        if not words:
            break
        recipe = recipe.then(draw(specs(draw(st.sampled_from(words)), columns=columns, most=most)))
    while not (ends := [*every(Format, recipe.kind), *every(Measure, recipe.kind)]):
        # Kinds that nothing finishes yet are turned into one that something does.
        turns = [one for one in every(Operation, recipe.kind) if one.gives != recipe.kind]
        recipe = recipe.then(draw(specs(turns[0], columns=columns, most=most)))
    end: Any = draw(specs(draw(st.sampled_from(ends)), columns=columns, most=most))
    try:
        return recipe.finish(end)
    except RecipeError:  # It refuses these steps, as copied pictures do.
        return recipe.finish(type(end)())
