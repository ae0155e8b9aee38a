"""Media that name other files reach none, no server either; what is too large is refused by its limit."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import polars as pl
import pytest

import mediaframe as mf
from mediaframe.engines.av.engine import engine
from mediaframe.engines.base import Source, Task
from mediaframe.errors import AssetError, MediaframeError
from mediaframe.recipes import audio, video
from tests.engines.containers import clip, longer, tone

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify tells of files that are opened")


@dataclass
class Bait:
    """A clip and a server that nothing may touch, and what was touched."""

    path: Path
    url: str
    asked: list[str]
    notify: int

    def touched(self) -> list[str]:
        """Say what was opened or asked for since the last time."""
        found, self.asked[:] = list(self.asked), []
        with contextlib.suppress(BlockingIOError):
            found += ["opened"] * bool(os.read(self.notify, 4096))
        return found


@pytest.fixture(scope="module")
def bait(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bait]:
    path = tmp_path_factory.mktemp("bait") / "secret.ts"
    path.write_bytes(clip("mpegts", seconds=0.4))
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    libc, once = ctypes.CDLL(None), 0x800  # IN_NONBLOCK
    notify = libc.inotify_init1(once)
    assert libc.inotify_add_watch(notify, os.fsencode(path), 0x20) > 0  # IN_OPEN
    yield Bait(path, f"http://127.0.0.1:{server.server_port}/secret.ts", asked, notify)
    server.shutdown()
    server.server_close()
    os.close(notify)


def box(name: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I", 8 + sum(map(len, parts))) + name + b"".join(parts)


def elsewhere(entry: bytes) -> bytes:
    """A clip whose samples are said to be in another file."""
    data = clip(seconds=0.4)
    own = struct.pack(">I", 12) + b"url \0\0\0\1"
    at, changed = data.index(own), bytearray(data)
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        start = data.index(name) - 4
        struct.pack_into(">I", changed, start, struct.unpack_from(">I", data, start)[0] + len(entry) - len(own))
    return bytes(changed[:at]) + entry + bytes(changed[at + len(own) :])


def reference_movie(url: str) -> bytes:
    """A QuickTime movie that is nothing but the address of another (QTFF, movie reference atoms)."""
    named = box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(url) + 1), url.encode(), b"\0")
    return box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + box(b"moov", box(b"rmra", box(b"rmda", named)))


def alias(path: Path) -> bytes:
    """A classic Mac OS alias that is not the file itself, with the absolute path in its type 18."""
    name = os.fsencode(path)
    record = bytearray(150)
    record[10], record[50] = 3, len(path.name)
    record[11:14], record[51 : 51 + len(path.name)] = b"vol", path.name.encode()
    struct.pack_into(">hh", record, 130, 1, 1)
    told = struct.pack(">hH", 18, len(name)) + name + b"\0" * (len(name) % 2) + struct.pack(">hH", -1, 0)
    return box(b"alis", bytes(4), bytes(record), told)


_TEXTS: dict[str, Callable[[str], str]] = {
    "hls": lambda name: f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{name}\n#EXT-X-ENDLIST\n",
    "hls key": lambda name: (
        f'#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-KEY:METHOD=AES-128,URI="{name}"\n#EXTINF:9,\ndata:,a\n#EXT-X-ENDLIST\n'
    ),
    "hls master": lambda name: f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{name}\n",
    "concat": lambda name: f"ffconcat version 1.0\nfile '{name}'\n",
    "sdp": lambda name: (
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns={name}\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    ),
    "dash": lambda name: (
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'><Period><AdaptationSet>"
        f"<Representation id='1' bandwidth='1'><BaseURL>{name}</BaseURL></Representation></AdaptationSet></Period>"
        "</MPD>"
    ),
    "smil": lambda name: f"<smil><body><video src='{name}'/></body></smil>",
    "asx": lambda name: f"<asx version='3.0'><entry><ref href='{name}'/></entry></asx>",
    "m3u": lambda name: f"{name}\n",
    "avisynth": lambda name: f'DirectShowSource("{name}")\n',
    "ass": lambda name: f"[Script Info]\nVideo File: {name}\n",
    "image list": lambda name: f"# image sequence\n{name}\n",
}
_ENDS = (".mp4", ".mkv", ".webm", ".avi", ".ts", ".mp3", ".m3u8", ".mpd", ".sdp", ".ffconcat")


def names(bait: Bait) -> list[str]:
    """The ways in which a file is named: a path, an address, and FFmpeg's own protocols in front of these."""
    return [str(bait.path), f"file:{bait.path}", f"subfile,,start,0,end,0,,:{bait.path}", f"concat:{bait.path}",
            f"crypto:{bait.path}", bait.url, f"async:{bait.url}", f"cache:{bait.url}"]  # fmt: skip


def test_the_bait_is_taken_by_ffmpeg_where_nothing_holds_it(bait: Bait) -> None:
    """Else the other tests could not fail."""
    with pytest.raises(av.FFmpegError):
        av.open(io.BytesIO(_TEXTS["hls"](bait.url).encode()), format="hls")

    assert bait.touched() == ["/secret.ts"]
    with av.open(str(bait.path)):
        assert bait.touched() == ["opened"]


@pytest.mark.parametrize("name", _TEXTS)
def test_a_text_that_names_a_file_or_a_server_is_refused_and_reaches_neither(bait: Bait, name: str) -> None:
    for one in names(bait):
        source = Source(_TEXTS[name](one).encode())

        for ask in (engine.probe, engine.open):
            with pytest.raises(AssetError) as raised:
                ask(source, Task())
            assert raised.value.code in ("E_CORRUPT", "E_TRUNCATED")

    assert bait.touched() == []


@pytest.mark.parametrize("end", _ENDS)
def test_a_playlist_under_another_name_is_a_row_with_a_code(bait: Bait, end: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for number, text in enumerate(("hls", "concat", "sdp", "dash")):
        (tmp_path / "in" / f"{number}{end}").write_text(_TEXTS[text](bait.url if number % 2 else str(bait.path)))

    rows = mf.scan(tmp_path / "in").probe().collect()

    assert rows.height == 4
    assert rows.filter(pl.col("kind").is_in(["video", "audio"]), pl.col("status") != "error").height == 0
    assert rows["codec"].null_count() == 4
    assert bait.touched() == []


# ---- containers that refer to others -----------------------------------------------------------------------

_REFER: dict[str, Callable[[Bait], bytes]] = {
    "url": lambda bait: elsewhere(box(b"url ", bytes(4), bait.url.encode(), b"\0")),
    "file url": lambda bait: elsewhere(box(b"url ", bytes(4), f"file://{bait.path}".encode(), b"\0")),
    "alias": lambda bait: elsewhere(alias(bait.path)),
    "reference movie": lambda bait: reference_movie(bait.url),
    "reference movie to a file": lambda bait: reference_movie(f"file://{bait.path}"),
}


@pytest.mark.parametrize("name", _REFER)
def test_a_movie_whose_samples_are_elsewhere_says_so_and_nothing_is_opened(bait: Bait, name: str) -> None:
    data = _REFER[name](bait)

    try:
        code = engine.probe(Source(data), Task()).get("error_code")
    except AssetError as error:
        code = error.code

    assert code == "E_EXTERNAL_REF"
    for recipe in (video.mp4(preset="ultrafast"), video.frame(at=0).png(), video.streams(), video.damage()):
        with pytest.raises(AssetError) as raised:
            engine.open(Source(data), Task())
        assert raised.value.code == "E_EXTERNAL_REF"
        with pytest.raises(MediaframeError):
            recipe.run(data)
    assert bait.touched() == []


def test_attachments_of_a_matroska_are_told_and_written_nowhere(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    out = io.BytesIO()
    with av.open(io.BytesIO(clip("matroska", seconds=0.4))) as source, av.open(out, "w", format="matroska") as made:
        stream = made.add_stream_from_template(source.streams.video[0])
        made.add_attachment("../../../evil.ttf", "font/ttf", b"\0\1\0\0" + bytes(500))
        made.add_attachment("/etc/cron.d/evil", "application/octet-stream", b"* * * * * root true\n")
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)

    facts = engine.probe(Source(out.getvalue()), Task())
    told = video.streams().run(out.getvalue())
    video.mp4(preset="ultrafast").run(out.getvalue())

    assert facts["kind"] == "video"
    assert [one["type"] for one in told] == ["video", "attachment", "attachment"]
    assert list((tmp_path / "empty").iterdir()) == []


# ---- limits ------------------------------------------------------------------------------------------------

_LIMITS: dict[str, tuple[mf.Limits, str]] = {
    "streams": (mf.Limits(streams=1), "E_LIMIT_STREAMS"),
    "seconds": (mf.Limits(seconds=0.5), "E_LIMIT_DURATION"),
    "pixels": (mf.Limits(pixels=3_000), "E_LIMIT_PIXELS"),
    "bytes": (mf.Limits(media_bytes=1_000), "E_LIMIT_BYTES"),
}


@pytest.mark.parametrize("name", _LIMITS)
@pytest.mark.parametrize(
    "recipe",
    [video.mp4(preset="ultrafast"), video.frame(at=0).png(), video.soundtrack().wav(), video.scenes()],
    ids=repr,
)
def test_what_is_over_a_limit_is_refused_with_its_code(name: str, recipe: Any) -> None:
    limits, code = _LIMITS[name]

    with pytest.raises(AssetError) as raised:
        recipe.run(clip(sound="aac", seconds=1), limits=limits)

    assert raised.value.code == code


@pytest.mark.parametrize(
    "recipe", [video.mp4(preset="ultrafast"), video.scenes(), video.damage(), video.lufs()], ids=repr
)
def test_a_header_that_declares_a_short_video_gets_no_long_one_past_the_limit(recipe: Any) -> None:
    data = longer(clip("matroska", seconds=3, sound="libopus"), 0.1)

    with pytest.raises(AssetError) as raised:
        recipe.run(data, limits=mf.Limits(seconds=1))

    assert raised.value.code == "E_LIMIT_DURATION"


def test_a_sound_over_the_limit_is_refused_too() -> None:
    with pytest.raises(AssetError) as raised:
        audio.mp3().run(tone("flac", "flac", seconds=2), limits=mf.Limits(seconds=1))

    assert raised.value.code == "E_LIMIT_DURATION"


def test_pictures_without_a_size_are_refused_with_a_code(tmp_path: Path) -> None:
    data = bytearray(clip("avi", "mpeg4", seconds=0.4))
    header, form = data.index(b"strh"), data.index(b"strf")
    data[header + 12 : header + 16] = data[form + 24 : form + 28] = b"H264"  # Whose decoder finds no size in MPEG-4.
    data[form + 12 : form + 20] = bytes(8)
    path = tmp_path / "nothing.avi"
    path.write_bytes(data)

    for recipe in (video.frame(pick="best").png(), video.storyboard().png(), video.mp4(), video.gif()):
        with pytest.raises(AssetError) as caught:
            recipe.run(path)
        assert caught.value.code == "E_CORRUPT"
