"""What a probe says of clips: the frame rate and whether it varies, HDR, streams, chapters, tags."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import polars as pl
import pytest

import mediaframe as mf
from mediaframe.engines.av.engine import engine
from mediaframe.engines.base import Source, Task
from mediaframe.recipes import audio, video
from tests.engines.containers import clip, grown, tone


def probe(data: bytes) -> dict[str, Any]:
    return engine.probe(Source(data), Task())


@pytest.mark.parametrize(
    ("format", "codec"),
    [
        ("mp4", "libx264"), ("mov", "libx264"), ("matroska", "libx264"), ("webm", "libvpx"), ("avi", "mpeg4"),
        ("flv", "flv"), ("mpegts", "libx264"), ("mpeg", "mpeg1video"), ("asf", "mpeg4"), ("3gp", "mpeg4"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rate", [25, Fraction(30000, 1001)], ids=str)
def test_the_rate_of_every_container_is_the_one_it_was_made_with(format: str, codec: str, rate: Any) -> None:
    facts = probe(clip(format, codec, rate=rate))

    assert facts["rate"] == pytest.approx(float(rate), rel=2e-3)
    assert facts["variable_rate"] is False
    assert facts["seconds"] == pytest.approx(1.0, abs=0.1)
    assert "error_code" not in facts


@pytest.mark.parametrize("format", ["mp4", "matroska"])
def test_a_rate_that_varies_is_told_by_the_times_of_the_pictures(format: str) -> None:
    times = [40 * at if at < 10 else 400 + 90 * (at - 10) for at in range(25)]

    facts = probe(clip(format, times=times))

    assert facts["variable_rate"] is True
    assert facts["rate"] == pytest.approx(25 / 1.75, rel=0.05)


def test_pictures_that_are_shown_in_another_order_do_not_make_the_rate_vary() -> None:
    data = clip("matroska", options={"bf": "3", "preset": "veryfast"})

    assert probe(data)["variable_rate"] is False


def test_one_picture_does_not_tell_whether_the_rate_varies() -> None:
    assert probe(clip(seconds=0.04))["variable_rate"] is None


def test_the_bit_rate_is_the_size_by_the_playing_time() -> None:
    data = clip(sound="aac", seconds=2)

    assert probe(data)["bit_rate"] == pytest.approx(len(data) * 8 / 2, rel=0.03)


def test_the_codec_of_the_sound_of_a_video_is_told() -> None:
    facts = probe(clip("matroska", sound="libopus"))

    assert (facts["codec"], facts["audio_codec"], facts["channels"]) == ("h264", "opus", 1)
    assert probe(tone("flac", "flac"))["audio_codec"] == "flac"


@pytest.mark.parametrize(
    ("format", "codec", "bits"),
    [("wav", "pcm_s16le", 16), ("wav", "pcm_s24le", 24), ("wav", "pcm_f32le", 32), ("wav", "pcm_u8", 8),
     ("flac", "flac", 16), ("ipod", "alac", 24), ("mp3", "libmp3lame", None), ("ogg", "libopus", None)],
)  # fmt: skip
def test_the_bits_of_a_sound_are_told_where_nothing_is_lost(format: str, codec: str, bits: int | None) -> None:
    assert probe(tone(format, codec, seconds=0.2))["bits"] == bits


# ---- HDR ---------------------------------------------------------------------------------------------------


def hdr(transfer: str, format: str = "mp4", params: str = "") -> bytes:
    told = f"log-level=none:pools=1:frame-threads=1:colorprim=bt2020:colormatrix=bt2020nc:transfer={transfer}{params}"
    return clip(format, "libx265", seconds=0.2, pixels="yuv420p10le", options={"x265-params": told, "tag": "hvc1"})


@pytest.mark.parametrize("format", ["mp4", "matroska"])
@pytest.mark.parametrize(("transfer", "named"), [("smpte2084", "pq"), ("arib-std-b67", "hlg"), ("bt709", None)])
def test_hdr_is_told_by_the_transfer(format: str, transfer: str, named: str | None) -> None:
    facts = probe(hdr(transfer, format))

    assert (facts["hdr"], facts["bits"], facts["codec"]) == (named, 10, "hevc")


def test_dolby_vision_is_told_by_its_record() -> None:
    record = b"\0\0\0\x20dvvC" + bytes([1, 0, 8 << 1, 6 << 3 | 0b101, 1 << 4]) + bytes(19)  # profile 8.1, level 6
    data = grown(hdr("smpte2084"), [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hev1"], record)

    assert probe(data)["hdr"] == "dolby vision"
    assert streams(data)[0]["hdr"] == "dolby vision"


def test_a_tag_that_speaks_of_dolby_vision_makes_none() -> None:
    said = "x\nSide data:\n      DOVI configuration record: version: 1.0"

    data = clip(tags={"title": said, "comment": said.replace("\n", "\r")}, seconds=0.2)

    assert probe(data)["hdr"] is None


# ---- streams, chapters, tags -------------------------------------------------------------------------------


def streams(data: bytes) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = video.streams().run(data)
    return told


def test_each_stream_is_a_record_with_all_fields() -> None:
    pictures, sound = streams(clip("mov", sound="pcm_s24le", turn=-90, seconds=0.4, options={"profile": "baseline"}))

    assert pictures.keys() == sound.keys() == video.streams().end.fields.keys()
    assert pictures | {"bit_rate": 0} == dict.fromkeys(pictures) | {
        "index": 0, "type": "video", "codec": "h264", "profile": "Constrained Baseline", "default": True,
        "forced": False, "start": 0.0, "seconds": 0.4, "frames": 10, "bit_rate": 0, "bits": 8,
        "pixel_format": "yuv420p", "width": 64, "height": 48, "rotation": 90, "rate": 25.0, "real_rate": 25.0,
        "field_order": "progressive",
    }  # fmt: skip
    assert sound | {"frames": 0} == dict.fromkeys(sound) | {
        "index": 1, "type": "audio", "codec": "pcm_s24le", "default": True, "forced": False, "start": 0.0,
        "seconds": 0.4, "frames": 0, "bit_rate": 1_152_000, "bits": 24, "channels": 1, "layout": "mono",
        "sample_rate": 48000,
    }  # fmt: skip


def test_chapters_and_tags_are_told() -> None:
    data = clip(
        "matroska", chapters=[(0, 0.5, "Pilot"), (0.5, 1, "Ende ü")], tags={"title": "Zwei Teile", "artist": "A"}
    )

    chapters, tags = video.chapters().run(data), video.tags().run(data)

    assert chapters == [{"start": 0.0, "end": 0.5, "title": "Pilot"}, {"start": 0.5, "end": 1.0, "title": "Ende ü"}]
    assert {"stream": None, "name": "title", "value": "Zwei Teile"} in tags


def test_tags_of_a_stream_are_told_as_its_own() -> None:
    data = tone("ogg", "libopus", seconds=0.2)

    tags = audio.tags().run(data)

    assert {one["stream"] for one in tags} == {0}
    assert "encoder" in {one["name"] for one in tags}


def test_a_container_without_chapters_has_an_empty_list() -> None:
    assert video.chapters().run(clip(seconds=0.2)) == []


def test_records_are_a_typed_column_of_a_frame_and_stand_in_its_manifest(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "one.mkv").write_bytes(clip("matroska", sound="libopus", seconds=0.4, chapters=[(0, 0.4, "A")]))
    frame = mf.scan(tmp_path / "in").probe().with_columns(streams=mf.video.streams(), parts=mf.video.chapters())

    table, run = frame.collect(), frame.export(tmp_path / "out")

    assert table.select(pl.col("streams").list.eval(pl.element().struct["codec"])).item().to_list() == ["h264", "opus"]
    assert table["parts"].dtype == pl.List(pl.Struct({"start": pl.Float64, "end": pl.Float64, "title": pl.String}))
    assert set(run.measures["status"]) == {"measured"}
    assert '"title": "A"' in "".join(run.measures["value"])


def test_a_stream_that_begins_amid_a_transport_stream_is_passed_by() -> None:
    silent, sounding = clip("mpegts", seconds=1), clip("mpegts", seconds=1, sound="mp2")
    padding = (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 1_500  # more than FFmpeg looks at from the end
    data = silent + sounding + padding + silent

    facts = probe(data)

    with av.open(io.BytesIO(data)) as container, pytest.raises(IndexError):
        list(container.demux(container.streams.video[0]))
    assert (facts["kind"], facts["codec"], facts["audio_codec"]) == ("video", "h264", None)
    assert video.lufs().run(data) is None
    assert len(video.scenes(threshold=0).run(data)) >= 49
