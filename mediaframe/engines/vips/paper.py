"""How pictures are written as a PDF: each fills one page."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2  # type: ignore[import-untyped]  # it carries no types
import pyvips

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.handle import Handle, colors
from mediaframe.engines.vips.tone import flatten
from mediaframe.engines.vips.written import held, plain, whole
from mediaframe.errors import AssetError
from mediaframe.formats.exchange import Pdf
from mediaframe.ops.image.tone import Flatten

_POINTS = 72.0
_TRACE = 0.0002
_LARGEST = 14_400
"""Points of a side at the most (ISO 32000-1, annex C.2)."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: an opaque picture of 8 bits as it is packed, and the size of the page in points."""

    width: int
    height: int
    gray: bool
    packing: str
    """DCTDecode for a JPEG, FlateDecode for the rows of a zlib stream."""
    data: bytes
    points: tuple[float, float]


@engine.implements(Pdf)
def pdf(handle: Handle, format: Pdf) -> Encoded:
    """Write one page, on the background."""
    handle = flatten(plain(handle), Flatten(format.background))
    image = whole(handle, format.word, 65_500)
    points = _points(image.width, format.dpi), _points(image.height, format.dpi)
    if max(points) > _LARGEST:
        raise AssetError(
            f"pdf: {image.width}x{image.height} px at {format.dpi:g} dpi are {max(points):.0f} points, over the "
            f"{_LARGEST} of a page; ask for more dpi, or resize it first",
            code="E_ENCODE",
        )
    data = document([_sheet(image, format, points)])
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
    return Sheet(image.width, image.height, colors(image) == 1, way, packed, points)


def document(sheets: Sequence[Sheet]) -> bytes:
    """Give the bytes of a PDF with these pages: nothing in it but the pictures, no dates, an id made of its content."""
    pages = " ".join(f"{3 + 3 * number} 0 R" for number in range(len(sheets)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{pages}] /Count {len(sheets)} >>".encode(),
    ]
    for number, sheet in enumerate(sheets):
        objects += _objects(sheet, 3 + 3 * number)
    return _file(objects)


def _objects(sheet: Sheet, number: int) -> list[bytes]:
    """Give the page, what is drawn on it, and the picture."""
    across, down = (f"{side:.4f}".rstrip("0").rstrip(".") for side in sheet.points)
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {across} {down}] /Contents {number + 1} 0 R "
        f"/Resources << /XObject << /Picture {number + 2} 0 R >> >> >>"
    )
    picture = (
        f"/Type /XObject /Subtype /Image /Width {sheet.width} /Height {sheet.height} /BitsPerComponent 8 "
        f"/ColorSpace /Device{'Gray' if sheet.gray else 'RGB'} /Filter /{sheet.packing}"
    )
    drawn = f"q {across} 0 0 {down} 0 0 cm /Picture Do Q".encode()
    return [page.encode(), _stream("", drawn), _stream(picture, sheet.data)]


def _stream(facts: str, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (facts.encode(), len(data), data)


def _file(objects: Sequence[bytes]) -> bytes:
    parts, places = [b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"], []
    at = len(parts[0])
    for number, one in enumerate(objects, 1):
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, one))
        places.append(at)
        at += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    identity = hashlib.sha256(b"".join(parts)).hexdigest()[:32].encode()
    count = len(objects) + 1
    parts += [
        b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table),
        b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s> <%s>] >>\n" % (count, identity, identity),
        b"startxref\n%d\n%%%%EOF\n" % at,
    ]
    return b"".join(parts)


def _size(data: bytes, dpi: float) -> tuple[int, int]:
    """Read the size back in pixels."""
    try:
        with pypdfium2.PdfDocument(data) as read:
            width, height = read[0].get_size()
    except pypdfium2.PdfiumError as error:
        raise AssetError(f"pdf: what was written does not read back: {error}", code="E_VERIFY") from None
    return round(width * dpi / _POINTS), round(height * dpi / _POINTS)
