"""How an animation is opened: frame after frame, whole and composed, upright, made sRGB, with delays and loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyvips
from PIL import Image

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.apng import Apng
from mediaframe.engines.vips.avif import sequence
from mediaframe.engines.vips.color import converted, wish
from mediaframe.engines.vips.foreign import bounded, known_mode, plain, trouble
from mediaframe.engines.vips.handle import Handle, of
from mediaframe.engines.vips.library import complaints
from mediaframe.engines.vips.needs import upright
from mediaframe.engines.vips.opening import Header, load, turn
from mediaframe.engines.vips.profiles import with_profile
from mediaframe.engines.vips.reel import Animation, alone
from mediaframe.engines.vips.structure import check_gif_end
from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.ops.image.animation import reach

_MOVING = ("gif", "webp", "apng", "avif")
"""Formats whose frames follow one another in time; the pages of a TIFF do not."""

Images = Callable[[], Iterator[pyvips.Image]]


def frames_for(header: Header, task: Task) -> int | None:
    """Say how many frames a recipe needs, from the first; None where the picture is opened as a still one."""
    if header.format not in _MOVING or header.frames < 2:
        return None
    return reach(task.steps, task.end, header.frames)


def open_animation(source: Source, header: Header, task: Task, count: int) -> Animation:
    """Open the first frames of an animation, so many."""
    hold_frames(header.format, count, header.width, header.height, task.limits)
    images, delays, loop = _READERS[header.format](source, header, count)
    turned = header.orientation if upright(task) else 1
    asked = wish(task)._replace(bits=8)

    def frames() -> Iterator[Handle]:
        for image in images():
            with complaints("E_CORRUPT", header.format):
                yield of(alone(turn(converted(image, asked).copy_memory(), turned)))

    first = next(frames(), None)
    if first is None:
        raise AssetError(f"{header.format}: there is no frame", code="E_CORRUPT")
    return Animation(first, frames, delays, loop)


def hold_frames(what: str, count: int, width: int, height: int, limits: Limits) -> None:
    """Hold so many frames of a size against the limits."""
    if count > limits.frames:
        raise AssetError(
            f"{what}: {count} frames are over the limit of {limits.frames}; keep fewer by frames(), or see "
            "Limits.frames",
            code="E_LIMIT_FRAMES",
        )
    total = count * width * height
    if total > limits.total_pixels:
        raise AssetError(
            f"{what}: {count} frames of {width}x{height} are {total / 1e6:.0f} megapixels, over the limit of "
            f"{limits.total_pixels / 1e6:.0f}; keep fewer by frames(), or see Limits.total_pixels",
            code="E_LIMIT_PIXELS",
        )


Found = tuple[Images, tuple[int, ...], int]
"""What gives the frames as stored, the delays and the loop count."""


def _libvips(source: Source, header: Header, count: int) -> Found:
    if header.format == "gif" and count == header.frames:
        check_gif_end(source.view())
    with complaints("E_CORRUPT", header.format):
        known = load(source.view(), header.format, n=count)
    delays = tuple(known.get("delay")) if known.get_typeof("delay") else ()
    loop = int(known.get("loop")) if known.get_typeof("loop") else 0

    def images() -> Iterator[pyvips.Image]:
        # One picture with all frames below one another, which libvips decodes line by line as they are asked for.
        with complaints("E_CORRUPT", header.format):
            tall = load(source.view(), header.format, n=count)
        for number in range(count):
            yield tall.crop(0, number * header.height, header.width, header.height)

    return images, (*delays, *(0,) * count)[:count], loop


def _apng(source: Source, header: Header, count: int) -> Found:
    found = Apng(source.view())
    return lambda: found.frames(count), found.delays[:count], found.plays


def _avif(source: Source, header: Header, count: int) -> Found:
    told = sequence(source.view())

    def images() -> Iterator[pyvips.Image]:
        with trouble("avif"), bounded(Limits(pixels=header.width * header.height)), source.file() as file:
            picture = Image.open(file, formats=["AVIF"])  # type: ignore[arg-type]  # reads, seeks and tells
        for number in range(count):
            with trouble("avif"):
                picture.seek(number)
                picture.load()
                shown = known_mode(picture)
                image = plain(shown.tobytes(), shown.size, shown.mode)
            yield with_profile(image, picture.info.get("icc_profile") or b"")

    return images, (*told.delays, *(0,) * count)[:count], told.plays


_READERS: dict[str, Callable[[Source, Header, int], Found]] = {
    "gif": _libvips, "webp": _libvips, "apng": _apng, "avif": _avif,
}  # fmt: skip
