"""Animation: frames that are decoded one after the other, when they are asked for, and the time that each is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

import pyvips

from mediaframe.engines.vips.handle import Handle
from mediaframe.errors import AssetError

Change = Callable[[Handle], Handle]
"""What is done to each frame alike."""

TIMES = ("delay", "loop", "n-pages", "page-height", "gif-delay", "gif-loop", "gif-palette", "background")
"""What libvips keeps of an animation in its header; a frame that stands alone has none of it."""


@dataclass(frozen=True, slots=True)
class Animation:
    """An animation as the engine holds it.

    `first` is in memory. `frames` begins anew at each call and gives one frame at a time, so that a source is decoded
    frame by frame, and only what comes out at the end is held.
    """

    first: Handle
    frames: Callable[[], Iterator[Handle]]
    delays: tuple[int, ...]
    """How long each frame is shown, in milliseconds."""
    loop: int
    """How often it is played; 0 goes on forever."""

    @property
    def width(self) -> int:
        """The width of each frame."""
        return self.first.width

    @property
    def height(self) -> int:
        """The height of each frame."""
        return self.first.height

    @property
    def seconds(self) -> float:
        """The playing time, once through."""
        return sum(self.delays) / 1000

    def each(self, change: Change, trouble: Callable[[], AbstractContextManager[None]]) -> Animation:
        """Do the same to each frame, later; the first is changed now, so that what cannot be done is told now."""

        def changed() -> Iterator[Handle]:
            for frame in self.frames():
                with trouble():
                    made = change(frame)
                yield made

        return replace(self, first=change(self.first), frames=changed)

    def choose(self, numbers: range) -> Animation:
        """Keep the frames of these numbers, from 0; those that are left out lend them their time."""
        ends = [*numbers[1:], numbers.stop]

        def chosen() -> Iterator[Handle]:
            for number, frame in enumerate(self.frames()):
                if number in numbers:
                    yield frame
                if number >= numbers[-1]:
                    return

        delays = tuple(sum(self.delays[start:end]) for start, end in zip(numbers, ends, strict=True))
        chosen_first = self.first if numbers[0] == 0 else next(chosen())
        return replace(self, first=chosen_first, frames=chosen, delays=delays)

    def hold(self) -> Animation:
        """Work all frames out into memory."""
        frames = tuple(in_memory(self))
        return replace(self, first=frames[0], frames=lambda: iter(frames))


def in_memory(animation: Animation) -> Iterator[Handle]:
    """Give the frames, each worked out; a frame of another size than the first is a fault of a step."""
    expected, count = animation.first.image, 0
    for frame in animation.frames():
        image = frame.image.copy_memory()
        if (image.width, image.height, image.bands) != (expected.width, expected.height, expected.bands):
            raise AssetError(
                f"frame {count + 1} came out as {image.width}x{image.height}x{image.bands}, the first as "
                f"{expected.width}x{expected.height}x{expected.bands}: a step that chooses by content must choose once",
                code="E_INTERNAL",
            )
        count += 1
        yield Handle(image, frame.width, frame.height)
    if count != len(animation.delays):
        raise AssetError(f"{len(animation.delays)} frames are declared, {count} are there", code="E_TRUNCATED")


def timed(delays: tuple[int, ...], factor: float) -> tuple[int, ...]:
    """Make delays shorter by a factor; the moments are rounded, so that errors do not add up.

    >>> timed((33, 33, 34), 2), timed((33, 33, 34), 0.5)
    ((16, 17, 17), (66, 66, 68))
    """
    moments = [0, *(round(moment / factor) for moment in accumulate(delays))]
    return tuple(end - start for start, end in pairwise(moments))


def alone(image: pyvips.Image) -> pyvips.Image:
    """Give a frame as a picture of its own, without what its header says of the animation."""
    image = image.copy()
    for name in TIMES:
        if image.get_typeof(name):
            image.remove(name)
    return image
