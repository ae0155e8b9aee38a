"""Clips and sounds for properties: plain ones of which all is known, odd ones, hostile ones."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from mediaframe.model.kind import Kind, Shape
from tests.engines.clips import ffmpeg

_PICTURES = ("-f", "lavfi", "-i", "testsrc2=size={size}:rate={rate}:duration={seconds}")
_TONE = ("-f", "lavfi", "-i", "sine=frequency=330:duration={seconds}:sample_rate={hz}")
_H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "8", "-pix_fmt", "yuv420p", "-threads", "1")


@dataclass(frozen=True)
class Clip:
    """A file, and what is known of it before it is read."""

    name: str
    path: Path
    shape: Shape
    rate: float = 0.0
    good: bool = True
    """Whether all of it decodes, so that what is promised can be held against what comes out."""

    @property
    def kind(self) -> Kind:
        return self.shape.kind

    @property
    def format(self) -> str:
        return self.path.suffix[1:]


def _said(words: tuple[str, ...], **values: object) -> list[str]:
    return [word.format(**values) for word in words]


def _seen(size: str = "64x48", rate: str = "10", seconds: float = 1.0) -> list[str]:
    return _said(_PICTURES, size=size, rate=rate, seconds=seconds)


def _heard(seconds: float = 1.0, hz: int = 44100) -> list[str]:
    return _said(_TONE, seconds=seconds, hz=hz)


def plain(folder: Path) -> list[Clip]:
    """Make what any player shows; each differs from the first in one thing."""
    video = Shape("video", 64, 48, seconds=1.0)
    audio = Shape("audio", seconds=1.0)
    both = folder / "both.mp4"
    ffmpeg(*_seen(), *_heard(), *_H264, "-c:a", "aac", both)
    made = [Clip("sound and pictures", both, video, 10)]

    def add(name: str, file: str, shape: Shape, *words: object, rate: float = 10) -> None:
        ffmpeg(*words, folder / file)
        made.append(Clip(name, folder / file, shape, rate))

    silent = video
    add("no sound", "silent.mkv", silent, *_seen(), *_H264)
    add("odd sides", "odd.mkv", video.but(width=51, height=37), *_seen("51x37"), "-c:v", "ffv1", "-pix_fmt", "yuv444p")
    add("one frame", "one.mp4", video.but(seconds=0.1), *_seen(seconds=0.1), *_H264)
    add("10 bits", "ten.mkv", video, *_seen(), "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
        "-x265-params", "log-level=none:pools=none")  # fmt: skip
    add("turned", "turned.mov", video.but(width=48, height=64), "-i", both, "-c", "copy",
        "-metadata:s:v:0", "rotate=90")  # fmt: skip
    add("vp9 and opus", "web.webm", video, *_seen(), *_heard(hz=48000), "-c:v", "libvpx-vp9", "-deadline", "realtime",
        "-cpu-used", "8", "-c:a", "libopus")  # fmt: skip
    add("late sound", "late.mp4", video, *_seen(), "-itsoffset", "0.5", *_heard(0.5), *_H264, "-c:a", "aac")
    add("wide pixels", "wide.mp4", video.but(width=None), *_seen(), *_H264, "-vf", "setsar=2/1")
    add("wav", "tone.wav", audio, *_heard())
    add("mp3", "tone.mp3", audio, *_heard(), "-c:a", "libmp3lame")
    add("flac of 6 channels", "six.flac", audio, *_heard(), "-ac", "6")
    add("8 kHz", "low.m4a", audio, *_heard(hz=8000), "-c:a", "aac")
    add("opus", "tone.opus", audio, *_heard(hz=48000), "-c:a", "libopus")
    return made


def odd(folder: Path) -> list[Clip]:
    """Make what plays, but of which little can be said beforehand: gaps, holes, changes on the way."""
    folder.mkdir(exist_ok=True)
    made: list[Clip] = []

    def add(name: str, file: str, kind: Kind, *words: object) -> None:
        ffmpeg(*words, folder / file)
        made.append(Clip(name, folder / file, Shape(kind), good=False))

    add("variable rate", "vfr.mkv", "video", *_seen(rate="30"), *_H264, "-vf", "select='not(mod(n,7))+lt(n,9)'",
        "-fps_mode", "vfr")  # fmt: skip
    add("a gap in the times", "gap.ts", "video", *_seen(seconds=2), *_heard(2), *_H264, "-c:a", "aac",
        "-bsf:v", "setts=ts='if(gt(PTS-STARTPTS,90000),PTS+450000,PTS)'")  # fmt: skip
    add("times below zero", "negative.mkv", "video", *_seen(), *_heard(), *_H264, "-c:a", "aac",
        "-output_ts_offset", "-0.4", "-avoid_negative_ts", "disabled")  # fmt: skip
    add("pictures alone in a sound's clothes", "noaudio.m4a", "audio", *_seen(), *_H264, "-f", "mp4")
    add("another rate on the way, a", "a.ts", "video", *_seen(), *_heard(hz=44100), *_H264, "-c:a", "aac")
    add("another rate on the way, b", "b.ts", "video", *_seen(), *_heard(hz=22050), *_H264, "-c:a", "aac")
    change = folder / "change.ts"
    change.write_bytes((folder / "a.ts").read_bytes() + (folder / "b.ts").read_bytes())
    made[-2:] = [Clip("another sample rate on the way", change, Shape("video"), good=False)]
    ffmpeg(*_seen(seconds=0.2), "-frames:v", "1", folder / "cover.png")
    add("a cover", "cover.mp3", "audio", *_heard(), "-i", folder / "cover.png", "-map", "0", "-map", "1",
        "-c:v", "copy", "-c:a", "libmp3lame")  # fmt: skip
    return made


def hostile(folder: Path, from_: Path) -> list[Clip]:
    """Make what wants to be read and should not be, or cannot be."""
    folder.mkdir(exist_ok=True)
    data, matroska = from_.read_bytes(), folder / "attached.mkv"
    big = folder / "big.bin"
    big.write_bytes(bytes(range(256)) * 16_000)
    ffmpeg("-i", from_, "-c", "copy", "-attach", big, "-metadata:s:t", "mimetype=application/octet-stream", matroska)
    outside = data.replace(b"url \0\0\0\1", b"url \0\0\0\0")
    frame = b"TXXX" + struct.pack(">I", 60) + b"\0\0\3" + b"x\0" + b"y" * 57
    tag = frame * 20_000
    size = bytes(len(tag) >> shift & 127 for shift in (21, 14, 7, 0))
    ffmpeg(*_heard(), "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0", folder / "bare.mp3")
    files = {
        "cut.mp4": data[: len(data) * 2 // 3],
        "cut.mkv": matroska.read_bytes()[:9_000],
        "zero.mp4": b"",
        "text.mp4": b"This is a text, and no clip.\n" * 50,
        "list.m3u8.mp4": b"#EXTM3U\n#EXTINF:1,\nboth.mp4\n#EXT-X-ENDLIST\n",
        "script.mkv": b"ffconcat version 1.0\nfile ../both.mp4\n",
        "subtitles.mp4": b"WEBVTT\n\n00:00.000 --> 00:02.000\n<img src=file:///etc/passwd>\n",
        "outside.mp4": outside,
        "tags.mp3": b"ID3\3\0\0" + size + tag + (folder / "bare.mp3").read_bytes(),
        "noise.webm": b"\x1aE\xdf\xa3" + bytes((31 * at * at) & 255 for at in range(5_000)),
        "named.wav": data,
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    kinds: dict[str, Kind] = {".mp3": "audio", ".wav": "audio"}
    paths = [folder / name for name in files] + [matroska]
    return [Clip(path.name, path, Shape(kinds.get(path.suffix, "video")), good=False) for path in paths]
