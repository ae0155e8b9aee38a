"""How pictures are drawn anew as shapes: svg."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format

Detail = Literal["low", "medium", "high"]


class Svg(
    Format,
    takes="image",
    media_type="image/svg+xml",
    extension="svg",
    module="vtracer",
    install="pip install 'mediaframe[trace]'",
):
    """Trace the picture: draw it anew as shapes of a few colors, which stay sharp at any size.

    For logos, signs and drawings; of a photograph it makes a poster, in a file larger than a JPEG. Where most of the
    picture is flat, its edges are followed by curves, else by polygons, which take a third of the bytes.

    However large the picture is, it is traced at a limited size and the drawing stands for the whole: photographs at
    512, 1024 or 1536 px (by `detail`) on the longer side, flat pictures at 1024, 2048 or 3072, small ones enlarged up
    to four times first. Transparency is kept for whole pixels: what is seen less than half is left out, and the rest
    is opaque.

    The file has a width, a height and a view box, plain paths with fills, and nothing else: no script, no style, no
    reference. Needs vtracer: `pip install 'mediaframe[trace]'`.

    Source: vtracer, the tracer of VisionCortex (https://www.visioncortex.org/vtracer-docs); the palette as in
    `dominant_colors`; the threshold of `mono` by Otsu, A threshold selection method from gray-level histograms, 1979.

    >>> mf.image.svg(colors=8), mf.image.svg(mode="mono", detail="high")
    (image.svg(colors=8), image.svg(mode='mono', detail='high'))
    """

    colors: Value[int] = arg(default=16, ge=2, le=64, doc="How many colors at the most, where `palette` is not given.")
    mode: Value[Literal["color", "mono"]] = arg(
        default="color", doc="Layers of color, or one layer of what is dark, in black or the color of `palette`."
    )
    detail: Value[Detail] = arg(default="medium", doc="How fine the shapes are.")
    palette: Quantity[tuple[str, ...] | None] = arg(
        default=None, unit="colors", doc="The colors to use, and no others: ['#c8102e', 'white'] or '#c8102e white'."
    )

    def check(self) -> None:
        """Hold the palette against the mode."""
        if self.settled("mode", "palette") and self.mode == "mono" and self.palette and len(self.palette) > 1:
            raise RecipeError(f"svg: mono draws in one color, got a palette of {len(self.palette)}; give one, or none")
