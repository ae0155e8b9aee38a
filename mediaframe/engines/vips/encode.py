"""How pictures are written: jpeg, png, webp, avif; each result's header is read back."""

from __future__ import annotations

from typing import Any

import pyvips

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.handle import Handle, has_alpha
from mediaframe.engines.vips.tone import flatten
from mediaframe.errors import AssetError
from mediaframe.formats.image import Avif, Jpeg, Png, Webp
from mediaframe.model.finish import Format
from mediaframe.ops.image.tone import Flatten

_SIDES = {"jpeg": 65_500, "webp": 16_383, "avif": 65_535, "png": 2**31 - 1}
"""The longest side that each format holds (libjpeg, libwebp, the boxes of AVIF, the PNG specification)."""

_KEPT = "exif|xmp|iptc"


@engine.implements(Jpeg)
def jpeg(handle: Handle, format: Jpeg) -> Encoded:
    """Write a JPEG, on the background."""
    if has_alpha(handle.image):
        handle = flatten(handle, Flatten(format.background))
    image = _ready(handle, format, format.metadata)
    data = image.jpegsave_buffer(
        Q=format.quality, interlace=format.progressive, optimize_coding=True, keep=_keep(format.metadata)
    )
    return _checked(data, image, format, format.quality)


@engine.implements(Png)
def png(handle: Handle, format: Png) -> Encoded:
    """Write a PNG."""
    image = _ready(handle, format, format.metadata)
    data = image.pngsave_buffer(
        compression=format.effort, interlace=format.progressive, filter="sub", keep=_keep(format.metadata)
    )
    return _checked(data, image, format, None)


@engine.implements(Webp)
def webp(handle: Handle, format: Webp) -> Encoded:
    """Write a WebP."""
    image = _ready(handle, format, format.metadata)
    data = image.webpsave_buffer(
        Q=format.quality, lossless=format.lossless, effort=format.effort, keep=_keep(format.metadata)
    )
    return _checked(data, image, format, None if format.lossless else format.quality)


@engine.implements(Avif)
def avif(handle: Handle, format: Avif) -> Encoded:
    """Write an AVIF with eight bits."""
    image = _ready(handle, format, format.metadata)
    data = image.heifsave_buffer(
        compression="av1", Q=format.quality, lossless=format.lossless, effort=format.effort, bitdepth=8,
        keep=_keep(format.metadata),
    )  # fmt: skip
    return _checked(data, image, format, None if format.lossless else format.quality)


def _keep(metadata: str) -> str:
    return _KEPT if metadata == "keep" else "none"


def _ready(handle: Handle, format: Format, metadata: str) -> pyvips.Image:
    """Give all pixels of the picture, within what the format holds, without the tags that would turn it again."""
    image = handle.image
    if handle.reduced:
        raise AssetError(f"{format.word}: a reduced picture cannot be written", code="E_INTERNAL")
    side = max(image.width, image.height)
    if side > _SIDES[format.word]:
        raise AssetError(
            f"{format.word}: {image.width}x{image.height} has a side over the {_SIDES[format.word]} px that "
            f"{format.word} holds; resize it first",
            code="E_ENCODE",
        )
    if metadata == "strip" and image.get_typeof("orientation"):
        # heifsave writes the orientation as a turn of the picture even where metadata are stripped.
        image = image.copy()
        image.remove("orientation")
    return image


_LOADERS: dict[str, Any] = {
    "jpeg": pyvips.Image.jpegload_buffer,
    "png": pyvips.Image.pngload_buffer,
    "webp": pyvips.Image.webpload_buffer,
    "avif": pyvips.Image.heifload_buffer,
}


def _checked(data: bytes, image: pyvips.Image, format: Format, quality: int | None) -> Encoded:
    try:
        written = _LOADERS[format.word](data)
    except pyvips.Error as error:
        raise AssetError(f"{format.word}: what was written does not read back: {error}", code="E_VERIFY") from None
    if (written.width, written.height) != (image.width, image.height):
        raise AssetError(
            f"{format.word}: wrote {image.width}x{image.height}, reads back as {written.width}x{written.height}",
            code="E_VERIFY",
        )
    return Encoded(data, width=written.width, height=written.height, quality=quality)
