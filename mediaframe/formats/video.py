"""How videos are written: mp4, mov, mkv, webm, and as moving pictures gif and webp."""

from __future__ import annotations

from typing import Literal

from mediaframe.errors import RecipeError
from mediaframe.model.argument import Quantity, Value, arg
from mediaframe.model.finish import Format

Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]
Tags = Literal["strip", "keep"]


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
        default=None, unit="bytes", ge=1000, doc="The best file that is no larger; a row's error where none is."
    )
    preset: Value[Preset] = arg(default="veryfast", doc="How hard to compress, by x264's words; slower is smaller.")
    audio_bitrate: Quantity[int] = arg(default=128_000, unit="bits/s", ge=8_000, doc="Bits in a second of the sound.")
    metadata: Value[Tags] = arg(default="strip", doc="Whether title, artist, date and the like are kept.")

    def check(self) -> None:
        """Take one wish about the size."""
        if not self.settled("crf", "bitrate", "max_bytes"):
            return
        given = [name for name in ("crf", "bitrate", "max_bytes") if self.values[name] is not None]
        if len(given) > 1:
            raise RecipeError(f"{self.word}: expected one of crf, bitrate and max_bytes, got {' and '.join(given)}")


class Mp4(Encoded, takes="video", media_type="video/mp4", extension="mp4"):
    """Write an MP4: playable everywhere with h264 and AAC, with its index in front.

    Pictures have 8 bits, 4:2:0 colors of limited range and square pixels; odd sizes lose a pixel. Colors stay those of
    BT.709 or BT.601 and are named; other ones, high dynamic range (PQ, HLG) too, are brought to BT.709: 203 nits become
    white, and up to 1000 nits are rolled off.

    Source: libx264, libx265, SVT-AV1 and FFmpeg's aac and mov muxer through PyAV; always two threads, since the bytes
    depend on their number. Tone mapping by the EETF of ITU-R BT.2390-11.

    >>> mf.video.clip(0, 10).mp4(crf=28)
    video.clip(end=10.0).mp4(crf=28)
    """

    codec: Value[Literal["h264", "h265", "av1"]] = arg(default="h264", doc="How pictures are compressed.")


class Mov(Encoded, takes="video", media_type="video/quicktime", extension="mov"):
    """Write a QuickTime movie: h264 or h265 with AAC.

    Source: as for mp4.

    >>> mf.video.resize(1280).mov()
    video.resize(width=1280).mov()
    """

    codec: Value[Literal["h264", "h265"]] = arg(default="h264", doc="How pictures are compressed.")


class Mkv(Encoded, takes="video", media_type="video/x-matroska", extension="mkv"):
    """Write a Matroska file: holds any of these codecs, with Opus.

    Source: as for mp4, libvpx and libopus.

    >>> mf.video.mkv(codec="h265")
    video.mkv(codec='h265')
    """

    codec: Value[Literal["h264", "h265", "av1", "vp9"]] = arg(default="h264", doc="How pictures are compressed.")


class Webm(Encoded, takes="video", media_type="video/webm", extension="webm"):
    """Write a WebM: VP9 or AV1 with Opus, for browsers.

    Source: libvpx, SVT-AV1 and libopus through PyAV.

    >>> mf.video.resize(640).webm(codec="av1")
    video.resize(width=640).webm(codec='av1')
    """

    codec: Value[Literal["vp9", "av1"]] = arg(default="vp9", doc="How pictures are compressed.")
