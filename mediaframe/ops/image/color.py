"""Operations on the space that colors are numbers of: color."""

from __future__ import annotations

from typing import Literal

from mediaframe.model.argument import Value, arg
from mediaframe.model.operation import Operation

Space = Literal["srgb", "p3", "keep"]
Intent = Literal["relative", "perceptual", "saturation", "absolute"]


class Color(Operation, takes="image", opening=True):
    """Choose the color space that the picture is opened in, worked in and written in.

    Without this step every picture becomes sRGB. `p3` is Display P3, for wide gamut on the web; `keep` leaves the
    numbers of an RGB picture as they are, with the profile that they came with. Whatever is not sRGB is written with
    its profile, so that it looks right everywhere. Gray stays gray; CMYK, Lab and YCCK have no place in the formats of
    the web, and become sRGB under `keep`. Colors in arguments (`background`) are always sRGB, and are converted.
    CMYK without a profile is read with the one that libvips brings, a generic offset press; RGB without one is sRGB.

    Source: ICC.1:2022 rendering intents; LittleCMS through libvips `icc_transform`.

    >>> mf.image.color("p3").resize(1600).webp()
    image.color(space='p3').resize(width=1600).webp()
    """

    space: Value[Space] = arg(default="srgb", doc="The color space.")
    intent: Value[Intent] = arg(default="relative", doc="What becomes of colors that the space does not hold.")
    black_point: Value[bool] = arg(default=True, doc="Whether the darkest colors of both spaces are made to meet.")
