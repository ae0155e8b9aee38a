"""Shapes: where they stand, what covers what, levels and colors of the picture kept."""

from __future__ import annotations

import numpy as np
import pytest
import pyvips

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.engine import engine
from mediaframe.ops.image.shapes import Shape
from mediaframe.recipes import image
from tests.engines.pictures import rendered, write


def drawn(op: Shape, base: np.ndarray | None = None) -> np.ndarray:
    """Draw on pixels, on black ones where none are given."""
    base = np.zeros((40, 60, 3), np.uint8) if base is None else base
    made = engine.do(op, engine.open(Source(write(base, "PNG")), Task((op,)))).image
    return np.asarray(made.numpy()).reshape(made.height, made.width, made.bands)


def test_a_rectangle_stands_on_whole_pixels_where_gravity_says() -> None:
    made = drawn(Shape(width=20, height="50%", gravity="southeast", margin=5, fill="#102030"))

    told = np.zeros((40, 60, 3), np.uint8)
    told[15:35, 35:55] = (0x10, 0x20, 0x30)
    np.testing.assert_array_equal(made, told)


def test_left_and_top_say_where_it_stands_and_what_is_beyond_the_edge_is_cut() -> None:
    made = drawn(Shape(width=20, height=20, left=50, top="75%"))

    told = np.zeros((40, 60, 3), np.uint8)
    told[30:, 50:] = 255
    np.testing.assert_array_equal(made, told)


def test_an_outline_lies_within_the_box_and_nothing_of_the_filling_shines_through() -> None:
    made = drawn(Shape(width=30, height=20, left=10, top=10, fill="#ffffff", stroke="#ff0000", stroke_width=3))

    told = np.zeros((40, 60, 3), np.uint8)
    told[10:30, 10:40] = (255, 0, 0)
    told[13:27, 13:37] = 255
    np.testing.assert_array_equal(made, told)


def test_an_outline_wider_than_the_box_covers_all_of_it() -> None:
    made = drawn(Shape(width=10, height=6, left=0, top=0, stroke="#ff0000", stroke_width=50))

    assert (made[:6, :10] == (255, 0, 0)).all()
    assert not made[6:].any()


def test_a_level_line_is_as_wide_as_its_pen() -> None:
    made = drawn(Shape("line", width=40, height=0, left=10, top=20, fill="#00ff00", stroke_width=4))

    told = np.zeros((40, 60, 3), np.uint8)
    told[18:22, 10:50] = (0, 255, 0)
    np.testing.assert_array_equal(made, told)


def test_a_rising_line_is_a_falling_one_upside_down() -> None:
    one, other = (drawn(Shape("line", width="100%", height="100%", rising=rising)) for rising in (False, True))

    np.testing.assert_allclose(one.astype(int), other[::-1].astype(int), atol=2)
    assert one[0, 0].any()
    assert other[-1, 0].any()


@pytest.mark.parametrize(("color", "bands"), [("#777777", 1), ("#776655", 3)])
def test_gray_stays_gray_unless_a_color_is_drawn(color: str, bands: int) -> None:
    made = drawn(Shape("ellipse", fill=color), np.zeros((40, 60), np.uint8))

    assert made.shape[2] == bands
    assert made[20, 30, 0] == 0x77


def test_a_clear_filling_lets_the_picture_through() -> None:
    base = np.full((40, 60, 3), 200, np.uint8)

    made = drawn(Shape(width="100%", height="100%", fill="#00000080"), base)

    np.testing.assert_allclose(made, 200 * (1 - 0x80 / 255), atol=1)


@pytest.mark.parametrize("op", [Shape(fill=None), Shape(left="200%", top=0), Shape(opacity=0)])
def test_what_cannot_be_seen_changes_nothing(op: Shape) -> None:
    base = np.random.default_rng(5).integers(0, 256, (40, 60, 3), dtype=np.uint8)

    np.testing.assert_array_equal(drawn(op, base), base)


def test_sixteen_bits_stay() -> None:
    deep = pyvips.Image.new_from_array(np.full((20, 30, 3), 1234, np.uint16)).copy(interpretation="rgb16")

    made = rendered(deep.pngsave_buffer(), image.shape(width=10, height=10, left=0, top=0).png(bits=16)).data

    pixels = pyvips.Image.new_from_buffer(made, "").numpy()
    assert (pixels[:10, :10] == 65535).all()
    assert (pixels[10:] == 1234).all()
