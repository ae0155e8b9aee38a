"""The image engine with all that it can: each theme registers its words when it is imported."""

from __future__ import annotations

from mediaframe.engines.vips import (
    animation,
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
    statistics,
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
    animation,
    encode,
    encode_animation,
    measure,
    merge,
    palette,
    placeholder,
    statistics,
    exchange,
    paper,
    extra,
    trace,
)

__all__ = ["THEMES", "VipsEngine", "engine"]
