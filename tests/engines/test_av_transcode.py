"""Videos written anew: what comes out plays as long as was asked for, at the size as displayed, whole."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from mediaframe.errors import AssetError, RecipeError
from mediaframe.model.kind import Shape
from mediaframe.recipes import video
from mediaframe.work.slot import Slot


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of 64x48 at 25 frames a second that grow brighter, with a tone."""
    path = tmp_path_factory.mktemp("clip") / "source.mp4"
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=25, options={"g": "25", "crf": "10"})
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        tone = out.add_stream("aac", rate=44100, layout="mono")
        for number in range(75):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64), 20 + 2 * number, "uint8"), format="gray")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(pictures.encode(frame))
            samples = np.sin(np.arange(1764) / 20).astype("float32")[None]
            sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            sound.sample_rate, sound.pts = 44100, number * 1764
            out.mux(tone.encode(sound))
        out.mux(pictures.encode(None))
        out.mux(tone.encode(None))
    return path


def _frames(data: bytes, tmp_path: Path) -> tuple[list[float], list[float]]:
    """Times and brightness of all pictures."""
    path = tmp_path / "made"
    path.write_bytes(data)
    with av.open(str(path)) as made:
        told = [(frame.time, float(frame.to_ndarray(format="gray").mean())) for frame in made.decode(video=0)]
    return [time for time, _ in told], [level for _, level in told]


def test_a_whole_video_keeps_all_its_pictures_and_their_times(source: Path, tmp_path: Path) -> None:
    made = video.mp4().run(source)

    times, levels = _frames(made, tmp_path)
    assert len(times) == 75
    assert np.allclose(np.diff(times), 0.04, atol=0.001)
    assert np.allclose(levels, 20 + 2 * np.arange(75), atol=4)


def test_a_part_begins_and_ends_where_it_was_asked_for(source: Path, tmp_path: Path) -> None:
    made = video.clip(0.6, "1.4 s").mp4().run(source)

    times, levels = _frames(made, tmp_path)
    assert len(times) == 20
    assert abs(times[0]) < 0.001
    assert np.allclose(levels, 20 + 2 * np.arange(15, 35), atol=4)


def test_parts_of_parts_are_counted_from_the_part_before(source: Path, tmp_path: Path) -> None:
    made = video.clip(1, 2.5).clip(0.5, 5).mp4().run(source)

    _, levels = _frames(made, tmp_path)
    assert np.allclose(levels, 20 + 2 * np.arange(37.5, 62.5).round(), atol=5)


def test_a_frame_of_a_part_is_counted_from_where_the_part_begins(source: Path) -> None:
    whole = video.frame(at=1.2).png().run(source)

    assert video.clip(1, 2).frame(at=0.2).png().run(source) == whole


def test_the_same_video_gives_the_same_bytes_in_another_process(source: Path) -> None:
    made = video.mp4().run(source)

    request = {"do": "render", "kind": "video", "format": "mp4",
               "renditions": [{"name": "one", "recipe": video.mp4().to_json()}]}  # fmt: skip
    with Slot() as slot:
        pieces = [payload for header, payload in slot.ask(request, source) if {"piece_of", "rendition"} & {*header}]
    assert b"".join(pieces) == made


def test_the_index_stands_in_front(source: Path) -> None:
    made = video.mp4().run(source)

    assert made.index(b"moov") < made.index(b"mdat")


@pytest.mark.parametrize(
    ("recipe", "size", "count", "seconds"),
    [
        (video.resize(32), (32, 24), 75, 3.0),
        (video.resize(40, 40, fit="cover"), (40, 40), 75, 3.0),
        (video.resize(40, 40, fit="contain"), (40, 40), 75, 3.0),
        (video.resize(640), (64, 48), 75, 3.0),
        (video.crop(33, 20, gravity="southeast"), (32, 20), 75, 3.0),
        (video.pad(80, 50), (80, 50), 75, 3.0),
        (video.rotate(90), (48, 64), 75, 3.0),
        (video.rotate(180), (64, 48), 75, 3.0),
        (video.rate(10), (64, 48), 30, 3.0),
        (video.speed(2), (64, 48), 38, 1.5),
        (video.speed(0.5).clip(1, 4), (64, 48), 75, 3.0),
    ],
    ids=repr,
)
def test_a_step_gives_the_size_and_the_playing_time_that_it_says(
    source: Path, tmp_path: Path, recipe: Any, size: tuple[int, int], count: int, seconds: float
) -> None:
    path = tmp_path / "made.mp4"
    recipe.mp4().run(source, to=path)

    with av.open(str(path)) as made:
        stream = made.streams.video[0]
        assert (stream.width, stream.height) == size
        # Where pictures are shown again, the one at the cut may fall to either side.
        assert abs(sum(1 for _ in made.decode(video=0)) - count) <= (recipe.steps[0].word == "speed")
        assert made.duration / 1e6 == pytest.approx(seconds, abs=0.08)
    shape = Shape("video", 64, 48, seconds=3.0)
    for step in recipe.steps:
        shape = step.infer(shape)
    assert (shape.size, shape.seconds) == (size, seconds)


def test_a_muted_video_has_no_sound(source: Path) -> None:
    with av.open(io.BytesIO(video.mute().mp4().run(source))) as made:
        assert not made.streams.audio


def test_bars_have_the_color_that_was_asked_for(source: Path) -> None:
    recipe = video.resize(64, 64, fit="contain", background="#ff0000")

    with av.open(io.BytesIO(recipe.mp4(crf=5).run(source))) as made:
        pixels = next(made.decode(video=0)).to_ndarray(format="rgb24")

    assert np.abs(pixels[2, 32].astype(int) - (255, 0, 0)).max() <= 6
    assert np.abs(pixels[32, 32].astype(int) - 20).max() <= 6


def test_a_turn_that_no_video_can_do_is_refused_before_the_first_byte() -> None:
    with pytest.raises(RecipeError, match="one of 90, 180, 270"):
        video.rotate(45)


_WRITES = {
    "mp4": (video.mp4(), "h264", "aac"),
    "mp4 h265": (video.mp4(codec="h265", preset="ultrafast"), "hevc", "aac"),
    "mp4 av1": (video.mp4(codec="av1", preset="ultrafast"), "av1", "aac"),
    "mov": (video.mov(), "h264", "aac"),
    "mkv": (video.mkv(), "h264", "opus"),
    "mkv vp9": (video.mkv(codec="vp9", preset="ultrafast"), "vp9", "opus"),
    "webm": (video.webm(preset="ultrafast"), "vp9", "opus"),
}


@pytest.mark.parametrize("name", _WRITES)
def test_a_format_holds_its_codecs_and_its_bytes_are_the_same_each_time(name: str, source: Path) -> None:
    recipe, pictures, sound = _WRITES[name]

    made = [recipe.run(source) for _ in range(3)]

    assert len(set(made)) == 1
    with av.open(io.BytesIO(made[0])) as container:
        assert container.streams.video[0].codec.canonical_name == pictures
        assert container.streams.audio[0].codec.canonical_name == sound
        assert sum(1 for _ in container.decode(video=0)) == 75


@pytest.mark.parametrize(
    ("end", "budget"),
    [
        (video.mp4(max_bytes=60_000), 60_000),
        (video.mp4(max_bytes="90 kB", preset="medium"), 90_000),
        (video.mp4(max_bytes=70_000, codec="h265", preset="ultrafast"), 70_000),
        (video.mkv(max_bytes=70_000, codec="av1", preset="ultrafast"), 70_000),
        (video.webm(max_bytes=70_000, preset="ultrafast"), 70_000),
    ],
    ids=repr,
)
def test_a_budget_of_bytes_is_used_and_never_exceeded(noisy: Path, end: Any, budget: int) -> None:
    made = end.run(noisy)

    assert 0.75 * budget < len(made) <= budget
    assert end.run(noisy) == made


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of what is hard to compress, the last one harder."""
    path = tmp_path_factory.mktemp("clip") / "noisy.mkv"
    random = np.random.default_rng(5)
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("ffv1", rate=25)
        pictures.width, pictures.height, pictures.pix_fmt = 96, 64, "yuv420p"
        for number in range(75):
            grain = random.integers(0, 40 if number < 50 else 120, (96, 96), "uint8")
            frame = av.VideoFrame.from_ndarray(60 + grain, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
    return path


def test_a_budget_of_h264_is_kept_by_two_passes_and_says_so(noisy: Path) -> None:
    request = {"do": "render", "kind": "video", "format": "mkv",
               "renditions": [{"name": "one", "recipe": video.mp4(max_bytes=60_000).to_json()}]}  # fmt: skip

    with Slot() as slot:
        answer = next(header for header, _ in slot.ask(request, noisy) if "rendition" in header)

    assert answer["outcome"] == "met"
    assert answer["encodes"] in (2, 3)


def test_a_budget_that_cannot_be_kept_says_what_to_do(source: Path) -> None:
    with pytest.raises(AssetError, match="cannot be kept over 3") as caught:
        video.mp4(max_bytes=5_000).run(source)

    assert caught.value.code == "E_INFEASIBLE"


@pytest.mark.parametrize("codec", ["h264", "h265", "av1"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_shortest_videos_are_written_each_time(codec: str, count: int, source: Path, tmp_path: Path) -> None:
    recipe = video.clip(0, count / 25).resize(64, 48, enlarge=True).mp4(codec=codec, preset="ultrafast")

    made = {recipe.run(source) for _ in range(4)}

    assert len(made) == 1
    times, _ = _frames(made.pop(), tmp_path)
    assert np.allclose(times, np.arange(count) / 25, atol=0.001)


def test_a_file_of_which_nothing_decodes_gives_no_empty_one(source: Path) -> None:
    data = bytearray(source.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = bytes(end - start)

    with pytest.raises(AssetError) as caught:
        video.mute().mp4().run(bytes(data))

    assert caught.value.code in ("E_CORRUPT", "E_TRUNCATED")


def test_a_part_behind_the_end_says_so(source: Path) -> None:
    with pytest.raises(AssetError, match=r"begins at 7 s, but it plays 3\.\d+ s"):
        video.clip(7, 9).mp4().run(source)


def test_two_wishes_about_the_size_are_refused_before_the_first_byte() -> None:
    with pytest.raises(RecipeError, match="one of crf, bitrate and max_bytes, got crf and bitrate"):
        video.mp4(crf=20, bitrate="1M")


def test_no_video_without_a_picture_is_written(source: Path) -> None:
    """The sound alone would make a file that players refuse."""
    few = video.speed(54).rate(5.5).mkv(preset="ultrafast")

    with pytest.raises(AssetError, match=r"none of its pictures is left at 5\.5 in a second") as caught:
        few.run(source)

    assert caught.value.code == "E_OP"
