"""GIFs, animated WebPs and previews out of videos: which frames, for how long, how often, how large."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
import pyvips
from PIL import Image

from mediaframe.errors import AssetError
from mediaframe.model.kind import Shape
from mediaframe.model.limits import Limits
from mediaframe.recipes import video

RATE, COUNT, WIDTH, HEIGHT = 10, 60, 64, 48


@pytest.fixture(scope="module")
def source() -> bytes:
    """Six seconds with a key frame in each; the gray of a picture is 20 and three times its number."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"crf": "8", "g": "10", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(COUNT):
            pixels = np.full((HEIGHT, WIDTH, 3), 20 + 3 * number, np.uint8)
            pixels[:, : WIDTH // 4] = (200, 20, 20)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def played(data: bytes) -> tuple[list[int], list[int]]:
    """Give the number of the picture and the milliseconds of each frame, as Pillow reads them."""
    numbers, delays = [], []
    with Image.open(io.BytesIO(data)) as image:
        for at in range(image.n_frames):
            image.seek(at)
            levels = np.asarray(image.convert("RGB")).astype(int)
            numbers.append(round((levels[:, WIDTH // 2 : -4].mean() - 20) / 3))
            delays.append(image.info["duration"])
    return numbers, delays


def near(found: list[int], expected: list[int]) -> bool:
    return len(found) == len(expected) and max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= 1


@pytest.mark.parametrize("recipe", [video.clip(1, 3).gif(fps=5), video.clip(1, 3).webp(fps=5, lossless=True)], ids=repr)
def test_a_part_becomes_an_animation_of_its_frames(source: bytes, recipe: Any) -> None:
    numbers, delays = played(recipe.run(source))

    assert near(numbers, list(range(11, 31, 2))) or near(numbers, list(range(10, 30, 2)))
    assert (len(delays), sum(delays)) == (10, 2000)


def test_the_moments_of_a_gif_are_rounded_so_that_it_does_not_drift(source: bytes) -> None:
    _, delays = played(video.gif(fps=12).run(source))

    moments = np.cumsum(delays)
    assert set(delays) <= {80, 90}
    assert np.abs(moments - np.arange(1, len(delays) + 1) * 1000 / 12).max() <= 5


def test_the_moments_of_a_webp_are_those_of_its_rate(source: bytes) -> None:
    _, delays = played(video.clip(0, 3).webp(fps=12).run(source))

    steps = np.cumsum(delays) * 12 / 1000  # frames that look equal became one
    assert np.abs(steps - steps.round()).max() < 0.02
    assert round(steps[-1]) == 36


@pytest.mark.parametrize("word", ["gif", "webp"])
@pytest.mark.parametrize("loop", [0, 1, 3])
def test_an_animation_is_played_as_often_as_was_asked_for(source: bytes, word: str, loop: int) -> None:
    made = getattr(video.clip(0, 1), word)(loop=loop).run(source)

    assert pyvips.Image.new_from_buffer(made, "[n=-1]").get("loop") == loop


@pytest.mark.parametrize("word", ["gif", "webp"])
def test_steps_before_are_done_and_the_size_is_said(source: bytes, word: str) -> None:
    recipe = getattr(video.clip(0, 1).rotate(90).resize(24), word)()

    with Image.open(io.BytesIO(recipe.run(source))) as image:
        red, gray = (image.convert("RGB").getpixel((12, down)) for down in (2, 24))

    assert recipe.infer(Shape("video", WIDTH, HEIGHT, seconds=6.0)).size == image.size == (24, 32)
    assert red[0] > 150 > 60 > red[1]
    assert max(gray) - min(gray) < 12


def test_a_webp_without_loss_keeps_every_pixel_that_was_decoded(source: bytes) -> None:
    made = video.clip(0, 0.5).webp(lossless=True).run(source)
    exact = video.frame(at=0.4).png().run(source)

    with Image.open(io.BytesIO(made)) as image, Image.open(io.BytesIO(exact)) as frame:
        image.seek(image.n_frames - 1)
        off = np.abs(np.asarray(image.convert("RGB")).astype(int) - np.asarray(frame.convert("RGB")))

    # The one is converted with colors that are spread, the other by the fast way; edges differ.
    assert off[:, WIDTH // 2 :].max() <= 2


def test_fewer_colors_are_fewer(source: bytes) -> None:
    with Image.open(io.BytesIO(video.gif(colors=8, dither="none").run(source))) as image:
        colors = set()
        for at in range(image.n_frames):
            image.seek(at)
            colors |= {color for _, color in image.convert("RGB").getcolors()}

    assert len(colors) <= 8


def test_pixels_that_change_by_little_stay(source: bytes) -> None:
    calm, restless = (video.clip(0, 2).gif(interframe_maxerror=error).run(source) for error in (8, 0))

    assert len(calm) < len(restless)
    assert len(set(played(calm)[0])) < len(set(played(restless)[0]))


@pytest.mark.parametrize("recipe", [video.gif(fps=50), video.webp(fps=60), video.preview(60, shots=1, fps=30).webp()])
def test_more_frames_than_an_animation_may_have_are_refused(source: bytes, recipe: Any) -> None:
    with pytest.raises(AssetError) as raised:
        recipe.run(source, limits=Limits(frames=100))

    assert raised.value.code == "E_LIMIT_FRAMES"


@pytest.mark.parametrize("word", ["gif", "webp"])
def test_the_same_bytes_come_out_each_time(source: bytes, word: str) -> None:
    made = {getattr(video.clip(0, 1), word)().run(source) for _ in range(3)}

    assert len(made) == 1


# ---- previews --------------------------------------------------------------------------------------------


def test_a_preview_shows_shots_from_all_over_the_video(source: bytes) -> None:
    made = video.preview(seconds=1.2, shots=3, fps=5).webp(lossless=True).run(source)

    numbers, delays = played(made)
    assert near(numbers, [0, 2, 20, 22, 40, 42])
    assert sum(delays) == 1200


def test_a_shot_begins_in_its_middle_where_its_share_has_no_key_frame_before(source: bytes) -> None:
    made = video.clip(1.1, 1.9).preview(seconds=0.4, shots=2, fps=10).webp(lossless=True).run(source)

    assert near(played(made)[0], [12, 13, 16, 17])


def test_a_video_no_longer_than_its_preview_is_shown_whole(source: bytes) -> None:
    numbers, delays = played(video.clip(2, 4).preview(seconds=6, shots=6, fps=5).webp(lossless=True).run(source))

    assert near(numbers, list(range(20, 40, 2)))
    assert sum(delays) == 2000


@pytest.mark.parametrize("word", ["gif", "webp", "apng"])
def test_a_preview_is_an_animation_in_formats_that_hold_one(source: bytes, word: str) -> None:
    options = {"webp": {"lossless": True}}.get(word, {})
    recipe = getattr(video.preview(seconds=0.6, shots=2, fps=10, width=32, loop=2), word)(**options)

    with Image.open(io.BytesIO(recipe.run(source))) as image:
        found = (image.size, image.n_frames)

    assert found == ((32, 24), 6)
    assert recipe.infer(Shape("video", WIDTH, HEIGHT, seconds=6.0)).size == (32, 24)


def test_a_preview_in_another_format_is_its_first_frame(source: bytes) -> None:
    with Image.open(io.BytesIO(video.preview(seconds=0.6, shots=2).png().run(source))) as image:
        assert getattr(image, "n_frames", 1) == 1


def test_frames_of_a_preview_are_held_against_the_limit_of_pixels(source: bytes) -> None:
    with pytest.raises(AssetError) as raised:
        video.preview(fps=5).webp().run(source, limits=Limits(total_pixels=50_000))

    assert raised.value.code == "E_LIMIT_PIXELS"


def test_a_faster_video_becomes_a_shorter_animation_of_all_of_it(source: bytes) -> None:
    numbers, delays = played(video.speed(2).gif(fps=5, interframe_maxerror=0).run(source))

    assert sum(delays) == 3000
    assert np.abs(np.diff(numbers) - 4).max() <= 1


def test_a_fade_is_in_the_animation_too(source: bytes) -> None:
    with Image.open(io.BytesIO(video.clip(3, 5).fade(into=1).gif(fps=10).run(source))) as image:
        levels = []
        for at in (0, 5, 15):
            image.seek(at)
            levels.append(np.asarray(image.convert("L")).astype(int)[:, WIDTH // 2 :].mean())

    assert levels[0] < 20
    assert 40 < levels[1] < 90
    assert 120 < levels[2] < 170
