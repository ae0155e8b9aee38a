"""How pictures are written by encoders that an extra installs: heif by pillow-heif, jxl by imagecodecs."""

from __future__ import annotations

import io
from typing import Any

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.handle import Handle, has_alpha
from mediaframe.engines.vips.jpegxl import jxl_header
from mediaframe.engines.vips.profiles import profile_of
from mediaframe.engines.vips.written import held, mode_of, plain, profiled, rows_of, whole
from mediaframe.errors import AssetError, MissingError
from mediaframe.formats.extra import Heif, Jxl
from mediaframe.model.finish import Format

try:
    import imagecodecs
except ImportError:  # The extra `jxl` is not installed.
    imagecodecs = None

try:
    import pillow_heif
except ImportError:  # The extra `heif` is not installed.
    pillow_heif = None

_HEIF_SIDE, _JXL_SIDE = 65_535, 2**30

_PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo",
)  # fmt: skip
_ONE_THREAD = {"x265:pools": "none", "x265:frame-threads": "1"}
"""Bytes change with the number of threads, and that with the number of cores."""


@engine.implements(Heif)
def heif(handle: Handle, format: Heif) -> Encoded:
    """Write a HEIC; gray with alpha is written in colors, since libheif has no such kind."""
    codec = _found(pillow_heif, format)
    image = whole(plain(handle), format.word, _HEIF_SIDE)
    image = image.colourspace("srgb") if image.bands == 2 else image
    image, keep = profiled(image, format.metadata, gray=False)
    lossless = {"chroma": 444, "matrix_coefficients": 0} if format.lossless else {}
    file = io.BytesIO()
    codec.encode(
        mode_of(image),
        (image.width, image.height),
        image.write_to_memory(),
        file,
        quality=-1 if format.lossless else format.quality,
        enc_params={"preset": _PRESETS[format.effort], **_ONE_THREAD},
        **lossless,
        **({"icc_profile": profile_of(image)} if keep == "icc" else {}),
    )
    data = file.getvalue()
    return held(data, format.word, image, _heif_size(codec, data), None if format.lossless else format.quality)


def _heif_size(codec: Any, data: bytes) -> tuple[int, int]:
    try:
        size: tuple[int, int] = codec.open_heif(io.BytesIO(data)).size
    except (OSError, ValueError, EOFError, RuntimeError) as error:
        raise AssetError(f"heif: what was written does not read back: {error}", code="E_VERIFY") from None
    return size


@engine.implements(Jxl)
def jxl(handle: Handle, format: Jxl) -> Encoded:
    """Write a JPEG XL as sRGB, by one thread."""
    codecs = _found(imagecodecs, format)
    image = whole(plain(handle), format.word, _JXL_SIDE)
    samples = rows_of(image)
    way = {"lossless": True} if format.lossless else {"distance": _distance(format.quality)}
    try:
        data: bytes = codecs.jpegxl_encode(
            samples if image.bands > 1 else samples[..., 0], effort=format.effort, numthreads=1, **way
        )
    except (codecs.JpegxlError, RuntimeError, ValueError) as error:
        raise AssetError(f"jxl: {error}", code="E_ENCODE") from None
    header = jxl_header(data)
    if header.alpha != has_alpha(image):
        raise AssetError("jxl: what was written has lost its alpha", code="E_VERIFY")
    quality = None if format.lossless else format.quality
    return held(data, format.word, image, (header.width, header.height), quality)


def _distance(quality: int) -> float:
    """Give the distance that a quality stands for, as libjxl's `JxlEncoderDistanceFromQuality` does."""
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53 / 3000 * quality * quality - 23 / 20 * quality + 25


def _found(module: Any, format: Format) -> Any:
    if module is None:
        raise MissingError(f"{format.word} is written by {format.module}: {format.install}")
    return module
