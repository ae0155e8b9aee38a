"""The colors of videos that are written are those of the source, and are named, whatever they were coded as."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mediaframe.recipes import video
from tests.engines.clips import ffmpeg, needs_ffmpeg, pictures, told

pytestmark = needs_ffmpeg

_BARS = ((180, 40, 40), (40, 170, 60), (50, 60, 190), (200, 200, 200))


def _source(folder: Path, *words: str, size: str = "64x48", suffix: str = ".mkv", filters: str = "null") -> Path:
    """Half a second of four bars, coded as told."""
    path = folder / f"source{suffix}"
    flat = Image.fromarray(np.repeat(np.array([_BARS], np.uint8), 16, axis=1))
    flat.resize(tuple(map(int, size.split("x"))), Image.Resampling.NEAREST).save(folder / "bars.png")
    ffmpeg("-loop", 1, "-t", 0.4, "-r", 10, "-i", folder / "bars.png", "-vf", filters, *words, path)
    return path


def _colors(frame: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The middle of each bar."""
    width = frame.shape[1]
    return np.array([frame[frame.shape[0] // 2, width * at // 8] for at in (1, 3, 5, 7)], int)


_X264 = ("-c:v", "libx264", "-crf", "4")
_CODED = {
    "bt709": (*_X264, "-pix_fmt", "yuv420p", "-colorspace", "bt709"),
    "bt601": (*_X264, "-pix_fmt", "yuv420p", "-colorspace", "smpte170m"),
    "full range": (*_X264, "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_range", "pc"),
    "4:2:2 of 10 bits": (*_X264, "-pix_fmt", "yuv422p10", "-colorspace", "bt709"),
    "4:4:4": (*_X264, "-pix_fmt", "yuv444p", "-colorspace", "smpte170m"),
    "RGB": ("-c:v", "ffv1", "-pix_fmt", "bgr0"),
    "BT.2020 of standard range": (*_X264, "-pix_fmt", "yuv420p10", "-colorspace", "bt2020nc"),
    "unnamed": (*_X264, "-pix_fmt", "yuv420p"),
}
_MATRICES = {"bt601": "bt601", "4:4:4": "bt601", "BT.2020 of standard range": "bt2020", "unnamed": "bt601"}


@pytest.mark.parametrize("name", _CODED)
def test_a_video_has_the_colors_of_its_source_and_names_them(name: str, tmp_path: Path) -> None:
    range_ = "pc" if name == "full range" else "tv"
    filters = "null" if name == "RGB" else f"scale=out_color_matrix={_MATRICES.get(name, 'bt709')}:out_range={range_}"
    source = _source(tmp_path, *_CODED[name], filters=filters)

    video.mp4(crf=4).run(source, to=tmp_path / "made.mp4")

    stream = told(tmp_path / "made.mp4")[0]
    matrix = "smpte170m" if _MATRICES.get(name) == "bt601" else "bt709"
    assert (stream["pix_fmt"], stream["color_space"], stream["color_range"]) == ("yuv420p", matrix, "tv")
    wanted = np.array(_BARS)
    if name == "BT.2020 of standard range":  # Its primaries are wider: gray stays, colors are cut to the gamut.
        wanted = wanted[3:]
    found = _colors(pictures(tmp_path / "made.mp4", (64, 48))[1])[-len(wanted) :]
    assert np.abs(found - wanted).max() <= 5


@pytest.mark.parametrize(("size", "matrix"), [("64x48", "smpte170m"), ("1280x720", "bt709")])
def test_colors_without_a_name_are_taken_as_players_take_them(size: str, matrix: str, tmp_path: Path) -> None:
    source = _source(tmp_path, *_CODED["unnamed"], size=size)

    video.resize(64).mp4(preset="ultrafast").run(source, to=tmp_path / "made.mp4")

    assert told(tmp_path / "made.mp4")[0]["color_space"] == matrix


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    source = _source(tmp_path, *_CODED["bt601"], filters="setsar=16/11")

    video.mp4().run(source, to=tmp_path / "made.mp4")
    frame = Image.open(io.BytesIO(video.frame(at=0).png().run(source)))

    stream = told(tmp_path / "made.mp4")[0]
    assert (stream["width"], stream["height"], stream.get("sample_aspect_ratio", "1:1")) == (92, 48, "1:1")
    assert frame.size == (93, 48)


def test_odd_sides_lose_a_pixel_and_nothing_is_scaled(tmp_path: Path) -> None:
    source = _source(tmp_path, "-c:v", "ffv1", "-pix_fmt", "yuv444p", size="67x49")

    video.mp4(crf=4).run(source, to=tmp_path / "made.mp4")

    stream = told(tmp_path / "made.mp4")[0]
    assert (stream["width"], stream["height"]) == (66, 48)


_HDR = ("-c:v", "libx265", "-pix_fmt", "yuv420p10", "-preset", "ultrafast", "-x265-params",
        "log-level=none:lossless=1:colorprim=bt2020:colormatrix=bt2020nc:transfer={}")  # fmt: skip


def _ramp(folder: Path, transfer: str) -> Path:
    """Gray from black to white as 10-bit signals of full range."""
    path = folder / f"{transfer}.mp4"
    plane = np.tile((np.arange(1024) // 4 * 4).astype("<u2"), (16, 1))
    chroma = np.full((8, 512), 512, "<u2")
    (folder / "raw").write_bytes((plane.tobytes() + chroma.tobytes() * 2) * 3)
    words = [word.format(transfer) for word in _HDR]
    words[-1] += ":range=full"
    ffmpeg("-f", "rawvideo", "-pix_fmt", "yuv420p10le", "-s", "1024x16", "-r", 10, "-i", folder / "raw",
           *words, "-color_range", "pc", path)  # fmt: skip
    return path


def _pq_nits(signal: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    root = signal ** (32 / 2523)
    return 10_000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (16384 / 2610)


def test_pq_keeps_its_shadows_rolls_its_lights_off_and_stays_gray(tmp_path: Path) -> None:
    source = _ramp(tmp_path, "smpte2084")

    video.mp4(crf=1).run(source, to=tmp_path / "made.mp4")
    still = np.asarray(Image.open(io.BytesIO(video.frame(at=0).png().run(source))))[8].astype(int)

    stream = told(tmp_path / "made.mp4")[0]
    assert {stream["color_space"], stream["color_transfer"], stream["color_primaries"]} == {"bt709"}
    moving = pictures(tmp_path / "made.mp4", (1024, 16))[1, 8].astype(int)
    for row in (still, moving):
        assert np.abs(row - row[:, :1]).max() <= 3
        assert np.diff(row.mean(axis=1)).min() >= -3  # dithered
    assert np.abs(still - moving).max() <= 4
    codes = np.arange(1024) // 4 * 4 / 1023
    shadows = (codes > 0.1) & (codes < 0.45)  # below the knee, at 87 nits, light is light
    light = np.clip(_pq_nits(codes) / 203, 0, 1) ** (1 / 2.4) * 255
    assert np.abs(still[shadows, 0] - light[shadows]).max() <= 2
    white = int(0.5807 * 1023)
    assert 224 <= still[white, 0] <= 234
    assert still[int(0.7518 * 1023) + 2, 0] >= 254


def test_hlg_has_its_reference_white_where_pq_has_it(tmp_path: Path) -> None:
    source = _ramp(tmp_path, "arib-std-b67")

    video.mp4(crf=1).run(source, to=tmp_path / "made.mp4")

    row = pictures(tmp_path / "made.mp4", (1024, 16))[1, 8].astype(int)
    assert np.diff(row[:, 0]).min() >= -3  # dithered
    assert 224 <= row[int(0.75 * 1023), 0] <= 234  # BT.2408: 75 % HLG is reference white
    assert row[0, 0] <= 1
    assert row[-1, 0] >= 253


def test_bars_around_high_dynamic_range_have_the_color_that_was_asked_for(tmp_path: Path) -> None:
    source = _ramp(tmp_path, "smpte2084")

    video.pad(1024, 48, background="#c04020").mp4(crf=4).run(source, to=tmp_path / "made.mp4")

    frame = pictures(tmp_path / "made.mp4", (1024, 48))[1].astype(int)
    assert np.abs(frame[4, 500] - (0xC0, 0x40, 0x20)).max() <= 5


def test_a_stream_that_changes_its_size_midway_is_written_at_one_size(tmp_path: Path) -> None:
    for name, size in (("one", "64x48"), ("two", "96x64")):
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r=10:d=1", "-c:v", "libx264", "-pix_fmt", "yuv420p",
               "-f", "mpegts", tmp_path / f"{name}.ts")  # fmt: skip
    joined = tmp_path / "joined.ts"
    ffmpeg("-i", f"concat:{tmp_path / 'one.ts'}|{tmp_path / 'two.ts'}", "-c", "copy", joined)

    video.mp4().run(joined, to=tmp_path / "made.mp4")

    stream = told(tmp_path / "made.mp4")[0]
    assert (stream["width"], stream["height"]) == (64, 48)
    assert int(stream["nb_read_frames"]) >= 19
