"""What every writer needs: all pixels of a picture within what the format holds, and a look at what was written."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pyvips
from PIL import Image

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.color import in_srgb
from mediaframe.engines.vips.depth import is_deep
from mediaframe.engines.vips.handle import Handle, colors, has_alpha
from mediaframe.engines.vips.notes import notes_of
from mediaframe.engines.vips.profiles import built_in, gray_profile, profile_of, with_profile
from mediaframe.errors import AssetError

Bytes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def whole(handle: Handle, word: str, longest: int) -> pyvips.Image:
    """Give all pixels of the picture; AssetError where a side is over what the format holds."""
    image = handle.image
    if handle.reduced:
        raise AssetError(f"{word}: a reduced picture cannot be written", code="E_INTERNAL")
    if max(image.width, image.height) > longest:
        raise AssetError(
            f"{word}: {image.width}x{image.height} has a side over the {longest} px that {word} holds; resize it first",
            code="E_ENCODE",
        )
    return image


def plain(handle: Handle) -> Handle:
    """Give the picture for a format that holds no profile, or whose profiles nobody reads: 8-bit sRGB, or gray."""
    return replace(handle, image=in_srgb(handle.image))


def profiled(image: pyvips.Image, metadata: str, *, gray: bool = True) -> tuple[pyvips.Image, str]:
    """Give the picture with the profile that is written, and what libvips is told to keep: that or nothing.

    Whatever is not sRGB is never written without its profile; other metadata are put in afterwards. A format that has
    no `gray` is written in colors in any case.
    """
    if metadata == "icc" and not profile_of(image):
        if colors(image) == 1 and not gray:
            image = image.colourspace("rgb16" if is_deep(image) else "srgb")
        image = with_profile(image, built_in("srgb") if colors(image) == 3 else gray_profile())
    return image, "icc" if profile_of(image) else "none"


def unturned(image: pyvips.Image, metadata: str) -> pyvips.Image:
    """Take the orientation off, which some writers write whatever they are told, unless all metadata are kept."""
    if metadata not in ("keep", "no_gps") and image.get_typeof("orientation"):
        image = image.copy()
        image.remove("orientation")
    return image


def rows_of(image: pyvips.Image) -> Bytes:
    """Give the pixels as an array of rows, columns and bands."""
    data = np.frombuffer(image.write_to_memory(), np.uint8)
    return data.reshape(image.height, image.width, image.bands)


def mode_of(image: pyvips.Image) -> str:
    """Name the bands as Pillow does: L, LA, RGB or RGBA."""
    return ("L" if colors(image) == 1 else "RGB") + ("A" if has_alpha(image) else "")


def by_pillow(data: bytes, word: str, format: str) -> tuple[int, int]:
    """Read the size back with Pillow; AssetError where it does not read."""
    try:
        with Image.open(io.BytesIO(data), formats=[format]) as picture:
            return picture.size
    except (OSError, ValueError, SyntaxError) as error:
        raise AssetError(f"{word}: what was written does not read back: {error}", code="E_VERIFY") from None


def held(
    data: bytes, word: str, image: pyvips.Image, read: tuple[int, int], quality: int | None = None, **more: Any
) -> Encoded:
    """Give what was written, once it says the size of the picture; AssetError where it does not."""
    if read != (image.width, image.height):
        raise AssetError(
            f"{word}: wrote {image.width}x{image.height}, reads back as {read[0]}x{read[1]}", code="E_VERIFY"
        )
    return Encoded(data, width=read[0], height=read[1], quality=quality, notes=notes_of(image), **more)
