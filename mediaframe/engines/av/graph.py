"""Graphs of filters: chains of nodes between what a decoder gives and what an encoder takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from mediaframe.engines.base import Pixels

Shown = Iterator[tuple[float, Pixels]]
"""Pictures of one size with the seconds from which on each is shown."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a step: the second of the source where it stood at 0, and how many pass in one of its own."""

    start: float
    speed: float


@dataclass(frozen=True, slots=True)
class Node:
    """One filter of FFmpeg with its arguments, as in `scale=640:360`."""

    name: str
    args: str = ""
    layer: Callable[[], Shown] | None = None
    """The pictures of its second input, in RGBA."""
    clock: Clock | None = None
    """The clock that its times are told by, where it has some."""
    ahead: float = 0.0
    """Seconds that this clock is ahead of that of the frames."""
    above: tuple[Node, ...] = ()
    """Filters of the layer."""
    only: int | None = None
    """The stream that alone goes through it, by its place in the container."""


class Chain:
    """Filters one after the other; what enters is known by its first frame, whose header may have lied."""

    def __init__(self, frame: VideoFrame | AudioFrame, nodes: Iterable[Node]) -> None:
        self.kind = kind_of(frame)
        self.graph = Graph()
        self.layers = list[_Layer]()
        self.start, self.sink = self._ends(frame)
        last = self.start
        for node in nodes:
            last = self._linked(last, node)
        last.link_to(self.sink)
        self.graph.configure()

    def _ends(self, frame: VideoFrame | AudioFrame) -> tuple[FilterContext, FilterContext]:
        if isinstance(frame, AudioFrame):
            start = self.graph.add_abuffer(
                sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
            )
            return start, self.graph.add("abuffersink")
        return _buffer(self.graph, frame), self.graph.add("buffersink")

    def _linked(self, last: FilterContext, node: Node) -> FilterContext:
        """Add a filter behind the last one; where it tells times by another clock, frames have those meanwhile."""
        clock = "asetpts" if node.name in _OF_SOUND else "setpts"
        if node.ahead:
            last = self._next(last, self.graph.add(clock, f"PTS+{node.ahead:.6f}/TB"))
        made = self._next(last, self.graph.add(node.name, node.args))
        if node.layer is not None:
            layer = _Layer(self.graph, node.layer(), node.clock.speed if node.clock else 1.0, node.ahead)
            above = layer.start
            for one in node.above:
                above = self._next(above, self.graph.add(one.name, one.args))
            above.link_to(made, 0, 1)
            self.layers.append(layer)
        if node.ahead:
            made = self._next(made, self.graph.add(clock, f"PTS-{node.ahead:.6f}/TB"))
        return made

    @staticmethod
    def _next(last: FilterContext, then: FilterContext) -> FilterContext:
        last.link_to(then)
        return then

    def push(self, frame: VideoFrame | AudioFrame | None) -> Iterator[Any]:
        """Give what comes out for one more frame; None for the end."""
        for layer in self.layers:
            layer.push_until(None if frame is None else frame.time)
        self.start.push(frame)
        while True:
            try:
                yield self.sink.pull()
            except (av.BlockingIOError, av.EOFError):
                return


_OF_SOUND = ("afade",)
_AHEAD = 1.0
"""Seconds that pictures of a layer are ahead of those that they are put on."""


class _Layer:
    """The second input of a filter, which is given its pictures as they are needed."""

    def __init__(self, graph: Graph, shown: Shown, speed: float, ahead: float) -> None:
        self.shown, self.speed, self.ahead = shown, speed, ahead
        self.reached = -1.0
        self.first = next(shown)
        self.start = _buffer(graph, _frame(*self.first))

    def push_until(self, time: float | None) -> None:
        """Push the pictures up to one that is shown later; with them the end, where they are the last."""
        while time is not None and self.reached <= time / self.speed + self.ahead + _AHEAD:
            found = self.first if self.reached < 0 else next(self.shown, None)
            if found is None:
                self.start.push(None)
                self.reached = float("inf")
                return
            self.start.push(_frame(*found))
            self.reached = max(found[0], 0.0)


def _frame(seconds: float, pixels: Pixels) -> VideoFrame:
    rows = np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, 4)
    frame = VideoFrame.from_ndarray(rows, format="rgba")
    frame.pts, frame.time_base = round(seconds * 1000), Fraction(1, 1000)
    frame.colorspace, frame.color_range = 0, 2
    return frame


def _buffer(graph: Graph, frame: VideoFrame) -> FilterContext:
    # `add_buffer` knows no colors; frames that differ from what it says are warned of, or taken for another.
    return graph.add(
        "buffer",
        video_size=f"{frame.width}x{frame.height}",
        pix_fmt=frame.format.name,
        time_base=str(frame.time_base),
        pixel_aspect="1/1",
        colorspace=str(int(frame.colorspace)),
        range=str(int(frame.color_range)),
    )


def kind_of(frame: VideoFrame | AudioFrame) -> tuple[object, ...]:
    """Give what a graph is made for: where it changes amid a stream, so must the graph."""
    if isinstance(frame, AudioFrame):
        return frame.sample_rate, frame.format.name, frame.layout.name
    return frame.width, frame.height, frame.format.name, int(frame.colorspace), int(frame.color_range)
