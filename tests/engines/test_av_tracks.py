"""Several streams of one kind: which are taken, that they are kept with their names, and what is said of the others."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import mediaframe as mf
from mediaframe.errors import AssetError, RecipeError
from mediaframe.recipes import video
from tests.engines.clips import ffmpeg, length, needs_ffmpeg, told

pytestmark = needs_ffmpeg

ENGLISH = (
    "1\n00:00:00,200 --> 00:00:00,900\nHello <i>you</i> & me\n\n2\n00:00:01,100 --> 00:00:01,800\nLine one\nLine two\n"
)
GERMAN = "1\n00:00:00,300 --> 00:00:01,900\nHallo Du\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with English and German sound (the default), of 440 and 880 Hz, and subtitles of both."""
    folder = tmp_path_factory.mktemp("clip")
    (folder / "en.srt").write_text(ENGLISH)
    (folder / "de.srt").write_text(GERMAN)
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2",
           "-f", "lavfi", "-i", "sine=880:d=2", "-i", folder / "en.srt", "-i", folder / "de.srt",
           "-map", 0, "-map", 1, "-map", 2, "-map", 3, "-map", 4, "-c:v", "libx264", "-pix_fmt", "yuv420p",
           "-preset", "ultrafast", "-c:a", "aac", "-c:s", "srt", "-metadata:s:a:0", "language=eng",
           "-metadata:s:a:1", "language=ger", "-metadata:s:a:1", "title=Kommentar", "-metadata:s:s:0", "language=eng",
           "-metadata:s:s:1", "language=ger", "-disposition:a:0", 0, "-disposition:a:1", "default",
           "-disposition:s:1", "forced", folder / "source.mkv")  # fmt: skip
    return folder / "source.mkv"


@pytest.fixture(scope="module")
def movie(source: Path) -> Path:
    """The same as MP4."""
    ffmpeg("-i", source, "-map", 0, "-c", "copy", "-c:s", "mov_text", source.with_name("movie.mp4"))
    return source.with_name("movie.mp4")


def _streams(path: Path) -> list[tuple[Any, ...]]:
    """Kind, codec, language, default, forced of each stream, by ffprobe."""
    words = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)["streams"]
    return [
        (one["codec_type"], one["codec_name"], one.get("tags", {}).get("language"), one["disposition"]["default"],
         one["disposition"]["forced"]) for one in found
    ]  # fmt: skip


def _texts(path: Path, number: int) -> str:
    """Give a track of subtitles as ffmpeg reads it, as SubRip."""
    words = ["ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:s:{number}", "-f", "srt", "-"]
    done = subprocess.run(words, capture_output=True, check=True)
    assert not done.stderr, done.stderr.decode()
    return done.stdout.decode().replace("\r", "")


def _pitch(path: Path, number: int) -> float:
    """Give the strongest frequency of a sound, as ffmpeg decodes it."""
    words = ["ffmpeg", "-v", "error", "-i", str(path), "-map", f"0:a:{number}", "-ac", "1", "-ar", "16000",
             "-f", "s16le", "-"]  # fmt: skip
    samples = np.frombuffer(subprocess.run(words, capture_output=True, check=True).stdout, "<i2")[4000:20000]
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 16000 / samples.size)


@pytest.mark.parametrize(
    ("given", "end", "codec", "sound", "text"),
    [
        ("source.mkv", "mkv", "copy", "aac", "subrip"),
        ("source.mkv", "mp4", "copy", "aac", "mov_text"),
        ("movie.mp4", "mkv", "h264", "opus", "subrip"),
        ("movie.mp4", "mov", "h264", "aac", "mov_text"),
        ("movie.mp4", "mp4", "copy", "aac", "mov_text"),
    ],
)
def test_all_sounds_and_subtitles_are_kept_with_language_title_and_disposition(
    movie: Path, tmp_path: Path, given: str, end: str, codec: str, sound: str, text: str
) -> None:
    path = tmp_path / f"made.{end}"
    options: dict[str, Any] = {"codec": codec} | ({} if codec == "copy" else {"preset": "ultrafast"})

    getattr(video.tracks(audio="all"), end)(**options).run(movie.with_name(given), to=path)

    found = _streams(path)
    assert [one[:3] for one in found[1:]] == [
        ("audio", sound, "eng"), ("audio", sound, "ger"), ("subtitle", text, "eng"), ("subtitle", text, "ger"),
    ]  # fmt: skip
    assert [one[3] for one in found[1:3]] == [0, 1]
    assert [round(_pitch(path, one), -1) for one in (0, 1)] == [440, 880]
    with av.open(str(path)) as made:  # the ffprobe of Debian does not tell the names of MP4
        titles = [one.metadata.get("title") or one.metadata.get("name") for one in made.streams.audio]
    assert titles == [None, "Kommentar"]
    english, german = _texts(path, 0), _texts(path, 1)
    assert "you" in english
    assert "& me" in english
    assert "Line one\nLine two" in english
    assert re.search(r"00:00:01,1\d\d --> 00:00:01,8\d\d", english)
    assert "Hallo Du" in german


def test_what_matroska_marks_as_forced_stays_forced(source: Path, tmp_path: Path) -> None:
    video.mkv(codec="copy").run(source, to=tmp_path / "made.mkv")

    assert [one[4] for one in _streams(tmp_path / "made.mkv")[2:]] == [0, 1]


def test_webm_holds_subtitles_as_webvtt_whose_marks_are_written_out(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "made.webm"
    video.tracks(subtitles="eng").resize(32).webm(preset="ultrafast").run(source, to=path)

    assert [one[:3] for one in _streams(path)] == [
        ("video", "vp9", None), ("audio", "opus", "ger"), ("subtitle", "webvtt", "eng")
    ]  # fmt: skip
    assert b"Hello you &amp; me" in path.read_bytes()


@pytest.mark.parametrize(
    ("asked", "sounds"),
    [
        ({}, [("ger", 880)]),
        ({"audio": "eng"}, [("eng", 440)]),
        ({"audio": 1}, [("ger", 880)]),
        ({"audio": "de, en"}, [("ger", 880), ("eng", 440)]),
        ({"audio": "none"}, []),
    ],
    ids=str,
)
def test_sounds_are_chosen_by_number_and_language_and_stand_in_that_order(
    source: Path, tmp_path: Path, asked: dict[str, Any], sounds: list[tuple[str, int]]
) -> None:
    path = tmp_path / "made.mkv"

    video.tracks(**asked, subtitles="none").mkv(codec="copy").run(source, to=path)

    found = _streams(path)
    assert [one[2] for one in found if one[0] == "audio"] == [language for language, _ in sounds]
    assert [round(_pitch(path, number), -1) for number in range(len(sounds))] == [pitch for _, pitch in sounds]
    assert not [one for one in found if one[0] == "subtitle"]
    if len(sounds) == 1:
        assert found[1][3] == 1


def test_a_soundtrack_is_the_chosen_sound(source: Path, tmp_path: Path) -> None:
    video.tracks(audio="eng").soundtrack().wav().run(source, to=tmp_path / "made.wav")

    assert round(_pitch(tmp_path / "made.wav", 0), -1) == 440


def test_of_a_part_subtitles_begin_and_end_with_it(source: Path, tmp_path: Path) -> None:
    for end in ("mkv", "mp4"):
        path = tmp_path / f"made.{end}"
        getattr(video.clip(0.5, 1.3), end)(preset="ultrafast").run(source, to=path)

        cues = [line for line in _texts(path, 0).splitlines() if "-->" in line]
        assert re.match(r"00:00:00,0\d\d --> 00:00:00,4", cues[0])
        assert cues[1].startswith("00:00:00,6"), cues
        assert length(path) == pytest.approx(0.8, abs=0.07)


def test_subtitles_go_with_the_speed(source: Path, tmp_path: Path) -> None:
    video.speed(2).mkv(preset="ultrafast").run(source, to=tmp_path / "made.mkv")

    cues = [line for line in _texts(tmp_path / "made.mkv", 0).splitlines() if "-->" in line]
    tenths = [re.sub(r"\d\d( |$)", r"\1", one) for one in cues]
    assert tenths == ["00:00:00,1 --> 00:00:00,4", "00:00:00,5 --> 00:00:00,9"]


def test_styles_stay_where_the_container_has_the_same_subtitles(source: Path, tmp_path: Path) -> None:
    styled = tmp_path / "styled.mkv"
    ffmpeg("-i", source, "-map", "0:v", "-map", "0:s:0", "-c", "copy", "-c:s", "ass", styled)

    video.mkv(codec="copy").run(styled, to=tmp_path / "made.mkv")
    video.mp4(codec="copy").run(styled, to=tmp_path / "made.mp4")

    assert _streams(tmp_path / "made.mkv")[1][1] == "ass"
    assert b"{\\i1}you{\\i0}" in (tmp_path / "made.mkv").read_bytes()
    assert "Hello you & me" in _texts(tmp_path / "made.mp4", 0)
    assert b"\\i1" not in (tmp_path / "made.mp4").read_bytes()


def test_several_sounds_and_subtitles_are_kept_where_a_video_is_written_in_parts(source: Path, tmp_path: Path) -> None:
    long, path = tmp_path / "long.mkv", tmp_path / "made.mkv"
    ffmpeg("-stream_loop", 2, "-i", source, "-map", 0, "-c", "copy", long)

    video.tracks(audio="all").mkv(preset="ultrafast", segments=2).run(long, to=path)

    assert [one[0] for one in _streams(path)] == ["video", "audio", "audio", "subtitle", "subtitle"]
    assert [round(_pitch(path, one), -1) for one in (0, 1)] == [440, 880]
    assert "Line one" in _texts(path, 0)


def test_each_sound_is_brought_to_the_same_loudness(tmp_path: Path) -> None:
    source, path = tmp_path / "source.mkv", tmp_path / "made.mkv"
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "color=s=64x48:r=5:d=3",
        "-f",
        "lavfi",
        "-i",
        "sine=440:d=3",
        "-f",
        "lavfi",
        "-i",
        "sine=440:d=3,volume=-20dB",
        "-map",
        0,
        "-map",
        1,
        "-map",
        2,
        "-c:v",
        "libx264",
        "-c:a",
        "flac",
        source,
    )

    video.tracks(audio="all").loudness(-23).mkv(codec="copy").run(source, to=path)

    loud = [
        subprocess.run(["ffmpeg", "-nostdin", "-i", path, "-map", f"0:a:{one}", "-af", "ebur128", "-f", "null", "-"],
                       capture_output=True, check=True).stderr.decode().rpartition("I:")[2].split()[0]
        for one in (0, 1)
    ]  # fmt: skip
    assert [float(one) for one in loud] == pytest.approx([-23, -23], abs=0.5)


def _notes(recipe: Any, path: Path, folder: Path) -> list[tuple[str | None, str | None]]:
    run = mf.scan(str(path)).probe().with_columns(made=recipe).export(folder)
    rows: list[tuple[str | None, str | None]] = run.manifest.select("error_code", "error").rows()
    return rows


def test_what_is_left_out_unasked_is_said_in_the_row(source: Path, tmp_path: Path) -> None:
    [(code, text)] = _notes(video.mp4(preset="ultrafast"), source, tmp_path / "one")
    asked = _notes(video.tracks(audio="ger").mp4(preset="ultrafast"), source, tmp_path / "two")

    assert (code, text) == ("W_TRACKS_DROPPED", "left out: other sounds (eng; tracks(audio='all') keeps them)")
    assert asked == [(None, None)]


def test_subtitles_that_are_pictures_stay_in_matroska_and_are_told_elsewhere(tmp_path: Path) -> None:
    source = tmp_path / "pictures.mkv"
    (tmp_path / "a.srt").write_text(GERMAN)
    # ffmpeg draws no text; an empty picture is one too.
    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", tmp_path / "v.mkv"
    )
    pgs = tmp_path / "a.sup"
    pgs.write_bytes(_pgs())
    ffmpeg("-i", tmp_path / "v.mkv", "-i", pgs, "-map", 0, "-map", 1, "-c", "copy", source)

    kept = _notes(video.mkv(codec="copy"), source, tmp_path / "one")
    [(code, text)] = _notes(video.mp4(codec="copy"), source, tmp_path / "two")

    assert kept == [(None, None)]
    assert [one[1] for one in _streams(next((tmp_path / "one").rglob("*.mkv")))] == ["h264", "hdmv_pgs_subtitle"]
    assert (code, text) == ("W_TRACKS_DROPPED", "left out: subtitles (no language, hdmv_pgs_subtitle)")


def _pgs() -> bytes:
    """Give Presentation Graphics with one empty composition at 0.5 s (US 2009/0185789 A1)."""

    def part(kind: int, body: bytes) -> bytes:
        return b"PG" + (45_000).to_bytes(4, "big") * 2 + bytes([kind]) + len(body).to_bytes(2, "big") + body

    composition = (64).to_bytes(2, "big") + (48).to_bytes(2, "big") + bytes([0x10, 0, 1, 0x80, 0, 0, 0])
    return part(0x16, composition) + part(0x80, b"")


def test_the_default_pictures_are_the_marked_ones_and_of_several_the_first(tmp_path: Path) -> None:
    both, marked = tmp_path / "both.mkv", tmp_path / "marked.mkv"
    ffmpeg("-f", "lavfi", "-i", "color=red:s=64x48:d=1", "-f", "lavfi", "-i", "color=blue:s=96x64:d=1", "-map", 0,
           "-map", 1, "-c:v", "libx264", "-disposition:v", 0, both)  # fmt: skip
    ffmpeg("-i", both, "-map", 0, "-c", "copy", "-disposition:v:1", "default", marked)

    assert mf.scan(str(both)).probe().collect().select("width", "height").row(0) == (64, 48)
    assert mf.scan(str(marked)).probe().collect().select("width", "height").row(0) == (96, 64)
    video.tracks(video=1).mp4(codec="copy").run(marked, to=tmp_path / "made.mp4")
    assert (told(tmp_path / "made.mp4")[0]["width"], told(tmp_path / "made.mp4")[0]["height"]) == (96, 64)
    color = video.tracks(video=0).frame(at=0).mean_color().run(marked)
    assert color != video.frame(at=0).mean_color().run(marked)


def test_a_cover_is_no_video(source: Path, tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "color=red:s=320x240", "-frames:v", 1, tmp_path / "cover.png")
    ffmpeg("-i", tmp_path / "cover.png", "-i", source, "-map", 0, "-map", "1:v", "-map", "1:a:0", "-c", "copy",
           "-disposition:v:0", "attached_pic", tmp_path / "with.mp4")  # fmt: skip

    assert mf.scan(str(tmp_path / "with.mp4")).probe().collect().select("width", "codec").row(0) == (64, "h264")
    video.mp4(codec="copy").run(tmp_path / "with.mp4", to=tmp_path / "made.mp4")
    assert [one[0] for one in _streams(tmp_path / "made.mp4")] == ["video", "audio"]


def test_a_stream_that_is_not_there_is_told_with_those_that_are(source: Path) -> None:
    with pytest.raises(AssetError, match=r"audio='fra'.*0 \(eng\), 1 \(deu\)") as caught:
        video.tracks(audio="fre").mp4().run(source)

    assert caught.value.code == "E_OP"


@pytest.mark.parametrize("given", [{"audio": "german"}, {"audio": -1}, {"video": "all"}, {"subtitles": [0, "default"]}])
def test_what_names_no_stream_is_refused_before_the_first_byte(given: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r"a language such as|languages such as"):
        video.tracks(**given)
