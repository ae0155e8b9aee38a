"""Packages keep the rules of RFC 8216, of Apple's authoring specification and of ISO/IEC 23009-1, each one told."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import m3u8
import numpy as np
import pytest

from mediaframe.recipes import video
from tests.engines.clips import ffmpeg, needs_ffmpeg

pytestmark = needs_ffmpeg

SIZES = ("32p", "48p", "64p")
SOUNDS = ("audio", "audio-2")
MPD = {"": "urn:mpeg:dash:schema:mpd:2011"}
CUES = "1\n00:00:00,500 --> 00:00:01,500\n{}\n\n2\n00:00:03,000 --> 00:00:09,000\nLast\n"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seconds at 29.97 frames in three sizes, with two sounds of 440 and 880 Hz and two subtitles."""
    folder = tmp_path_factory.mktemp("package")
    (folder / "en.srt").write_text(CUES.format("Salt & <i>pepper</i>"))
    (folder / "de.srt").write_text(CUES.format("Salz und Pfeffer"))
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=96x64:r=30000/1001:d=5", "-f", "lavfi", "-i", "sine=440:d=5",
           "-f", "lavfi", "-i", "sine=880:d=5", "-i", folder / "en.srt", "-i", folder / "de.srt",
           "-map", 0, "-map", 1, "-map", 2, "-map", 3, "-map", 4, "-c:v", "libx264", "-pix_fmt", "yuv420p",
           "-preset", "ultrafast", "-c:a", "aac", "-c:s", "srt", "-metadata:s:a:0", "language=eng",
           "-metadata:s:a:1", "language=ger", "-metadata:s:a:1", 'title=Der "Ton"', "-metadata:s:s:0", "language=eng",
           "-metadata:s:s:1", "language=ger", "-disposition:a:0", 0, "-disposition:a:1", "default",
           folder / "source.mkv")  # fmt: skip
    recipe = video.tracks(audio="all").hls(ladder=(32, 48, 64), segment_seconds=2, preset="ultrafast", dash=True)
    recipe.run(folder / "source.mkv", to=folder / "made")
    return folder / "made"


@pytest.fixture(scope="module")
def main(package: Path) -> m3u8.M3U8:
    return m3u8.load(str(package / "index.m3u8"))


def _playlist(package: Path, name: str) -> m3u8.M3U8:
    return m3u8.load(str(package / name / "index.m3u8"))


def _sizes(package: Path, name: str) -> list[int]:
    return [path.stat().st_size for path in sorted((package / name).glob("*.m4s"))]


def _boxes(data: bytes, *path: str) -> Iterator[bytes]:
    """Give what the boxes at the end of a path of names hold."""
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        if name == path[0].encode():
            inner = data[at + 8 : at + size]
            yield from _boxes(inner, *path[1:]) if len(path) > 1 else [inner]
        at += size


def _fragment(data: bytes) -> tuple[int, int]:
    """Give when a segment is decoded first, and how long its samples last, by its own boxes."""
    [tfdt] = _boxes(data, "moof", "traf", "tfdt")
    [trun] = _boxes(data, "moof", "traf", "trun")
    count = int.from_bytes(trun[4:8], "big")
    return int.from_bytes(tfdt[4:12], "big"), sum(
        struct.unpack_from(">I", trun, 12 + 16 * one)[0] for one in range(count)
    )


def test_no_segment_lasts_longer_than_the_target_and_all_renditions_have_the_same(package: Path) -> None:
    """RFC 8216, 4.3.3.1; RFC 8216bis, 6.2.4."""
    told = [_playlist(package, name) for name in (*SIZES, *SOUNDS)]

    assert len({one.target_duration for one in told}) == 1
    assert all(round(part.duration) <= one.target_duration for one in told for part in one.segments)


def test_segments_follow_one_another_without_a_gap_as_long_as_the_playlist_says(package: Path) -> None:
    for name in (*SIZES, *SOUNDS):
        text = (package / name / "index.m3u8").read_text()
        assert "DISCONTINUITY" not in text
        [mdhd] = _boxes((package / name / "init.mp4").read_bytes(), "moov", "trak", "mdia", "mdhd")
        units, until = int.from_bytes(mdhd[12:16], "big"), 0
        paths = sorted((package / name).glob("*.m4s"))
        for path, told in zip(paths, _playlist(package, name).segments, strict=True):
            start, ticks = _fragment(path.read_bytes())
            assert start == until
            assert ticks / units == pytest.approx(told.duration, abs=2e-6)
            until += ticks


def test_the_bandwidth_is_no_less_than_any_stretch_of_about_a_target_with_each_sound(
    package: Path, main: m3u8.M3U8
) -> None:
    """RFC 8216, 4.1: contiguous segments of 0.5 to 1.5 times the target duration; with the densest sound."""

    def peak(name: str) -> float:
        told, sizes = _playlist(package, name), _sizes(package, name)
        lasts, found = [one.duration for one in told.segments], 0.0
        for first in range(len(lasts)):
            for last in range(first + 1, len(lasts) + 1):
                whole = sum(lasts[first:last])
                if 0.5 <= whole / told.target_duration <= 1.5:
                    found = max(found, sum(sizes[first:last]) * 8 / whole)
        return found

    for one in main.playlists:
        name, sounds = one.uri.split("/")[0], max(peak(sound) for sound in SOUNDS)
        needed = peak(name) + (sounds if one.stream_info.resolution else 0)
        assert one.stream_info.bandwidth >= needed - 1
        assert one.stream_info.average_bandwidth <= one.stream_info.bandwidth <= 1.5 * needed


def test_every_variant_says_what_players_choose_by(main: m3u8.M3U8) -> None:
    """Apple's authoring specification, 9.1 to 9.5 and 4.13."""
    assert main.is_independent_segments
    for one in main.playlists:
        info = one.stream_info
        assert info.codecs
        assert info.average_bandwidth
        assert info.closed_captions == "NONE"
        assert (info.audio, info.subtitles) == ("audio", "captions")
        if info.resolution:
            assert info.frame_rate == 29.97
    assert [one.stream_info.resolution for one in main.playlists] == [(48, 32), (72, 48), (96, 64), None]


def test_the_codecs_are_those_that_the_headers_of_the_tracks_say(package: Path, main: m3u8.M3U8) -> None:
    """RFC 6381: profile, constraints and level as the sequence parameters have them; the kind of AAC."""
    for one in main.playlists:
        name = one.uri.split("/")[0]
        header = (package / name / "init.mp4").read_bytes()
        first = header + (package / name / "00001.m4s").read_bytes()
        words = ["ffprobe", "-v", "error", "-show_streams", "-of", "default", "-"]
        init = subprocess.run(words, input=first, capture_output=True, check=True).stdout.decode()
        if one.stream_info.resolution is None:
            assert one.stream_info.codecs == "mp4a.40.2"
            assert "profile=LC" in init
            continue
        at = header.index(b"avcC") + 4
        size = int.from_bytes(header[at + 6 : at + 8], "big")
        assert size > 4  # the first sequence parameter set; after its own first byte it has the same three
        assert one.stream_info.codecs == f"avc1.{header[at + 9 : at + 12].hex()},mp4a.40.2"
        level = int(init.split("level=")[1].split()[0])
        assert int(one.stream_info.codecs[9:11], 16) == level


def test_key_frames_have_a_playlist_whose_parts_decode_alone(package: Path, main: m3u8.M3U8) -> None:
    """Apple's authoring specification, 6.1; RFC 8216, 4.3.3.6."""
    assert [one.iframe_stream_info.resolution for one in main.iframe_playlists] == [(48, 32), (72, 48), (96, 64)]
    for one in main.iframe_playlists:
        folder = package / one.uri.split("/")[0]
        told = m3u8.load(str(folder / "keys.m3u8"))
        assert told.is_i_frames_only
        assert len(told.segments) == 3
        for part in told.segments:
            count, start = map(int, part.byterange.split("@"))
            data = (folder / part.uri).read_bytes()[start : start + count]
            assert count * 8 / part.duration <= one.iframe_stream_info.bandwidth + 1
            words = ["ffmpeg", "-v", "fatal", "-i", "-", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
            whole = (folder / "init.mp4").read_bytes() + data
            made = subprocess.run(words, input=whole, capture_output=True, check=False).stdout
            width, height = one.iframe_stream_info.resolution
            assert len(made) == width * height
            assert np.frombuffer(made, np.uint8).std() > 20


def test_sounds_are_one_group_of_languages_with_one_default(package: Path, main: m3u8.M3U8) -> None:
    sounds = [one for one in main.media if one.type == "AUDIO"]

    assert [(one.language, one.name, one.default, one.autoselect, one.uri) for one in sounds] == [
        ("en", "en", "NO", "YES", "audio/index.m3u8"),
        ("de", "Der  Ton ", "YES", "YES", "audio-2/index.m3u8"),
    ]
    assert [round(_pitch(package / name), -1) for name in SOUNDS] == [440, 880]


def _pitch(folder: Path) -> float:
    data = b"".join(path.read_bytes() for path in [folder / "init.mp4", *sorted(folder.glob("*.m4s"))])
    words = ["ffmpeg", "-v", "error", "-i", "-", "-ac", "1", "-ar", "16000", "-f", "s16le", "-"]
    made = subprocess.run(words, input=data, capture_output=True, check=True).stdout
    samples = np.frombuffer(made, "<i2")[4000:20000]
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 16000 / samples.size)


def test_subtitles_of_the_source_are_webvtt_by_the_clock_of_the_segments(package: Path, main: m3u8.M3U8) -> None:
    """RFC 8216, 3.5; times end with the pictures."""
    texts = [one for one in main.media if one.type == "SUBTITLES"]

    assert [(one.language, one.uri) for one in texts] == [
        ("en", "captions/index.m3u8"), ("de", "captions-2/index.m3u8")
    ]  # fmt: skip
    lines = (package / "captions/captions.vtt").read_text().splitlines()
    assert lines[:2] == ["WEBVTT", "X-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000"]
    assert "Salt &amp; pepper" in lines
    ends = [line.split(" --> ")[1] for line in lines if "-->" in line]
    assert ends[0].startswith("00:00:01.5")
    assert ends[-1].startswith(("00:00:05.0", "00:00:04.9"))
    told = _playlist(package, "captions-2")
    assert sum(one.duration for one in told.segments) == pytest.approx(5, abs=0.05)
    assert "Salz" in (package / "captions-2/captions.vtt").read_text()


def test_the_manifest_tells_times_rates_and_languages_as_they_are(package: Path) -> None:
    """ISO/IEC 23009-1: timelines add up to the period; bandwidths hold for every segment of at least a second."""
    root = ET.parse(package / "manifest.mpd").getroot()
    whole = float(root.attrib["mediaPresentationDuration"][2:-1])
    longest = float(root.attrib["maxSegmentDuration"][2:-1])
    sets: dict[str, list[dict[str, Any]]] = {}

    for group in root.iterfind("Period/AdaptationSet", MPD):
        kind = group.attrib["contentType"]
        roles = [one.attrib["value"] for one in group.findall("Role", MPD)]
        sets.setdefault(kind, []).append({"id": group.attrib["id"], "lang": group.get("lang"), "roles": roles})
        if (template := group.find("SegmentTemplate", MPD)) is None:
            continue
        units, at = int(template.attrib["timescale"]), 0
        lasts = list[float]()
        for line in template.iterfind("SegmentTimeline/S", MPD):
            assert int(line.attrib["t"]) == at
            for _ in range(1 + int(line.get("r", "0"))):
                lasts.append(int(line.attrib["d"]) / units)
                at += int(line.attrib["d"])
        assert sum(lasts) == pytest.approx(whole, abs=0.03)
        assert kind != "video" or max(lasts) <= longest + 0.001
        for one in group.iterfind("Representation", MPD):
            sizes = _sizes(package, one.attrib["id"])
            assert len(sizes) == len(lasts)
            for size, last in zip(sizes, lasts, strict=True):
                assert size * 8 / last <= int(one.attrib["bandwidth"]) + 1
            if kind == "video":
                assert Fraction(one.attrib["frameRate"]) == Fraction(30000, 1001)
    assert [(one["lang"], one["roles"]) for one in sets["audio"]] == [("en", ["alternate"]), ("de", ["main"])]
    assert [(one["lang"], one["roles"]) for one in sets["text"]] == [("en", ["caption"]), ("de", ["caption"])]
    ids = [one["id"] for many in sets.values() for one in many]
    assert len(set(ids)) == len(ids)
