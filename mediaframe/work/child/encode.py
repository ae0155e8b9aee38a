"""One file, written so that it keeps what was asked, a budget of bytes or a score; or says that it does not."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from mediaframe.engines.base import Counts, Encoded, Engine, Source, Task
from mediaframe.errors import AssetError
from mediaframe.model.finish import Format
from mediaframe.model.quantity import human_bytes
from mediaframe.work.child.auto import smallest
from mediaframe.work.child.fit import ENCODES, NEAR, Found, Seen, Tries, aim, fit, foresee
from mediaframe.work.child.typical import LOSSLESS, Curve, curve_of

FLOOR = 40
"""Where pixels may be given up, no quality under this is tried: for each format it is where faults begin to be seen
(about 55 of SSIMULACRA 2), and fewer pixels look better."""

_AGAIN = 4
"""Encodes more, where colors of half the resolution do not hit a target."""

_LEAST_SIDE = 16
"""Pictures are not reduced to less."""


def encoded(engine: Engine[Any], end: Format, handle: Any, counts: Counts, made_of: MadeOf) -> Encoded:
    """Write a file; where it has a budget or a target, at the quality that keeps it.

    Parameters
    ----------
    engine
        Does it.
    end
        The format, with its wishes.
    handle
        The picture, all steps done.
    counts
        Is told of each encode.
    made_of
        The source of the picture, whose bytes are kept where that is asked for.
    """
    if end.chooses:
        held = engine.hold(handle)
        before = counts.encodes
        made = smallest(engine, end, held, lambda form: encoded(engine, form, held, counts, made_of))
        return replace(made, encodes=counts.encodes - before)
    counted = _Counted(engine, counts)
    if end.values.get("lossless") is True and end.repacks:
        handle = engine.hold(handle)
        choices = list(made_of.kept(engine, end, handle))
        if not choices and end.values.get("on_miss") == "best_effort":
            return replace(counted.encode(end, handle), outcome="best_effort")
        return _repacked(end, choices)
    if end.values.get("never_grow") is not True:
        return _file(counted, end, handle)
    held = engine.hold(handle)
    return _no_larger(counted, end, held, made_of.source.size, list(made_of.kept(engine, end, held)))


@dataclass(frozen=True, slots=True)
class MadeOf:
    """What a picture was made of."""

    source: Source
    task: Task | None
    """How it was opened; None where another engine did, as for a frame of a video."""

    def kept(self, engine: Engine[Any], end: Format, handle: Any) -> Iterable[Encoded]:
        """Give the files that need no encoding."""
        return () if self.task is None else engine.kept(self.source, self.task, end, handle)


def _file(counted: _Counted, end: Format, handle: Any) -> Encoded:
    if not _has_wishes(end):
        return counted.encode(end, handle)
    return _Wished(counted, end, counted.engine.hold(handle)).file()


def _has_wishes(end: Format) -> bool:
    wishes = end.values.get("max_bytes") is not None or end.values.get("target") is not None
    return wishes and "quality" in end.values


def _repacked(end: Format, choices: list[Encoded]) -> Encoded:
    if not choices:
        raise AssetError(
            f"{end.word}(lossless=True): expected a {end.word} whose pixels no step changes; leave lossless out, or "
            "the steps (turning a picture that is stored turned is one)",
            code="E_ENCODE",
        )
    return min(choices, key=lambda one: one.size)


def _no_larger(counted: _Counted, end: Format, handle: Any, size: int, choices: list[Encoded]) -> Encoded:
    """Write a file that is no larger than its source, or give what the source itself has."""
    made, missed = None, None
    try:
        made = _file(counted, end, handle)
    except AssetError as error:
        if error.code != "E_INFEASIBLE":
            raise
        missed = error.with_traceback(None)
    budget = end.values.get("max_bytes") or size
    choices = [one for one in choices if one.size <= budget]
    if choices:
        best = min(choices, key=lambda one: one.size)
        if made is None or best.size <= made.size or made.outcome == "best_effort":
            return _as_wished(best, end, counted.encodes)
    if missed is not None:
        raise missed
    if made is not None and made.size <= size:
        return made
    return _lowered(counted, end, handle, size)


def _as_wished(found: Encoded, end: Format, encodes: int) -> Encoded:
    """Say of a file with the very pixels that were asked for that it keeps every wish."""
    score = 100.0 if end.values.get("target") is not None else None
    return replace(found, encodes=encodes, outcome="met" if _has_wishes(end) else None, score=score)


def _lowered(counted: _Counted, end: Format, handle: Any, size: int) -> Encoded:
    """Take the size of the source for a budget, where there is a quality to lower."""
    plain = end.values.get("quality") is None or end.values.get("lossless") is True
    least = "it has no quality to lower"
    if not plain:
        try:
            wishes = {"max_bytes": min(size, end.values.get("max_bytes") or size), "on_miss": "error"}
            return _file(counted, type(end)(**{**end.values, **wishes}), handle)
        except AssetError as error:
            if error.code != "E_INFEASIBLE":
                raise
            least = error.message
    raise AssetError(
        f"{end.word}(never_grow=True): no file is as small as its source of {size} bytes: {least}; choose another "
        "format, or leave never_grow out",
        code="E_INFEASIBLE",
    )


class _Counted:
    """An engine whose encodes are counted, those of files that are not given out too."""

    def __init__(self, engine: Engine[Any], counts: Counts) -> None:
        self.engine, self.counts, self.encodes = engine, counts, 0

    def encode(self, end: Format, handle: Any) -> Encoded:
        self.counts.encodes += 1
        self.encodes += 1
        return self.engine.encode(end, handle)


class _Wished:
    """A file with a budget, a target, or both."""

    def __init__(self, counted: _Counted, end: Format, handle: Any) -> None:
        self.counted, self.end, self.handle = counted, end, handle
        self.budget: int | None = end.values.get("max_bytes")
        self.target: float | None = end.values.get("target")
        self.curve: Curve = curve_of(end.word)
        self.tries = self._tries(handle)

    def _tries(self, handle: Any) -> Tries[Encoded]:
        # Bound by names of their own: through `self` the tries would hold themselves, and with them the pictures.
        counted, end = self.counted, self.end
        tries = Tries(lambda quality: counted.encode(_at(end, quality), handle))
        if self.target is not None:
            score = counted.engine.judge(end, handle)
            tries.judge = lambda made: score(made.data) if isinstance(made.data, bytes) else math.nan
        return tries

    def file(self) -> Encoded:
        """Give the file, and say whether the wishes are kept; raises where they are not, unless told otherwise."""
        found = self._search()
        made = self.tries.file(found.quality)
        if not found.met and self.end.values["on_miss"] == "error":
            raise AssetError(self._complaint(found.quality), code="E_INFEASIBLE")
        return replace(
            made,
            encodes=self.counted.encodes,
            outcome="met" if found.met else "best_effort",
            score=self.tries.scores.get(found.quality),
        )

    def _search(self) -> Found:
        best = self._highest
        found = Found(best, met=True)
        if self.target is not None:
            found = self._aim(best, self.target)
        if self.budget is None or (self.target is not None and self.tries.size(found.quality) <= self.budget):
            return found
        kept = self._fit(found.quality)
        if self.target is None:
            return kept
        # The budget is kept first; what that costs of the score is said.
        return Found(kept.quality, met=kept.met and self.tries.score(kept.quality) >= self.target - NEAR)

    def _aim(self, best: int, target: float) -> Found:
        found = aim(self.tries, self.curve, target, highest=best)
        if self.end.values.get("chroma") != "auto" or self.tries.scores[found.quality] <= target + NEAR:
            return found
        # Whole colors are a jump of some points; what lies within it is had by whole colors at a lower quality.
        counted, handle = self.counted, self.handle
        whole = type(self.end)(**{**self.end.values, "chroma": "444"})
        tries = Tries(lambda quality: counted.encode(_at(whole, quality), handle), self.tries.judge)
        again = aim(tries, self.curve, target, highest=found.quality, at_most=_AGAIN)
        if abs(tries.scores[again.quality] - target) >= abs(self.tries.scores[found.quality] - target):
            return found
        self.end, self.tries = whole, tries
        return again

    @property
    def _highest(self) -> int:
        if self.target is not None:
            return self.curve.highest
        quality = self.end.values["quality"]
        return LOSSLESS if quality is None else int(quality)

    def _fit(self, quality: int) -> Found:
        assert self.budget is not None  # noqa: S101  # asked by the caller
        reducing = self.end.values.get("allow_resize") is True
        lowest = min(FLOOR, quality) if reducing else 1
        pixels = self._pixels(self.handle)
        most = 3 if reducing else ENCODES
        seen = self._foreseen(quality, lowest, pixels)
        found = fit(self.tries, self.curve, quality, self.budget, pixels, lowest=lowest, at_most=most, seen=seen)
        return found if found.met or not reducing else self._reduce(lowest, quality)

    def _foreseen(self, quality: int, lowest: int, pixels: int) -> Seen | None:
        """Look at a part of the picture first: two encodes of a sixth cost less than one of the whole that misses."""
        assert self.budget is not None  # noqa: S101  # asked by the caller
        found = None if self.tries.files else self.counted.engine.sample(self.handle)
        if found is None:
            return None
        part, share = found
        engine, end, overhead = self.counted.engine, self.end, self.curve.overhead
        tries = Tries(lambda one: engine.encode(_at(end, one), part))
        budget = overhead + round((self.budget - overhead) * share)
        return foresee(tries, self.curve, quality, budget, round(pixels * share), lowest=lowest)

    def _reduce(self, lowest: int, quality: int) -> Found:
        """Give up pixels until the lowest quality allowed keeps the budget, then raise the quality again."""
        assert self.budget is not None  # noqa: S101  # asked by the caller
        share, size, found = 1.0, self.tries.size(lowest), Found(lowest, met=False)
        width, height = self._size(self.handle)
        for _ in range(ENCODES - 2):
            # Halving the pixels of a picture takes a little less than half of its bytes.
            share *= (self.budget * 0.93 / size) ** (1 / 0.9)
            side = math.sqrt(share)
            to = (max(1, math.floor(width * side)), max(1, math.floor(height * side)))
            if max(to) < _LEAST_SIDE:
                break
            smaller = self.counted.engine.reduce(self.handle, *to)
            self.tries = self._tries(smaller)
            size = self.tries.size(lowest)
            if size <= self.budget:
                found = fit(self.tries, self.curve, quality, self.budget, to[0] * to[1], lowest=lowest, at_most=2)
                break
        return found

    def _size(self, handle: Any) -> tuple[int, int]:
        size = self.counted.engine.shape(handle).size
        assert size is not None  # noqa: S101  # what is written as a picture has a size
        return size

    def _pixels(self, handle: Any) -> int:
        width, height = self._size(handle)
        return max(1, width * height * (self.counted.engine.shape(handle).frames or 1))

    def _complaint(self, quality: int) -> str:
        said, size = [], self.tries.size(quality)
        if self.budget is not None and size > self.budget:
            do = "resize to fewer pixels" if self.end.values.get("allow_resize") else "pass allow_resize=True"
            said.append(
                f"max_bytes={human_bytes(self.budget)} cannot be kept: quality {quality} still takes "
                f"{human_bytes(size)} ({size} bytes); {do}, or allow more bytes"
            )
        score = self.tries.scores.get(quality)
        if self.target is not None and score is not None and not said:
            why = " within max_bytes" if self.budget is not None else ""
            said.append(
                f"target={self.target:g} cannot be reached{why}: quality {quality} scores {score:g}; lower the target"
            )
        return f"{self.end.word}: {'; '.join(said)}, or pass on_miss='best_effort' to get the nearest there is"


def _at(end: Format, quality: int) -> Format:
    """Give the format with a quality and no wishes."""
    plain = {name: end.arguments[name].default for name in _WISHES if name in end.arguments}
    return type(end)(**{**end.values, **plain, "quality": None if quality >= LOSSLESS else quality})


_WISHES = ("max_bytes", "target", "allow_resize", "on_miss", "never_grow")
