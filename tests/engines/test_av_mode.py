"""Videos know the resize modes and presets of pictures."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.model.kind import Shape
from mediaframe.ops.image.geometry import MODES
from tests.engines.clips import needs_ffmpeg, pictures, told
from tests.engines.containers import clip


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mode") / "wide.mp4"
    path.write_bytes(clip(size=(320, 180), seconds=0.2))
    return path


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "size", "made"),
    [("original", None, (320, 180)), ("width", 96, (96, 54)), ("height", 60, (106, 60)), ("square", 80, (80, 80)),
     ("email", None, (320, 180)), ("linkedin", None, (320, 180))],
)  # fmt: skip
def test_a_mode_makes_its_size_with_even_sides(
    name: str, size: int | None, made: tuple[int, int], wide: Path, tmp_path: Path
) -> None:
    recipe = mf.video.mode(name, size).mp4(preset="ultrafast")

    recipe.run(wide, to=tmp_path / "made.mp4")

    (stream,) = told(tmp_path / "made.mp4")
    assert (stream["width"], stream["height"]) == made
    assert recipe.infer(Shape("video", 320, 180)).size == made


@needs_ffmpeg
def test_the_mode_of_marketplaces_puts_the_whole_video_on_a_white_square(wide: Path, tmp_path: Path) -> None:
    mf.video.mode("ecommerce").mp4(crf=4, preset="ultrafast").run(wide, to=tmp_path / "made.mp4")

    frame = pictures(tmp_path / "made.mp4", (1600, 1600))[0].astype(int)
    assert np.abs(frame[:700] - 255).max() <= 3
    assert np.abs(frame[:, :630] - 255).max() <= 3
    assert frame[720:880, 650:950].max() < 60


@pytest.mark.parametrize("name", MODES)
def test_a_mode_of_videos_has_the_sizes_of_that_of_pictures(name: str) -> None:
    size = 400 if name in ("square", "width", "height") else None

    of_video = mf.video.mode(name, size).mp4().infer(Shape("video", 4000, 3000)).size
    of_picture = mf.image.mode(name, size).jpeg().infer(Shape("image", 4000, 3000)).size

    assert of_video is not None
    assert of_picture is not None
    assert all(abs(one - other) <= 1 for one, other in zip(of_video, of_picture, strict=True))
    assert all(side % 2 == 0 for side in of_video)


def test_a_mode_asks_for_a_size_as_that_of_pictures_does() -> None:
    with pytest.raises(mf.RecipeError, match="expected a size"):
        mf.video.mode("width")
    with pytest.raises(mf.RecipeError, match="email takes no size"):
        mf.video.mode("email", 600)
    with pytest.raises(mf.RecipeError, match="did you mean 'instagram'"):
        mf.video.mode("instagramm")


@needs_ffmpeg
@pytest.mark.parametrize("name", ["website-video", "social-video", "hero-video"])
def test_a_preset_of_videos_makes_one_that_plays(name: str, wide: Path, tmp_path: Path) -> None:
    mf.preset(name).run(wide, to=tmp_path / "made.mp4")

    (stream,) = told(tmp_path / "made.mp4")
    assert stream["codec_name"] == "h264"
    assert stream["nb_read_frames"] == "5"


def test_the_preset_of_posters_makes_a_picture(wide: Path) -> None:
    data = mf.preset("poster").run(wide)

    assert isinstance(data, bytes)
    assert Image.open(io.BytesIO(data)).size == (320, 180)
