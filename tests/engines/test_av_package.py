"""Packages for streaming: playlists that parse, segments that decode, key frames that stand side by side."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import av
import m3u8
import numpy as np
import pytest

from mediaframe.errors import AssetError, RecipeError
from mediaframe.formats.streaming import Hls
from mediaframe.model.kind import Shape
from mediaframe.recipes import video
from tests.engines.clips import ffmpeg, needs_ffmpeg
from tests.engines.packages import clip, decoded, files, packets, variants

QUICK: dict[str, Any] = {"ladder": (32, 48), "segment_seconds": 2, "preset": "ultrafast"}
BOTH = video.hls(**QUICK, dash=True, poster="2 s")
MAPPED = b"X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"
DASH = {"": "urn:mpeg:dash:schema:mpd:2011"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("clip") / "source.mp4")


@pytest.fixture(scope="module")
def package(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of five seconds in two sizes, for HLS and DASH."""
    folder = tmp_path_factory.mktemp("package") / "made"
    assert BOTH.run(source, to=folder) == str(folder / "index.m3u8")
    return folder


def test_the_main_playlist_names_every_size_with_what_players_choose_by(package: Path) -> None:
    told = m3u8.load(str(package / "index.m3u8"))

    infos = [one.stream_info for one in told.playlists]
    assert [one.resolution for one in infos] == [(42, 32), (64, 48), None]
    assert [one.frame_rate for one in infos] == [25, 25, None]
    assert all(re.fullmatch(r"avc1\.[0-9a-f]{6},mp4a\.40\.2", one.codecs) for one in infos[:2])
    assert infos[2].codecs == "mp4a.40.2"
    assert told.is_independent_segments
    assert [(one.type, one.group_id, one.channels, one.uri) for one in told.media] == [
        ("AUDIO", "audio", "2", "audio/index.m3u8")
    ]


def test_the_bit_rates_are_those_of_the_segments(package: Path) -> None:
    def rates(name: str) -> tuple[float, float]:
        lasts = [one.duration for one in m3u8.load(str(package / name / "index.m3u8")).segments]
        sizes = [path.stat().st_size * 8 for path in sorted((package / name).glob("*.m4s"))]
        return max(size / last for size, last in zip(sizes, lasts, strict=True)), sum(sizes) / sum(lasts)

    sound = rates("audio")
    for one in variants(package):
        peak, mean = rates(one.uri.split("/")[0])
        assert one.stream_info.bandwidth == pytest.approx(peak + sound[0], abs=3)
        assert one.stream_info.average_bandwidth == pytest.approx(mean + sound[1], abs=3)


@pytest.mark.parametrize("name", ["32p", "48p", "audio"])
def test_a_rendition_names_all_its_segments_and_plays_as_long_as_the_source(package: Path, name: str) -> None:
    told = m3u8.load(str(package / name / "index.m3u8"))

    lasts = [one.duration for one in told.segments]
    assert told.is_endlist
    assert told.playlist_type == "vod"
    assert told.segment_map[0].uri == "init.mp4"
    assert {one.uri for one in told.segments} == {path.name for path in (package / name).glob("*.m4s")}
    assert len(lasts) == 3
    assert sum(lasts) == pytest.approx(5, abs=0.03)
    assert max(round(one) for one in lasts) == told.target_duration == 2


@needs_ffmpeg
@pytest.mark.parametrize(("name", "frames"), [("32p", [50, 50, 25]), ("48p", [50, 50, 25]), ("audio", None)])
def test_every_segment_decodes_alone_behind_its_header(package: Path, name: str, frames: list[int] | None) -> None:
    counts = [decoded(package, name, one) for one in range(3)]

    assert counts == frames if frames else all(counts)


@needs_ffmpeg
def test_key_frames_stand_at_the_beginning_of_segments_alone_at_the_same_moments_in_all_sizes(package: Path) -> None:
    for segment in range(3):
        both = [packets(package, name, segment) for name in ("32p", "48p")]

        assert both[0] == both[1]
        assert [time for time, key in both[0] if key] == [2.0 * segment]


@needs_ffmpeg
def test_with_pictures_that_look_ahead_and_back_all_are_shown_at_their_times(source: Path, tmp_path: Path) -> None:
    video.hls(ladder=(48,), segment_seconds=2, preset="medium").run(source, to=tmp_path / "made")

    times = [time for time, _ in packets(tmp_path / "made", "48p")]
    # FFmpeg adds the largest negative offset of a track to all of its times; browsers do not.
    assert [time - times[0] for time in times] == pytest.approx([number / 25 for number in range(125)], abs=1e-5)
    assert [decoded(tmp_path / "made", "48p", one) for one in range(3)] == [50, 50, 25]


def test_what_is_seen_and_heard_is_what_the_source_shows_at_that_moment(source: Path, package: Path) -> None:
    shown, heard = watched(package / "48p"), listened(package / "audio")
    with av.open(str(source)) as given:
        levels = [float(frame.to_ndarray(format="gray").mean()) for frame in given.decode(video=0)]

    assert np.allclose(shown, levels, atol=2)
    wave = 0.3 * np.sin(2 * np.pi * 441 * np.arange(heard.size) / 44100)
    # The first packet of AAC fades in; from then on each sample is where it was.
    assert np.abs(heard - wave)[2048 : 4 * 44100].max() < 0.02


def watched(folder: Path) -> list[float]:
    """Give how bright each picture of a rendition is."""
    with av.open(joined(folder)) as made:
        return [float(frame.to_ndarray(format="gray").mean()) for frame in made.decode(video=0)]


def listened(folder: Path) -> np.ndarray[Any, Any]:
    """Give the samples of the left channel, from the beginning."""
    with av.open(joined(folder)) as made:
        frames = list(made.decode(audio=0))
    assert frames[0].pts == 0
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def joined(folder: Path) -> str:
    """Put the header and all segments of a rendition into one file."""
    path = folder / "joined.tmp"
    path.write_bytes(b"".join(one.read_bytes() for one in [folder / "init.mp4", *sorted(folder.glob("*.m4s"))]))
    return str(path)


def test_the_manifest_of_dash_names_the_same_segments_with_the_same_times(package: Path) -> None:
    root = ET.parse(package / "manifest.mpd").getroot()

    for group in root.iterfind("Period/AdaptationSet", DASH):
        template = group.find("SegmentTemplate", DASH)
        assert template is not None
        units, lines = int(template.attrib["timescale"]), template.findall("SegmentTimeline/S", DASH)
        lasts = [int(one.attrib["d"]) for one in lines for _ in range(1 + int(one.get("r", "0")))]
        for one in group.iterfind("Representation", DASH):
            name = one.attrib["id"]
            told = m3u8.load(str(package / name / "index.m3u8"))
            assert [last / units for last in lasts] == pytest.approx(
                [part.duration for part in told.segments], abs=1e-5
            )
            media = template.attrib["media"].replace("$RepresentationID$", name)
            for number in range(1, 1 + len(lasts)):
                assert (package / media.replace("$Number%05d$", f"{number:05d}")).is_file()
            assert (package / template.attrib["initialization"].replace("$RepresentationID$", name)).is_file()
    sizes = [(one.attrib["width"], one.attrib["height"]) for one in root.iterfind(".//Representation[@width]", DASH)]
    assert sizes == [("42", "32"), ("64", "48")]
    assert root.attrib["mediaPresentationDuration"].startswith("PT5.0")


@pytest.mark.skipif("MEDIAFRAME_DASH_SCHEMA" not in os.environ, reason="the schema of MPEG is not at hand")
@pytest.mark.parametrize("captions", [False, True])
def test_the_manifest_is_valid_by_the_schema_of_mpeg(source: Path, tmp_path: Path, *, captions: bool) -> None:
    etree = pytest.importorskip("lxml.etree")
    schema = etree.XMLSchema(etree.parse(os.environ["MEDIAFRAME_DASH_SCHEMA"]))
    (tmp_path / "a.vtt").write_text("WEBVTT\n")

    video.dash(**QUICK, captions=str(tmp_path / "a.vtt") if captions else None).run(source, to=tmp_path / "made")

    assert schema.validate(etree.parse(str(tmp_path / "made" / "manifest.mpd"))), schema.error_log


def test_the_segments_of_hls_and_of_dash_are_the_same_bytes_in_every_process(source: Path, package: Path) -> None:
    from mediaframe.work.slot import Slot
    from mediaframe.work.spool import Pieces

    recipe = video.dash(**QUICK)
    request = {"do": "render", "kind": "video", "format": "mp4",
               "renditions": [{"name": "one", "recipe": recipe.to_json()}]}  # fmt: skip
    pieces = Pieces(["one"], 1 << 30)
    with Slot() as slot:
        *_, whole = [made for header, payload in slot.ask(request, source) if (made := pieces.take(header, payload))]

    parts = {part.name: part.data for part in whole.package}
    assert parts == {name: data for name, data in files(package).items() if name.endswith((".m4s", "init.mp4"))}
    assert whole.data == (package / "manifest.mpd").read_bytes()


@pytest.mark.parametrize(
    ("profile", "shorter", "sides"),
    [
        ("basic", 1080, (360, 480)), ("standard", 1080, (360, 480, 720)), ("hd", 2160, (360, 480, 720, 1080)),
        ("source_max", 4320, (360, 480, 720, 1080, 1440, 2160)), ("source_max", 1440, (360, 480, 720, 1080, 1440)),
        ("hd", 900, (360, 480, 720, 900)), ("hd", 500, (360, 500)), ("standard", 361, (360,)), ("basic", 99, (98,)),
    ],
)  # fmt: skip
def test_no_size_is_larger_than_the_source(profile: Any, shorter: int, sides: tuple[int, ...]) -> None:
    assert Hls(profile).sides(shorter) == sides


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (63, 47), (100, 36)])
def test_the_size_that_is_told_before_is_the_one_that_is_made(tmp_path: Path, size: tuple[int, int]) -> None:
    source = clip(tmp_path / "source.mkv", 0.4, size, sound=None)
    recipe = video.hls(ladder=(40,), preset="ultrafast")

    recipe.run(source, to=tmp_path / "made")

    told = recipe.infer(Shape("video", *size))
    assert variants(tmp_path / "made")[-1].stream_info.resolution == told.size


@needs_ffmpeg
def test_a_turned_source_without_sound_is_made_upright_and_says_nothing_of_sound(source: Path, tmp_path: Path) -> None:
    ffmpeg("-i", source, "-an", "-c", "copy", "-metadata:s:v:0", "rotate=90", tmp_path / "turned.mp4")

    made = video.hls(**QUICK).run(tmp_path / "turned.mp4")

    assert "RESOLUTION=48x64" in made["index.m3u8"].decode()
    assert "AUDIO" not in made["index.m3u8"].decode()
    assert not any(name.startswith("audio/") for name in made)


def test_sound_that_begins_late_keeps_its_moment(tmp_path: Path) -> None:
    source = clip(tmp_path / "late.mkv", 3, sound=(1.5, 3.0))

    video.hls(**QUICK).run(source, to=tmp_path / "made")

    heard = listened(tmp_path / "made" / "audio")
    assert np.abs(heard[: round(1.45 * 44100)]).max() < 0.01
    assert np.abs(heard[round(1.55 * 44100) : round(2.9 * 44100)]).max() > 0.25
    assert sum(one.duration for one in m3u8.load(str(tmp_path / "made/audio/index.m3u8")).segments) == pytest.approx(
        3, abs=0.1
    )


@needs_ffmpeg
def test_frames_at_no_regular_times_are_shown_at_theirs_and_cut_at_the_first_behind_a_bound(tmp_path: Path) -> None:
    times = [Fraction(number * number, 900) for number in range(70)]
    source = clip(tmp_path / "source.mkv", times=times, sound=None)

    video.hls(**QUICK).run(source, to=tmp_path / "made")

    both = [packets(tmp_path / "made", name) for name in ("32p", "48p")]
    assert both[0] == both[1]
    assert [time for time, _ in both[0]] == pytest.approx([float(one) for one in times], abs=0.001)
    assert [time for time, key in both[0] if key] == pytest.approx([0, 1849 / 900, 4], abs=0.001)


def test_steps_before_it_are_done_and_a_part_begins_at_zero(source: Path, tmp_path: Path) -> None:
    video.clip(1, 4).crop(40, 40).mute().hls(**QUICK).run(source, to=tmp_path / "made")

    assert [one.stream_info.resolution for one in variants(tmp_path / "made")] == [(32, 32), (40, 40)]
    levels = watched(tmp_path / "made" / "40p")
    assert len(levels) == 75
    assert np.allclose(np.diff(levels), 1, atol=0.6)
    assert sum(one.duration for one in m3u8.load(str(tmp_path / "made/40p/index.m3u8")).segments) == pytest.approx(3)


def test_the_poster_is_the_picture_of_its_moment(source: Path, package: Path) -> None:
    with av.open(str(package / "poster.jpg")) as poster:
        made = next(poster.decode(video=0)).to_ndarray(format="gray")
    with av.open(str(source)) as given:
        frame = list(given.decode(video=0))[50].to_ndarray(format="rgb24")

    assert made.shape == (48, 64)
    assert abs(float(made.mean()) - float(frame.mean())) < 2


def test_captions_go_along_and_subrip_becomes_webvtt(source: Path, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_bytes(b"\xef\xbb\xbf1\r\n00:00:01,500 --> 00:00:02,000\r\nHi, you\r\n")

    made = video.hls(**QUICK, captions=str(tmp_path / "a.srt"), captions_language="pt-BR").run(source)

    assert made["captions/captions.vtt"] == b"WEBVTT\n" + MAPPED + b"\n1\n00:00:01.500 --> 00:00:02.000\nHi, you\n"
    told = m3u8.loads(made["index.m3u8"].decode())
    subtitles = next(one for one in told.media if one.type == "SUBTITLES")
    assert (subtitles.language, subtitles.uri) == ("pt-BR", "captions/index.m3u8")
    assert {one.stream_info.subtitles for one in told.playlists} == {"captions"}
    assert m3u8.loads(made["captions/index.m3u8"].decode()).segments[0].uri == "captions.vtt"


def test_captions_that_are_none_are_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text("Not captions")

    with pytest.raises(AssetError, match="expected WebVTT or SubRip") as caught:
        video.hls(**QUICK, captions=str(tmp_path / "a.vtt")).run(source)

    assert caught.value.code == "E_INPUT"


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"segment_seconds": 1}, "2 to 12"),
        ({"segment_seconds": 13}, "2 to 12"),
        ({"profile": "full"}, "one of"),
        ({"ladder": (8,)}, "16 to 8192"),
        ({"ladder": "big"}, "16 to 8192"),
        ({"captions_language": "english please"}, "BCP 47"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_before_anything_is_read(given: dict[str, Any], fault: str) -> None:
    with pytest.raises(RecipeError, match=fault):
        video.hls(**given)


@pytest.mark.parametrize("name", ["a/out.m3u8", "out.mpd", "out.mp4"])
def test_a_package_is_not_written_under_the_name_of_a_file(source: Path, name: str) -> None:
    with pytest.raises(RecipeError, match="give the name of a folder"):
        BOTH.run(source, to=name)
