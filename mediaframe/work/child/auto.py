"""The smallest file of several formats that keeps what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from mediaframe.engines.base import Encoded, Engine
from mediaframe.errors import AssetError
from mediaframe.model.finish import Format
from mediaframe.model.spec import find

Encode = Callable[[Format], Encoded]
"""Writes a file as a format says, wishes and all."""

_FEW = 2.0
"""How many times the bytes of the best lossy file a lossless PNG may take for lossless ways to be worth a try."""
_PALETTES = 4.0
"""The same for palettes."""


def smallest(engine: Engine[Any], end: Any, handle: Any, encode: Encode) -> Encoded:
    """Give the smallest file that keeps the wishes; where none does, the nearest there is, or an error.

    Parameters
    ----------
    engine
        Knows the picture.
    end
        The format that chooses: its `words` are the formats, its other arguments the wishes.
    handle
        The picture, held in memory.
    encode
        Writes one of the formats.
    """
    words = _that_hold(engine, end, handle)
    made, missed = list[Encoded](), list[str]()
    for form in _ways(end, words, made):
        try:
            made.append(replace(encode(form), media_type=form.media_type))
        except AssetError as error:
            if error.code != "E_INFEASIBLE":
                raise
            missed.append(error.message)
    kept = [one for one in made if one.outcome != "best_effort" and one.size <= (end.max_bytes or one.size)]
    if kept:
        return replace(min(kept, key=lambda one: one.size), outcome="met")
    if end.on_miss == "best_effort" and made:
        return min(made, key=lambda one: one.size if end.max_bytes else -(one.score or 0.0))
    raise AssetError(f"auto: none of {', '.join(words)} keeps what was asked: {'; '.join(missed)}", code="E_INFEASIBLE")


def _that_hold(engine: Engine[Any], end: Any, handle: Any) -> list[str]:
    """Leave out the formats that would lose movement or transparency; where all would, that is what was asked for."""
    words = list(end.words)
    if (engine.shape(handle).frames or 1) > 1:
        words = [one for one in words if find(Format, end.takes, one).animates] or words
    if engine.sees_through(handle):
        words = [one for one in words if "background" not in find(Format, end.takes, one).arguments] or words
    return words


def _ways(end: Any, words: list[str], made: list[Encoded]) -> Iterator[Format]:
    """Give the formats to try, those that are cheap to rule out last; what was made is looked at on the way."""
    for word in (one for one in words if one != "png"):
        yield _form(end, word, target=end.target)
    best = min((one.size for one in made), default=None)
    if not {"png", "webp"} & set(words):
        return
    plain = _form(end, "png", **({} if "png" in words else {"effort": 1}))
    yield from _lossless(end, words, made, plain, best)


def _lossless(end: Any, words: list[str], made: list[Encoded], plain: Format, best: int | None) -> Iterator[Format]:
    count = len(made)
    yield plain
    size = made[-1].size if len(made) > count else None
    if "png" not in words and size is not None:
        made.pop()  # It told whether the picture packs well.
    if size is not None and (best is None or size <= _FEW * best) and "webp" in words:
        yield _form(end, "webp", lossless=True)
    if size is not None and (best is None or size <= _PALETTES * best) and "png" in words:
        yield _form(end, "png", target=end.target)


def _form(end: Any, word: str, **given: Any) -> Format:
    """Give one of the formats with the wishes that go with it."""
    spec = find(Format, end.takes, word)
    names = {"metadata", "background", "never_grow"} | ({"max_bytes", "on_miss"} if "target" in given else set())
    shared = {name: end.values[name] for name in names if name in spec.arguments and name in end.values}
    return spec(**{**shared, **given})
