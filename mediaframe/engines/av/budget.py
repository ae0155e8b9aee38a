"""Videos within a budget of bytes: two passes where the encoder has them, and never over it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from mediaframe.engines.av import demux
from mediaframe.engines.av.codecs import Coder, Target
from mediaframe.engines.av.keeping import pictures
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.pipeline import write
from mediaframe.engines.base import Encoded
from mediaframe.errors import AssetError
from mediaframe.formats.video import Encoded as Format
from mediaframe.model.quantity import human_bytes

_LEAST = 20_000
"""Bits in a second under which pictures are not worth showing."""
_HEADER, _PER_PACKET = 2_000, 12
"""Bytes that a container takes for itself: MP4 has 8 to 12 for each packet."""


def within(medium: Medium, format: Format, word: str, target: Target) -> Encoded:
    """Write the best file that is no larger than `max_bytes`."""
    seconds, budget = medium.plays, format.max_bytes or 0
    if not seconds:
        raise AssetError(f"{format.word}(max_bytes=...): the video does not say how long it plays", code="E_OP")
    sound = 0 if medium.muted else format.audio_bitrate * len(medium.sounds_at)
    packets = seconds * (medium.rate or demux.rate(medium.stream)) + seconds * 50 * bool(sound) * len(medium.sounds_at)
    left = budget - _HEADER - _PER_PACKET * packets
    rate = left * 8 / seconds - sound
    made = None
    if rate >= _LEAST:
        made = (_twice if word in _STATS else _searched)(medium, format, word, target, rate, sound)
    if made is None:
        raise AssetError(
            f"max_bytes={human_bytes(budget)} cannot be kept over {seconds:.1f} s; resize, or allow more bytes",
            code="E_INFEASIBLE",
        )
    return made


def _twice(medium: Medium, format: Format, word: str, target: Target, rate: float, sound: int) -> Encoded | None:
    """Look at all pictures first; a second pass that is over is done once more, lower, by what the first one saw."""
    budget = format.max_bytes or 0
    with _stats() as stats:
        coder = pictures(medium, format, word).at(format.preset, None, int(rate * _LOWER[0]))
        write(medium, replace(target, video=_pass(coder, word, 1, stats), audio=None)).discard()
        for number, lower in enumerate(_LOWER, start=2):
            coder = pictures(medium, format, word).at(format.preset, None, int(rate * lower))
            made = write(medium, replace(target, video=_pass(coder, word, 2, stats)))
            if made.size <= budget:
                return replace(made, encodes=number, outcome="met")
            # Of short and noisy clips the size follows the rate half as fast.
            rate = (rate + sound) * (budget / made.size) ** 2 - sound
            made.discard()
            if rate < _LEAST:
                return None
    return None


_LOWER = (0.98, 0.95, 0.7)
"""Shares of the rate that is left: the second pass, another one where that was over, and a last one that is sure."""
_STATS = ("h264", "h265")


@contextmanager
def _stats() -> Iterator[str]:
    """Give a name for what a first pass finds, in the child's own directory."""
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        yield f"{Path(folder).name}/stats"


def _pass(coder: Coder, word: str, number: Literal[1, 2], stats: str) -> Coder:
    """Have an encoder write what it finds, or read it."""
    if word == "h264":
        return replace(coder, options={**coder.options, "stats": stats}, run=number)
    told = f"{coder.options['x265-params']}:pass={number}:stats={stats}"
    return replace(coder, options={**coder.options, "x265-params": told})


def _searched(medium: Medium, format: Format, word: str, target: Target, rate: float, sound: int) -> Encoded | None:
    """Search for the rate factor that the budget allows, since one pass by a bit rate misses it either way.

    Sizes fall with the rate factor nearly as an exponential does: the next guess lies on the line through logarithms
    of the two nearest sizes, or on the usual slope.
    """
    budget = format.max_bytes or 0
    best: Encoded | None = None
    over: tuple[float, float] | None = None
    under: tuple[float, float] | None = None
    crf, encodes = _FIRST, 0
    while encodes < _TRIES:
        made = write(medium, replace(target, video=pictures(medium, format, word).at(format.preset, crf, None)))
        encodes += 1
        seen = (crf, math.log(made.size / budget))
        if made.size <= budget:
            if best is not None:
                best.discard()
            best, under = made, seen
            if made.size >= _ENOUGH * budget:
                break
        else:
            made.discard()
            over = seen
        guess = _between(over, under)
        if guess is None:
            break
        crf = guess
    return best and replace(best, encodes=encodes, outcome="met")


_FIRST, _MOST = 40, 63
_SLOPE = -0.077
"""Of the logarithm of a size by the rate factor: half the bytes for 9 steps."""
_TRIES = 6
_ENOUGH, _AIM = 0.92, math.log(0.96)


def _between(over: tuple[float, float] | None, under: tuple[float, float] | None) -> int | None:
    """Give the rate factor to try next, between one that is over the budget and one that is under; None for none."""
    low = over[0] + 1 if over else 0
    high = under[0] - 1 if under else _MOST
    if low > high:
        return None
    known = over or under
    if known is None:
        return _FIRST
    slope = (under[1] - over[1]) / (under[0] - over[0]) if over and under else _SLOPE
    guess = known[0] + (_AIM - known[1]) / min(slope, -1e-3)
    return round(min(max(guess, low), high))
