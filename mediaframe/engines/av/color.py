"""What the numbers of a frame mean as colors, and what they are turned into: 8-bit BT.709 or BT.601 of limited range.

The numbers are those of ITU-T H.273, which FFmpeg uses for matrices, primaries and transfer functions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from mediaframe.engines.av.graph import Node
from mediaframe.engines.av.tone import HLG, PQ, WIDE

_RGB, _BT709, _UNKNOWN, _PAL, _NTSC, _WIDE_MATRICES = 0, 1, 2, 5, 6, (9, 10)
_LIMITED, _FULL = 1, 2
_SD_WIDTH, _SD_HEIGHT = 1024, 576
_KEPT = {_BT709: "bt709", _PAL: "bt470bg", _NTSC: "smpte170m"}
"""The matrices that are written, with FFmpeg's names; others are turned into BT.709."""
_NAMED = {**_KEPT, 9: "bt2020"}
"""Those that are written where colors are kept."""


@dataclass(frozen=True, slots=True)
class Colors:
    """Matrix, primaries and transfer function by their numbers in H.273, and whether all of the range is used."""

    matrix: int
    primaries: int
    transfer: int
    full: bool

    @property
    def wide(self) -> bool:
        """Whether only a table of colors brings them to BT.709."""
        return self.transfer in (PQ, HLG) or self.primaries in WIDE

    def coded(self) -> Colors:
        """Say in which colors a video of these is written: as BT.709 or BT.601 where it is that, else as BT.709."""
        if self.wide:
            return Colors(_BT709, _BT709, _BT709, full=False)
        if self.matrix not in _KEPT:
            return Colors(_BT709, self.primaries, self.transfer, full=False)
        return replace(self, full=False)

    def kept(self) -> Colors:
        """Say in which colors a video of these is written that keeps them; other matrices become the usual one."""
        matrix = self.matrix if self.matrix in _NAMED else 9 if self.primaries == 9 else _BT709
        return replace(self, matrix=matrix, full=False)


def said(told: VideoFrame | VideoCodecContext) -> Colors:
    """Give the colors that a frame or a stream declares; what it leaves out is what players take it for."""
    layout = VideoFormat(told.format.name) if told.format else None
    matrix, primaries, transfer = told.colorspace, told.color_primaries, told.color_trc
    high = told.height > _SD_HEIGHT or told.width > _SD_WIDTH
    if layout is not None and layout.is_rgb:
        matrix = _RGB
    elif matrix in (_UNKNOWN, _RGB):
        matrix = 9 if primaries in WIDE or transfer in (PQ, HLG) else _BT709 if high else _NTSC
    if primaries == _UNKNOWN and (transfer in (PQ, HLG) or matrix in _WIDE_MATRICES):
        primaries = 9
    if high and matrix == _BT709:
        primaries = _BT709 if primaries == _UNKNOWN else primaries
        transfer = _BT709 if transfer == _UNKNOWN else transfer
    full = told.color_range == _FULL or (layout is not None and layout.name.startswith("yuvj")) or matrix == _RGB
    return Colors(matrix, primaries, transfer, full)


def entering(colors: Colors) -> Node:
    """Say of the frames that come in what they are, where they leave it out."""
    return Node("setparams", f"colorspace={colors.matrix}:range={_range(colors)}:color_primaries={colors.primaries}:"
                             f"color_trc={colors.transfer}")  # fmt: skip


def mapped(table: Node, colors: Colors) -> tuple[Node, ...]:
    """Bring wide colors to BT.709 by a table; the frames are RGB afterwards."""
    into = () if colors.matrix == _RGB else (Node("scale", f"flags={FLAGS}"),)
    return (*into, Node("format", "pix_fmts=gbrp10:color_ranges=pc"), table, entering(MAPPED))


MAPPED = Colors(_RGB, _BT709, _BT709, full=True)
"""What the table gives."""

FLAGS = "lanczos+accurate_rnd"


def leaving(given: Colors, wanted: Colors, *, converted: bool) -> tuple[Node, ...]:
    """Turn colors into those that are written; nothing where they are that already."""
    if not converted and given.matrix == wanted.matrix and given.full == wanted.full:
        return ()
    return (Node("scale", f"flags={FLAGS}:out_color_matrix={_NAMED[wanted.matrix]}:out_range=tv"),)


def layered(wanted: Colors) -> tuple[Node, ...]:
    """Turn what is put on pictures into their colors."""
    matrix = _NAMED[wanted.matrix]
    return (
        Node("scale", f"flags={FLAGS}:out_color_matrix={matrix}:out_range=tv"),
        Node("format", "pix_fmts=yuva420p"),
    )


def tag(coder: VideoCodecContext, colors: Colors) -> None:
    """Have an encoder write what the colors are."""
    coder.colorspace, coder.color_range = colors.matrix, _range(colors)
    coder.color_primaries, coder.color_trc = colors.primaries, colors.transfer


def _range(colors: Colors) -> int:
    return _FULL if colors.full else _LIMITED
