"""One file, written so that it keeps what was asked, a budget of bytes or a score; or says that it does not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mediaframe.engines.base import Counts, Encoded, Engine
from mediaframe.errors import AssetError
from mediaframe.model.finish import Format
from mediaframe.model.quantity import human_bytes
from mediaframe.work.fit import ENCODES, NEAR, Found, Tries, aim, fit
from mediaframe.work.typical import LOSSLESS, Curve, curve_of

FLOOR = 40
"""Where pixels may be given up, no quality under this is tried: for each format it is where faults begin to be seen
(about 55 of SSIMULACRA 2), and fewer pixels look better."""

_LEAST_SIDE = 16
"""Pictures are not reduced to less."""


def encoded(engine: Engine[Any], end: Format, handle: Any, counts: Counts) -> Encoded:
    """Write a file; where it has a budget or a target, at the quality that keeps it."""
    counted = _Counted(engine, counts)
    wishes = end.values.get("max_bytes") is not None or end.values.get("target") is not None
    if not wishes or "quality" not in end.values:
        return counted.encode(end, handle)
    return _Wished(counted, end, engine.hold(handle)).file()


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
            found = aim(self.tries, self.curve, self.target, highest=best)
        if self.budget is None or (self.target is not None and self.tries.size(found.quality) <= self.budget):
            return found
        kept = self._fit(found.quality)
        if self.target is None:
            return kept
        # The budget is kept first; what that costs of the score is said.
        return Found(kept.quality, met=kept.met and self.tries.score(kept.quality) >= self.target - NEAR)

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
        found = fit(self.tries, self.curve, quality, self.budget, pixels, lowest=lowest, at_most=most)
        return found if found.met or not reducing else self._reduce(lowest, quality)

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


_WISHES = ("max_bytes", "target", "allow_resize", "on_miss")
