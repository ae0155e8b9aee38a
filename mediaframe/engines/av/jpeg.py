"""A still that goes along with a package: the first picture at or after a moment, as a JPEG."""

from __future__ import annotations

from fractions import Fraction

from av.codec.context import CodecContext, Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from mediaframe.errors import AssetError

_SCALE = "3"
"""The quantizer of MJPEG, 2 to 31: about quality 90 of other encoders."""


class Poster:
    """Waits for its moment among the pictures that pass."""

    def __init__(self, moment: float) -> None:
        self._moment = moment
        self._kept: VideoFrame | None = None
        self._reached = False

    @classmethod
    def of(cls, moment: str, seconds: float | None) -> Poster:
        """Make one for a moment as recipes have it, a share or seconds."""
        if not moment.endswith("%"):
            return cls(float(moment.removesuffix("s")))
        if seconds is None:
            raise AssetError(
                f"poster={moment!r}: the video does not say how long it plays; give the moment in seconds", code="E_OP"
            )
        return cls(seconds * float(moment[:-1]) / 100)

    def see(self, frame: VideoFrame, time: float) -> None:
        """Look at a picture; the last one stands for a moment behind the end."""
        if not self._reached:
            self._kept, self._reached = frame, time >= self._moment - 1e-6

    def file(self) -> bytes | None:
        """Give the picture as a JPEG; its colors are those of JFIF, BT.601 of full range."""
        if self._kept is None:
            return None
        frame = self._kept.reformat(format="yuvj420p", dst_colorspace="ITU601", dst_color_range="JPEG")
        coder = CodecContext.create("mjpeg", "w")
        assert isinstance(coder, VideoCodecContext)  # noqa: S101  # a video encoder gives no other
        coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "yuvj420p"
        coder.time_base, coder.color_range = Fraction(1, 25), 2
        coder.options = {"qmin": _SCALE, "qmax": _SCALE}
        coder.thread_count = 1
        coder.flags |= Flags.bitexact
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        return b"".join(bytes(packet) for packet in (*coder.encode(frame), *coder.encode(None)))
