"""The document engine: PDFium through pypdfium2. It reads PDFs and gives pages as pixels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import pypdfium2  # type: ignore[import-untyped]  # it carries no types
from pypdfium2 import PdfDocument, PdfiumError, PdfPage

from mediaframe.engines.base import Engine, Pixels, Source, Task
from mediaframe.errors import AssetError
from mediaframe.model.kind import Kind, Shape
from mediaframe.ops.document import Page

_POINTS = 72.0
_PASSWORD, _SECURITY = 4, 5
_TAIL = 64 << 10


@dataclass(slots=True)
class Paper:
    """An open document and the task it was opened for."""

    document: PdfDocument
    task: Task


class PdfiumEngine(Engine[Paper]):
    """Reads documents. No form is filled and no script runs."""

    name = "pdfium"
    kinds: ClassVar[tuple[Kind, ...]] = ("document",)
    revision = 1

    def reading(self) -> dict[str, str]:
        """Say that PDF is read."""
        return {"pdf": ""}

    def version(self) -> str:
        """Name the engine, PDFium's version and the engine's own revision."""
        library = f"pypdfium2 {version('pypdfium2')}"
        return f"pdfium {pypdfium2.PDFIUM_INFO} ({library}, revision {self.revision})"

    def open(self, source: Source, task: Task) -> Paper:
        """Open a document; AssetError where it is encrypted or damaged."""
        if task.format not in (None, "pdf"):
            raise AssetError(f"expected a PDF, got {task.format}; convert it first", code="E_UNSUPPORTED_FORMAT")
        if source.size > task.limits.bytes:
            raise AssetError(
                f"the document has {source.size} bytes, over the limit of {task.limits.bytes}; see Limits.bytes",
                code="E_LIMIT_BYTES",
            )
        try:
            document = PdfDocument(source.file(), autoclose=True)
            pages = len(document)
        except PdfiumError as error:
            raise _refused(error, source) from None
        if pages == 0:
            raise AssetError("the document has no pages", code="E_CORRUPT")
        return Paper(document, task)

    def probe(self, source: Source, task: Task) -> dict[str, Any]:
        """Say the number of pages, and the size of the first in points as it is displayed."""
        paper = self.open(source, task)
        try:
            with _page(paper.document, 0) as page:
                width, height = page.get_size()
                turn = page.get_rotation()
            return {
                "kind": "document",
                "pages": len(paper.document),
                "width": max(round(width), 1),
                "height": max(round(height), 1),
                "orientation": turn,
            }
        finally:
            paper.document.close()

    def shape(self, handle: Paper) -> Shape:
        """Say the size of the first page in points, and how many pages there are."""
        with _page(handle.document, 0) as page:
            width, height = page.get_size()
        return Shape("document", max(round(width), 1), max(round(height), 1), pages=len(handle.document))


engine = PdfiumEngine()


@engine.implements(Page)
def page(paper: Paper, op: Page) -> Pixels:
    """Draw a page on white."""
    pages = len(paper.document)
    if op.number > pages:
        raise AssetError(f"page(number=...): expected 1 to {pages}, got {op.number}", code="E_PARAM")
    with _page(paper.document, op.number - 1) as found:
        scale = op.dpi / _POINTS
        width, height = (math.ceil(side * scale) for side in found.get_size())
        limit = paper.task.limits.pixels
        if width * height > limit:
            raise AssetError(
                f"the page has {width}x{height} pixels at {op.dpi:g} dpi, over the limit of {limit}; "
                "ask for fewer dpi, or see Limits.pixels",
                code="E_LIMIT_PIXELS",
            )
        try:
            # Its default of 1 makes checkers take the scale for a whole number.
            bitmap = found.render(
                scale=scale,  # pyright: ignore[reportArgumentType]
                rev_byteorder=True,
                may_draw_forms=False,
            )
        except PdfiumError as error:
            raise AssetError(f"the page does not render: {error}", code="E_CORRUPT") from None
        rows = np.ascontiguousarray(bitmap.to_numpy()[:, :, :3])
        bitmap.close()
    return Pixels(rows.shape[1], rows.shape[0], 3, rows.tobytes())


@contextmanager
def _page(document: PdfDocument, index: int) -> Iterator[PdfPage]:
    try:
        found = document[index]
    except PdfiumError as error:
        raise AssetError(f"page {index + 1} cannot be read: {error}", code="E_CORRUPT") from None
    try:
        yield found
    finally:
        found.close()


def _refused(error: PdfiumError, source: Source) -> AssetError:
    if error.err_code in (_PASSWORD, _SECURITY):
        return AssetError("the document needs a password; take it off first", code="E_ENCRYPTED")
    if b"%%EOF" not in bytes(source.view()[-_TAIL:]):
        return AssetError("the document ends without its end mark", code="E_TRUNCATED")
    return AssetError("the document cannot be read: it is damaged", code="E_CORRUPT")
