"""How pictures are written as a PDF: each fills one page."""

from __future__ import annotations

import zlib

import pypdfium2  # type: ignore[import-untyped]  # it carries no types
import pyvips

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.handle import Handle, colors
from mediaframe.engines.vips.pdffile import Sheet, document, whole_page
from mediaframe.engines.vips.tone import flatten
from mediaframe.engines.vips.written import held, plain, whole
from mediaframe.errors import AssetError
from mediaframe.formats.exchange import Pdf
from mediaframe.model.quantity import LARGEST_PAGE
from mediaframe.ops.image.tone import Flatten

_POINTS = 72.0
_TRACE = 0.0002


@engine.implements(Pdf)
def pdf(handle: Handle, format: Pdf) -> Encoded:
    """Write one page, on the background."""
    handle = flatten(plain(handle), Flatten(format.background))
    image = whole(handle, format.word, 65_500)
    points = _points(image.width, format.dpi), _points(image.height, format.dpi)
    if max(points) > LARGEST_PAGE:
        raise AssetError(
            f"pdf: {image.width}x{image.height} px at {format.dpi:g} dpi are {max(points):.0f} points, over the "
            f"{LARGEST_PAGE} of a page; ask for more dpi, or resize it first",
            code="E_ENCODE",
        )
    data = b"".join(document([_sheet(image, format, points)], 1))
    return held(data, format.word, image, _size(data, format.dpi), None if format.lossless else format.quality, pages=1)


def _points(side: int, dpi: float) -> float:
    """Give a side in points, a trace less: renderers round up, and must not add a line for a rounding."""
    return side if dpi == _POINTS else side * _POINTS / dpi - _TRACE


def _sheet(image: pyvips.Image, format: Pdf, points: tuple[float, float]) -> Sheet:
    if format.lossless:
        packed, way = zlib.compress(image.write_to_memory(), 6), "FlateDecode"
    else:
        packed = image.jpegsave_buffer(Q=format.quality, optimize_coding=True, keep="none")
        way = "DCTDecode"
    return Sheet(image.width, image.height, colors(image) == 1, way, packed, whole_page(*points))


def _size(data: bytes, dpi: float) -> tuple[int, int]:
    """Read the size back in pixels."""
    try:
        with pypdfium2.PdfDocument(data) as read:
            width, height = read[0].get_size()
    except pypdfium2.PdfiumError as error:
        raise AssetError(f"pdf: what was written does not read back: {error}", code="E_VERIFY") from None
    return round(width * dpi / _POINTS), round(height * dpi / _POINTS)
