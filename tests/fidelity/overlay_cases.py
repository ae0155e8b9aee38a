"""Watermarks and text, against Pillow's compositing and letters."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import mediaframe as mf
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, given, scene
from tests.fidelity.case import Array, Case, png

_LOGO = scene(30, 20, 4)
_GIVEN = given("logo.png", png(_LOGO))
_FONT = Path(mf.__file__ or "").parent / "engines" / "fonts" / "DejaVuSans.ttf"


def _over(left: int, top: int, *, opacity: float = 1.0, tile: int = 0) -> Callable[[Pixels], Array]:
    """Put the logo over a picture with Pillow."""

    def reference(picture: Pixels) -> Array:
        below = Image.fromarray(picture).convert("RGBA")
        logo = Image.fromarray(_LOGO)
        logo.putalpha(logo.getchannel("A").point(lambda value: value * opacity))
        sheet = Image.new("RGBA", below.size)
        places = [(left, top)]
        if tile:
            places = [(x, y) for x in range(left, 900, 30 + tile) for y in range(top, 900, 20 + tile)]
        for place in places:
            sheet.paste(logo, place)
        mixed = np.asarray(Image.alpha_composite(below, sheet))
        return mixed if picture.shape[2] == 4 else mixed[..., :3]

    return reference


def _letters(picture: Pixels) -> Array:
    """Draw a letter with Pillow, its ink in the middle across, white on black."""
    face = ImageFont.truetype(str(_FONT), 48, layout_engine=ImageFont.Layout.BASIC)
    sheet = Image.new("L", (96, 96))
    ImageDraw.Draw(sheet).text((20, 20), "R", font=face, fill=255)
    return np.asarray(sheet.crop(sheet.getbbox()), dtype=float)[..., None]


def _ink(data: bytes) -> Any:
    found = Image.open(io.BytesIO(data)).convert("L")
    return np.asarray(found.crop(found.getbbox()))[..., None]


def _night(picture: Pixels) -> bytes:
    return png(np.zeros((90, 120, 3), np.uint8))


CASES = [
    Case(
        "watermark", "in a corner", image.watermark(_GIVEN, gravity="southeast", margin=5).png(),
        lambda picture: _over(picture.shape[1] - 35, picture.shape[0] - 25)(picture), "Pillow alpha_composite", 1.5,
        pictures=("color", "alpha", "cutout", "card"),
    ),
    Case(
        "watermark", "half opaque", image.watermark(_GIVEN, gravity="northwest", opacity=0.5).png(),
        _over(0, 0, opacity=0.5), "Pillow alpha_composite", 2.0, pictures=("color", "alpha", "card"),
    ),
    Case(
        "watermark", "tiles 7 px apart", image.watermark(_GIVEN, gravity="northwest", tile=True, spacing=7).png(),
        _over(0, 0, tile=7), "Pillow alpha_composite", 1.5, pictures=("color", "alpha"),
    ),
    Case(
        "text", "a letter", image.text("R", size=48, gravity="center").png(), _letters, "Pillow ImageDraw.text", 1.0,
        metric="mean", file=_night, read=_ink,
    ),
]  # fmt: skip
