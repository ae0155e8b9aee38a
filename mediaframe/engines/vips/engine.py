"""The image engine with all that it can: each theme registers its words when it is imported."""

from __future__ import annotations

from mediaframe.engines.vips import (
    canvas,
    curves,
    effects,
    encode,
    geometry,
    measure,
    overlay,
    palette,
    placeholder,
    tone,
)
from mediaframe.engines.vips.base import VipsEngine, engine

THEMES = (geometry, canvas, tone, curves, effects, overlay, encode, measure, palette, placeholder)

__all__ = ["THEMES", "VipsEngine", "engine"]
