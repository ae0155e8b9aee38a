"""Waveforms: the least and the greatest sample of each stretch of a sound, as numbers and as a picture."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.graph import Node
from mediaframe.engines.av.listen import listen
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.prints import Levels, plain
from mediaframe.engines.base import Pixels
from mediaframe.errors import AssetError
from mediaframe.measures.audio import Peaks
from mediaframe.model.quantity import color_bands
from mediaframe.ops.audio import Waveform

Samples = NDArray[np.int16]
"""Channels, then samples."""

_FINE = 64
"""Stretches that are held for each one that is asked for, at the least; so finely are a sound's own ends met."""
_FULL = 32768


@engine.implements(Peaks)
def peaks(medium: Medium, measure: Peaks) -> str:
    """Give the JSON of audiowaveform."""
    found = gathered(medium, measure.points, split=measure.split)
    # As many whole stretches to a point as bring it down to what was asked for.
    each = -(-found.samples // (measure.points * found.span))
    low, high = found.joined(np.arange(0, found.low.shape[1], each))
    data = np.stack([low, high], axis=-1)  # channel, point, least and greatest
    numbers = data if measure.bits == 16 else np.trunc(data / 256).astype(np.int8)
    said: dict[str, Any] = {
        "version": 2, "channels": len(low), "sample_rate": found.rate, "samples_per_pixel": each * found.span,
        "bits": measure.bits, "length": low.shape[1], "data": numbers.transpose(1, 0, 2).ravel().tolist(),
    }  # fmt: skip
    return json.dumps(said, separators=(",", ":"))


@engine.implements(Waveform)
def waveform(medium: Medium, op: Waveform) -> Pixels:
    """Draw the sound."""
    most = medium.task.limits.pixels
    if op.width * op.height > most:
        raise AssetError(
            f"waveform: {op.width}x{op.height} pixels are over the limit of {most}; see Limits.pixels",
            code="E_LIMIT_PIXELS",
        )
    bars = -(-op.width // (op.bar + op.gap))
    found = gathered(medium, bars, split=False)
    low, high = found.joined(np.arange(bars) * found.low.shape[1] // bars)
    scale = max(1, int(high.max()), -int(low.min())) if op.normalize else _FULL
    return plain(drawn(low[0] / scale, high[0] / scale, op))


@dataclass(frozen=True, slots=True)
class Swing:
    """How far the samples of a sound swing, in stretches of equal length; the last one may be shorter."""

    low: Samples
    high: Samples
    span: int
    """Samples of a stretch."""
    samples: int
    rate: int

    def joined(self, starts: NDArray[np.int64]) -> tuple[Samples, Samples]:
        """Make fewer stretches, each from one start up to the next."""
        return np.minimum.reduceat(self.low, starts, axis=1), np.maximum.reduceat(self.high, starts, axis=1)


def gathered(medium: Medium, points: int, *, split: bool) -> Swing:
    """Listen once; stretches double where there are too many, so that memory does not grow with the sound."""
    gauge, rate = _Gauge(2 * _FINE * points), 0
    for at, samples in _heard(medium, split=split):
        rate = at
        gauge.take(samples)
    if not gauge.samples:
        raise AssetError("there is no sound in this part", code="E_OP")
    low, high = gauge.all()
    return Swing(low, high, gauge.span, gauge.samples, rate)


def _heard(medium: Medium, *, split: bool) -> Iterator[tuple[int, Samples]]:
    """Give the rate and the samples of 16 bits; channels are averaged toward zero, as audiowaveform has it."""
    for frame in listen(medium, Node("aformat", "sample_fmts=s16")):
        apart = frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T
        if not split and len(apart) > 1:
            apart = np.trunc(apart.sum(axis=0, dtype=np.int32, keepdims=True) / len(apart))
        yield frame.sample_rate, apart.astype(np.int16)


class _Gauge:
    """Gathers stretches of so many samples, the number of which doubles when there are `most` stretches."""

    def __init__(self, most: int) -> None:
        self.most, self.span, self.samples = most, 1, 0
        self.low, self.high = list[Samples](), list[Samples]()
        self.count = 0
        self.left: Samples | None = None

    def take(self, samples: Samples) -> None:
        """Take the samples that follow."""
        self.samples += samples.shape[1]
        if self.left is not None and len(self.left) != len(samples):
            raise AssetError("the number of channels changes; say split=False, or channels() before", code="E_OP")
        left = samples if self.left is None else np.concatenate([self.left, samples], axis=1)
        while left.shape[1] >= self.span:
            whole = min(left.shape[1] // self.span, self.most - self.count)
            parts = left[:, : whole * self.span].reshape(len(left), whole, self.span)
            self.low.append(parts.min(axis=2))
            self.high.append(parts.max(axis=2))
            self.count += whole
            left = left[:, whole * self.span :]
            if self.count == self.most:
                self._double()
        self.left = left

    def all(self) -> tuple[Samples, Samples]:
        """Give the least and the greatest samples, those of a last short stretch too."""
        low, high = list(self.low), list(self.high)
        if self.left is not None and self.left.shape[1]:
            low.append(self.left.min(axis=1, keepdims=True))
            high.append(self.left.max(axis=1, keepdims=True))
        return np.concatenate(low, axis=1), np.concatenate(high, axis=1)

    def _double(self) -> None:
        low, high = (np.concatenate(one, axis=1).reshape(-1, self.count // 2, 2) for one in (self.low, self.high))
        self.low, self.high = [low.min(axis=2)], [high.max(axis=2)]
        self.count, self.span = self.count // 2, 2 * self.span


def drawn(low: NDArray[np.float64], high: NDArray[np.float64], op: Waveform) -> Levels:
    """Draw bars from the least to the greatest, of -1 to 1; each pixel by the share of it that is covered."""
    top, bottom = (1 - high) * op.height / 2, (1 - low) * op.height / 2
    half = np.clip(bottom - top, 1.0, op.height) / 2
    middle = np.clip((top + bottom) / 2, half, op.height - half)
    rows = np.arange(op.height)[:, None]
    share = np.clip(np.minimum(middle + half, rows + 1) - np.maximum(middle - half, rows), 0.0, 1.0)
    across = np.arange(op.width)
    covered = share[:, across // (op.bar + op.gap)] * (across % (op.bar + op.gap) < op.bar)
    return _painted(covered, color_bands(op.color), color_bands(op.background))


def _painted(share: NDArray[np.float64], color: tuple[int, ...], behind: tuple[int, ...]) -> Levels:
    """Put a color over another by shares; what cannot be seen has the color too, so that edges are not dark."""
    above = share * (color[3] / 255)
    below = (1 - above) * (behind[3] / 255)
    alpha = above + below
    part = np.divide(above, alpha, out=np.ones_like(alpha), where=alpha > 0)[..., None]
    mixed = part * np.array(color[:3]) + (1 - part) * np.array(behind[:3])
    bands = mixed if min(color[3], behind[3]) == 255 else np.concatenate([mixed, 255 * alpha[..., None]], axis=2)
    levels: Levels = np.rint(bands).astype(np.uint8)
    return levels
