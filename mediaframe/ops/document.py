"""What can be done to documents."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation


class Page(Operation, takes="document", gives="image"):
    """Take one page as a picture.

    Shape: the size of the page at this resolution, rounded up as PDFium does; not known before it is opened.
    Errors: `E_PARAM` where the document has no such page.
    Source: PDFium through pypdfium2.

    >>> mf.document.page(1, dpi=96).resize(800).webp()
    document.page(dpi=96.0).resize(width=800).webp()
    """

    number: Value[int] = arg(default=1, ge=1, le=100_000, doc="Which page, from 1.")
    dpi: Value[float] = arg(default=150.0, unit="dpi", ge=10, le=1200, doc="Dots for each inch of the page.")

    def infer(self, shape: Shape) -> Shape:
        """Say that one page is left."""
        return Shape("image", alpha=False, frames=1)
