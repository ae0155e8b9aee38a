"""The engine of videos and sounds: what it says of a clip, which picture it gives, and what it refuses."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from mediaframe.engines.av.engine import engine
from mediaframe.engines.base import Source, Task
from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.ops.video import Frame

RATE, COUNT, WIDTH, HEIGHT = 10, 30, 64, 48


def level(index):
    """The gray of a picture tells its number."""
    return 20 + 7 * (index % 33)


def video(format="mp4", codec="libx264", turn=None, count=COUNT, gop=10, options=None, size=(WIDTH, HEIGHT)):
    """A clip of three seconds whose left half is red, so that a turn shows."""
    out = io.BytesIO()
    with av.open(out, "w", format=format) as container:
        stream = container.add_stream(codec, rate=RATE, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = gop
        if turn is not None:
            stream.set_display_rotation(turn)
        for index in range(count):
            pixels = np.full((size[1], size[0], 3), level(index), np.uint8)
            pixels[:, : size[0] // 2] = (200, 20, 20)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return out.getvalue()


def sound(format, codec, seconds=2.0, rate=44100, channels=2):
    out = io.BytesIO()
    with av.open(out, "w", format=format) as container:
        stream = container.add_stream(codec, rate=rate, layout="stereo" if channels == 2 else "mono")
        tone = (np.sin(np.arange(int(seconds * rate)) / 20) * 9000).astype(np.int16)
        for start in range(0, len(tone), 1024):
            part = np.repeat(tone[start : start + 1024, None], channels, axis=1).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="s16", layout="stereo" if channels == 2 else "mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.fixture(scope="module")
def clip():
    return video()


def probe(data, **limits):
    return engine.probe(Source(data), Task(limits=Limits(**limits)))


def frame(data, at, **limits):
    handle = engine.open(Source(data), Task(limits=Limits(**limits)))
    pixels = engine.do(Frame(at=at), handle)
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, pixels.bands)


def number(pixels):
    """Which picture this is, by its gray on the right."""
    return round((float(pixels[:, -WIDTH // 4 :].mean()) - 20) / 7)


# ---- what it says ----------------------------------------------------------------------------------------


def test_a_video_is_told_by_its_streams(clip):
    facts = probe(clip)

    assert (facts["kind"], facts["codec"], facts["width"], facts["height"]) == ("video", "h264", WIDTH, HEIGHT)
    assert facts["seconds"] == pytest.approx(3.0, abs=0.05)
    assert (facts["rate"], facts["frames"], facts["orientation"], facts["bits"]) == (10.0, COUNT, 0, 8)


@pytest.mark.parametrize(("set_to", "clockwise"), [(-90, 90), (90, 270), (180, 180)])
def test_a_turned_video_is_told_as_displayed(set_to, clockwise):
    facts = probe(video(turn=set_to, count=3))

    assert facts["orientation"] == clockwise
    expected = (HEIGHT, WIDTH) if clockwise != 180 else (WIDTH, HEIGHT)
    assert (facts["width"], facts["height"]) == expected


@pytest.mark.parametrize(
    ("format", "codec", "told"),
    [
        ("wav", "pcm_s16le", "pcm_s16le"),
        ("mp3", "libmp3lame", "mp3"),
        ("adts", "aac", "aac"),
        ("flac", "flac", "flac"),
        ("ogg", "libopus", "opus"),
        ("mp4", "aac", "aac"),
    ],
)
def test_a_sound_is_told_with_its_true_length(format, codec, told):
    rate = 48000 if codec == "libopus" else 44100

    facts = probe(sound(format, codec, rate=rate))

    assert (facts["kind"], facts["codec"], facts["channels"], facts["rate"]) == ("audio", told, 2, float(rate))
    assert facts["seconds"] == pytest.approx(2.0, abs=0.1)
    assert "width" not in facts


def test_a_cover_does_not_make_a_video_of_a_sound():
    out = io.BytesIO()
    with av.open(io.BytesIO(sound("mp3", "libmp3lame"))) as source, av.open(out, "w", format="mp3") as container:
        stream = container.add_stream_from_template(source.streams.audio[0])
        cover = container.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 16, 16, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")))
        container.mux(cover.encode(None))
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)

    facts = probe(out.getvalue())

    assert facts["kind"] == "audio"


def test_a_sound_that_was_cut_plays_shorter_than_it_declares():
    data = sound("mp3", "libmp3lame", seconds=4.0)

    facts = probe(data[: len(data) // 2])

    assert facts["error_code"] == "W_DURATION_MISMATCH"
    assert facts["seconds"] == pytest.approx(2.0, abs=0.2)


# ---- which picture it gives ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "expected"), [(0, 0), (1.0, 10), (1.45, 15), ("50%", 15), ("0%", 0), (2.9, 29), ("100%", 29), (99, 29)]
)
def test_the_first_picture_at_or_after_a_moment_is_given(clip, at, expected):
    pixels = frame(clip, at)

    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert number(pixels) == expected


@pytest.mark.parametrize(
    ("format", "codec"), [("webm", "libvpx"), ("matroska", "libx264"), ("mpegts", "libx264"), ("avi", "mpeg4")]
)
def test_moments_hold_in_other_containers(format, codec):
    pixels = frame(video(format, codec), 1.5)

    assert abs(number(pixels) - 15) <= 1  # lossy codecs blur the gray


@pytest.mark.parametrize(("set_to", "red"), [(None, "left"), (-90, "top"), (90, "bottom"), (180, "right")])
def test_a_picture_is_turned_as_the_video_is_displayed(set_to, red):
    pixels = frame(video(turn=set_to, count=3), 0).astype(int)
    height, width = pixels.shape[:2]
    sides = {
        "left": pixels[:, : width // 4],
        "right": pixels[:, -width // 4 :],
        "top": pixels[: height // 4],
        "bottom": pixels[-height // 4 :],
    }

    redness = {side: (part[..., 0] - part[..., 2]).mean() for side, part in sides.items()}

    assert max(redness, key=redness.__getitem__) == red


def test_the_shape_is_the_shape_of_the_picture():
    data = video(turn=-90, count=3)
    handle = engine.open(Source(data), Task())

    shape = engine.shape(handle)

    assert (shape.kind, shape.width, shape.height) == ("video", HEIGHT, WIDTH)
    assert engine.do(Frame(at=0), handle).width == HEIGHT


def test_the_same_moment_gives_the_same_bytes_whatever_was_asked_before(clip):
    handle = engine.open(Source(clip), Task())

    last = engine.do(Frame(at=99), handle)
    late = engine.do(Frame(at=2.0), handle)
    early = engine.do(Frame(at=0.5), handle)

    assert engine.do(Frame(at=2.0), handle) == late
    assert engine.do(Frame(at=99), handle) == last
    assert engine.do(Frame(at=0.5), engine.open(Source(clip), Task())) == early


def test_colors_of_high_definition_without_a_name_are_those_of_bt709():
    size = (1280, 720)
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        pixels = np.zeros((size[1], size[0], 3), np.uint8)
        pixels[:] = (30, 200, 30)
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p", dst_colorspace="ITU709")
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))

    shown = frame(out.getvalue(), 0)

    assert np.abs(shown.reshape(-1, 3).mean(axis=0) - (30, 200, 30)).max() < 4


# ---- what it refuses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile 'a.mp4'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
        "<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
    ],
)
def test_a_text_that_names_other_files_is_not_opened(text, tmp_path, monkeypatch):
    (tmp_path / "a.mp4").write_bytes(video(count=3))
    monkeypatch.chdir(tmp_path)

    with pytest.raises(AssetError) as raised:
        engine.open(Source(text.encode()), Task())

    assert raised.value.code == "E_CORRUPT"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"pixels": 1000}, "E_LIMIT_PIXELS"),
        ({"seconds": 1.0}, "E_LIMIT_DURATION"),
        ({"media_bytes": 100}, "E_LIMIT_BYTES"),
    ],
)
def test_limits_are_held_before_a_picture_is_decoded(clip, limits, code):
    with pytest.raises(AssetError) as raised:
        frame(clip, 0, **limits)

    assert raised.value.code == code


def test_too_many_streams_are_refused():
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as container:
        streams = [container.add_stream("pcm_s16le", rate=8000, layout="mono") for _ in range(3)]
        for stream in streams:
            part = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
            part.sample_rate = 8000
            container.mux(stream.encode(part))

    with pytest.raises(AssetError) as raised:
        engine.open(Source(out.getvalue()), Task(limits=Limits(streams=2)))

    assert raised.value.code == "E_LIMIT_STREAMS"


def test_the_size_of_a_video_over_the_limit_is_still_told(clip):
    facts = probe(clip, pixels=1000)

    assert (facts["width"], facts["height"]) == (WIDTH, HEIGHT)


def test_a_picture_of_the_missing_half_of_a_video_is_an_error():
    data = video("webm", "libvpx", count=60)

    with pytest.raises(AssetError) as raised:
        frame(data[: len(data) // 3], "5.7s")

    assert raised.value.code == "E_TRUNCATED"


@pytest.mark.parametrize("data", [b"", b"\0" * 4096, b"\x1aE\xdf\xa3" + bytes(99), b"RIFF\0\0\0\0WAVE", b"ID3"])
def test_what_is_no_medium_is_an_error_with_a_code(data):
    with pytest.raises(AssetError) as raised:
        probe(data)

    assert raised.value.code in ("E_CORRUPT", "E_TRUNCATED")


def test_a_cut_mp4_is_an_error(clip):
    with pytest.raises(AssetError):
        probe(clip[: len(clip) // 2])


def test_a_share_of_a_length_that_is_not_declared_is_of_what_plays():
    data = video("matroska", "libx264", count=10)
    untold = data.replace(b"\x44\x89", b"\xec\x89")  # the length becomes padding

    found = frame(untold, "50%")

    assert untold != data
    assert number(found) == 5


def test_a_sound_has_no_frame():
    with pytest.raises(AssetError) as raised:
        frame(sound("wav", "pcm_s16le", seconds=0.2), 0)

    assert raised.value.code == "E_OP"


def test_messages_name_no_files(tmp_path):
    path = tmp_path / "secret-name.mp4"
    path.write_bytes(b"\0\0\0\x14ftypisom\0\0\2\0isom")

    with path.open("rb") as file, pytest.raises(AssetError) as raised:
        engine.probe(Source(fd=file.fileno()), Task())

    assert "secret-name" not in raised.value.message


def test_the_version_names_ffmpeg_and_the_revision():
    assert "FFmpeg" in engine.version()
    assert f"revision {engine.revision}" in engine.version()
