"""High dynamic range is kept where that is asked for: bits, colors, what HDR10 and Dolby Vision say, on copies too."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mediaframe as mf
from mediaframe.errors import AssetError, RecipeError
from mediaframe.recipes import video
from tests.engines.clips import ffmpeg, needs_ffmpeg, told

pytestmark = needs_ffmpeg

DISPLAY = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"

DOLBY = b"\0\0\0\x20dvvC" + bytes([1, 0, 8 << 1, 6 << 3 | 0b101, 1 << 4]) + bytes(19)
"""The record of profile 8.1, level 6."""


@pytest.fixture(scope="module")
def hdr10(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pictures of 96x64 in PQ and BT.2020, of a display of 1000 nits, at most 900 nits bright."""
    path = tmp_path_factory.mktemp("clip") / "hdr10.mp4"
    words = "log-level=none:pools=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    words += f":hdr10=1:max-cll=900,300:master-display={DISPLAY}"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=1", "-vf", "format=yuv420p10le", "-c:v", "libx265", "-preset",
           "ultrafast", "-x265-params", words, "-tag:v", "hvc1", path)  # fmt: skip
    return path


def _beside(path: Path) -> dict[str, dict[str, Any]]:
    """Give what stands beside the first picture, by ffprobe."""
    words = ["ffprobe", "-v", "error", "-read_intervals", "%+#1", "-show_frames", "-of", "json", str(path)]
    found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)["frames"][0]
    return {one["side_data_type"]: one for one in found.get("side_data_list", [])}


def _number(text: str) -> float:
    over, under = text.split("/")
    return int(over) / int(under)


@pytest.mark.parametrize(
    ("recipe", "codec"),
    [
        (video.mp4(codec="h265", color="keep", preset="ultrafast", crf=10), "hevc"),
        (video.resize(72).mkv(codec="av1", color="keep", crf=10), "av1"),
        (video.mp4(codec="copy"), "hevc"),
        (video.mkv(codec="copy"), "hevc"),
        (video.mp4(codec="auto", color="keep"), "hevc"),
    ],
    ids=repr,
)
def test_bits_colors_and_what_hdr10_says_are_kept(hdr10: Path, tmp_path: Path, recipe: Any, codec: str) -> None:
    path = tmp_path / f"made.{recipe.format.extension}"

    recipe.run(hdr10, to=path)

    stream, beside = told(path)[0], _beside(path)
    assert (stream["codec_name"], stream["pix_fmt"]) == (codec, "yuv420p10le")
    assert (stream["color_space"], stream["color_transfer"], stream["color_primaries"]) == (
        "bt2020nc", "smpte2084", "bt2020"
    )  # fmt: skip
    display, light = beside["Mastering display metadata"], beside["Content light level metadata"]
    assert _number(display["red_x"]) == pytest.approx(0.68, abs=1e-3)
    assert _number(display["white_point_y"]) == pytest.approx(0.329, abs=1e-3)
    assert _number(display["max_luminance"]) == pytest.approx(1000, rel=1e-3)
    assert _number(display["min_luminance"]) == pytest.approx(0.005, rel=0.05)
    assert (light["max_content"], light["max_average"]) == (900, 300)


def _levels(path: Path) -> np.ndarray[Any, Any]:
    words = ["ffmpeg", "-v", "error", "-i", str(path), "-pix_fmt", "yuv420p10le", "-f", "rawvideo", "-"]
    return np.frombuffer(subprocess.run(words, capture_output=True, check=True).stdout, "<u2").astype(int)


def test_levels_of_ten_bits_stay_where_they_were(hdr10: Path, tmp_path: Path) -> None:
    video.mp4(codec="h265", color="keep", preset="ultrafast", crf=4).run(hdr10, to=tmp_path / "made.mp4")

    off = np.abs(_levels(tmp_path / "made.mp4") - _levels(hdr10))
    assert off.mean() < 3  # of 1023


def test_the_row_says_nothing_of_what_is_not_lost(hdr10: Path, tmp_path: Path) -> None:
    frame = mf.scan(str(hdr10)).probe().with_columns(
        kept=video.mp4(codec="h265", color="keep", preset="ultrafast"), plain=video.mp4(preset="ultrafast")
    )  # fmt: skip

    rows = dict(frame.export(tmp_path / "out").manifest.select("rendition", "error_code").rows())

    assert rows == {"kept": None, "plain": "W_HDR_REDUCED"}


def test_eight_bits_stay_eight(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=10:d=0.5", "-pix_fmt", "yuv420p", tmp_path / "a.mp4")

    video.mp4(codec="h265", color="keep", preset="ultrafast").run(tmp_path / "a.mp4", to=tmp_path / "made.mp4")

    assert told(tmp_path / "made.mp4")[0]["pix_fmt"] == "yuv420p"


def test_nothing_in_bt709_is_put_on_wider_colors(hdr10: Path) -> None:
    with pytest.raises(AssetError, match="leave watermark, text") as caught:
        video.text("Draft").mp4(codec="h265", color="keep").run(hdr10)

    assert caught.value.code == "E_OP"


def test_h264_is_refused_before_the_first_byte() -> None:
    with pytest.raises(RecipeError, match="say codec='h265' or 'av1'"):
        video.mp4(color="keep")


@pytest.mark.parametrize("end", ["mp4", "mkv"])
def test_a_copy_keeps_the_record_of_dolby_vision(hdr10: Path, tmp_path: Path, end: str) -> None:
    (tmp_path / "dolby.mp4").write_bytes(_with_record(hdr10.read_bytes(), DOLBY))

    getattr(video, end)(codec="copy").run(tmp_path / "dolby.mp4", to=tmp_path / f"made.{end}")

    beside = {one["side_data_type"]: one for one in told(tmp_path / f"made.{end}")[0]["side_data_list"]}
    assert beside["DOVI configuration record"]["dv_profile"] == 8


def test_a_mov_says_that_the_record_of_dolby_vision_is_left_out(hdr10: Path, tmp_path: Path) -> None:
    (tmp_path / "dolby.mp4").write_bytes(_with_record(hdr10.read_bytes(), DOLBY))
    frame = mf.scan(str(tmp_path / "dolby.mp4")).probe().with_columns(made=video.mov(codec="copy"))

    assert frame.collect().item(0, "hdr") == "dolby vision"
    assert frame.export(tmp_path / "out").manifest.item(0, "error_code") == "W_METADATA_DROPPED"


def _with_record(data: bytes, record: bytes) -> bytes:
    """Put a box behind the record of the decoder, and have those around it grow; the index stands behind the data."""
    assert data.index(b"mdat") < data.index(b"moov")
    made, at = bytearray(data), data.index(b"hvcC") - 4
    at += struct.unpack_from(">I", data, at)[0]
    made[at:at] = record
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hvc1"):
        place = made.index(name, data.index(b"moov")) - 4
        struct.pack_into(">I", made, place, struct.unpack_from(">I", made, place)[0] + len(record))
    return bytes(made)
