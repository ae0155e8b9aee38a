"""Moving pictures without sound out of videos: GIF with one palette for all, WebP; frame after frame into a file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import numpy as np
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaframe.engines.av.base import engine
from mediaframe.engines.av.demux import faults
from mediaframe.engines.av.even import even, watch
from mediaframe.engines.av.graph import Node
from mediaframe.engines.av.medium import Medium
from mediaframe.engines.av.prints import Levels
from mediaframe.engines.base import Encoded
from mediaframe.errors import AssetError
from mediaframe.formats.stills import Gif, Webp

_BGRA = (
    Node("scale", "flags=lanczos+accurate_rnd+full_chroma_int+full_chroma_inp"),
    Node("format", "pix_fmts=bgra"),
)
_NOTHING = "there is no picture in this part"
_DITHERS = {"bayer": "bayer:bayer_scale=4", "floyd_steinberg": "floyd_steinberg", "none": "none"}


@engine.implements(Gif)
def gif(medium: Medium, format: Gif) -> Encoded:
    """Find a palette for all frames, then write them."""
    fps = even(medium, format.fps, "gif()")
    find = Node("palettegen", f"max_colors={format.colors}:stats_mode=full")
    palette = next(watch(medium, fps, *_BGRA, find), None)
    if palette is None:
        raise AssetError(_NOTHING, code="E_OP")
    steady = _steady(watch(medium, fps, *_BGRA), format.interframe_maxerror)
    frames = _painted(steady, palette, _DITHERS[format.dither])
    # FFmpeg writes how often it is played again; -1 leaves that out.
    again = -1 if format.loop == 1 else max(0, format.loop - 1)
    return _written(medium, frames, fps, "gif", ("gif", "pal8", {}), {"loop": str(again)})


@engine.implements(Webp)
def webp(medium: Medium, format: Webp) -> Encoded:
    """Write frames as they come."""
    fps = even(medium, format.fps, "webp()")
    options = {
        "quality": str(format.quality), "lossless": str(int(format.lossless)), "compression_level": str(format.effort),
    }  # fmt: skip
    coder = ("libwebp_anim", "bgra", options)
    made = _written(medium, watch(medium, fps, *_BGRA), fps, "webp", coder, {"loop": str(format.loop)})
    assert isinstance(made.data, Path)  # noqa: S101  # it was written as a file
    return replace(made, pages=_shown(made.data))


def _shown(path: Path) -> int:
    """Count the frames that a WebP holds: libwebp makes one of neighbors that look equal."""
    found = 0
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            found += head[:4] == b"ANMF"
            size = int.from_bytes(head[4:], "little")
            file.seek(size + size % 2, os.SEEK_CUR)
    return found


def _steady(frames: Iterator[VideoFrame], error: int) -> Iterator[VideoFrame]:
    """Let pixels stay that change by little: what stays takes no bytes, and does not flicker."""
    before = None
    for frame in frames:
        levels: Levels = frame.to_ndarray().astype(np.uint8, copy=False)
        if before is not None and error:
            off = np.abs(levels[..., :3].astype(np.int16) - before[..., :3]).max(axis=2)
            levels = np.where((off <= error)[..., None], before, levels)
        before = levels
        made = av.VideoFrame.from_ndarray(np.ascontiguousarray(levels), format="bgra")
        made.pts, made.time_base = frame.pts, frame.time_base
        yield made


def _painted(frames: Iterator[VideoFrame], palette: VideoFrame, dither: str) -> Iterator[VideoFrame]:
    """Give the frames with the numbers of the colors of a palette."""
    graph, pull = Graph(), None
    for frame in frames:
        if pull is None:
            start, colors = (
                graph.add("buffer", f"video_size={one.width}x{one.height}:pix_fmt=bgra:time_base={one.time_base}")
                for one in (frame, palette)
            )
            use, sink = graph.add("paletteuse", f"dither={dither}:diff_mode=rectangle"), graph.add("buffersink")
            start.link_to(use, 0, 0)
            colors.link_to(use, 0, 1)
            use.link_to(sink)
            graph.configure()
            colors.push(palette)
            colors.push(None)
            pull = _pulling(graph)
        start.push(frame)
        yield from pull()
    if pull is not None:
        start.push(None)
        yield from pull()


def _pulling(graph: Graph) -> Callable[[], Iterator[VideoFrame]]:
    def pull() -> Iterator[VideoFrame]:
        while True:
            try:
                made = graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            assert isinstance(made, VideoFrame)  # noqa: S101  # pictures went in
            yield made

    return pull


def _written(
    medium: Medium,
    frames: Iterator[VideoFrame],
    fps: Fraction,
    muxer: str,
    coder: tuple[str, str, Mapping[str, str]],
    options: Mapping[str, str],
) -> Encoded:
    """Write a file in the child's own directory."""
    handle, name = tempfile.mkstemp(suffix=f".{muxer}", dir=Path.cwd())
    os.close(handle)
    path = Path(name)
    try:
        with (
            faults("it cannot be written"),
            av.open(name, "w", format=muxer, options={"fflags": "+bitexact", **options}) as out,
        ):
            codec, pixels, told = coder
            stream = out.add_stream(codec, rate=fps, options=dict(told))
            assert isinstance(stream, VideoStream)  # noqa: S101  # an encoder of pictures gives no other
            stream.pix_fmt, stream.width = pixels, 0
            made = 0
            for made, frame in zip(count(1), frames, strict=False):
                if not stream.width:
                    stream.width, stream.height = frame.width, frame.height
                out.mux(stream.encode(frame))
                if medium.seconds and not made % 10:
                    medium.task.tell(min(1.0, made / float(fps) / medium.seconds))
            if not made:
                raise AssetError(_NOTHING, code="E_OP")
            out.mux(stream.encode(None))
            width, height = stream.width, stream.height
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Encoded(path, width, height, seconds=round(float(made / fps), 3), pages=made)
