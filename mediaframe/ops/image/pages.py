"""Operations on files that hold several pictures: page."""

from __future__ import annotations

from mediaframe.model.argument import Value, arg
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation


class Page(Operation, takes="image", opening=True):
    """Open another picture than the first: a page of a TIFF, an image of a HEIC or AVIF, a size of an icon.

    Without this step a TIFF opens at its first page, a HEIC at its primary image, an icon at its largest size. The
    sizes of an icon are counted from the largest. Every file has a page 1. Moments of an animation are frames.

    Shape: that of the page; not known before it is opened.
    Errors: `E_PARAM` where there is no such page.
    Source: libvips `tiffload` and `heifload`; Pillow; libheif.

    >>> mf.image.page(2).resize(800).webp()
    image.page(number=2).resize(width=800).webp()
    """

    number: Value[int] = arg(default=1, ge=1, le=100_000, doc="Which page, from 1.")

    def infer(self, shape: Shape) -> Shape:
        """Say that one picture is left, of a size that is not known."""
        return Shape("image", frames=1)
