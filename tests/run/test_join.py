"""One video of many rows: how long it plays, what is seen and heard when, what is copied and what is refused."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.errors import AssetError, RecipeError, StoreError, UsageError
from tests.engines.clips import length, needs_ffmpeg, told
from tests.engines.packages import clip

ONE: dict[str, Any] = {"slots": 1}


@pytest.fixture(scope="module")
def alike(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips of a second from one encoder."""
    folder = tmp_path_factory.mktemp("alike")
    for name in ("a.mp4", "b.mp4"):
        clip(folder / name, 1, sound=(0, 1))
    return folder


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landscape with sound, a portrait without any, a larger landscape whose sound begins late."""
    folder = tmp_path_factory.mktemp("mixed")
    clip(folder / "a.mp4", 1, (64, 48), sound=(0, 1))
    clip(folder / "b.mkv", 1.2, (48, 80), sound=None)
    clip(folder / "c.mov", 1, (96, 64), sound=(0.4, 1))
    return folder


def shown(path: Path) -> tuple[list[float], list[np.ndarray[Any, Any]]]:
    """Give time and luma of all pictures."""
    with av.open(str(path)) as made:
        frames = [(float(frame.time or 0), frame.to_ndarray(format="gray")) for frame in made.decode(video=0)]
    return [time for time, _ in frames], [picture for _, picture in frames]


def loudness(path: Path, at: float) -> float:
    """Give the largest sample within a tenth of a second."""
    with av.open(str(path)) as made:
        samples = [(frame.time, frame.to_ndarray()) for frame in made.decode(audio=0)]
    return max(float(np.abs(one).max()) for time, one in samples if time is not None and at <= time < at + 0.1)


@needs_ffmpeg
def test_clips_that_agree_are_copied_picture_for_picture(alike: Path, tmp_path: Path) -> None:
    made = mf.scan(alike).concat(tmp_path / "made.mp4", **ONE)

    (pictures,), (sound,) = told(tmp_path / "made.mp4"), told(tmp_path / "made.mp4", "a")
    assert (made.record["origin"], made.seconds) == ("repacked", 2.0)
    assert (pictures["codec_name"], pictures["nb_read_frames"]) == ("h264", "50")
    assert float(pictures["duration"]) == pytest.approx(2, abs=0.001)
    assert float(sound["duration"]) == pytest.approx(2, abs=0.03)
    assert length(tmp_path / "made.mp4") == pytest.approx(2, abs=0.03)
    given = shown(alike / "a.mp4")[1]
    times, levels = shown(tmp_path / "made.mp4")
    assert np.allclose(np.diff(times), 0.04, atol=1e-4)
    assert all(np.array_equal(one, other) for one, other in zip(levels, given * 2, strict=True))


@needs_ffmpeg
@pytest.mark.parametrize(("name", "codec"), [("made.mp4", "h264"), ("made.webm", "vp9")])
def test_clips_that_differ_are_shown_in_one_frame(mixed: Path, tmp_path: Path, name: str, codec: str) -> None:
    made = mf.scan(mixed).concat(tmp_path / name, **ONE)

    (pictures,) = told(tmp_path / name)
    assert (made.record["origin"], made.record["width"], made.record["height"]) == ("encoded", 96, 64)
    assert (pictures["codec_name"], pictures["width"], pictures["height"]) == (codec, 96, 64)
    assert pictures["nb_read_frames"] == "80"
    assert made.seconds == pytest.approx(3.2, abs=0.01)
    assert length(tmp_path / name) == pytest.approx(3.2, abs=0.05)


def test_smaller_clips_are_made_larger_with_bars_where_their_shape_is_another(mixed: Path, tmp_path: Path) -> None:
    mf.scan(mixed).concat(tmp_path / "made.mp4", **ONE)

    times, levels = shown(tmp_path / "made.mp4")
    wide, tall, whole = (
        levels[next(at for at, time in enumerate(times) if time >= moment)] for moment in (0.5, 1.6, 2.7)
    )
    assert wide[:, 8:88].mean() > 25 > 20 > wide[:, :4].mean()
    assert tall[:, 32:64].mean() > 25 > 20 > max(tall[:, :24].mean(), tall[:, 72:].mean())
    assert whole[:, :4].mean() > 25


def test_a_clip_without_sound_is_silent_and_late_sound_keeps_its_moment(mixed: Path, tmp_path: Path) -> None:
    mf.scan(mixed).concat(tmp_path / "made.mp4", **ONE)

    heard = {at: loudness(tmp_path / "made.mp4", at) for at in (0.4, 1.3, 2.0, 2.4, 2.8)}
    assert {at for at, level in heard.items() if level > 0.2} == {0.4, 2.8}
    assert max(heard[at] for at in (1.3, 2.0, 2.4)) < 0.01


def test_steps_are_done_to_each_clip_and_the_format_may_stand_in_the_recipe(alike: Path, tmp_path: Path) -> None:
    recipe = mf.video.clip(0.2, 0.6).mp4(codec="h265", preset="ultrafast")  # x265 wants 64 px at least

    made = mf.scan(alike).concat(tmp_path / "made.mp4", recipe, size=(64, 64), **ONE)

    times, levels = shown(tmp_path / "made.mp4")
    assert (made.record["origin"], made.seconds) == ("encoded", 0.8)
    assert len(times) == 20
    assert levels[0].shape == (64, 64)
    with av.open(str(tmp_path / "made.mp4")) as file:
        assert file.streams.video[0].codec_context.codec.canonical_name == "hevc"


def test_the_same_rows_give_the_same_bytes(mixed: Path, tmp_path: Path) -> None:
    one = mf.scan(mixed).concat(tmp_path / "one.mp4", slots=1)
    two = mf.scan(mixed).concat(tmp_path / "two.mp4", slots=3)

    assert one.sha256 == two.sha256


def test_a_clip_that_fails_is_left_out_and_told(alike: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for path in alike.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "c.mp4").write_bytes((folder / "a.mp4").read_bytes()[:600])

    made = mf.scan(folder).concat(tmp_path / "made.mp4", **ONE)

    assert made.seconds == 2.0
    assert made.sources["status"].to_list() == ["written", "written", "failed"]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"to": "made.gif"}, "ends in one of"),
        ({"to": "made.m3u8"}, "ends in one of"),
        ({"recipe": mf.image.resize(4)}, "gives a"),
        ({"recipe": mf.video.mp4(max_bytes="1 MB")}, "max_bytes"),
        ({"recipe": mf.video.webm()}, "call it"),
        ({"size": (33, 20)}, "even"),
    ],
    ids=str,
)
def test_what_cannot_be_joined_is_refused_before_anything_is_read(
    alike: Path, tmp_path: Path, given: dict[str, Any], fault: str
) -> None:
    to = tmp_path / given.pop("to", "made.mp4")

    with pytest.raises((RecipeError, UsageError), match=fault):
        mf.scan(alike).concat(to, **given)


def test_copying_alone_is_refused_where_clips_differ(mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="differ in codec"):
        mf.scan(mixed).concat(tmp_path / "made.mp4", mf.video.mp4(codec="copy"), **ONE)

    assert not (tmp_path / "made.mp4").exists()


# ---- slideshows ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures of one gray each: 40, 120 and 200, one of them upright, one with alpha."""
    folder = tmp_path_factory.mktemp("photos")
    for number, (size, mode) in enumerate([((80, 60), "RGB"), ((60, 80), "RGB"), ((40, 30), "RGBA")]):
        level = 40 + 80 * number
        Image.new(mode, size, (level, level, level, 255)[: len(mode)]).save(folder / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a tone."""
    path = tmp_path_factory.mktemp("music") / "tone.wav"
    tone = (12000 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 22050, 0, "NONE", ""))
        file.writeframes(tone.tobytes())
    return path


SLIDES: dict[str, Any] = {"seconds": 0.8, "size": (80, 60), "rate": 10, **ONE}


def middle(pictures: list[np.ndarray[Any, Any]]) -> list[float]:
    """Give the gray of the middle of each picture, of full range."""
    return [(float(one[28:32, 38:42].mean()) - 16) * 255 / 219 for one in pictures]


def luma(path: Path) -> list[np.ndarray[Any, Any]]:
    with av.open(str(path)) as made:
        return [frame.to_ndarray()[: frame.height] for frame in made.decode(video=0)]


@needs_ffmpeg
def test_each_picture_is_shown_for_its_time(photos: Path, tmp_path: Path) -> None:
    made = mf.scan(photos).slideshow(tmp_path / "made.mp4", **SLIDES)

    (pictures,) = told(tmp_path / "made.mp4")
    assert made.seconds == 2.4
    assert (pictures["nb_read_frames"], pictures["avg_frame_rate"]) == ("24", "10/1")
    assert (pictures["color_space"], pictures["color_range"]) == ("bt709", "tv")
    assert length(tmp_path / "made.mp4") == pytest.approx(2.4, abs=0.01)
    assert not told(tmp_path / "made.mp4", "a")
    assert np.allclose(middle(luma(tmp_path / "made.mp4")), [40] * 8 + [120] * 8 + [200] * 8, atol=3)


def test_pictures_of_other_shapes_stand_on_black_or_fill_the_frame(photos: Path, tmp_path: Path) -> None:
    mf.scan(photos).slideshow(tmp_path / "contain.mp4", **SLIDES)
    mf.scan(photos).slideshow(tmp_path / "cover.mp4", fit="cover", **SLIDES)

    contained, covered = luma(tmp_path / "contain.mp4")[12], luma(tmp_path / "cover.mp4")[12]
    assert contained[:, :16].mean() < 20 < 80 < contained[:, 20:60].mean()
    assert covered.min() > 80


def test_a_fade_goes_evenly_from_one_picture_to_the_next(photos: Path, tmp_path: Path) -> None:
    made = mf.scan(photos).slideshow(
        tmp_path / "made.mp4", transition="fade", transition_seconds=0.3, format=mf.video.mp4(crf=10), **SLIDES
    )

    levels = middle(luma(tmp_path / "made.mp4"))
    assert made.seconds == 2.4
    assert np.allclose(levels, [40] * 5 + [60, 80, 100] + [120] * 5 + [140, 160, 180] + [200] * 8, atol=3)


@needs_ffmpeg
@pytest.mark.parametrize("seconds", [0.8, 0.2])
def test_music_ends_with_the_pictures_and_silence_follows_where_it_is_shorter(
    photos: Path, music: Path, tmp_path: Path, seconds: float
) -> None:
    mf.scan(photos).slideshow(tmp_path / "made.mp4", audio=music, **{**SLIDES, "seconds": seconds})

    whole = 3 * seconds
    (sound,) = told(tmp_path / "made.mp4", "a")
    assert float(sound["duration"]) == pytest.approx(whole, abs=0.05)
    assert length(tmp_path / "made.mp4") == pytest.approx(whole, abs=0.05)
    assert loudness(tmp_path / "made.mp4", 0.3) > 0.2
    if seconds == 0.8:
        assert loudness(tmp_path / "made.mp4", 1.2) < 0.01


def test_the_record_names_the_music_by_its_content(photos: Path, music: Path, tmp_path: Path) -> None:
    one = mf.scan(photos).slideshow(tmp_path / "one.mp4", audio=music, **SLIDES)
    (tmp_path / "other.wav").write_bytes(music.read_bytes()[:-4000])
    two = mf.scan(photos).slideshow(tmp_path / "two.mp4", audio=tmp_path / "other.wav", **SLIDES)

    assert one.record["id"] != two.record["id"]
    assert mf.scan(photos).slideshow(tmp_path / "three.mp4", audio=music, **SLIDES).sha256 == one.sha256


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"size": (81, 60)}, "even"),
        ({"transition": "wipe"}, "one of"),
        ({"transition": "fade", "transition_seconds": 3}, "at most"),
        ({"audio": "nowhere.mp3"}, "not there"),
        ({"fit": "fill"}, "contain"),
        ({"format": mf.video.resize(4).mp4()}, "a format alone"),
        ({"recipe": mf.video.mute()}, "gives an image"),
    ],
    ids=str,
)
def test_what_cannot_be_shown_is_refused_before_anything_is_read(
    photos: Path, tmp_path: Path, given: dict[str, Any], fault: str
) -> None:
    with pytest.raises((RecipeError, UsageError), match=fault):
        mf.scan(photos).slideshow(tmp_path / "made.mp4", **{**SLIDES, **given})


def test_nothing_is_replaced_unless_that_is_said(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "made.mp4").write_bytes(b"mine")

    with pytest.raises(StoreError, match="something stands under this name"):
        mf.scan(photos).slideshow(tmp_path / "made.mp4", **SLIDES)

    assert (tmp_path / "made.mp4").read_bytes() == b"mine"


@pytest.mark.parametrize("size", [(40, 40), (48, 64)])
def test_pictures_that_x265_cannot_take_are_refused_and_no_decoder_dies_of_them(
    alike: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    with pytest.raises(AssetError, match="64 px in width") as joined:
        mf.scan(alike).concat(tmp_path / "made.mp4", mf.video.mp4(codec="h265"), size=size, **ONE)
    with pytest.raises(AssetError, match="64 px in width") as alone:
        mf.video.resize(*size, fit="cover").mp4(codec="h265").run(alike / "a.mp4")

    assert joined.value.code == alone.value.code == "E_ENCODE"
