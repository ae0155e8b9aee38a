"""Pictures out of videos: the exact one, the key frame, the best of several; steps before hold; work is counted."""

from __future__ import annotations

import io
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageFilter

from mediaframe.engines.av.engine import engine
from mediaframe.engines.av.poster import best
from mediaframe.engines.av.prints import pictures
from mediaframe.engines.base import Pixels, Source, Task
from mediaframe.errors import AssetError, RecipeError
from mediaframe.model.kind import Shape
from mediaframe.ops.video import Frame
from mediaframe.recipes import video

RATE, COUNT, SIZE = 10, 40, (96, 64)
"""Four seconds; a key frame in each."""


def pattern(number: int) -> np.ndarray[Any, Any]:
    """A gradient whose gray tells the number of the picture; red on the left, so that a turn shows."""
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    levels = np.stack([20 + 5 * number + across // 12] * 3, axis=-1)
    levels[:, :24] = (200, 20, 20)
    levels[:12, 24:] += down[:12, 24:, None]
    return levels.astype(np.uint8)


def clip(images: list[Any], turn: int | None = None, codec: str = "libx264", **options: str) -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream(
            codec, rate=RATE, options={"crf": "8", "g": "10", "bf": "3", "sc_threshold": "0", **options}
        )
        stream.width, stream.height, stream.pix_fmt = images[0].shape[1], images[0].shape[0], "yuv420p"
        if turn is not None:
            stream.set_display_rotation(turn)
        for number, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.fixture(scope="module")
def source() -> bytes:
    return clip([pattern(number) for number in range(COUNT)])


def picture(recipe: Any, data: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(recipe.png().run(data))).convert("RGB")).astype(int)


def number(pixels: np.ndarray[Any, Any]) -> int:
    return round((float(pixels[pixels.shape[0] // 2, pixels.shape[1] // 2 :].mean()) - 26) / 5)


def decoded(data: bytes) -> list[np.ndarray[Any, Any]]:
    with av.open(io.BytesIO(data)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


# ---- which one -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "expected"), [(0, 0), (0.95, 0), (1.0, 10), (1.9, 10), ("60%", 20), (99, 30)])
def test_the_key_frame_at_or_before_a_moment_is_decoded_alone(source: bytes, at: Any, expected: int) -> None:
    medium = engine.open(Source(source), Task())
    reel = pictures(medium)
    moment = 4.0 * 0.6 if at == "60%" else float(at)

    found = reel.key(min(moment, 4.0))

    assert found is not None
    assert (found.key_frame, reel.decoded) == (True, 1)
    assert number(picture(video.frame(at=at, pick="keyframe"), source)) == expected


@pytest.mark.parametrize("wanted", range(COUNT))
def test_every_picture_is_found_by_its_moment_as_a_decoder_that_leaves_nothing_out_gives_it(
    source: bytes, every: list[np.ndarray[Any, Any]], wanted: int
) -> None:
    reel = pictures(engine.open(Source(source), Task()))

    found = reel.at(wanted / RATE)

    assert (found.to_ndarray(format="rgb24") == every[wanted]).all()


@pytest.fixture(scope="module")
def every(source: bytes) -> list[np.ndarray[Any, Any]]:
    return decoded(source)


def test_pictures_that_no_other_needs_are_passed_by(source: bytes) -> None:
    reel = pictures(engine.open(Source(source), Task()))

    reel.at(1.9)

    assert reel.decoded <= 7  # of the 10 from the key frame on


def test_a_key_frame_before_the_part_does_not_count(source: bytes) -> None:
    assert number(picture(video.clip(1.5, 2.5).frame(at=0.3, pick="keyframe"), source)) == 18
    assert number(picture(video.clip(1.5, 2.5).frame(at=0.8, pick="keyframe"), source)) == 20


@pytest.mark.parametrize(("end", "last"), [(2.0, 19), (1.95, 19), (1.55, 15), (None, 39)])
def test_the_end_of_a_part_is_its_last_picture(source: bytes, end: float | None, last: int) -> None:
    assert number(picture(video.clip(0.5, end).frame(at="100%"), source)) == last


@pytest.fixture(scope="module")
def motley() -> bytes:
    """Black, gray, blurred, sharp, nearly black with sharp specks, a second each; every picture is a key frame."""
    chance = np.random.default_rng(3)
    sharp = chance.integers(40, 220, (8, 12, 3)).astype(np.uint8).repeat(8, 0).repeat(8, 1)
    blurred = np.asarray(Image.fromarray(sharp).filter(ImageFilter.GaussianBlur(3)))
    specks = np.zeros_like(sharp)
    specks[::16, ::16] = 255
    parts = [np.zeros_like(sharp), np.full_like(sharp, 128), blurred, sharp, specks]
    return clip([part for part in parts for _ in range(RATE)], g="1")


def test_the_best_is_the_sharpest_that_is_neither_black_nor_blank(motley: bytes) -> None:
    found = picture(video.frame(pick="best", candidates=10), motley)

    assert np.abs(found - decoded(motley)[37].astype(int)).mean() < 4


def test_the_best_of_a_part_comes_from_that_part(motley: bytes) -> None:
    found = picture(video.clip(0, 3).frame(pick="best"), motley)

    assert np.abs(found - decoded(motley)[25].astype(int)).mean() < 4


def test_where_all_is_black_the_best_is_black(motley: bytes) -> None:
    assert picture(video.clip(0, 0.9).frame(pick="best"), motley).max() < 8


def test_candidates_cost_a_picture_each_where_they_are_key_frames(motley: bytes) -> None:
    medium = engine.open(Source(motley), Task())
    reel = pictures(medium)

    best(medium, reel, 10)

    assert reel.decoded == 10


def test_a_moment_and_the_best_of_all_exclude_one_another() -> None:
    with pytest.raises(RecipeError, match=r"clip\(10, 20\)\.frame\(pick='best'\)"):
        video.frame(at=3, pick="best")


def _cut() -> bytes:
    """Give a third of a Matroska file that declares nine seconds of pictures that turn brighter."""
    out = io.BytesIO()
    source = io.BytesIO(clip([pattern(one % 30) for one in range(90)]))
    with av.open(source) as made, av.open(out, "w", format="matroska") as container:
        stream = container.add_stream_from_template(made.streams.video[0])
        for packet in made.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    data = out.getvalue()
    return data[: len(data) // 3]


@pytest.mark.parametrize("pick", ["exact", "keyframe"])
def test_a_picture_of_the_missing_part_of_a_video_is_an_error(pick: str) -> None:
    with pytest.raises(AssetError) as raised:
        engine.do(Frame(at=8.55, pick=pick), engine.open(Source(_cut()), Task()))

    assert raised.value.code == "E_TRUNCATED"


def test_a_share_is_of_the_time_that_really_plays_where_the_header_declares_more() -> None:
    data = _cut()
    with av.open(io.BytesIO(data)) as source:
        last = max(packet.pts * packet.time_base for packet in source.demux(video=0) if packet.pts is not None)

    found = engine.do(Frame(at="50%"), engine.open(Source(data), Task()))

    near = engine.do(Frame(at=float(last) / 2 + 0.03), engine.open(Source(data), Task()))
    assert np.abs(levels_of(found).astype(int) - levels_of(near).astype(int)).mean() < 8
    engine.do(Frame(at="100%"), engine.open(Source(data), Task()))


def levels_of(pixels: Pixels) -> np.ndarray[Any, Any]:
    """Give the levels of plain pixels."""
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, pixels.bands)


# ---- the steps before it ---------------------------------------------------------------------------------

_STEPS = {
    "crop": (video.crop(40, 30, left=20, top=10), "crop=40:30:20:10"),
    "resize": (video.resize(48), "scale=48:32:flags=lanczos+accurate_rnd"),
    "pad": (video.pad(120, 80, background="#0000ff"), "pad=120:80:12:8:color=blue"),
    "rotate": (video.rotate(90).crop(40, 40, left=0, top=0), "transpose=clock,crop=40:40:0:0"),
    "cover": (video.resize(40, 40, fit="cover"), "scale=60:40:flags=lanczos+accurate_rnd,crop=40:40:10:0"),
}


@pytest.mark.parametrize(("name", "turn"), [*((name, None) for name in _STEPS), ("crop", -90), ("rotate", -90)])
def test_steps_before_a_frame_are_done_to_it_as_ffmpeg_does_them(
    source: bytes, tmp_path: Path, name: str, turn: int | None
) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg program")
    data = source if turn is None else clip([pattern(one) for one in range(20)], turn=turn)
    recipe, filters = _STEPS[name]
    path = tmp_path / "source.mp4"
    path.write_bytes(data)
    command = ["ffmpeg", "-v", "error", "-ss", "1.2", "-i", path, "-frames:v", "1", "-vf", filters, tmp_path / "a.png"]
    subprocess.run(command, check=True)

    found = picture(recipe.frame(at=1.2), data)

    theirs = np.asarray(Image.open(tmp_path / "a.png").convert("RGB")).astype(int)
    assert found.shape == theirs.shape
    assert np.median(np.abs(found - theirs)) <= 2  # edges of colors differ with how halved colors are spread
    assert np.abs(found - theirs).mean() < 4


@pytest.mark.parametrize("name", _STEPS)
def test_the_size_that_the_steps_leave_is_that_of_the_picture(source: bytes, name: str) -> None:
    recipe = _STEPS[name][0].frame(pick="keyframe")

    height, width, _ = picture(recipe, source).shape

    shape = Shape("video", *SIZE, seconds=4.0)
    for step in recipe.steps:
        shape = step.infer(shape)
    assert (shape.kind, shape.size) == ("image", (width, height))


def test_a_faster_video_gives_the_pictures_at_its_own_moments(source: bytes) -> None:
    assert number(picture(video.speed(2).frame(at=1.5), source)) == 30


_LAYERS = {
    "text": (video.text("Hello", size=20, color="#00ff00"), 0.5),
    "fade in": (video.fade(into=2), 1.0),
    "fade of a part": (video.clip(1, 3).fade(into=1), 0.5),
    "fade that goes on in a part": (video.fade(into=2).clip(0.5, 3), 0.5),
    "fade of a faster one": (video.speed(2).fade(into=1), 0.5),
    "fade out": (video.fade(out=2), 3.0),
}


@pytest.mark.parametrize("name", _LAYERS)
def test_what_is_put_on_a_video_is_on_its_pictures_as_the_written_video_has_it(source: bytes, name: str) -> None:
    recipe, moment = _LAYERS[name]

    found = picture(recipe.frame(at=moment), source)

    with av.open(io.BytesIO(recipe.mp4(crf=1).run(source))) as made:
        frames = {round(frame.time, 3): frame for frame in made.decode(video=0)}
        written = frames[min(frames, key=lambda time: abs(time - moment))].to_ndarray(format="rgb24").astype(int)
    plain = picture(video.frame(at=moment), source)
    assert np.abs(found - written).mean() < 3
    assert np.abs(found - plain).mean() > 3


def test_captions_are_on_the_pictures_of_their_time(source: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHELLO\n")
    recipe = video.captions(tmp_path / "a.srt", mode="burn")

    with_them, without = (picture(recipe.frame(at=moment), source) for moment in (1.5, 2.5))

    bare = [picture(video.frame(at=moment), source) for moment in (1.5, 2.5)]
    assert np.abs(with_them - bare[0])[SIZE[1] // 2 :].max() > 100
    assert np.abs(without - bare[1]).max() < 40  # colors of edges alone
