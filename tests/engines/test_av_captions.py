"""Captions as they come: marks of byte order, line ends of others, old code pages, styles, cues that overlap."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mediaframe.engines.av.cues import read_cues, stretches
from mediaframe.recipes import video
from tests.engines.clips import ffmpeg, needs_ffmpeg, pictures

SIZE = (192, 108)
PLAIN = "1\n00:00:00,000 --> 00:00:01,000\nCafé – “naïve”\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of dark gray."""
    path = tmp_path_factory.mktemp("clip") / "source.mp4"
    ffmpeg("-f", "lavfi", "-i", f"color=0x202020:s={SIZE[0]}x{SIZE[1]}:r=5:d=2", "-c:v", "libx264", "-pix_fmt",
           "yuv420p", path)  # fmt: skip
    return path


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.encode("cp1252"),
        PLAIN.replace("\n", "\r\n").encode("utf-8-sig"),
        PLAIN.replace("\n", "\r").encode(),
        b"WEBVTT - talk\n\nSTYLE\n::cue { color: red }\n\nNOTE a --> b\n\n00:00.000 --> 00:01.000 line:0 align:left\n"
        + "<v Ann><c.red>Café</c> <00:00.500>– <i>“naïve”</i></v>\n".encode(),
        "1\n00:00:00,000 --> 00:00:01,000 X1:1 X2:2\n{\\an8}<font color=red>Café – “naïve”</font>\n".encode(),
    ],
    ids=["plain", "mark", "utf-16", "cp1252", "crlf", "cr", "webvtt", "styles"],
)  # fmt: skip
def test_a_file_is_read_whatever_wrote_it(data: bytes) -> None:
    [cue] = read_cues(data)

    assert (cue.start, cue.end, cue.text) == (0.0, 1.0, "Café – “naïve”")


def test_cues_that_overlap_stand_below_one_another_while_both_are_shown() -> None:
    cues = read_cues(b"1\n00:00:00,000 --> 00:00:02,000\nA\n\n2\n00:00:01,000 --> 00:00:03,000\nB\n")

    assert [(one.start, one.end, one.text) for one in stretches(cues)] == [
        (0.0, 1.0, "A"), (1.0, 2.0, "A\nB"), (2.0, 3.0, "B")
    ]  # fmt: skip


@needs_ffmpeg
def test_cues_behind_the_end_are_left_out_and_the_last_ends_with_the_pictures(source: Path, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(
        PLAIN + "\n2\n00:00:01,500 --> 00:01:00,000\nLast\n\n3\n00:00:30,000 --> 00:00:31,000\nNever\n"
    )

    video.captions(str(tmp_path / "a.srt")).mp4(codec="copy").run(source, to=tmp_path / "made.mp4")

    words = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "made.mp4"), "-map", "0:s", "-f", "srt", "-"]
    text = subprocess.run(words, capture_output=True, check=True).stdout.decode()
    assert "00:00:01,500 --> 00:00:02,0" in text
    assert "Never" not in text


def _burned(source: Path, folder: Path, text: str) -> np.ndarray[Any, Any]:
    """Give where a burned caption is bright in the first picture."""
    (folder / "a.vtt").write_text(f"WEBVTT\n\n00:00.000 --> 00:02.000\n{text}\n")
    recipe = video.captions(str(folder / "a.vtt"), mode="burn", size="8%").mp4(crf=10, preset="ultrafast")
    recipe.run(source, to=folder / "made.mp4")
    return pictures(folder / "made.mp4", SIZE)[0].max(axis=2) > 150


def _rows(bright: np.ndarray[Any, Any]) -> int:
    """Count the lines of text: rows that are bright with dark ones between them."""
    rows = bright.any(axis=1).astype(int)
    return int((np.diff(rows, prepend=0) == 1).sum())


@needs_ffmpeg
@pytest.mark.parametrize(
    "text",
    ["The quick brown fox jumps over the lazy dog and runs away", "مرحبا بالعالم هذا نص طويل جدا يجب أن يلتف على أسطر"],
    ids=["latin", "arabic"],
)
def test_a_long_line_wraps_within_the_picture(source: Path, tmp_path: Path, text: str) -> None:
    bright = _burned(source, tmp_path, text)

    assert _rows(bright) >= 2
    assert not bright[:, [0, -1]].any()
    assert not bright[[-1]].any()
    assert bright[: SIZE[1] // 2].sum() == 0


@needs_ffmpeg
def test_text_from_right_to_left_begins_at_the_right(source: Path, tmp_path: Path) -> None:
    """The wide word comes first: it stands at the end where the script begins."""
    right, left = _burned(source, tmp_path, "ששששששש l"), _burned(source, tmp_path, "WWWWWWW l")

    def wide_end(bright: np.ndarray[Any, Any]) -> str:
        columns = np.nonzero(bright.any(axis=0))[0]
        gap = int(np.argmax(np.diff(columns)))
        return "left" if columns[gap] - columns[0] > columns[-1] - columns[gap + 1] else "right"

    assert (wide_end(right), wide_end(left)) == ("right", "left")
