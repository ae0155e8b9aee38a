"""Many pictures put into a PDF, each copied as it is packed: no pixel is decoded here."""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

import pypdfium2  # type: ignore[import-untyped]  # it carries no types

from mediaframe.engines.base import Encoded, Piece, Source, Task
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.opening import load, read_header
from mediaframe.engines.vips.pdffile import Sheet, document
from mediaframe.errors import AssetError
from mediaframe.model.quantity import LARGEST_PAGE
from mediaframe.ops.merge import Placed, ToPdf

_LEAST_PAGE = 3
"""Points of a side at the least (ISO 32000-1, annex C.2)."""


@engine.implements(ToPdf)
def to_pdf(pieces: Sequence[Piece], op: ToPdf, task: Task) -> Encoded:
    """Write a page for each picture; the pieces are JPEGs, or PNGs without alpha."""
    if len(pieces) > task.limits.pages:
        raise AssetError(
            f"to_pdf: {len(pieces)} pages are over the limit of {task.limits.pages}; make several files, as with "
            "filter() or head(), or see Limits.pages",
            code="E_LIMIT_PAGES",
        )
    handle, name = tempfile.mkstemp(suffix=".pdf", dir=Path.cwd())
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, document((_sheet(piece, op, task) for piece in pieces), len(pieces)), task.limits.output)
        _read_back(path, len(pieces))
    except BaseException:
        path.unlink()
        raise
    quality = None if task.end is None or task.end.values["lossless"] else task.end.values["quality"]
    return Encoded(path, pages=len(pieces), quality=quality, encodes=0)


def _write(file: IO[bytes], parts: Iterable[bytes], limit: int) -> None:
    size = 0
    for part in parts:
        size += file.write(part)
        if size > limit:
            raise AssetError(
                f"to_pdf: more than {limit} bytes; resize the pictures, lower the quality, make several files, or see "
                "Limits.output",
                code="E_LIMIT_OUTPUT",
            )


def _sheet(piece: Piece, op: ToPdf, task: Task) -> Sheet:
    data = bytes(piece.view())
    header = read_header(Source(data), task)
    placed = op.placed(header.width, header.height)
    _hold(placed, header.width, header.height)
    gray = load(data, header.format).bands == 1
    if header.format == "jpeg":
        return Sheet(header.width, header.height, gray, "DCTDecode", data, placed)
    packed = b"".join(_rows(data))
    return Sheet(header.width, header.height, gray, "FlateDecode", packed, placed, filtered=True)


def _rows(png: bytes) -> Iterator[bytes]:
    """Give the packed rows of a PNG, which a PDF unpacks in the same way (ISO 32000-1, 7.4.4.4)."""
    at = 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        if kind == b"IDAT":
            yield png[at + 8 : at + 8 + length]
        at += 12 + length


def _hold(placed: Placed, width: int, height: int) -> None:
    if max(placed.page) > LARGEST_PAGE or min(placed.page) < _LEAST_PAGE:
        raise AssetError(
            f"to_pdf: a page of {placed.page[0]:.0f}x{placed.page[1]:.0f} points for {width}x{height} px; a page has "
            f"{_LEAST_PAGE} to {LARGEST_PAGE} points a side: choose another dpi, a sheet such as page='a4', or resize",
            code="E_ENCODE",
        )


def _read_back(path: Path, count: int) -> None:
    try:
        with pypdfium2.PdfDocument(path) as read:
            found = len(read)
    except pypdfium2.PdfiumError as error:
        raise AssetError(f"to_pdf: what was written does not read back: {error}", code="E_VERIFY") from None
    if found != count:
        raise AssetError(f"to_pdf: wrote {count} pages, reads back with {found}", code="E_VERIFY")
