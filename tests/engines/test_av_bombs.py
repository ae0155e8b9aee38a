"""What would never end, or grow without bound, ends by a limit with its code, and costs its own row alone."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import mediaframe as mf
from mediaframe.errors import AssetError
from mediaframe.recipes import video


def clip(
    count: int, size: tuple[int, int] = (64, 48), rate: int = 25, codec: str = "libx264", muxer: str = "mp4"
) -> bytes:
    """Give a clip of noise."""
    out, noise = io.BytesIO(), np.random.default_rng(1)
    with av.open(out, "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=rate, options={"preset": "ultrafast"} if codec == "libx264" else {})
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(count):
            picture = noise.integers(0, 255, (size[1], size[0], 3), "uint8")
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.mark.slow
def test_a_transcode_that_makes_no_progress_is_ended_and_the_others_finish(tmp_path: Path) -> None:
    """Slowest AV1 of 720p tells nothing for many seconds; of 64x48 it is made before anybody waits."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b-large.mp4").write_bytes(clip(30, (1280, 720)))
    for name in ("a-small.mp4", "c-small.mp4"):
        (tmp_path / "in" / name).write_bytes(clip(2))
    frame = mf.scan(tmp_path / "in").probe().with_columns(made=video.mp4(codec="av1", preset="veryslow", crf=1))

    run = frame.export(tmp_path / "out", limits=mf.Limits(stall=4))

    rows = {Path(source).stem: (status, code) for source, status, code in
            run.manifest.select("source", "status", "error_code").rows()}  # fmt: skip
    assert rows == {
        "a-small": ("written", None), "b-large": ("failed", "E_LIMIT_TIME"), "c-small": ("written", None)
    }  # fmt: skip
    assert "no progress for 4 s" in str(run.failures["error"][0])


def declared(data: bytes, size: tuple[int, int]) -> bytes:
    """Have the JPEGs of an AVI, and its header, declare a size."""
    made, at = bytearray(data), 0
    for _ in range(data.count(b"\xff\xc0\x00\x11")):  # the head of a baseline frame of three colors
        at = data.index(b"\xff\xc0\x00\x11", at + 1)
        made[at + 5 : at + 9] = size[1].to_bytes(2, "big") + size[0].to_bytes(2, "big")
    head = data.index(b"strf") + 12
    made[head : head + 8] = size[0].to_bytes(4, "little") + size[1].to_bytes(4, "little")
    return bytes(made)


RECIPES: dict[str, Any] = {
    "frame": video.frame(at="90%").png(),
    "storyboard": video.storyboard(2, 2, 32).png(),
    "gif": video.gif(),
    "mp4": video.mp4(preset="ultrafast"),
    "hls": video.hls(ladder=(32,), preset="ultrafast"),
    "black": video.black(),
}


@pytest.mark.parametrize("name", RECIPES)
def test_pictures_of_hundreds_of_megapixels_are_refused_before_they_are_decoded(name: str) -> None:
    data = declared(clip(3, codec="mjpeg", muxer="avi"), (16_000, 16_000))

    with pytest.raises(AssetError) as caught:
        RECIPES[name].run(data)

    assert caught.value.code == "E_LIMIT_PIXELS"


@pytest.mark.parametrize("name", ["gif", "preview"])
def test_tens_of_thousands_of_tiny_pictures_are_no_animation(name: str) -> None:
    data = _many(20_000)
    recipes = {"gif": video.gif(fps=50), "preview": video.preview(seconds=30, shots=1, fps=30).webp()}

    with pytest.raises(AssetError) as caught:
        recipes[name].run(data, limits=mf.Limits(frames=500))

    assert caught.value.code == "E_LIMIT_FRAMES"


def _many(count: int) -> bytes:
    """Give a clip of so many pictures of 16x16, which are one packet shown again and again."""
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(clip(1, (16, 16), codec="mjpeg", muxer="avi"))) as source,
        av.open(out, "w", format="matroska") as container,
    ):
        stream = container.add_stream_from_template(source.streams.video[0])
        picture = bytes(next(packet for packet in source.demux(video=0) if packet.size))
        for number in range(count):
            packet = av.Packet(picture)
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            container.mux(packet)
    return out.getvalue()
