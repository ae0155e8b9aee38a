"""Storyboards: which frame stands in which tile, the size of the sheet, what is decoded, the track of thumbnails."""

from __future__ import annotations

import io
import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from mediaframe.engines.av import storyboard
from mediaframe.engines.av.engine import engine
from mediaframe.engines.av.jpeg import jpeg
from mediaframe.engines.av.prints import pictures
from mediaframe.engines.base import Source, Task
from mediaframe.errors import AssetError
from mediaframe.model.kind import Shape
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished
from mediaframe.ops.stills import Storyboard
from mediaframe.recipes import video

RATE, COUNT, WIDTH, HEIGHT = 10, 60, 64, 48


def clip(gop: int, turn: int | None = None) -> bytes:
    """Six seconds; the gray of a picture is 20 and three times its number, its left quarter is red."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        options = {"crf": "8", "g": str(gop), "bf": "2", "sc_threshold": "0"}
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        if turn is not None:
            stream.set_display_rotation(turn)
        for number in range(COUNT):
            pixels = np.full((HEIGHT, WIDTH, 3), 20 + 3 * number, np.uint8)
            pixels[:, : WIDTH // 4] = (200, 20, 20)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.fixture(scope="module")
def source() -> bytes:
    return clip(gop=10)


def sheet(recipe: Any, data: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(recipe.png().run(data))).convert("RGB")).astype(int)


def numbers(pixels: np.ndarray[Any, Any], lines: int, columns: int) -> list[int]:
    """Which picture stands in each tile, by the gray on its right."""
    tall, wide = pixels.shape[0] // lines, pixels.shape[1] // columns
    tiles = [
        pixels[line * tall : (line + 1) * tall, column * wide : (column + 1) * wide]
        for line in range(lines)
        for column in range(columns)
    ]
    return [round((float(tile[:, wide // 2 : -2].mean()) - 20) / 3) for tile in tiles]


def test_tiles_show_the_key_frames_before_the_middles_of_even_parts(source: bytes) -> None:
    pixels = sheet(video.storyboard(frames=6, columns=3, width=32), source)

    assert pixels.shape == (48, 96, 3)
    assert numbers(pixels, 2, 3) == [0, 10, 20, 30, 40, 50]


def test_tiles_show_the_frames_at_those_moments_on_request(source: bytes) -> None:
    pixels = sheet(video.storyboard(frames=6, columns=3, width=32, pick="exact"), source)

    assert numbers(pixels, 2, 3) == [5, 15, 25, 35, 45, 55]


def test_a_storyboard_of_a_part_shows_that_part_alone(source: bytes) -> None:
    part = video.clip(2.5, 4.5)

    assert numbers(sheet(part.storyboard(4, 4, 32, pick="exact"), source), 1, 4) == [28, 33, 38, 43]
    assert numbers(sheet(part.storyboard(4, 4, 32), source), 1, 4) == [28, 30, 30, 40]


def test_the_place_of_tiles_that_are_left_over_is_black(source: bytes) -> None:
    pixels = sheet(video.storyboard(frames=5, columns=3, width=32), source)

    assert pixels.shape == (48, 96, 3)
    assert pixels[24:, 64:].max() == 0


def test_tiles_are_turned_as_the_video_is_displayed() -> None:
    pixels = sheet(video.storyboard(frames=2, columns=2, width=24), clip(gop=10, turn=-90))

    assert pixels.shape == (32, 48, 3)
    assert pixels[:6, :, 0].min() > pixels[:6, :, 2].max() + 100  # what was on the left is above


def test_steps_before_a_storyboard_are_done_to_each_tile(source: bytes) -> None:
    pixels = sheet(video.crop(16, 16, left=0, top=0).storyboard(frames=2, columns=2, width=16), source)

    assert pixels.shape == (16, 32, 3)
    assert np.abs(pixels - (200, 20, 20)).max() < 30


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (1921, 1080), (10, 3000)])
@pytest.mark.parametrize("op", [Storyboard(), Storyboard(frames=3, columns=9, width=40)], ids=repr)
def test_tiles_are_never_larger_than_the_video(op: Storyboard, size: tuple[int, int]) -> None:
    shape = op.infer(Shape("video", *size, seconds=6.0))

    across, down = op.tile(*size)
    assert across <= size[0]
    assert down <= size[1]
    assert shape.size == (across * min(op.columns, op.frames), down * -(-op.frames // op.columns))


def test_the_size_that_is_said_is_the_size_that_is_made(source: bytes) -> None:
    op = Storyboard(frames=7, columns=4, width=30)

    made = engine.do(op, engine.open(Source(source), Task()))

    assert op.infer(Shape("video", WIDTH, HEIGHT, seconds=6.0)).size == (made.width, made.height) == (120, 44)


def test_a_key_frame_of_several_tiles_is_decoded_once() -> None:
    reel = pictures(engine.open(Source(clip(gop=30)), Task()))

    list(storyboard.keyframes(reel, [0.5, 1.5, 2.5, 3.5, 4.5, 5.5], 0.0))

    assert reel.decoded == 2


def test_exact_tiles_after_one_key_frame_are_decoded_in_one_go() -> None:
    reel = pictures(engine.open(Source(clip(gop=60)), Task()))

    found = list(storyboard.exact(reel, [number / 2 for number in range(12)]))

    assert [round(reel.moment(one), 2) for one in found] == [number / 2 for number in range(12)]
    assert reel.decoded <= 60


def test_a_sheet_over_the_limit_of_pixels_is_refused(source: bytes) -> None:
    medium = engine.open(Source(source), Task(limits=Limits(pixels=4000)))

    with pytest.raises(AssetError) as raised:
        engine.do(Storyboard(frames=9, columns=3), medium)

    assert raised.value.code == "E_LIMIT_PIXELS"


def test_cues_follow_one_another_without_a_gap_and_boxes_lie_within_the_sheet() -> None:
    op = Storyboard(frames=7, columns=3)

    text = storyboard.track("a b.jpg", 3723.4567, op, (160, 90))

    cues = re.findall(r"^(\S+) --> (\S+)\na b\.jpg#xywh=(\d+),(\d+),160,90$", text, re.MULTILINE)
    assert (len(cues), cues[0][0], cues[-1][1]) == (7, "00:00:00.000", "01:02:03.457")
    assert all(before[1] == after[0] for before, after in pairwise(cues))
    assert [(int(x), int(y)) for *_, x, y in cues] == [(160 * (n % 3), 90 * (n // 3)) for n in range(7)]


@pytest.fixture(scope="module")
def folder(source: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("thumbnails") / "clip"
    video.thumbnails(frames=6, columns=3, width=32, pick="exact").run(source, to=path)
    return path


def test_thumbnails_are_a_track_and_the_picture_that_it_names(folder: Path) -> None:
    text = (folder / "thumbnails.vtt").read_text()

    cues = re.findall(r"--> (\S+)\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)", text)
    assert [cue[0] for cue in cues] == [f"00:00:0{second}.000" for second in range(1, 7)]
    shown = []
    for _, name, *box in cues:
        left, top, width, height = map(int, box)
        with Image.open(folder / name) as sprite:
            shown.append(np.asarray(sprite.crop((left, top, left + width, top + height))).astype(int))
    assert [round((float(tile[:, 16:-2].mean()) - 20) / 3) for tile in shown] == [5, 15, 25, 35, 45, 55]
    assert sorted(one.name for one in folder.iterdir()) == ["sprite.jpg", "thumbnails.vtt"]


@pytest.mark.parametrize("quality", [50, 80, 90])
def test_a_sprite_is_as_large_and_as_true_as_a_jpeg_of_that_quality(quality: int) -> None:
    down, across = np.mgrid[0:96, 0:128]
    levels = np.stack([across * 2 - 1, down * 2, 255 - across - down // 2], axis=-1).clip(0, 255).astype(np.uint8)
    levels = np.random.default_rng(1).integers(-12, 12, levels.shape) + levels
    levels = levels.clip(0, 255).astype(np.uint8)

    data = jpeg(av.VideoFrame.from_ndarray(levels, format="rgb24"), quality)

    theirs = io.BytesIO()
    Image.fromarray(levels).save(theirs, "JPEG", quality=quality, optimize=True)
    off = [np.abs(np.asarray(Image.open(file)).astype(int) - levels).mean() for file in (io.BytesIO(data), theirs)]
    assert data.startswith(b"\xff\xd8\xff\xe0")
    assert (len(data) <= 1.5 * len(theirs.getvalue()), off[0] <= 1.5 * off[1] + 1) == (True, True)


@pytest.mark.parametrize(("recipe", "rough"), [
    (video.storyboard(4, 2, 16), True),
    (video.thumbnails(4, 2, 16), True),
    (video.storyboard(4, 2, 32), False),
    (video.storyboard(4, 2, 16, pick="exact"), False),
    (video.clip(1, 2).storyboard(4, 2, 16), False),
    (video.frame(at=1, pick="keyframe"), False),
], ids=repr)  # fmt: skip
def test_blocks_are_left_rough_for_small_tiles_of_key_frames_alone(source: bytes, recipe: Any, rough: bool) -> None:
    end = recipe.end if isinstance(recipe, Finished) else None

    medium = engine.open(Source(source), Task(recipe.steps, end))

    assert medium.stream.codec_context.options == ({"skip_loop_filter": "all"} if rough else {})
