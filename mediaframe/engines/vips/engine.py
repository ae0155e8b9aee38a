"""The image engine with all that it can: each theme registers its words when it is imported."""

from __future__ import annotations

from mediaframe.engines.vips import (
    animation,
    book,
    canvas,
    curves,
    effects,
    encode,
    encode_animation,
    exchange,
    extra,
    geometry,
    measure,
    merge,
    overlay,
    palette,
    paper,
    placeholder,
    shapes,
    statistics,
    tiles,
    tone,
    trace,
)
from mediaframe.engines.vips.base import VipsEngine, engine

THEMES = (
    geometry,
    canvas,
    tone,
    curves,
    effects,
    overlay,
    shapes,
    animation,
    encode,
    encode_animation,
    measure,
    merge,
    tiles,
    book,
    palette,
    placeholder,
    statistics,
    exchange,
    paper,
    extra,
    trace,
)

__all__ = ["THEMES", "VipsEngine", "engine"]
