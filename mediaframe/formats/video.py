"""How videos are written: mp4, mov, mkv, webm, and as moving pictures gif and webp."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format
from mediaframe.model.kind import Shape
from mediaframe.model.operation import Operation
from mediaframe.model.wishes import Preset

Tags = Literal["strip", "keep"]
_CODEC = (
    "How pictures are compressed. `copy` takes the packets of the source as they are, of the sound too where nothing "
    "changes it; `auto` does so where they are in one of these codecs already and no step changes them."
)


class Encoded(Format):
    """What all formats that hold encoded pictures and sound take."""

    crf: Value[int | None] = arg(
        default=None, ge=0, le=63,
        doc="Constant rate factor: lower is better and larger; by default 23 (h264), 28 (h265), 33 (vp9), 35 (av1).",
    )  # fmt: skip
    bitrate: Quantity[int | None] = arg(
        default=None, unit="bits/s", ge=8_000, doc="Bits in a second of the pictures on the mean, instead of crf."
    )
    max_bytes: Quantity[int | None] = arg(
        default=None,
        unit="bytes",
        ge=1000,
        doc="The best file that is no larger, by two passes (h264, h265) or a search; a row's error where none is.",
    )
    preset: Value[Preset] = arg(default="veryfast", doc="How hard to compress, by x264's words; slower is smaller.")
    audio_bitrate: Quantity[int] = arg(default=128_000, unit="bits/s", ge=8_000, doc="Bits in a second of the sound.")
    metadata: Value[Tags] = arg(default="strip", doc="Whether title, artist, date and the like are kept.")
    segments: Value[int] = arg(
        default=1, ge=1, le=64,
        doc="In how many parts a long video is written at the same time, two by two; each begins with a key frame. "
        "Videos without an index, and those of another rate or speed, are written in one.",
    )  # fmt: skip
    color: Value[Literal["bt709", "keep"]] = arg(
        default="bt709",
        doc="Whether wide colors and high dynamic range are brought to BT.709 and 8 bits, which all screens show, or "
        "kept as they are, with the 10 bits of the source and what HDR10 says of displays.",
    )  # fmt: skip

    @property
    def first_codec(self) -> str:
        """The codec that is encoded where none is named."""
        return "vp9" if self.word == "webm" else "h264"

    def check(self) -> None:
        """Take one wish about the size, and no deep colors for a codec that players know with 8 bits alone."""
        if self.settled("color", "codec") and self.color == "keep" and self.values["codec"] == "h264":
            others = " or ".join(repr(one) for one in self.arguments["codec"].choices if one in ("h265", "av1", "vp9"))
            raise RecipeError(f"{self.word}(color='keep'): players know h264 with 8 bits alone; say codec={others}")
        if not self.settled("crf", "bitrate", "max_bytes"):
            return
        given = [name for name in ("crf", "bitrate", "max_bytes") if self.values[name] is not None]
        if len(given) > 1:
            raise RecipeError(f"{self.word}: expected one of crf, bitrate and max_bytes, got {' and '.join(given)}")
        if self.settled("segments") and self.segments > 1 and self.max_bytes is not None:
            raise RecipeError(f"{self.word}: a budget is kept over the whole video; leave segments or max_bytes out")
        if given and self.settled("codec") and self.values["codec"] == "copy":
            raise RecipeError(
                f"{self.word}(codec='copy'): copied pictures keep their size; leave {given[0]} out, or encode"
            )

    def check_steps(self, steps: tuple[Operation, ...]) -> None:
        """Let nothing that changes pictures stand before a copy."""
        if not self.settled("codec") or self.values["codec"] != "copy":
            return
        for step in steps:
            if step.takes == "video" and "pictures" not in step.leaves:
                raise RecipeError(
                    f"{self.word}(codec='copy'): pictures that are copied cannot be changed by {step!r}; "
                    + ("say clip(..., cut='keyframe')" if step.word == "clip" else "leave it out, or encode")
                )

    def infer(self, shape: Shape) -> Shape:
        """Say the even size; it is that of the source where pictures are copied."""
        codec = self.values["codec"] if self.settled("codec") else None
        if shape.size is None or codec == "copy":
            return shape
        width, height = (max(2, side - side % 2) for side in shape.size)
        if (width, height) != shape.size and codec in ("auto", None):
            return shape.but(width=None, height=None)
        return shape.but(width=width, height=height)


class Mp4(Encoded, takes="video", media_type="video/mp4", extension="mp4"):
    """Write an MP4: playable everywhere with h264 and AAC, with its index in front.

    Pictures have 8 bits, 4:2:0 colors of limited range and square pixels; odd sizes lose a pixel. Colors stay those of
    BT.709 or BT.601 and are named; other ones, high dynamic range (PQ, HLG) too, are brought to BT.709: 203 nits become
    white, and up to 1000 nits are rolled off. `color="keep"` keeps them, with 10 bits, for h265 and av1: what HDR10
    says of displays goes along, what HDR10+ and Dolby Vision say does not.

    Source: libx264, libx265, SVT-AV1 and FFmpeg's aac and mov muxer through PyAV; always two threads, since the bytes
    depend on their number. Tone mapping by the EETF of ITU-R BT.2390-11.

    >>> mf.video.clip(0, 10).mp4(crf=28)
    video.clip(end=10.0).mp4(crf=28)
    """

    codec: Value[Literal["h264", "h265", "av1", "auto", "copy"]] = arg(default="h264", doc=_CODEC)


class Mov(Encoded, takes="video", media_type="video/quicktime", extension="mov"):
    """Write a QuickTime movie: h264 or h265 with AAC.

    Source: as for mp4.

    >>> mf.video.resize(1280).mov()
    video.resize(width=1280).mov()
    """

    codec: Value[Literal["h264", "h265", "auto", "copy"]] = arg(default="h264", doc=_CODEC)


class Mkv(Encoded, takes="video", media_type="video/x-matroska", extension="mkv"):
    """Write a Matroska file: holds any of these codecs, with Opus.

    Source: as for mp4, libvpx and libopus.

    >>> mf.video.mkv(codec="h265")
    video.mkv(codec='h265')
    """

    codec: Value[Literal["h264", "h265", "av1", "vp9", "auto", "copy"]] = arg(default="h264", doc=_CODEC)


class Webm(Encoded, takes="video", media_type="video/webm", extension="webm"):
    """Write a WebM: VP9 or AV1 with Opus, for browsers.

    Source: libvpx, SVT-AV1 and libopus through PyAV.

    >>> mf.video.resize(640).webm(codec="av1")
    video.resize(width=640).webm(codec='av1')
    """

    codec: Value[Literal["vp9", "av1", "auto", "copy"]] = arg(default="vp9", doc=_CODEC)
