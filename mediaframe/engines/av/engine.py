"""The engine of videos and sounds with all that it can: each theme registers its words when it is imported."""

from __future__ import annotations

from mediaframe.engines.av import (
    audio,
    choosing,
    damage,
    encode,
    encode_audio,
    join,
    layers,
    moving,
    package,
    poster,
    preview,
    slideshow,
    storyboard,
    streams,
    video,
    watch,
    waveform,
)
from mediaframe.engines.av.base import AvEngine, engine

THEMES = (
    video,
    audio,
    choosing,
    encode,
    encode_audio,
    layers,
    streams,
    package,
    join,
    slideshow,
    poster,
    storyboard,
    preview,
    moving,
    damage,
    watch,
    waveform,
)

__all__ = ["THEMES", "AvEngine", "engine"]
