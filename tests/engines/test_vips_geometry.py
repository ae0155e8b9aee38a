"""Where pixels stand, held against numpy and Pillow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from mediaframe.errors import AssetError
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, large, oriented, pixels_of, rendered, scene, smooth, write

WHITE = 255


def _framed(pixels: Pixels, top: int, right: int, bottom: int, left: int, color: tuple[int, ...]) -> Pixels:
    height, width, bands = pixels.shape
    canvas = np.full((height + top + bottom, width + left + right, bands), color, np.uint8)
    canvas[top : top + height, left : left + width] = pixels
    return canvas


EXACT: dict[str, tuple[Finished, Callable[[Pixels], Pixels]]] = {
    "flip": (image.flip().png(), lambda p: p[::-1]),
    "flop": (image.flop().png(), lambda p: p[:, ::-1]),
    "rotate 90": (image.rotate(90).png(), lambda p: np.rot90(p, -1)),
    "rotate 180": (image.rotate(180).png(), lambda p: np.rot90(p, 2)),
    "rotate -90": (image.rotate(-90).png(), lambda p: np.rot90(p, 1)),
    "rotate 360": (image.rotate(360).png(), lambda p: p),
    "crop by place": (image.crop(20, 10, left=5, top=7).png(), lambda p: p[7:17, 5:25]),
    "crop over the edge": (image.crop(100, 100, left=30, top=20).png(), lambda p: p[20:, 30:]),
    "crop center": (image.crop(21, 11).png(), lambda p: p[10:21, 15:36]),
    "crop north": (image.crop(20, 10, gravity="north").png(), lambda p: p[:10, 15:35]),
    "crop southeast": (image.crop(20, 10, gravity="southeast").png(), lambda p: p[-10:, -20:]),
    "crop focus": (image.crop(10, 10, focus=(0.5, 0.25)).png(), lambda p: p[3:13, 20:30]),
    "crop focus at the corner": (image.crop(10, 10, focus=(1.0, 1.0)).png(), lambda p: p[-10:, -10:]),
    "extend": (
        image.extend(top=1, right=2, bottom=3, left=4, background="#ff8800").png(),
        lambda p: _framed(p, 1, 2, 3, 4, (255, 136, 0, 255)[: p.shape[2]]),
    ),
    "resize to the same size": (image.resize(50, 30, fit="fill").png(), lambda p: p),
    "resize does not enlarge": (image.resize(500).png(), lambda p: p),
}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("bands", [3, 4])
def test_moved_pixels_are_the_same_pixels(name: str, bands: int) -> None:
    recipe, expected = EXACT[name]
    picture = scene(50, 30, bands)

    got = pixels_of(write(picture, "PNG"), recipe)

    np.testing.assert_array_equal(got, expected(picture))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_it_is_displayed(orientation: int) -> None:
    picture = smooth(64, 40)
    turns: dict[int, Callable[[Pixels], Pixels]] = {
        1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: np.rot90(p, 2), 4: lambda p: p[::-1],
        5: lambda p: p.transpose(1, 0, 2), 6: lambda p: np.rot90(p, -1),
        7: lambda p: np.rot90(p, 2).transpose(1, 0, 2), 8: lambda p: np.rot90(p, 1),
    }  # fmt: skip

    got = pixels_of(oriented(picture, orientation, "PNG"), image.png())

    np.testing.assert_array_equal(got, turns[orientation](picture))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_orientation_can_be_left_as_stored(orientation: int) -> None:
    picture = smooth(64, 40)

    got = pixels_of(oriented(picture, orientation, "PNG"), image.auto_orient(enabled=False).png())

    np.testing.assert_array_equal(got, picture)


@pytest.mark.parametrize(("width", "height"), [(32, 20), (31, 19), (10, 7), (63, 39)])
def test_a_reduction_is_that_of_lanczos_in_pillow(width: int, height: int) -> None:
    picture = smooth(160, 100)

    got = pixels_of(write(picture, "PNG"), image.resize(width, height, fit="fill").png())

    other = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))
    difference = np.abs(got.astype(int) - other)
    assert difference.mean() < 1.5
    assert difference.max() <= 8


def test_a_reduction_of_fine_detail_stays_near_pillow() -> None:
    picture = scene(300, 200)

    got = pixels_of(write(picture, "PNG"), image.resize(100, 67, fit="fill").png())

    other = np.asarray(Image.fromarray(picture).resize((100, 67), Image.Resampling.LANCZOS))
    assert np.abs(got.astype(int) - other).mean() < 3.0


def test_a_shrunk_decode_lands_on_the_size_and_near_the_pixels_of_the_whole() -> None:
    picture = large(3001, 2003)
    data = write(picture, "JPEG", quality=95)

    got = pixels_of(data, image.resize(640).png())

    other = np.asarray(Image.fromarray(picture).resize((640, 427), Image.Resampling.LANCZOS))
    assert got.shape == other.shape
    assert np.abs(got.astype(int) - other).mean() < 1.5


def test_hidden_colors_do_not_leak_out_of_transparent_pixels() -> None:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[:, :20] = (0, 0, 255, 255)
    picture[:, 20:] = (255, 0, 0, 0)

    for recipe in (image.resize(13).png(), image.blur(2).png(), image.rotate(10, background="#00000000").png()):
        got = pixels_of(write(picture, "PNG"), recipe).astype(int)
        seen = got[got[..., 3] > 32]

        assert seen[:, 0].max() <= 8, recipe
        assert seen[:, 2].min() >= 240, recipe


@pytest.mark.parametrize(
    ("gravity", "rows"), [("center", slice(30, 70)), ("north", slice(0, 40)), ("south", slice(60, 100))]
)
def test_cover_keeps_what_gravity_says(gravity: str, rows: slice) -> None:
    picture = smooth(40, 100)

    got = pixels_of(write(picture, "PNG"), image.resize(40, 40, fit="cover", gravity=gravity).png())

    np.testing.assert_array_equal(got, picture[rows])


def test_cover_keeps_the_focus_in_view() -> None:
    picture = smooth(40, 100)

    got = pixels_of(write(picture, "PNG"), image.resize(40, 40, fit="cover", focus="50%, 90%").png())

    np.testing.assert_array_equal(got, picture[60:])


def test_attention_finds_the_only_thing_to_see() -> None:
    picture = np.full((60, 300, 3), 120, np.uint8)
    picture[20:40, 230:250] = (255, 40, 20)

    got = pixels_of(write(picture, "PNG"), image.crop(60, 60, gravity="attention").png())

    assert (got == (255, 40, 20)).all(axis=-1).sum() == 400


def test_contain_pads_to_the_box() -> None:
    picture = smooth(40, 20)

    got = pixels_of(write(picture, "PNG"), image.resize(40, 40, fit="contain", background="#102030").png())

    np.testing.assert_array_equal(got, _framed(picture, 10, 0, 10, 0, (16, 32, 48)))


def test_a_transparent_margin_gives_alpha() -> None:
    got = pixels_of(write(smooth(8, 8), "PNG"), image.extend(top=4, background="transparent").png())

    assert got.shape == (12, 8, 4)
    assert got[:4, :, 3].max() == 0
    assert got[4:, :, 3].min() == WHITE


def test_a_colored_margin_gives_a_gray_picture_colors() -> None:
    got = pixels_of(write(smooth(8, 8, 1), "PNG"), image.extend(top=4, background="red").png())

    assert got.shape == (12, 8, 3)
    assert got[0, 0].tolist() == [255, 0, 0]


def test_trim_cuts_to_the_box_of_what_differs() -> None:
    picture = np.full((50, 70, 3), 250, np.uint8)
    picture[12:31, 9:44] = 30

    got = pixels_of(write(picture, "PNG"), image.trim().png())

    np.testing.assert_array_equal(got, picture[12:31, 9:44])


def test_trim_by_a_named_color_leaves_other_borders() -> None:
    picture = np.full((50, 70, 3), 250, np.uint8)
    picture[12:31, 9:44] = 30

    kept = pixels_of(write(picture, "PNG"), image.trim(background="black").png())
    cut = pixels_of(write(picture, "PNG"), image.trim(background="#fafafa").png())

    assert kept.shape == picture.shape
    assert cut.shape == (19, 35, 3)


def test_a_picture_that_is_all_border_stays_whole() -> None:
    picture = np.full((20, 30, 3), 250, np.uint8)

    assert pixels_of(write(picture, "PNG"), image.trim().png()).shape == picture.shape


def test_a_slight_turn_fills_the_corners_and_keeps_the_middle() -> None:
    picture = smooth(80, 60)

    got = pixels_of(write(picture, "PNG"), image.rotate(30, background="#00ff00").png())

    assert got[0, 0].tolist() == [0, 255, 0]
    middle, before = got[got.shape[0] // 2, got.shape[1] // 2], picture[30, 40]
    assert np.abs(middle.astype(int) - before).max() <= 10


def test_a_box_that_begins_outside_is_refused_with_both_sizes() -> None:
    data = write(smooth(30, 20), "PNG")

    with pytest.raises(AssetError, match=r"starts at 40,0, outside of a picture of 30x20") as caught:
        rendered(data, image.crop(5, 5, left=40, top=0).png())

    assert caught.value.code == "E_PARAM"
