"""The smallest file of several formats: at equal looks, with transparency and movement, under the name it gets."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import mediaframe as mf
from mediaframe.errors import LayoutError, RecipeError
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, read, smooth, write
from tests.engines.rendering import one


def photo(width: int = 200, height: int = 150, bands: int = 3) -> Pixels:
    """Make a picture with slopes and grain."""
    grain = np.random.default_rng(5).normal(0, 6, (height, width, 1))
    return np.clip(smooth(width, height, bands).astype(float) + grain, 0, 255).astype(np.uint8)


def drawing() -> Pixels:
    """Make a picture of few colors and hard edges."""
    picture = Image.new("RGB", (200, 150), "white")
    pen = ImageDraw.Draw(picture)
    for number in range(12):
        pen.rectangle(
            (number * 16, number * 9, number * 16 + 40, number * 9 + 30), fill=("red", "navy", "gold")[number % 3]
        )
    return np.asarray(picture)


PHOTO, DRAWING = write(photo(), "PNG"), write(drawing(), "PNG")


def test_the_smallest_file_at_equal_looks_is_written() -> None:
    singles = {word: one(PHOTO, getattr(image, word)(target=70)) for word in ("webp", "jpeg")}

    header, data = one(PHOTO, image.auto(formats=["webp", "jpeg"], target=70))

    smallest = min(singles, key=lambda word: len(singles[word][1]))
    assert data == singles[smallest][1]
    assert header["media_type"] == f"image/{smallest}"
    assert header["outcome"] == "met"
    assert abs(header["score"] - 70) <= 1


def test_a_drawing_is_written_without_loss_where_that_is_smaller() -> None:
    header, data = one(DRAWING, image.auto(formats=["webp", "jpeg", "png"]))

    np.testing.assert_array_equal(read(data)[..., :3], drawing())
    assert header["media_type"] in ("image/webp", "image/png")
    assert len(data) < min(len(one(DRAWING, end(quality=80))[1]) for end in (image.jpeg, image.webp))


@pytest.mark.parametrize("formats", ["jpeg, webp", "jpeg, png"])
def test_what_can_be_seen_through_is_not_written_as_jpeg(formats: str) -> None:
    picture = photo(bands=4)
    picture[:40, :, 3] = 0

    header, data = one(write(picture, "PNG"), image.auto(formats=formats, target=50))

    assert header["media_type"] != "image/jpeg"
    with Image.open(io.BytesIO(data)) as found:
        assert np.asarray(found.convert("RGBA"))[:30, :, 3].max() == 0


def test_an_alpha_that_is_opaque_everywhere_bars_no_format() -> None:
    opaque = np.dstack([photo(), np.full((150, 200), 255, np.uint8)])

    header, _ = one(write(opaque, "PNG"), image.auto(formats=["jpeg"]))

    assert header["media_type"] == "image/jpeg"


def test_transparency_goes_on_the_background_where_jpeg_alone_is_allowed() -> None:
    header, data = one(write(np.zeros((64, 64, 4), np.uint8), "PNG"), image.auto(formats=["jpeg"], background="lime"))

    assert header["media_type"] == "image/jpeg"
    assert read(data)[32, 32].tolist()[1] > 240


def test_an_animation_stays_one() -> None:
    frames = [Image.fromarray(np.roll(photo(96, 72), 9 * number, axis=1)) for number in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)

    header, data = one(file.getvalue(), image.auto(formats=["jpeg", "webp", "png"], target=50))

    assert header["media_type"] == "image/webp"
    with Image.open(io.BytesIO(data)) as found:
        assert found.n_frames == 3


def test_a_budget_goes_for_every_format() -> None:
    header, data = one(PHOTO, image.auto(formats=["webp", "jpeg"], target=60, max_bytes="20 kB"))
    never, _ = one(PHOTO, image.auto(formats=["webp", "jpeg"], max_bytes=80))
    nearest, file = one(PHOTO, image.auto(formats=["webp", "jpeg"], max_bytes=80, on_miss="best_effort"))

    assert len(data) <= 20_000
    assert header["outcome"] == "met"
    assert never["code"] == "E_INFEASIBLE"
    assert (nearest["outcome"], len(file) > 80) == ("best_effort", True)


def test_an_original_that_is_smaller_is_kept() -> None:
    source = write(photo(), "WEBP", quality=5, method=6)

    header, data = one(source, image.auto(formats=["jpeg", "webp", "png"], metadata="keep", never_grow=True, target=90))

    assert (header["origin"], data) == ("original", source)


@pytest.mark.parametrize("formats", ["webp, gif", "jpg", "", [], 3])
def test_formats_that_cannot_be_chosen_from_raise(formats: Any) -> None:
    with pytest.raises(RecipeError, match="expected"):
        image.auto(formats=formats)


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a photograph and a drawing."""
    root = tmp_path / "in"
    root.mkdir()
    (root / "photo.png").write_bytes(PHOTO)
    (root / "drawing.png").write_bytes(DRAWING)
    return root


RECIPE = mf.image.auto(formats=["jpeg", "png"], target=60)


def test_names_and_types_tell_the_format_that_was_chosen(folder: Path, tmp_path: Path) -> None:
    run = mf.scan(folder).with_columns(best=RECIPE).export(tmp_path / "out", layout="{stem}.{ext}")

    assert sorted(run.manifest["uri"]) == ["drawing.png", "photo.jpg"]
    assert dict(run.manifest.select("uri", "media_type").iter_rows()) == {
        "drawing.png": "image/png",
        "photo.jpg": "image/jpeg",
    }
    assert mf.verify(tmp_path / "out", deep=True).ok


def test_what_was_chosen_is_used_again(folder: Path, tmp_path: Path) -> None:
    frame = mf.scan(folder).with_columns(best=RECIPE)
    frame.export(tmp_path / "out", layout="{stem}.{ext}")

    again = frame.export(tmp_path / "out", layout="{stem}.{ext}")

    assert again.manifest["status"].to_list() == ["reused", "reused"]


def test_two_results_that_could_get_one_name_are_refused_before_the_first_byte(folder: Path, tmp_path: Path) -> None:
    (folder / "photo.webp").write_bytes(write(photo(), "WEBP"))

    with pytest.raises(LayoutError, match="have a name that another has too"):
        mf.scan(folder).with_columns(best=RECIPE).export(tmp_path / "out", layout="{stem}.{ext}", on_exists="replace")

    assert not list((tmp_path / "out").glob("*.*"))


def test_one_file_gets_the_ending_of_what_it_is(folder: Path, tmp_path: Path) -> None:
    uri = RECIPE.run(folder / "drawing.png", to=tmp_path / "best.{ext}")

    assert uri.endswith("best.png")
    assert (tmp_path / "best.png").read_bytes() == RECIPE.run(folder / "drawing.png")


def test_a_name_that_says_a_format_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"end the name with \.\{ext\}"):
        RECIPE.run(folder / "drawing.png", to=tmp_path / "best.webp")
