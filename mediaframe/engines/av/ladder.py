"""Ladders: which sizes a package for streaming has, and how each is encoded so that players can change between them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from mediaframe.engines.av.codecs import PICTURES, Coder
from mediaframe.formats.streaming import Streaming, rung_size

_CAP = 6_000_000
"""Bits in a second of the densest parts at 1920x1080 and 30 frames a second, as Apple's authoring rules have it."""
_LEAST_CAP = 100_000
_MOST_AHEAD = 16
"""Pictures that x264 looks ahead in each size at the most: with the 40 of `medium` four sizes from 1080p down hold
748 MB, with these 463, and the files are as large (5 s with grain: 0.2 % smaller)."""
_SHORT = ("ultrafast", "superfast", "veryfast")
"""Presets that look ahead by fewer."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One size of a ladder."""

    name: str
    size: tuple[int, int]
    coder: Coder


def rungs(format: Streaming, size: tuple[int, int], rate: Fraction) -> list[Rung]:
    """Give the sizes that are made of a source of a size, the largest first."""
    return [
        Rung(f"{side}p", (box := rung_size(size, side)), _coder(format, box, rate))
        for side in reversed(format.sides(min(size)))
    ]


def cap(size: tuple[int, int], rate: Fraction) -> int:
    """Say how many bits a second may have at the most; smaller pictures need more for each pixel.

    >>> cap((1920, 1080), Fraction(30)), cap((1280, 720), Fraction(25)), cap((640, 360), Fraction(60))
    (6000000, 3265986, 1616581)
    """
    share: float = size[0] * size[1] / (1920 * 1080)
    fast = 1.4 if rate > 40 else 1.0
    return max(_LEAST_CAP, round(_CAP * math.pow(share, 0.75) * fast))


def _coder(format: Streaming, size: tuple[int, int], rate: Fraction) -> Coder:
    """Have x264 place key frames where it is told and nowhere else, and let none of its groups look over them."""
    coder, most = PICTURES["h264"].at(format.preset, format.crf, None), cap(size, rate)
    given = coder.options.get("x264-params", "")
    params = ":".join(
        [*([given] if given else []), "keyint=infinite:min-keyint=1:scenecut=0:open-gop=0", *_ahead(format)]
    )
    return replace(
        coder,
        options={
            **coder.options,
            "x264-params": params,
            "forced-idr": "1",
            "maxrate": str(most),
            "bufsize": str(2 * most),
        },
    )


def _ahead(format: Streaming) -> list[str]:
    return [] if format.preset in _SHORT else [f"rc-lookahead={_MOST_AHEAD}"]
