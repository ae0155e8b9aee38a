"""Rows cut into batches by cost, so that each is about a second or two of work."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mediaframe.model.recipe import Finished
from mediaframe.work.job import told

# Seconds of one core for a megapixel, measured on camera JPEGs of 9 megapixels: decoding 8 ms, encoding of the
# megapixels that come out 25 ms (jpeg) to 200 ms (avif). Only the order of magnitude matters here.
_DECODE = 0.008
_ENCODE = {"jpeg": 0.025, "png": 0.06, "webp": 0.04, "avif": 0.2, "jp2": 0.07, "heif": 0.6, "jxl": 0.12}
_ANIMATED = ("apng", "avif", "gif", "webp")
# The same for a megapixel of each frame, by the codec; and what it takes to come to a frame of a video, or to a page.
_DECODE_FRAME = 0.003
_ENCODE_FRAME = {"h264": 0.006, "h265": 0.05, "av1": 0.1, "vp9": 0.1}
_SLOW_FRAME = 0.05
_SEEK = 0.25
_SMALLEST = 0.002
_UNKNOWN_PIXELS = 4_000_000
_UNKNOWN_FRAMES = 250

SECONDS = 1.5
"""Work in one batch. More batches than slots keep all slots busy to the end; fewer cost less to hand out."""
MOST = 256
"""Rows in one batch at the most."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rendition or measure that is wanted of an asset, with all arguments bound."""

    name: str
    place: int
    """Its place among the columns that are wanted, for the order of the manifest."""
    recipe: Finished | None
    """What is done; None copies the source as it is."""
    target: str | None = None
    """Where the result goes, below the destination; None where it is known only late, or for a measure."""
    taken: bool = False
    """Whether a file of others stood under its name: that is never replaced, unless the run was told to replace."""

    @property
    def text(self) -> str:
        """The recipe as text."""
        return "copy" if self.recipe is None else repr(self.recipe.with_inputs(told))

    @property
    def inputs(self) -> str | None:
        """The files that the recipe names and the SHA-256 of each, as JSON; None where there are none."""
        found = self.recipe.with_inputs(told).inputs if self.recipe else ()
        return json.dumps({one.name: one.sha256 for one in found}) if found else None

    @property
    def recipe_id(self) -> str:
        """The id of the recipe."""
        return "copy" if self.recipe is None else self.recipe.id


@dataclass(frozen=True, slots=True)
class Item:
    """One asset in a batch: what a worker must know of it, as plain values."""

    row: int
    id: str
    uri: str
    version: str | None
    bytes: int | None
    kind: str | None
    format: str | None
    pixels: int | None
    wanted: tuple[Wanted, ...]
    attempts: int = 0
    media_type: str | None = None
    frames: int | None = None
    late: dict[str, Any] = field(default_factory=dict)
    """What the layout needs where a name is known only late."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Assets that are worked through by one slot, one after the other."""

    index: int
    items: tuple[Item, ...]


def cost(item: Item) -> float:
    """Estimate the seconds that one core works on an asset."""
    pixels = item.pixels or _UNKNOWN_PIXELS
    recipes = [wanted.recipe for wanted in item.wanted if wanted.recipe]
    seconds = max((_reaching(recipe, item, pixels) for recipe in recipes), default=0.0)
    return max(_SMALLEST, seconds + sum(_making(recipe, item, pixels) for recipe in recipes))


def _reaching(recipe: Finished, item: Item, pixels: int) -> float:
    """Estimate what it takes to decode; recipes of one asset share most of it."""
    if recipe.start == "image":
        return _DECODE * pixels / 1e6 * (_frames(item) if recipe.end.word in _ANIMATED else 1)
    return _SEEK if recipe.end.takes != "video" else _DECODE_FRAME * pixels / 1e6 * _frames(item)


def _making(recipe: Finished, item: Item, pixels: int) -> float:
    """Estimate what it takes to make one result of what was decoded."""
    size, word = _result_pixels(recipe, pixels) / 1e6, recipe.end.word
    if recipe.end.takes == "video":
        codec = str(recipe.end.values.get("codec", "h264"))
        return _ENCODE_FRAME.get(codec, _SLOW_FRAME) * size * _frames(item)
    frames = _frames(item) if recipe.start == "image" and word in _ANIMATED else 1
    return _ENCODE.get(word, 0.01) * size * frames


def _frames(item: Item) -> int:
    return item.frames or (_UNKNOWN_FRAMES if item.kind == "video" else 1)


def _result_pixels(recipe: Finished, pixels: int) -> float:
    left = float(pixels)
    for step in recipe.steps:
        if step.word == "resize" and step.settled("width", "height"):
            width, height = step.values["width"], step.values["height"]
            left = min(left, (width or height or 1) * (height or width or 1))
    return left


def batches(items: Iterable[Item], seconds: float = SECONDS, start: int = 0) -> Iterator[Batch]:
    """Cut items into batches, in order, lazily."""
    index, held, work = start, list[Item](), 0.0
    for item in items:
        held.append(item)
        work += cost(item)
        if work >= seconds or len(held) >= MOST:
            yield Batch(index, tuple(held))
            index, held, work = index + 1, [], 0.0
    if held:
        yield Batch(index, tuple(held))
