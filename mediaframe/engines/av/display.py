"""A frame as it is displayed: 8-bit sRGB with square pixels, whatever its colors were; not yet turned."""

from __future__ import annotations

from contextlib import ExitStack

from av.video.frame import VideoFrame

from mediaframe.engines.av import color
from mediaframe.engines.av.graph import Chain, Node
from mediaframe.engines.av.tone import Table


def shown(frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
    """Give a frame as `rgb24` of a size, which is its own with square pixels.

    High dynamic range and wide gamuts are brought to BT.709 by the same table as in videos that are written.
    """
    given = color.said(frame)
    if not given.wide and (frame.width, frame.height) == size:
        # FFmpeg takes colors without a name for those of standard definition; players take HD for BT.709.
        return frame.reformat(format="rgb24", src_colorspace="ITU709" if given.matrix == 1 else None)
    with ExitStack() as held:
        nodes = [color.entering(given), Node("scale", f"{size[0]}:{size[1]}:flags={color.FLAGS}")]
        if given.wide:
            nodes += color.mapped(held.enter_context(Table(given.transfer, given.primaries)), given)
        last = Node("scale", f"flags={color.FLAGS}+full_chroma_int+full_chroma_inp")
        chain = Chain(frame, [*nodes, last, Node("format", "pix_fmts=rgb24")])
    made: VideoFrame = next(chain.push(frame))
    return made
