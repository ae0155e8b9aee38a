"""JPEGs by FFmpeg, and the still that goes along with a package: the first picture at or after a moment."""

from __future__ import annotations

from fractions import Fraction

from av.codec.context import CodecContext, Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from mediaframe.engines.av.demux import faults
from mediaframe.errors import AssetError

_QUALITY = 85


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
        """Give the picture as a JPEG."""
        if self._kept is None:
            return None
        return jpeg(self._kept, _QUALITY)


def jpeg(frame: VideoFrame, quality: int) -> bytes:
    """Write a picture as a JPEG of halved colors, those of JFIF: BT.601 of full range.

    80 stands for FFmpeg's scale of 4, which gives what libjpeg gives at 80.
    """
    coder = CodecContext.create("mjpeg", "w")
    assert isinstance(coder, VideoCodecContext)  # noqa: S101  # an encoder of pictures
    coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "yuvj420p"
    coder.time_base, coder.sample_aspect_ratio = Fraction(1), Fraction(1)  # square pixels are told in a JFIF header
    coder.thread_count, coder.color_range = 1, 2
    coder.flags |= Flags.bitexact | Flags.qscale
    coder.qmin = coder.qmax = round(20 - quality / 5)
    made = frame.reformat(format="yuvj420p", dst_colorspace="ITU601", dst_color_range="JPEG", interpolation=_TO_JPEG)
    made.pts, made.time_base = 0, Fraction(1)
    with faults("the JPEG is not written"):
        return b"".join(bytes(packet) for packet in (*coder.encode(made), *coder.encode(None)))


_TO_JPEG = Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP
