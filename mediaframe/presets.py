"""Presets: recipes with a name."""

from __future__ import annotations

from mediaframe.errors import RecipeError, did_you_mean
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image

PRESETS: dict[str, Finished] = {
    "thumbnail": image.resize(320, 320, fit="cover").webp(quality=75),
    "preview": image.resize(1200, 1200).webp(quality=80),
    "social-preview": image.resize(1200, 630, fit="cover", gravity="attention").jpeg(quality=82),
    "avatar": image.resize(256, 256, fit="cover", gravity="attention").webp(quality=80),
    "blog-hero": image.resize(1920).webp(quality=80),
    "ecommerce": image.resize(1200, 1200, fit="contain").jpeg(quality=85),
}
"""The presets that come with mediaframe, by name."""


def preset(name: str) -> Finished:
    """Give a preset by its name.

    >>> preset("thumbnail")
    image.resize(width=320, height=320, fit='cover').webp(quality=75)
    """
    if name not in PRESETS:
        raise RecipeError(f"no preset {name!r}{did_you_mean(name, PRESETS)} (known: {', '.join(PRESETS)})")
    return PRESETS[name]
