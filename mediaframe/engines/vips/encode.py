"""How pictures are written: jpeg, png, webp, avif; each result's header is read back."""

from __future__ import annotations

from typing import Any, NamedTuple

import pyvips

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.depth import is_deep, to_sixteen
from mediaframe.engines.vips.handle import Handle, has_alpha
from mediaframe.engines.vips.notes import notes_of
from mediaframe.engines.vips.smallest import smallest_png
from mediaframe.engines.vips.tone import flatten
from mediaframe.engines.vips.written import profiled, unturned
from mediaframe.errors import AssetError
from mediaframe.formats.image import Avif, Jpeg, Png, Webp
from mediaframe.model.finish import Format
from mediaframe.ops.image.tone import Flatten

SIDES = {"jpeg": 65_500, "webp": 16_383, "avif": 16_384, "png": 2**31 - 1, "apng": 2**31 - 1, "gif": 65_535}
"""The longest side that each format holds (libjpeg, libwebp, libvips' heifsave, the PNG specification)."""

_BITS = {2: 1, 4: 2, 16: 4, 256: 8}
"""Bits of a pixel of a palette of so many colors."""

_SUBSAMPLE = {"auto": "auto", "420": "on", "444": "off"}

_PALETTE_EFFORT = 7
"""libimagequant's own default; 10 takes twice the time for 0.5 % of the bytes."""


_TRELLIS: dict[str, Any] = {"trellis_quant": True, "overshoot_deringing": True, "quant_table": 3}


class Written(NamedTuple):
    """A picture that is ready to be written, and the metadata that libvips shall write with it."""

    image: pyvips.Image
    keep: str


@engine.implements(Jpeg)
def jpeg(handle: Handle, format: Jpeg) -> Encoded:
    """Write a JPEG, on the background."""
    if has_alpha(handle.image):
        handle = flatten(handle, Flatten(format.background))
    image, keep = ready(handle, format, format.metadata)
    data = image.jpegsave_buffer(
        Q=format.quality,
        interlace=format.progressive,
        optimize_coding=True,
        keep=keep,
        subsample_mode=_SUBSAMPLE[format.chroma],
        **(_TRELLIS if format.trellis else {}),
    )
    return _checked(data, image, format, format.quality)


@engine.implements(Png)
def png(handle: Handle, format: Png) -> Encoded:
    """Write a PNG."""
    image, keep = ready(handle, format, format.metadata)
    palette = format.quality is not None or format.colors is not None
    if format.optimize and not palette:
        data = smallest_png(image.copy_memory(), interlace=format.progressive, keep=keep)
        return _checked(data, image, format, None)
    options: dict[str, Any] = {"filter": "sub"}
    if palette:
        # Filters make palettes larger: neighbors in the list of colors are no neighbors in the picture.
        options = {
            "palette": True, "Q": format.quality or 100, "dither": format.dither, "effort": _PALETTE_EFFORT,
            "bitdepth": _BITS[format.colors or 256],
        }  # fmt: skip
    data = image.pngsave_buffer(compression=format.effort, interlace=format.progressive, keep=keep, **options)
    return _checked(data, image, format, format.quality)


@engine.implements(Webp)
def webp(handle: Handle, format: Webp) -> Encoded:
    """Write a WebP."""
    image, keep = ready(handle, format, format.metadata)
    data = image.webpsave_buffer(Q=format.quality, lossless=format.lossless, effort=format.effort, keep=keep)
    return _checked(data, image, format, None if format.lossless else format.quality)


@engine.implements(Avif)
def avif(handle: Handle, format: Avif) -> Encoded:
    """Write an AVIF."""
    image, keep = ready(handle, format, format.metadata)
    data = _at_top(image, format.bits).heifsave_buffer(
        compression="av1", Q=format.quality, lossless=format.lossless, effort=format.effort, bitdepth=format.bits,
        keep=keep, subsample_mode=_SUBSAMPLE[format.chroma],
    )  # fmt: skip
    return _checked(data, image, format, None if format.lossless else format.quality)


def ready(handle: Handle, format: Format, metadata: str) -> Written:
    """Give all pixels of the picture, within what the format holds, without the tags that would turn it again."""
    image = handle.image
    if format.values.get("bits", 8) > 8:
        image = to_sixteen(image)  # What other engines gave has 8.
    if handle.reduced:
        raise AssetError(f"{format.word}: a reduced picture cannot be written", code="E_INTERNAL")
    side = max(image.width, image.height)
    if side > SIDES[format.word]:
        raise AssetError(
            f"{format.word}: {image.width}x{image.height} has a side over the {SIDES[format.word]} px that "
            f"{format.word} holds; resize it first",
            code="E_ENCODE",
        )
    # heifsave writes the orientation as a turn of the picture even where metadata are stripped.
    gray = format.word not in ("webp", "avif")
    return Written(*profiled(unturned(image, metadata), metadata, gray=gray))


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
    return Encoded(data, width=written.width, height=written.height, quality=quality, notes=notes_of(image))


def _at_top(image: pyvips.Image, bits: int) -> pyvips.Image:
    """Round 16 bits to those that are written, at the top, where libvips cuts off the others."""
    if not is_deep(image):
        return image
    rounded = image.linear(((1 << bits) - 1) / 65535, 0.5).cast("ushort") << (16 - bits)
    return rounded.copy(interpretation=image.interpretation)
