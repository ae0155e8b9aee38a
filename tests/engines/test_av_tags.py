"""Tags and covers of sounds: kept, left out, or written, and read back by Debian's ffprobe."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mediaframe.errors import AssetError, RecipeError
from mediaframe.recipes import audio
from tests.engines.clips import ffmpeg, needs_ffmpeg

_WORDS = ("mp3", "m4a", "flac", "opus", "ogg", "wav")
_COVERED = ("mp3", "m4a", "flac")


@pytest.fixture(scope="module")
def cover(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cover") / "cover.jpg"
    Image.new("RGB", (40, 30), (200, 30, 60)).save(path)
    return path


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory, cover: Path) -> Path:
    """Half a second with a title, an artist and a cover."""
    path = tmp_path_factory.mktemp("sound") / "source.mp3"
    ffmpeg("-f", "lavfi", "-i", "sine=d=0.5:r=44100", "-i", cover, "-map", 0, "-map", 1, "-c:v", "copy",
           "-c:a", "libmp3lame", "-metadata", "title=Old", "-metadata", "artist=Ann",
           "-disposition:v", "attached_pic", path)  # fmt: skip
    return path


def _told(path: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Tags of the container or its sound, and the covers."""
    words = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    tags = dict(found["format"].get("tags", {}))
    for one in found["streams"]:
        tags |= one.get("tags", {}) if one["codec_type"] == "audio" else {}
    covers = [one for one in found["streams"] if one["disposition"]["attached_pic"]]
    return {name.lower(): text for name, text in tags.items()}, covers


@needs_ffmpeg
@pytest.mark.parametrize("word", _WORDS)
def test_tags_and_cover_are_kept_where_that_is_asked_for(word: str, source: Path, tmp_path: Path) -> None:
    path = tmp_path / f"made.{word}"

    getattr(audio, word)(metadata="keep").run(source, to=path)

    tags, covers = _told(path)
    assert (tags["title"], tags["artist"]) == ("Old", "Ann")
    assert [(one["codec_name"], one["width"], one["height"]) for one in covers] == (
        [("mjpeg", 40, 30)] if word in _COVERED else []
    )


@needs_ffmpeg
@pytest.mark.parametrize("word", _WORDS)
def test_nothing_is_kept_by_itself(word: str, source: Path, tmp_path: Path) -> None:
    getattr(audio, word)().run(source, to=tmp_path / f"made.{word}")

    tags, covers = _told(tmp_path / f"made.{word}")
    assert not {"title", "artist"} & set(tags)
    assert not covers


@needs_ffmpeg
@pytest.mark.parametrize("word", _WORDS)
def test_what_a_step_says_replaces_what_the_source_says(word: str, source: Path, tmp_path: Path) -> None:
    path = tmp_path / f"made.{word}"
    recipe = getattr(audio.tag(title="Größe", album="Two", date="2024", track="3/12"), word)(metadata="keep")

    made = recipe.run(source)

    path.write_bytes(made)
    tags, _ = _told(path)
    assert (tags["title"], tags["album"], tags["artist"], tags["date"]) == ("Größe", "Two", "Ann", "2024")
    assert tags["track"].startswith("3")
    assert recipe.run(source) == made


@needs_ffmpeg
@pytest.mark.parametrize("word", _COVERED)
def test_a_cover_is_written_as_it_is(word: str, source: Path, cover: Path, tmp_path: Path) -> None:
    path = tmp_path / f"made.{word}"

    getattr(audio.tag(cover=cover), word)().run(source, to=path)
    ffmpeg("-i", path, "-map", "0:v", "-c", "copy", "-f", "image2", "-update", 1, tmp_path / "back.jpg")

    assert (tmp_path / "back.jpg").read_bytes() == cover.read_bytes()
    ffmpeg("-i", path, "-map", "0:a", "-f", "null", "-")


@needs_ffmpeg
def test_a_cover_that_is_neither_jpeg_nor_png_says_so(source: Path, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "cover.webp")

    with pytest.raises(AssetError, match="a cover is a JPEG or a PNG") as caught:
        audio.tag(cover=tmp_path / "cover.webp").mp3().run(source)

    assert caught.value.code == "E_INPUT"


def test_a_format_without_covers_refuses_one_before_the_first_byte() -> None:
    with pytest.raises(RecipeError, match="holds no cover"):
        audio.tag(cover="cover.jpg").wav()


def test_a_step_that_says_nothing_is_refused() -> None:
    with pytest.raises(RecipeError, match="expected something to say"):
        audio.tag()
