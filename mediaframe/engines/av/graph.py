"""Graphs of filters: chains of nodes between what a decoder gives and what an encoder takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Node:
    """One filter of FFmpeg with its arguments, as in `scale=640:360`."""

    name: str
    args: str = ""


class Chain:
    """Filters one after the other; what enters is known by its first frame, whose header may have lied."""

    def __init__(self, frame: VideoFrame | AudioFrame, nodes: Iterable[Node]) -> None:
        self.kind = kind_of(frame)
        self.graph = Graph()
        start, sink = self._ends(frame)
        self.graph.link_nodes(start, *(self.graph.add(one.name, one.args) for one in nodes), sink).configure()

    def _ends(self, frame: VideoFrame | AudioFrame) -> tuple[FilterContext, FilterContext]:
        if isinstance(frame, AudioFrame):
            start = self.graph.add_abuffer(
                sample_rate=frame.sample_rate, format=frame.format, layout=frame.layout, time_base=frame.time_base
            )
            return start, self.graph.add("abuffersink")
        # `add_buffer` knows no colors; frames that differ from what it says are warned of, or taken for another.
        return self.graph.add(
            "buffer",
            video_size=f"{frame.width}x{frame.height}",
            pix_fmt=frame.format.name,
            time_base=str(frame.time_base),
            pixel_aspect="1/1",
            colorspace=str(int(frame.colorspace)),
            range=str(int(frame.color_range)),
        ), self.graph.add("buffersink")

    def push(self, frame: VideoFrame | AudioFrame | None) -> Iterator[Any]:
        """Give what comes out for one more frame; None for the end."""
        self.graph.push(frame)
        while True:
            try:
                yield self.graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return


def kind_of(frame: VideoFrame | AudioFrame) -> tuple[object, ...]:
    """Give what a graph is made for: where it changes amid a stream, so must the graph."""
    if isinstance(frame, AudioFrame):
        return frame.sample_rate, frame.format.name, frame.layout.name
    return frame.width, frame.height, frame.format.name, int(frame.colorspace), int(frame.color_range)
