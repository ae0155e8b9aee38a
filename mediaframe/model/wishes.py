"""Wishes for a file: a budget of bytes, a score, metadata; what formats that can keep them have in common."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.finish import Format
from mediaframe.model.kind import Shape

OnMiss = Literal["error", "best_effort"]
Metadata = Literal["strip", "icc", "copyright", "no_gps", "keep"]
Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]

QUALITY = "From 1 (smallest) to 100 (best)."
LOSSLESS = "Whether every pixel is kept as it is."
MAX_BYTES = "The best quality up to `quality` whose file is no larger than this is written."
TARGET = (
    "The score of SSIMULACRA 2 that the file shall have, within 1, whatever `quality` says: 90 cannot be told from the "
    "picture, 80 hardly, 70 is high quality, 50 medium, 30 low."
)
ON_MISS = (
    "What becomes of a row whose file cannot keep `max_bytes` or `target`: an error, or the nearest there is, which "
    "the manifest calls best_effort."
)
NEVER_GROW = (
    "Whether the source's own bytes are kept where they are smaller and what the recipe asks for: same format, same "
    "pixels, same metadata; no file is then larger than its source."
)
METADATA = (
    "What is kept of the source's: nothing, only the ICC profile, who made and owns it, all but the place (GPS), "
    "or all. Orientation, sizes and colors are always told as they are now."
)
ALLOW_RESIZE = "Whether pixels are given up where no quality of 40 and more keeps `max_bytes`."


class Wished(Format):
    """A format that keeps wishes, and gives up pixels for a budget of bytes where it is allowed to."""

    def infer(self, shape: Shape) -> Shape:
        """Say the size, unless pixels may be given up."""
        return shape.but(width=None, height=None) if self.values["allow_resize"] is not False else shape

    def check(self) -> None:
        """Hold the wishes against one another; a RecipeError where they do not fit."""
        if "lossless" in self.values:
            _check_lossless(self)
        _check_fewer_pixels(self)


def _check_lossless(spec: Format) -> None:
    for wish in ("max_bytes", "target"):
        if wish not in spec.values or not spec.settled("lossless", wish):
            continue
        if spec.values["lossless"] and spec.values[wish] is not None:
            raise RecipeError(f"{spec.word}: expected lossless or {wish}, got both; lossless has no quality to lower")


def _check_fewer_pixels(spec: Format) -> None:
    names = [one for one in ("allow_resize", "max_bytes", "target") if one in spec.values]
    if not spec.settled(*names) or not spec.values["allow_resize"]:
        return
    if spec.values["max_bytes"] is None:
        raise RecipeError(f"{spec.word}(allow_resize=True): expected max_bytes with it, got none")
    if spec.values.get("target") is not None:
        raise RecipeError(
            f"{spec.word}: expected allow_resize or target, got both; a picture of fewer pixels has no score against "
            "the larger one"
        )
