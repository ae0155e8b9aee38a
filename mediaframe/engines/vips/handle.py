"""Handle: the engine's picture, upright; and what of it every theme needs.

It is gray or RGB, of 8 bits, or of 16 where the recipe's end asks for more than 8. RGB without a profile is sRGB; where
the recipe works in another space, the picture carries that profile. Gray has the curve of sRGB and no profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pyvips
from PIL import Image

from mediaframe.engines.vips.depth import is_deep
from mediaframe.engines.vips.profiles import converted_color, profile_of
from mediaframe.model.quantity import color_bands


@dataclass(frozen=True, slots=True)
class Handle:
    """A (lazy) picture, and the size it stands for.

    A JPEG that was shrunk while it was decoded stands for its full size: `width` and `height` are what the recipe
    is told, `image` has fewer pixels.
    """

    image: pyvips.Image
    width: int
    height: int
    gray: Image.Image | None = field(default=None, compare=False)
    """The same pixels as Pillow decoded them, for hashes alone."""

    @property
    def reduced(self) -> bool:
        """Whether there are fewer pixels than the size says."""
        return (self.image.width, self.image.height) != (self.width, self.height)


def of(image: pyvips.Image) -> Handle:
    """Give the handle of a picture that stands for itself."""
    return Handle(image, image.width, image.height)


def colors(image: pyvips.Image) -> int:
    """Count the bands that are not alpha: 1 or 3."""
    return 3 if image.bands >= 3 else 1


def has_alpha(image: pyvips.Image) -> bool:
    """Whether the last band is alpha."""
    return image.bands in (2, 4)


def alpha_apart(image: pyvips.Image) -> tuple[pyvips.Image, pyvips.Image | None]:
    """Give the color bands and the alpha band."""
    if not has_alpha(image):
        return image, None
    count = colors(image)
    return image.extract_band(0, n=count), image.extract_band(count)


def ready_for(image: pyvips.Image, color: str) -> tuple[pyvips.Image, list[float]]:
    """Give a picture that can hold a color, and the color as its bands, in the picture's own space and levels.

    A gray picture gets colors where the color is not gray, an opaque one gets alpha where the color is not opaque.
    """
    red, green, blue, alpha = color_bands(color)
    if colors(image) == 1 and not red == green == blue:
        image = image.colourspace("rgb16" if is_deep(image) else "srgb")
    if alpha < 255 and not has_alpha(image):
        image = image.addalpha()
    bands = [257 * band for band in ((red, green, blue) if colors(image) == 3 else (red,))]
    profile = profile_of(image)
    if profile:
        bands = list(converted_color(profile, (red, green, blue)))
    if has_alpha(image):
        bands.append(257 * alpha)
    return image, [float(band) if is_deep(image) else float(round(band / 257)) for band in bands]


def to_byte(image: pyvips.Image) -> pyvips.Image:
    """Round to 8 bits."""
    if image.format == "uchar":
        return image
    return image.rint().cast("uchar") if image.format in ("float", "double") else image.cast("uchar")
