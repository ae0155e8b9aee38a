"""What the head of the first picture tells is what the whole of it tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mediaframe.engines.av import demux, glance
from mediaframe.engines.av.engine import engine
from mediaframe.engines.av.medium import turn_of
from mediaframe.engines.base import Source, Task
from mediaframe.errors import AssetError
from mediaframe.recipes import video
from tests.engines.clips import ffmpeg, needs_ffmpeg
from tests.engines.containers import clip

_HDR = {
    "x265-params": "log-level=none:pools=1:frame-threads=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
}
_TOLD: dict[str, dict[str, Any]] = {
    "H.264": {},
    "H.264 of 10 bits": {"pixels": "yuv420p10le"},
    "H.264 of 4:4:4": {"pixels": "yuv444p"},
    "H.264 of full range": {"pixels": "yuvj420p"},
    "H.264 that is turned": {"turn": 90},
    "H.264 in fragments": {"mux": {"movflags": "frag_keyframe+empty_moov"}},
    "H.264 with sound": {"sound": "aac"},
    "H.265": {"codec": "libx265"},
    "H.265 of 10 bits in PQ": {"codec": "libx265", "pixels": "yuv420p10le", "options": _HDR},
}


def _said(source: Source) -> object:
    try:
        return engine.probe(source, Task())
    except AssetError as error:
        return error.code, error.message


@pytest.fixture
def taken_for_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glance, "_LARGE", 0)


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How containers are opened: lightly or not."""
    whole, seen = demux.opened, list[bool]()

    def opened(source: Source, task: Task, *, lightly: bool = False) -> Any:
        seen.append(lightly)
        return whole(source, task, lightly=lightly)

    monkeypatch.setattr(demux, "opened", opened)
    return seen


@pytest.mark.parametrize("how", _TOLD.values(), ids=_TOLD)
@pytest.mark.parametrize("format", ["mp4", "mov"])
def test_a_probe_that_decodes_no_picture_tells_the_same(
    format: str, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch, opens: list[bool]
) -> None:
    data = clip(format, **{"seconds": 0.4, **how})
    whole = engine.probe(Source(data), Task())
    opens.clear()

    monkeypatch.setattr(glance, "_LARGE", 0)
    glanced = engine.probe(Source(data), Task())

    assert glanced == whole
    assert opens == [True]


@pytest.mark.parametrize(
    "how",
    [{"codec": "mpeg4"}, {"format": "matroska"}],
    ids=["another codec", "another container"],
)
def test_where_the_head_does_not_tell_the_picture_is_decoded(
    how: dict[str, Any], taken_for_large: None, opens: list[bool]
) -> None:
    facts = engine.probe(Source(clip(**{"seconds": 0.4, **how})), Task())

    assert facts["bits"] == 8
    assert opens[-1] is False


@needs_ffmpeg
def test_sound_of_which_the_header_tells_half_the_rate_is_decoded(tmp_path: Path, taken_for_large: None) -> None:
    path = tmp_path / "low.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x48:d=0.4", "-f", "lavfi", "-i", "sine=d=0.4:r=22050",
           "-c:v", "libx264", "-c:a", "aac", path)  # fmt: skip
    source = Source(path.read_bytes())

    with demux.opened(source, Task(), lightly=True) as container:
        known = glance._sound_known(container)

    assert known is False


@needs_ffmpeg
@pytest.mark.parametrize("kept", [0, 4, 20])
def test_a_file_that_ends_within_the_first_picture_is_told_as_where_all_is_decoded(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, early = tmp_path / "whole.mp4", tmp_path / "early.mp4"
    whole.write_bytes(clip(seconds=0.4))
    ffmpeg("-i", whole, "-c", "copy", "-movflags", "+faststart", early)
    data = early.read_bytes()
    source = Source(data[: data.rindex(b"mdat") + 4 + kept])

    told = []
    for large in (1_000_000, 0):
        monkeypatch.setattr(glance, "_LARGE", large)
        told.append(_said(source))

    assert told[0] == told[1]


@needs_ffmpeg
@pytest.mark.parametrize(("bits", "codec"), [("h264_metadata=display_orientation=insert:rotate=90", "libx264")])
def test_a_turn_that_only_the_pictures_tell_is_found(tmp_path: Path, bits: str, codec: str) -> None:
    plain, turned = tmp_path / "plain.mp4", tmp_path / "turned.mp4"
    plain.write_bytes(clip(codec=codec, seconds=0.4))
    ffmpeg("-i", plain, "-c", "copy", "-bsf:v", bits, turned)
    task = Task(steps=tuple(video.frame(at=0).jpeg().steps))

    told = [turn_of(engine.open(Source(path.read_bytes()), task)) for path in (plain, turned)]

    assert told == [0, 270]


def test_a_turn_that_the_header_tells_takes_no_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a picture was decoded")

    monkeypatch.setattr("mediaframe.engines.av.medium.first_turn", never)

    medium = engine.open(Source(clip(seconds=0.4, turn=90)), Task())

    assert turn_of(medium) == 270
