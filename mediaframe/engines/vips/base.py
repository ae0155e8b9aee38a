"""The image engine: libvips, with Pillow and pi_heif for what it does not open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, TypeVar

import pyvips

from mediaframe.engines.base import Encoded, Engine, Film, Pixels, Source, Task
from mediaframe.engines.vips import foreign
from mediaframe.engines.vips import handle as handles
from mediaframe.engines.vips.color import in_srgb, wish
from mediaframe.engines.vips.depth import is_deep, ready_for_step
from mediaframe.engines.vips.frames import frames_for, open_animation
from mediaframe.engines.vips.handle import Handle
from mediaframe.engines.vips.kept import kept
from mediaframe.engines.vips.library import complaints, library_path, library_version
from mediaframe.engines.vips.metadata.policy import with_metadata
from mediaframe.engines.vips.needs import page_of, upright
from mediaframe.engines.vips.opening import READS, is_coarse, open_picture, read_header, shrink_for
from mediaframe.engines.vips.reel import Animation, Change
from mediaframe.engines.vips.score import judge
from mediaframe.formats.auto import Auto
from mediaframe.model.finish import Format, Measure
from mediaframe.model.kind import Kind, Shape
from mediaframe.model.limits import Limits
from mediaframe.model.operation import Operation
from mediaframe.model.spec import Spec
from mediaframe.ops.image.animation import Timing
from mediaframe.ops.image.geometry import AutoOrient, Resize
from mediaframe.ops.image.tone import Flatten

F = TypeVar("F", bound=Callable[..., Any])
Picture = Handle | Animation

_BAND, _EACH, _BANDS = 16, 6, 4
"""A sample is every sixth band of 16 rows, four at the least: over 78 photos its size for each pixel is that of the
whole within 4 % (one deviation). Codecs have blocks of 16 rows; bands of 8 or 32 are further off."""
_WORTH_A_SAMPLE = 150_000
"""Pixels from which on a sample costs much less than the whole."""


class VipsEngine(Engine[Picture]):
    """Opens, changes, writes and measures pictures.

    A picture may be an animation: what is registered with `implements` for a step is then done to each frame, unless
    the step is about time (`Timing`) or chooses by content, for which `decides` says what is done to all of them.
    """

    name: ClassVar[str] = "vips"
    kinds: ClassVar[tuple[Kind, ...]] = ("image",)
    revision: ClassVar[int] = 3

    def __init__(self) -> None:
        super().__init__()
        self._deciders: dict[type[Operation], Callable[[Animation, Any], Change | None]] = {}
        self._animators: dict[type[Format], Callable[[Animation, Any], Encoded]] = {}

    def decides(self, operation: type[Operation]) -> Callable[[F], F]:
        """Register how a step that chooses by content chooses once for an animation: `(animation, op) -> change`.

        The change is done to all frames alike; None says that this use of the step does not choose.
        """

        def register(function: F) -> F:
            self._deciders[operation] = function
            return function

        return register

    def animates(self, format: type[Format]) -> Callable[[F], F]:
        """Register the function that writes an animation: `(animation, format) -> Encoded`."""

        def register(function: F) -> F:
            self._animators[format] = function
            return function

        return register

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
        """Name the decode: the page, the shrink factor, whether it is turned, its colors, and how many frames."""
        header = read_header(source, task)
        return (
            page_of(task), shrink_for(header, task), upright(task), wish(task), frames_for(header, task),
            is_coarse(header, task),
        )  # fmt: skip

    def open(self, source: Source, task: Task) -> Picture:
        """Decode a picture, or begin an animation, within the limits."""
        header = read_header(source, task)
        count = frames_for(header, task)
        return open_picture(source, task) if count is None else open_animation(source, header, task, count)

    def probe(self, source: Source, task: Task) -> dict[str, Any]:
        """Say what the header says."""
        header = read_header(source, task)
        width, height = (header.height, header.width) if header.turned else (header.width, header.height)
        return {
            "width": width, "height": height, "orientation": header.orientation, "frames": header.frames, **header.facts
        }  # fmt: skip

    def shape(self, handle: Picture) -> Shape:
        """Say the size, whether it is gray or can be transparent, and how long it plays."""
        image = still(handle).image
        gray, alpha = handles.colors(image) == 1, handles.has_alpha(image)
        shape = Shape("image", handle.width, handle.height, alpha=alpha, gray=gray, frames=1)
        if isinstance(handle, Animation):
            return shape.but(frames=len(handle.delays), seconds=handle.seconds)
        return shape

    def adopt(self, pixels: Pixels | Film) -> Picture:
        """Take over pixels; a film of more than one picture is an animation."""
        if isinstance(pixels, Pixels):
            image = pyvips.Image.new_from_memory(pixels.data, pixels.width, pixels.height, pixels.bands, "uchar")
            return handles.of(image.copy(interpretation="b-w" if pixels.bands < 3 else "srgb"))
        first = still(self.adopt(pixels.pictures[0]))
        if len(pixels.pictures) == 1:
            return first
        frames = partial(map, lambda one: still(self.adopt(one)), pixels.pictures)
        return Animation(first, frames, pixels.delays, pixels.loop)

    def pixels(self, handle: Picture) -> Pixels:
        """Hand pixels over, of an animation those of the first frame."""
        with complaints("E_OP", "pixels"):
            image = in_srgb(still(handle).image)
            return Pixels(image.width, image.height, image.bands, image.write_to_memory())

    def hold(self, handle: Picture) -> Picture:
        """Work the picture, or all frames, out into memory."""
        with complaints("E_OP", "pixels"):
            if isinstance(handle, Animation):
                return handle.hold()
            return replace(handle, image=handle.image.copy_memory())

    def do(self, operation: Operation, handle: Picture) -> Any:
        """Do one step; on an animation, to each of its frames."""
        with complaints("E_OP", operation.word):
            if isinstance(operation, Timing):
                return super().do(operation, handle)
            if isinstance(handle, Handle):
                return self._step(operation, handle)
            decide = self._deciders.get(type(operation))
            change = decide(handle, operation) if decide else None
            return handle.each(change or partial(self._step, operation), partial(complaints, "E_OP", operation.word))

    def _step(self, operation: Operation, handle: Handle) -> Any:
        return super().do(operation, replace(handle, image=ready_for_step(handle.image, operation)))

    def encode(self, format: Format, handle: Picture) -> Encoded:
        """Write a file; a format that holds no animation is given the first frame."""
        with complaints("E_ENCODE", format.word):
            if isinstance(handle, Animation) and len(handle.delays) > 1 and type(format) in self._animators:
                made = self._animators[type(format)](handle, format)
            else:
                made = super().encode(format, still(handle))
            return with_metadata(made, still(handle).image, format)

    def sees_through(self, handle: Picture) -> bool:
        """Whether any pixel is transparent; an animation with alpha is taken to be."""
        if isinstance(handle, Animation):
            return handles.has_alpha(handle.first.image)
        image = handle.image
        opaque = 65535 if is_deep(image) else 255
        return handles.has_alpha(image) and image.extract_band(image.bands - 1).min() < opaque

    def can(self, spec: type[Spec]) -> bool:
        """Whether it does this word; of formats to choose from each is one of its own."""
        return super().can(spec) or spec is Auto

    def judge(self, format: Format, handle: Picture) -> Callable[[bytes], float]:
        """Score files by SSIMULACRA 2, against the picture as the format can hold it; of animations the first frame."""
        picture, background = still(handle), format.values.get("background")
        if background is not None:
            picture = self._step(Flatten(background), picture)
        with complaints("E_OP", "score"):
            return judge(picture.image, _own)

    def kept(self, source: Source, task: Task, format: Format, handle: Picture) -> Iterable[Encoded]:
        """Give the source itself, or its picture data packed anew, where that is what the recipe asks for."""
        if isinstance(handle, Animation) and any(not isinstance(step, AutoOrient) for step in task.steps):
            return  # Frames are alike what they were where no step touched them; the first one is compared.
        with complaints("E_ENCODE", format.word):
            yield from kept(
                source, task, format, still(handle), frames=len(handle.delays) if isinstance(handle, Animation) else 1
            )

    def sample(self, handle: Picture) -> tuple[Picture, float] | None:
        """Give every sixth band of rows, stacked; of animations and small pictures nothing."""
        if isinstance(handle, Animation) or handle.image.width * handle.image.height < _WORTH_A_SAMPLE:
            return None
        image, count = handle.image, handle.image.height // _BAND
        bands = [image.crop(0, at * _BAND, image.width, _BAND) for at in range(_EACH // 2, count, _EACH)]
        if len(bands) < _BANDS:
            return None
        part = pyvips.Image.arrayjoin(bands, across=1)
        return self.hold(handles.of(part)), part.height / image.height

    def reduce(self, handle: Picture, width: int, height: int) -> Picture:
        """Scale down."""
        return self.hold(self.do(Resize(width, height, fit="fill"), handle))

    def measure(self, measure: Measure, handle: Picture) -> Any:
        """Measure the picture, in 8-bit sRGB or gray; of an animation the first frame."""
        picture = still(handle)
        with complaints("E_OP", measure.word):
            return super().measure(measure, replace(picture, image=in_srgb(picture.image)))


def still(handle: Picture) -> Handle:
    """Give the picture, of an animation the first frame."""
    return handle.first if isinstance(handle, Animation) else handle


_ANY = Limits(pixels=1 << 40, side=1 << 31, bytes=1 << 40)
"""For files that were written here, of pictures that were held against the limits before."""


def _own(data: bytes) -> pyvips.Image:
    return open_picture(Source(data), Task(limits=_ANY)).image


engine = VipsEngine()
