"""How pictures are written in formats whose encoders are installed by an extra: heif, jxl."""

from __future__ import annotations

from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.wishes import (
    ALLOW_RESIZE,
    LOSSLESS,
    MAX_BYTES,
    METADATA,
    ON_MISS,
    QUALITY,
    TARGET,
    Metadata,
    OnMiss,
    Wished,
)


class Heif(
    Wished,
    takes="image",
    media_type="image/heic",
    extension="heic",
    module="pillow_heif",
    install="pip install 'mediaframe[heif]'",
):
    """Write a HEIC, as Apple's cameras do: small, with transparency; browsers other than Safari do not show it.

    Needs the extra `heif`. Its wheel holds x265, which is GPL-2.0, and patents on HEVC are claimed in some countries:
    for the web, AVIF is as small and free. Lossless files hold all colors (4:4:4), which fewer programs show.
    Source: ISO/IEC 23008-12 by libheif and x265, through pillow-heif; one thread, so that bytes do not depend on cores.

    >>> mf.image.resize(1600).heif(quality=60)
    image.resize(width=1600).heif(quality=60)
    """

    quality: Value[int] = arg(default=50, ge=1, le=100, doc=QUALITY)
    lossless: Value[bool] = arg(default=False, doc=LOSSLESS)
    effort: Value[int] = arg(default=5, ge=0, le=9, doc="How hard to compress (x265's presets).")
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=MAX_BYTES)
    metadata: Value[Metadata] = arg(default="strip", doc=METADATA)
    target: Value[float | None] = arg(default=None, ge=0, le=100, kw_only=True, doc=TARGET)
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    allow_resize: Value[bool] = arg(default=False, kw_only=True, doc=ALLOW_RESIZE)


class Jxl(
    Wished,
    takes="image",
    media_type="image/jxl",
    extension="jxl",
    module="imagecodecs",
    install="pip install 'mediaframe[jxl]'",
):
    """Write a JPEG XL: small and fine, lossless a third smaller than PNG; few browsers show it yet.

    Needs the extra `jxl`. The quality stands for a distance as in libjxl: 90 is a distance of 1, where differences
    begin to be seen. Metadata are not written. libjxl's efforts 8 and 9 are left out: they take twelve times the memory
    (279 bytes for each pixel) to save a twentieth.
    Source: ISO/IEC 18181 by libjxl, through imagecodecs.

    >>> mf.image.resize(1600).jxl(quality=75)
    image.resize(width=1600).jxl(quality=75)
    """

    quality: Value[int] = arg(default=85, ge=1, le=100, doc=QUALITY)
    lossless: Value[bool] = arg(default=False, doc=LOSSLESS)
    effort: Value[int] = arg(default=5, ge=1, le=7, doc="How hard to compress.")
    max_bytes: Quantity[int | None] = arg(default=None, unit="bytes", ge=1, doc=MAX_BYTES)
    target: Value[float | None] = arg(default=None, ge=0, le=100, kw_only=True, doc=TARGET)
    on_miss: Value[OnMiss] = arg(default="error", kw_only=True, doc=ON_MISS)
    allow_resize: Value[bool] = arg(default=False, kw_only=True, doc=ALLOW_RESIZE)
