"""The document of the demo: a catalog of two pages, with type and pictures."""

from __future__ import annotations

import ctypes
import io
import re
from collections.abc import Iterator

import pypdfium2  # type: ignore[import-untyped]  # it carries no types
from pypdfium2 import raw

from mediaframe.demo.pictures import jpeg
from mediaframe.demo.products import PIECES, shot

WIDTH, HEIGHT = 595, 842  # points of an A4 page
_INK, _SOFT = (30, 34, 36), (120, 124, 126)


def papers() -> Iterator[tuple[str, bytes]]:
    """Make the document: its name below the folder of media, and what stands in it."""
    document = pypdfium2.PdfDocument.new()
    _cover(document)
    _list(document)
    file = io.BytesIO()
    document.save(file)
    document.close()
    yield "papers/autumn-catalog.pdf", _settled(file.getvalue())


def _settled(data: bytes) -> bytes:
    """Take the day and the random id out, at the same length, so that the same bytes are made each time."""
    data = re.sub(rb"(?<=/CreationDate\(D:)\d{14}", b"20260901080000", data)
    return re.sub(rb"(?<=<)[0-9A-F]{32}(?=>)", b"0" * 32, data)


def _cover(document: pypdfium2.PdfDocument) -> None:
    page = document.new_page(WIDTH, HEIGHT)
    _box(page, (0, 0, WIDTH, HEIGHT), (240, 234, 224))
    _picture(document, page, 0, (97, 240, 400))
    _text(document, page, "Kiln & Field", (60, 752), 44, _INK, "Helvetica-Bold")
    _text(document, page, "Pottery for the table, autumn 2026", (62, 724), 15, _SOFT)
    _box(page, (60, 170, 475, 1), _SOFT)
    _text(document, page, "Eight pieces, thrown by hand and fired twice.", (62, 142), 12, _INK)
    page.gen_content()


def _list(document: pypdfium2.PdfDocument) -> None:
    page = document.new_page(WIDTH, HEIGHT)
    _text(document, page, "The pieces", (60, 760), 28, _INK, "Helvetica-Bold")
    for at, piece in enumerate(PIECES[:6]):
        left, bottom = 60 + at % 2 * 245, 540 - at // 2 * 232
        _picture(document, page, at, (left, bottom, 190))
        name = piece.name.replace("-", ", ").capitalize()
        _text(document, page, name, (left, bottom - 18), 11, _INK, "Helvetica-Bold")
        _text(document, page, f"{18 + at * 4}.00", (left + 160, bottom - 18), 11, _SOFT)
    page.gen_content()


def _picture(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, at: int, box: tuple[int, int, int]) -> None:
    left, bottom, side = box
    image = pypdfium2.PdfImage.new(document)
    image.load_jpeg(io.BytesIO(jpeg(shot(PIECES[at], 220, 220, 801 + at), b"", quality=86)), inline=True)
    image.set_matrix(pypdfium2.PdfMatrix().scale(side, side).translate(left, bottom))
    page.insert_obj(image)


def _text(
    document: pypdfium2.PdfDocument,
    page: pypdfium2.PdfPage,
    text: str,
    at: tuple[float, float],
    size: float,
    ink: tuple[int, int, int],
    font: str = "Helvetica",
) -> None:
    made = raw.FPDFPageObj_NewTextObj(document.raw, font.encode(), size)
    letters = (text + "\0").encode("utf-16-le")
    units = (ctypes.c_ushort * (len(letters) // 2)).from_buffer_copy(letters)
    raw.FPDFText_SetText(made, units)
    raw.FPDFPageObj_SetFillColor(made, *ink, 255)
    raw.FPDFPageObj_Transform(made, 1, 0, 0, 1, *at)
    raw.FPDFPage_InsertObject(page.raw, made)


def _box(page: pypdfium2.PdfPage, box: tuple[float, float, float, float], ink: tuple[int, int, int]) -> None:
    made = raw.FPDFPageObj_CreateNewRect(*box)
    raw.FPDFPageObj_SetFillColor(made, *ink, 255)
    raw.FPDFPath_SetDrawMode(made, raw.FPDF_FILLMODE_WINDING, 0)
    raw.FPDFPage_InsertObject(page.raw, made)
