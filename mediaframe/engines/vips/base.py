"""The image engine: libvips, with Pillow and pi_heif for what it does not open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import pyvips

from mediaframe.engines.base import Encoded, Engine, Pixels, Source, Task
from mediaframe.engines.vips import foreign
from mediaframe.engines.vips import handle as handles
from mediaframe.engines.vips.color import in_srgb, wish
from mediaframe.engines.vips.depth import ready_for_step
from mediaframe.engines.vips.handle import Handle
from mediaframe.engines.vips.library import complaints, library_path, library_version
from mediaframe.engines.vips.needs import upright
from mediaframe.engines.vips.opening import READS, open_picture, read_header, shrink_for
from mediaframe.engines.vips.score import judge
from mediaframe.model.finish import Format, Measure
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.operation import Operation
from mediaframe.ops.image.geometry import Resize
from mediaframe.ops.image.tone import Flatten


class VipsEngine(Engine[Handle]):
    """Opens, changes, writes and measures pictures."""

    name: ClassVar[str] = "vips"
    kinds: ClassVar[tuple[Kind, ...]] = ("image",)
    revision: ClassVar[int] = 2

    def version(self) -> str:
        """Name libvips, its version and our revision."""
        return f"vips {library_version()} r{self.revision}"

    def facts(self) -> dict[str, Any]:
        """Say how libvips is bound, for `mediaframe doctor`."""
        path = library_path()
        return {"api_mode": pyvips.API_mode, "library": path, "bundled": "site-packages" in path}

    def reading(self) -> dict[str, str]:
        """Say which formats are opened, and what HEIC needs where it is missing."""
        return {one: foreign.install(one) for one in READS}

    def sharing(self, source: Source, task: Task) -> object:
        """Name the decode: by the shrink factor, whether the picture is turned, and its colors."""
        return shrink_for(read_header(source, task), task), upright(task), wish(task)

    def open(self, source: Source, task: Task) -> Handle:
        """Decode a picture within the limits."""
        return open_picture(source, task)

    def probe(self, source: Source, task: Task) -> dict[str, Any]:
        """Say what the header says."""
        header = read_header(source, task)
        width, height = (header.height, header.width) if header.turned else (header.width, header.height)
        return {
            "width": width, "height": height, "orientation": header.orientation, "frames": header.frames, **header.facts
        }  # fmt: skip

    def shape(self, handle: Handle) -> Shape:
        """Say the size, and whether it is gray or can be transparent."""
        image = handle.image
        gray, alpha = handles.colors(image) == 1, handles.has_alpha(image)
        return Shape("image", handle.width, handle.height, alpha=alpha, gray=gray, frames=1)

    def adopt(self, pixels: Pixels) -> Handle:
        """Take over pixels."""
        image = pyvips.Image.new_from_memory(pixels.data, pixels.width, pixels.height, pixels.bands, "uchar")
        return handles.of(image.copy(interpretation="b-w" if pixels.bands < 3 else "srgb"))

    def pixels(self, handle: Handle) -> Pixels:
        """Hand pixels over."""
        with complaints("E_OP", "pixels"):
            image = in_srgb(handle.image)
            return Pixels(image.width, image.height, image.bands, image.write_to_memory())

    def hold(self, handle: Handle) -> Handle:
        """Work the picture out into memory."""
        with complaints("E_OP", "pixels"):
            return Handle(handle.image.copy_memory(), handle.width, handle.height)

    def do(self, operation: Operation, handle: Handle) -> Any:
        """Do one step."""
        with complaints("E_OP", operation.word):
            return super().do(operation, replace(handle, image=ready_for_step(handle.image, operation)))

    def encode(self, format: Format, handle: Handle) -> Encoded:
        """Write a file."""
        with complaints("E_ENCODE", format.word):
            return super().encode(format, handle)

    def judge(self, format: Format, handle: Handle) -> Callable[[bytes], float]:
        """Score files by SSIMULACRA 2, against the picture as the format can hold it."""
        background = format.values.get("background")
        if background is not None:
            handle = self.do(Flatten(background), handle)
        with complaints("E_OP", "score"):
            return judge(handle.image)

    def reduce(self, handle: Handle, width: int, height: int) -> Handle:
        """Scale down."""
        return self.hold(self.do(Resize(width, height, fit="fill"), handle))

    def measure(self, measure: Measure, handle: Handle) -> Any:
        """Measure the picture, in 8-bit sRGB or gray."""
        with complaints("E_OP", measure.word):
            return super().measure(measure, replace(handle, image=in_srgb(handle.image)))


engine = VipsEngine()
