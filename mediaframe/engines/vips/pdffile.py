"""The bytes of a PDF whose pages hold one picture each: nothing but these, no dates, an id made of the content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mediaframe.ops.merge import Box, Placed


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page: an opaque picture of 8 bits as it is packed, and where it stands."""

    width: int
    height: int
    gray: bool
    packing: str
    """DCTDecode for a JPEG, FlateDecode for the rows of a zlib stream."""
    data: bytes
    placed: Placed
    filtered: bool = False
    """Whether rows are filtered as those of a PNG are."""


def whole_page(width: float, height: float) -> Placed:
    """Say that a picture fills its page."""
    box = Box(0, 0, width, height)
    return Placed((width, height), box, box)


def document(sheets: Iterable[Sheet], count: int) -> Iterator[bytes]:
    """Give the bytes of a PDF with so many pages, one sheet at a time."""
    return _file(_objects(sheets, count), 2 + 3 * count)


def _objects(sheets: Iterable[Sheet], count: int) -> Iterator[bytes]:
    pages = " ".join(f"{3 + 3 * number} 0 R" for number in range(count))
    yield b"<< /Type /Catalog /Pages 2 0 R >>"
    yield f"<< /Type /Pages /Kids [{pages}] /Count {count} >>".encode()
    for number, sheet in enumerate(sheets):
        yield from _page(sheet, 3 + 3 * number)


def _page(sheet: Sheet, number: int) -> Iterator[bytes]:
    """Give the page, what is drawn on it, and the picture."""
    across, down = map(_number, sheet.placed.page)
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {across} {down}] /Contents {number + 1} 0 R "
        f"/Resources << /XObject << /Picture {number + 2} 0 R >> >> >>"
    )
    picture = (
        f"/Type /XObject /Subtype /Image /Width {sheet.width} /Height {sheet.height} /BitsPerComponent 8 "
        f"/ColorSpace /Device{'Gray' if sheet.gray else 'RGB'} /Filter /{sheet.packing}"
    )
    if sheet.filtered:
        colors = 1 if sheet.gray else 3
        picture += f" /DecodeParms << /Predictor 15 /Colors {colors} /BitsPerComponent 8 /Columns {sheet.width} >>"
    yield page.encode()
    yield _stream("", _drawn(sheet.placed))
    yield _stream(picture, sheet.data)


def _drawn(placed: Placed) -> bytes:
    box, seen = placed.box, placed.seen
    clip = "" if seen == box else " ".join(map(_number, seen)) + " re W n "
    left, bottom, width, height = map(_number, box)
    return f"q {clip}{width} 0 0 {height} {left} {bottom} cm /Picture Do Q".encode()


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _stream(facts: str, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (facts.encode(), len(data), data)


def _file(objects: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Give objects, the table of where they stand, and the trailer."""
    digest, places, at = hashlib.sha256(), list[int](), 0

    def counted(piece: bytes) -> bytes:
        nonlocal at
        digest.update(piece)
        at += len(piece)
        return piece

    yield counted(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    for number, one in enumerate(objects, 1):
        places.append(at)
        yield counted(b"%d 0 obj\n%s\nendobj\n" % (number, one))
    identity, table = digest.hexdigest()[:32].encode(), at
    yield b"xref\n0 %d\n0000000000 65535 f \n" % (count + 1)
    yield b"".join(b"%010d 00000 n \n" % place for place in places)
    yield b"trailer\n<< /Size %d /Root 1 0 R /ID [<%s> <%s>] >>\n" % (count + 1, identity, identity)
    yield b"startxref\n%d\n%%%%EOF\n" % table
