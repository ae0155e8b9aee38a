"""Watermarks: mixed as Pillow mixes them, placed where gravity says, cut at the edges, held against limits."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips import handle as handles
from mediaframe.engines.vips.engine import engine
from mediaframe.errors import AssetError
from mediaframe.formats.image import Png
from mediaframe.model.input import Input
from mediaframe.model.limits import Limits
from mediaframe.ops.image.color import Color
from mediaframe.ops.image.overlay import Watermark
from tests.engines.pictures import write

RED = np.full((10, 20, 3), (200, 30, 40), np.uint8)


def logo(drawn: np.ndarray, **limits: int) -> Input:
    """Give pixels as the file of a recipe."""
    return Input("logo.png", data=Source(write(drawn, "PNG"), limits=Limits(**limits)))


def chance(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def marked(base: np.ndarray, op: Watermark) -> np.ndarray:
    """Put a watermark on pixels."""
    handle = engine.open(Source(write(base, "PNG")), Task((op,)))
    made = engine.do(op, handle).image
    return np.asarray(made.numpy()).reshape(made.height, made.width, made.bands)


def by_pillow(base: np.ndarray, over: np.ndarray, left: int, top: int, opacity: float = 1.0) -> np.ndarray:
    """Put one picture over another as Pillow does it."""
    whole = Image.new("RGBA", base.shape[1::-1])
    sheet = Image.fromarray(over).convert("RGBA")
    sheet.putalpha(sheet.getchannel("A").point(lambda value: round(value * opacity)))
    whole.paste(sheet, (left, top))
    return np.asarray(Image.alpha_composite(Image.fromarray(base).convert("RGBA"), whole))


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("opacity", [1.0, 0.35])
def test_it_is_mixed_as_pillow_mixes_it(bands: int, opacity: float) -> None:
    base, over = chance(1, 60, 80, bands), chance(2, 30, 40, 4)

    made = marked(base, Watermark(logo(over), gravity="northwest", margin=7, opacity=opacity))

    told = by_pillow(base, over, 7, 7, opacity)
    seen = told[..., 3] > 12  # the colors of what is nearly clear are rounded away by anybody
    worst = np.abs(made[..., :3].astype(int) - told[..., :3])[seen]
    assert made.shape == base.shape
    assert worst.max() <= (1 if opacity == 1 and bands == 3 else 12)
    assert worst.mean() < 0.35
    if bands == 4:
        assert np.abs(made[..., 3].astype(int) - told[..., 3]).max() <= 1


def test_on_an_opaque_picture_it_is_exact_to_the_rounding() -> None:
    base, over = chance(3, 40, 40, 3), chance(4, 40, 40, 4)

    made = marked(base, Watermark(logo(over), gravity="center"))

    share = over[..., 3:] / 255
    assert np.abs(made - (base + (over[..., :3] - base.astype(float)) * share)).max() <= 0.5001


@pytest.mark.parametrize(
    ("gravity", "at"),
    [
        ("northwest", (4, 4)), ("north", (30, 4)), ("northeast", (56, 4)), ("west", (4, 25)), ("center", (30, 25)),
        ("east", (56, 25)), ("southwest", (4, 46)), ("south", (30, 46)), ("southeast", (56, 46)),
    ],
)  # fmt: skip
def test_it_stands_where_gravity_says(gravity: Any, at: tuple[int, int]) -> None:
    made = marked(np.zeros((60, 80, 3), np.uint8), Watermark(logo(RED), gravity=gravity, margin=4))

    down, across = np.nonzero(made[..., 0])
    assert (across.min(), down.min(), across.max() + 1, down.max() + 1) == (*at, at[0] + 20, at[1] + 10)


@pytest.mark.parametrize(("scale", "size"), [(0.5, (50, 25)), (1.0, (100, 50)), (0.1, (10, 5))])
def test_its_scale_is_a_share_of_the_picture(scale: float, size: tuple[int, int]) -> None:
    for height, width in ((60, 100), (100, 100)):
        made = marked(np.zeros((height, width, 3), np.uint8), Watermark(logo(RED), scale=scale, gravity="northwest"))

        down, across = np.nonzero(made[..., 0] > 100)
        assert (across.max() + 1, down.max() + 1) == size


def test_what_reaches_over_the_edge_is_cut() -> None:
    base = np.zeros((20, 30, 3), np.uint8)
    wide = np.zeros((50, 90, 3), np.uint8)
    wide[20:30, 40:50] = 255

    middle = marked(base, Watermark(logo(wide), gravity="center"))
    corner = marked(base, Watermark(logo(wide), gravity="southeast"))
    beyond = marked(base, Watermark(logo(RED), gravity="southeast", margin=100))

    assert np.array_equal(middle, wide[15:35, 30:60])
    assert np.array_equal(corner, wide[30:50, 60:90])
    assert np.array_equal(beyond, base)


def test_a_share_of_opacity_of_nothing_changes_nothing() -> None:
    base = chance(5, 20, 30, 4)

    assert np.array_equal(marked(base, Watermark(logo(RED), opacity=0)), base)


def test_tiles_repeat_from_the_one_that_gravity_places() -> None:
    made = marked(np.zeros((45, 70, 3), np.uint8), Watermark(logo(RED), gravity="center", tile=True, spacing=6))

    told = np.zeros_like(made)
    for top in range(18 - 16 * 2, 45, 16):
        for left in range(25 - 26 * 2, 70, 26):
            told[max(0, top) : max(0, top + 10), max(0, left) : max(0, left + 20)] = (200, 30, 40)
    assert np.array_equal(made, told)


def test_tiles_without_spacing_cover_the_picture() -> None:
    made = marked(np.zeros((45, 70, 3), np.uint8), Watermark(logo(RED), tile=True))

    assert np.array_equal(made, np.broadcast_to(np.uint8((200, 30, 40)), made.shape))


def test_it_is_turned_clockwise_with_clear_corners() -> None:
    half = RED.copy()
    half[:, 10:] = (10, 20, 250)
    base = np.full((60, 60, 3), 90, np.uint8)

    quarter = marked(base, Watermark(logo(half), gravity="center", rotation=90))
    slight = marked(base, Watermark(logo(half), gravity="center", rotation=45))

    assert np.array_equal(quarter[20:40, 25:35], np.rot90(half, -1))
    assert tuple(slight[25, 25]) == (200, 30, 40)
    assert tuple(slight[34, 34]) == (10, 20, 250)
    assert tuple(slight[22, 38]) == (90, 90, 90)
    told = np.asarray(Image.fromarray(np.dstack([half, np.full((10, 20), 255, np.uint8)])).rotate(
        -45, Image.Resampling.BICUBIC, expand=True))[..., 3]  # fmt: skip
    inked = (np.abs(slight.astype(int) - 90).sum(axis=2) > 60).sum()
    assert abs(int((told > 60).sum()) - int(inked)) < 40


@pytest.mark.parametrize(("over", "bands"), [(RED, 3), (RED[..., :1].repeat(3, 2), 3), (RED[..., 0], 1)])
def test_a_gray_picture_gets_colors_where_the_watermark_has_some(over: np.ndarray, bands: int) -> None:
    made = marked(np.full((30, 40, 1), 90, np.uint8), Watermark(logo(over), gravity="northwest"))

    assert made.shape[2] == bands
    assert abs(int(made[5, 5, 0]) - 200) <= 0
    assert set(made[25, 35]) == {90}


def test_a_picture_that_was_cmyk_takes_one() -> None:
    held = io.BytesIO()
    Image.new("CMYK", (40, 30), (0, 255, 255, 0)).save(held, "JPEG", quality=95)
    op = Watermark(logo(RED), gravity="northwest")

    made = engine.do(op, engine.open(Source(held.getvalue()), Task((op,)))).image.numpy()

    assert made.shape == (30, 40, 3)
    assert tuple(made[5, 5]) == (200, 30, 40)


def test_sixteen_bits_stay_sixteen() -> None:
    base = np.full((20, 30, 3), 12_345, np.uint16)
    half = np.full((10, 10, 4), (255, 0, 128, 51), np.uint8)
    op = Watermark(logo(half), gravity="northwest")
    data = pyvips.Image.new_from_array(base).copy(interpretation="rgb16").pngsave_buffer()

    made = engine.do(op, engine.open(Source(data), Task((op,), Png(bits=16)))).image.numpy()

    assert made.dtype == np.uint16
    assert np.abs(made[5, 5] - (12_345 + (np.array([65_535, 0, 128 * 257]) - 12_345.0) * 0.2)).max() <= 0.5001
    assert set(made[15, 20]) == {12_345}


def test_in_another_color_space_it_keeps_its_color() -> None:
    steps = (Color("p3"), Watermark(logo(np.full((10, 10, 3), (255, 0, 0), np.uint8)), gravity="northwest"))
    handle = engine.open(Source(write(np.zeros((20, 30, 3), np.uint8), "PNG")), Task(steps, Png()))
    for step in steps:
        handle = engine.do(step, handle)

    # The red of sRGB in Display P3, by the matrices of IEC 61966-2-1 and SMPTE EG 432-1.
    assert np.abs(handle.image.numpy()[5, 5].astype(int) - (234, 51, 35)).max() <= 1


def test_what_its_file_says_is_not_said_of_the_picture() -> None:
    held = io.BytesIO()
    exif = Image.Exif()
    exif[0x8298] = "the logo is mine"
    Image.fromarray(RED).save(held, "JPEG", exif=exif)
    op = Watermark(Input("a.jpg", data=Source(held.getvalue())))

    made = engine.do(op, engine.open(Source(write(chance(7, 30, 40, 4), "PNG")), Task((op,)))).image

    assert not [one for one in made.get_fields() if "exif" in one or "icc" in one]


def test_a_drawing_is_drawn_at_its_size() -> None:
    circle = b'<circle cx="5" cy="5" r="5" fill="#fff"/>'
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10">' + circle + b"</svg>"
    op = Watermark(Input("a.svg", data=Source(svg)), scale=1, gravity="center")

    made = marked(np.zeros((200, 200, 3), np.uint8), op)[..., 0]

    down, across = np.mgrid[:200, :200] - 99.5
    inside = np.hypot(down, across)
    assert made[inside < 98.5].min() == 255
    assert made[inside > 101.5].max() == 0


def test_it_is_turned_upright_first() -> None:
    exif, held = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.fromarray(np.kron(np.uint8([[250, 5]]), np.ones((16, 16), np.uint8))).save(
        held, "JPEG", exif=exif, quality=95
    )
    op = Watermark(Input("a.jpg", data=Source(held.getvalue())), gravity="northwest")

    made = marked(np.full((40, 40, 3), 90, np.uint8), op)[..., 0]

    assert made[4, 8] > 240
    assert made[28, 8] < 15
    assert made[4, 20] == 90


def _bomb() -> bytes:
    """Make a small PNG that says it has 900 megapixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_bomb(), "900 megapixels"),
        (write(chance(6, 50, 50, 3), "PNG")[:-2000], r"watermark\('logo.png'\)"),
        (b"no picture at all", "expected one of jpeg"),
        (b"", "no bytes"),
        (
            b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
            "file:///etc/passwd|outside",
        ),
    ],
    ids=["bomb", "cut", "noise", "empty", "drawing that reads files"],
)
def test_a_hostile_watermark_is_refused_and_named(data: bytes, said: str) -> None:
    op = Watermark(Input("logo.png", data=Source(data)))

    with pytest.raises(AssetError, match=said) as caught:
        marked(np.zeros((20, 20, 3), np.uint8), op)

    assert caught.value.code == "E_INPUT"


def test_limits_hold_for_it_as_for_every_picture() -> None:
    with pytest.raises(AssetError, match=r"Limits\.pixels") as caught:
        marked(np.zeros((20, 20, 3), np.uint8), Watermark(logo(RED, pixels=100)))

    assert caught.value.code == "E_INPUT"


def test_it_is_prepared_once_for_pictures_of_one_size() -> None:
    source = logo(RED)
    op = Watermark(source, scale=0.5)
    handle = handles.of(engine.open(Source(write(np.zeros((60, 80, 3), np.uint8), "PNG")), Task((op,))).image)
    engine.do(op, handle)
    held = dict(source.data.memo)

    engine.do(op, handle)

    assert source.data.memo == held
    assert len([one for one in held if "80x60" in one]) == 1
