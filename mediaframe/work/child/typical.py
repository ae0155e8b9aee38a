"""What a quality typically gives: bytes for each pixel and score, for each format; searches walk along these."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

LOSSLESS = 101
"""Stands for no quality at all, where a format can do without one."""

Point = tuple[int, float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """Sizes and scores over the qualities of a format: lines between points that were measured."""

    points: tuple[Point, ...]
    overhead: int = 0
    """Bytes that a file takes before its first pixel."""

    @property
    def highest(self) -> int:
        """The best quality there is."""
        return self.points[-1][0]

    def size(self, quality: float) -> float:
        """Give the logarithm of the bytes for each pixel."""
        return _between([(one, size) for one, size, _ in self.points], quality)

    def at_size(self, size: float) -> float:
        """Give the quality of a size."""
        return _between([(one, quality) for quality, one, _ in self.points], size)

    def score(self, quality: float) -> float:
        """Give the score."""
        return _between([(one, score) for one, _, score in self.points], quality)

    def at_score(self, score: float) -> float:
        """Give the quality of a score."""
        return _between([(one, quality) for quality, _, one in self.points], score)


def curve_of(word: str) -> Curve:
    """Give the curve of a format; of one that was not measured, that of libjpeg's quantizer."""
    return _CURVES.get(word, _OTHERS)


def _between(points: list[tuple[float, float]], at: float) -> float:
    """Walk along the lines, and on beyond their ends."""
    place = min(max(bisect_right(points, (at, math.inf)), 1), len(points) - 1)
    (first, low), (second, high) = points[place - 1], points[place]
    return low + (high - low) * (at - first) / (second - first)


def _libjpeg() -> Curve:
    """Give sizes that go with the quantizer step to the power of -0.8, as they do over most pictures."""
    steps = {one: 5000 / one if one < 50 else max(200 - 2 * one, 1) for one in range(1, 101)}
    return Curve(tuple((one, -2.0 - 0.8 * math.log(step), one - 20.0) for one, step in steps.items()))


# Over 29 photos of 640 px (PNG: 400 px), none of those that searches are judged by: the mean logarithm of bytes for
# each pixel, and the median of SSIMULACRA 2. Encoders as in engines/vips/encode.py, with default effort. JPEG and AVIF
# keep all colors from quality 90 on, which is a step in both.
_CURVES: dict[str, Curve] = {
    "jpeg": Curve((
        (1, -4.46, -66.0), (2, -4.44, -64.2), (5, -4.03, -53.1), (10, -3.55, -9.0), (15, -3.28, 19.2),
        (20, -3.09, 33.8), (30, -2.83, 50.2), (40, -2.65, 58.3), (50, -2.52, 63.6), (60, -2.40, 67.7),
        (70, -2.23, 73.2), (80, -2.02, 79.2), (85, -1.89, 82.6), (89, -1.75, 84.9), (90, -1.45, 89.4),
        (93, -1.30, 91.0), (95, -1.14, 92.8), (98, -0.83, 95.2), (100, -0.41, 96.3),
    ), 500),
    "webp": Curve((
        (1, -4.05, -5.3), (2, -3.93, 0.2), (5, -3.72, 14.3), (10, -3.51, 26.4), (15, -3.36, 35.6),
        (20, -3.25, 41.0), (30, -3.06, 51.0), (40, -2.91, 57.3), (50, -2.79, 61.7), (60, -2.69, 66.5),
        (70, -2.58, 69.6), (80, -2.37, 76.1), (85, -2.19, 80.4), (89, -2.01, 83.7), (90, -1.96, 84.7),
        (93, -1.79, 87.2), (95, -1.66, 88.9), (98, -1.39, 90.5), (100, -0.96, 91.0),
    ), 60),
    "avif": Curve((
        (1, -4.80, -25.0), (2, -4.78, -23.7), (5, -4.70, -19.5), (10, -4.46, -9.1), (15, -4.33, -1.4),
        (20, -4.10, 11.6), (30, -3.75, 33.0), (40, -3.38, 54.7), (50, -2.99, 66.4), (60, -2.67, 75.4),
        (70, -2.40, 81.2), (80, -2.15, 85.9), (85, -2.04, 87.4), (89, -1.89, 89.3), (90, -1.79, 91.0),
        (93, -1.65, 92.3), (95, -1.45, 93.5), (98, -1.19, 94.7), (100, -0.54, 96.9),
    ), 350),
    "png": Curve((
        (1, -2.09, -0.3), (2, -1.88, 25.8), (5, -1.66, 46.0), (10, -1.52, 57.5), (20, -1.39, 66.5),
        (40, -1.25, 70.4), (60, -1.08, 78.7), (80, -0.96, 81.3), (90, -0.92, 81.4), (100, -0.82, 82.6),
        (LOSSLESS, 0.12, 100.0),
    ), 120),
    # Over 14 photos of 480 px, with default effort.
    "jp2": Curve((
        (1, -5.63, -65.3), (5, -5.37, -64.1), (10, -5.01, -54.0), (20, -4.27, -13.4), (30, -3.54, 22.7),
        (40, -2.90, 45.8), (50, -2.38, 60.8), (60, -1.96, 72.1), (70, -1.61, 81.4), (80, -1.31, 86.3),
        (85, -1.17, 87.6), (90, -1.05, 89.6), (95, -0.93, 90.7), (98, -0.86, 91.4), (100, -0.82, 91.8),
    )),
    "heif": Curve((
        (1, -4.74, -31.6), (5, -4.50, -20.2), (10, -4.24, -5.3), (20, -3.55, 26.5), (30, -2.86, 51.6),
        (40, -2.27, 68.2), (50, -1.78, 80.2), (60, -1.35, 86.9), (70, -0.94, 91.0), (80, -0.59, 93.0),
        (85, -0.43, 93.6), (90, -0.34, 93.9), (100, -0.27, 94.1),
    )),
    "jxl": Curve((
        (1, -3.97, -9.5), (5, -3.96, -4.8), (10, -3.78, 5.0), (20, -3.28, 34.5), (30, -2.96, 49.1),
        (40, -2.84, 52.6), (50, -2.68, 56.9), (60, -2.48, 65.0), (70, -2.22, 71.7), (80, -1.89, 77.9),
        (85, -1.68, 82.1), (90, -1.41, 86.8), (95, -1.03, 91.5), (98, -0.64, 94.2), (100, -0.11, 96.6),
    )),
}  # fmt: skip
_OTHERS = _libjpeg()
