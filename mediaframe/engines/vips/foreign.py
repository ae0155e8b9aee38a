"""Pictures that libvips does not open and others do: BMP, ICO, JPEG 2000, HEIC, JPEG XL, AVIF sequences, odd TIFFs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyvips
from PIL import Image, ImageFile, UnidentifiedImageError

from mediaframe.engines.base import Source
from mediaframe.engines.vips import jpegxl
from mediaframe.engines.vips.cicp import as_declared
from mediaframe.engines.vips.color import PLAIN, Wish, converted
from mediaframe.engines.vips.jpegxl import jxl_header, read_jxl
from mediaframe.engines.vips.library import complaints
from mediaframe.engines.vips.notes import noted
from mediaframe.engines.vips.structure import icon_of
from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits

try:
    import pi_heif
except ImportError:  # The extra `heic` is not installed.
    pi_heif = None

try:
    import pillow_heif
except ImportError:  # Neither is the extra `heif`, which writes HEIC as well.
    pillow_heif = None

_FORMATS = {
    "bmp": "BMP", "ico": "ICO", "cur": "ICO", "avif": "AVIF", "jp2": "JPEG2000", "j2k": "JPEG2000",
    "tiff (Pillow)": "TIFF",
}  # fmt: skip
READS = ("bmp", "ico", "cur", "jp2", "j2k", "heic", "jxl")
_FOREIGN = frozenset({*READS, "tiff (Pillow)"})
_INSTALL = "HEIC needs a decoder: pip install 'mediaframe[heic]'"

ImageFile.LOAD_TRUNCATED_IMAGES = False

Found = tuple[int, int, int, int, dict[str, Any]]
"""Width, height, orientation, frames and facts."""


def takes(format: str) -> bool:
    """Whether a format is opened here in all cases."""
    return format in _FOREIGN


def install(format: str) -> str:
    """Say what must be installed before a format can be opened; nothing where it can be."""
    if format == "heic" and _heif() is None:
        return "pip install 'mediaframe[heic]'"
    return jpegxl.install() if format == "jxl" else ""


def _heif() -> Any:
    return pi_heif or pillow_heif


def check_page(format: str, page: int, count: int) -> None:
    """Raise where there is no such page; 0 is the one that a file is opened at."""
    if page > count:
        moving = "; moments of an animation are asked for by frame()" if format in ("gif", "webp", "apng") else ""
        told = "1" if count == 1 else f"1 to {count}"
        raise AssetError(f"page(number=...): expected {told}, got {page}{moving}", code="E_PARAM")


def header(source: Source, format: str, limits: Limits, page: int = 0) -> Found:
    """Say what the header of a page says."""
    if format == "jxl":
        check_page(format, page, 1)
        return _jxl_header(source)
    with trouble(format), _opened(source, format, limits, page) as picture:
        width, height = picture.size
        frames = int(getattr(picture, "n_frames", 1)) if format != "heic" else 1
        orientation = 1 if format == "heic" else _orientation(picture)
        alpha = "A" in picture.mode or "transparency" in picture.info
        space = {"L": "gray", "1": "gray", "I;16": "gray", "CMYK": "cmyk", "LAB": "lab"}.get(picture.mode, "srgb")
        bits = 16 if "16" in picture.mode else 8
        return width, height, orientation, frames, {"color_space": space, "bits": bits, "alpha": alpha}


def decode(source: Source, format: str, limits: Limits, wish: Wish = PLAIN, page: int = 0) -> pyvips.Image:
    """Decode a page in the colors that were asked for, as stored."""
    if format == "jxl":
        with complaints("E_CORRUPT", format):
            image = converted(read_jxl(source), wish).copy_memory()
        animated = jxl_header(source.view()).animated
        return noted(image, "W_FRAMES_DROPPED", "the first picture of the animation was used") if animated else image
    with trouble(format), _opened(source, format, limits, page) as picture:
        if format == "heic":
            image = plain(bytes(picture.data), picture.size, picture.mode, picture.stride)
        else:
            picture.load()
            picture = _eight_bits(picture) if format in _JPEG_2000 else picture
            picture = known_mode(picture)
            image = plain(picture.tobytes(), picture.size, picture.mode)
        told = {field: picture.info.get(name) for name, field in _TOLD.items()}
    with complaints("E_CORRUPT", format):
        image = image.copy()
        for field, data in told.items():
            if isinstance(data, bytes) and data:
                image.set_type(pyvips.GValue.blob_type, field, data)
        image = as_declared(image, source.view(), format)
        return converted(image, wish).copy_memory()


def _jxl_header(source: Source) -> Found:
    told = jxl_header(source.view())
    facts = {"color_space": "gray" if told.gray else "srgb", "bits": told.bits, "alpha": told.alpha}
    return told.width, told.height, told.orientation, 1, facts


_TOLD = {"icc_profile": "icc-profile-data", "exif": "exif-data", "xmp": "xmp-data"}
"""What Pillow and pi_heif give beside the pixels, and the fields of libvips."""


@contextmanager
def _opened(source: Source, format: str, limits: Limits, page: int) -> Iterator[Any]:
    if format == "heic":
        reader = _heif()
        if reader is None:
            raise AssetError(_INSTALL, code="E_UNSUPPORTED_FORMAT")
        with source.file() as file:
            images = reader.open_heif(file, convert_hdr_to_8bit=True)
            check_page(format, page, len(images))
            yield images[page - 1] if page else images
        return
    source = Source(icon_of(source.view())) if format == "cur" else source  # Pillow reads no cursors with PNGs inside.
    with bounded(limits), source.file() as file, Image.open(file, formats=[_FORMATS[format]]) as picture:  # type: ignore[arg-type]  # reads, seeks and tells
        yield _turned_to(picture, format, page) if page else picture


def _turned_to(picture: Any, format: str, page: int) -> Any:
    """Give a page of a file that Pillow has opened, of an icon a size, the largest first."""
    if format in ("ico", "cur"):
        check_page(format, page, picture.ico.nb_items)
        return picture.ico.frame(page - 1)
    check_page(format, page, int(getattr(picture, "n_frames", 1)) if format == "tiff (Pillow)" else 1)
    picture.seek(page - 1)
    return picture


@contextmanager
def bounded(limits: Limits) -> Iterator[None]:
    """Have Pillow keep our limit while it runs: it keeps its own in a global, and a mere warning of it is an error."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = limits.pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


@contextmanager
def trouble(format: str) -> Iterator[None]:
    """Turn what Pillow and libheif raise into an AssetError."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise AssetError(f"{format}: {error}; see Limits.pixels", code="E_LIMIT_PIXELS") from None
    except UnidentifiedImageError:
        code = "E_UNSUPPORTED_FORMAT" if format == "tiff (Pillow)" else "E_CORRUPT"
        raise AssetError(f"{format}: the content is not one that can be read", code=code) from None
    except MemoryError:
        raise AssetError(f"{format}: out of memory", code="E_LIMIT_MEMORY") from None
    except (
        OSError,
        ValueError,
        EOFError,
        SyntaxError,
        RuntimeError,
        IndexError,
        KeyError,
        TypeError,
    ) as error:
        # What Pillow and libheif raise for damage, as their own fuzzers found it.
        text = str(error) or type(error).__name__
        raise AssetError(f"{format}: {text}", code=_code(text.lower())) from None


def _code(text: str) -> str:
    if "unsupported" in text or "not implemented" in text:
        return "E_UNSUPPORTED_FORMAT"
    cut = ("truncated", "not enough", "end of file", "unexpected end", "insufficient")
    return "E_TRUNCATED" if any(mark in text for mark in cut) else "E_CORRUPT"


def _orientation(picture: Image.Image) -> int:
    stored = picture.getexif().get(0x0112, 1)
    return stored if isinstance(stored, int) and 1 <= stored <= 8 else 1


_JPEG_2000 = ("jp2", "j2k")


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Take the upper half of 16 bits of gray; Pillow scales the depths of JPEG 2000 up to 16."""
    if not picture.mode.startswith("I;16"):
        return picture
    return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))


_BANDS = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4, "LAB": 3}


def known_mode(picture: Image.Image) -> Image.Image:
    """Give a picture in one of the modes that can be handed over."""
    if picture.mode in _BANDS and "transparency" not in picture.info:
        return picture
    if picture.mode in ("1", "L"):
        return picture.convert("LA" if "transparency" in picture.info else "L")
    if picture.mode in ("P", "PA", "RGB", "RGBX", "RGBa", "YCbCr", "HSV"):
        clear = "transparency" in picture.info or picture.mode in ("PA", "RGBa")
        return picture.convert("RGBA" if clear else "RGB")
    raise AssetError(f"pixels of the kind {picture.mode!r} cannot be read", code="E_UNSUPPORTED_FORMAT")


def plain(data: bytes, size: tuple[int, int], mode: str, stride: int | None = None) -> pyvips.Image:
    """Make a picture of the bytes of one."""
    width, height = size
    bands = _BANDS[mode]
    across = (stride or width * bands) // bands
    image = pyvips.Image.new_from_memory(data, across, height, bands, "uchar")
    image = image if across == width else image.crop(0, 0, width, height)
    if mode == "LAB":
        lightness, signed = image.extract_band(0) * (100 / 255), image.copy(format="char")
        return lightness.bandjoin(signed.extract_band(1, n=2)).cast("float").copy(interpretation="lab")
    return image.copy(interpretation={"L": "b-w", "LA": "b-w", "CMYK": "cmyk"}.get(mode, "srgb"))
