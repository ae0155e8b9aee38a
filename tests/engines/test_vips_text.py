"""Text on pictures: taken literally, placed where gravity says, drawn with the fonts that are given and no others."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips import lettering
from mediaframe.engines.vips.engine import engine
from mediaframe.engines.vips.fontfile import renamed
from mediaframe.engines.vips.library import FONTS
from mediaframe.errors import AssetError, RecipeError
from mediaframe.model.input import Input
from mediaframe.ops.image.overlay import LONGEST, Text
from tests.engines.pictures import write

REGULAR, BOLD = (FONTS / name for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
PLACES = ["northwest", "north", "northeast", "west", "center", "east", "southwest", "south", "southeast"]


def drawn(op: Text, width: int = 300, height: int = 200, fill: Any = (0, 0, 0)) -> np.ndarray:
    """Write on a plain picture."""
    base = np.full((height, width, len(fill)), fill, np.uint8)
    handle = engine.open(Source(write(base, "PNG")), Task((op,)))
    made = engine.do(op, handle).image
    return np.asarray(made.numpy()).reshape(made.height, made.width, made.bands)


def ink(pixels: np.ndarray, above: int = 100) -> tuple[int, int, int, int]:
    """Give left, top, right and bottom of what was written."""
    down, across = np.nonzero(pixels.max(axis=2) > above)
    return int(across.min()), int(down.min()), int(across.max()) + 1, int(down.max()) + 1


def cut(pixels: np.ndarray) -> np.ndarray:
    left, top, right, bottom = ink(pixels, 0)
    return pixels[top:bottom, left:right]


def by_pillow(text: str, font: Path, size: int) -> np.ndarray:
    """Draw text as Pillow does it, cut to its ink."""
    canvas = Image.new("L", (900, 200))
    face = ImageFont.truetype(str(font), size, layout_engine=ImageFont.Layout.BASIC)
    ImageDraw.Draw(canvas).text((10, 40), text, font=face, fill=255)
    return np.asarray(canvas.crop(canvas.getbbox()))


def font(path: Path) -> Input:
    return Input(path.name, data=Source(path.read_bytes()))


# ---- letters


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", ["Hamburgefonstiv", "SKU 0815/47-B", "Größe: 42 €"])
def test_letters_are_those_that_pillow_draws(text: str, bold: bool) -> None:
    told = by_pillow(text, BOLD if bold else REGULAR, 36).astype(float)

    made = cut(drawn(Text(text, size=36, bold=bold), 900, 120))[..., 0].astype(float)

    height, width = min(made.shape[0], told.shape[0]), min(made.shape[1], told.shape[1])
    assert abs(made.shape[0] - told.shape[0]) <= 2
    assert abs(made.shape[1] - told.shape[1]) <= 0.015 * told.shape[1] + 2
    part = slice(0, width // 6)  # Pillow rounds each advance; further on letters stand up to pixels apart
    assert np.corrcoef(made[:height, part].ravel(), told[:height, part].ravel())[0, 1] > 0.85


@pytest.mark.parametrize("text", ["<b>bold</b>", "&lt;", "a & b", "<span size='99'>", "</span>", "&#x41;", "%s{0}$x"])
def test_markup_is_text(text: str) -> None:
    made = cut(drawn(Text(text, size=30), 900, 120))

    assert abs(made.shape[1] - by_pillow(text, REGULAR, 30).shape[1]) <= 12


@pytest.mark.parametrize("text", ["a\x00\x01\x1b[31m\x7fb", "a\x9fb"])
def test_control_characters_are_not_drawn(text: str) -> None:
    plain = "".join(one for one in text if one.isprintable())

    assert np.array_equal(drawn(Text(text)), drawn(Text(plain)))


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\x00", "\u200b", "\t"])
@pytest.mark.parametrize("fill", [(7,), (7, 8, 9), (7, 8, 9, 100)])
def test_text_of_nothing_draws_nothing(text: str, fill: tuple[int, ...]) -> None:
    op = Text(text, background="black", stroke="white")

    assert np.array_equal(drawn(op, fill=fill), np.full((200, 300, len(fill)), fill))


@pytest.mark.parametrize(
    "text", ["漢字かな", "😀🎉👩‍👩‍👧‍👦", "\ud800half", "\U0010ffff", "a" + "\u0301" * 500, "\u202eevil\u202c", "ﷺ"]
)
def test_what_no_font_has_and_what_is_no_text_is_drawn_as_something(text: str) -> None:
    made = drawn(Text(text, size=40))

    assert (made > 100).any()


def test_missing_glyphs_are_boxes_whatever_fonts_were_used_before() -> None:
    before = drawn(Text("漢", size=60))
    drawn(Text("x", font=font(BOLD)))

    assert np.array_equal(drawn(Text("漢", size=60)), before)
    left, top, right, _ = ink(before)
    assert (before[top : top + 2, left:right] > 100).all()  # the upper edge of a box


def test_right_to_left_begins_on_the_right() -> None:
    first, both = cut(drawn(Text("א", size=60))), cut(drawn(Text("אב", size=60)))

    width = first.shape[1]
    assert np.abs(both[-first.shape[0] :, -width:].astype(int) - first).mean() < 12


def test_arabic_letters_are_joined() -> None:
    apart = sum(cut(drawn(Text(one, size=60)))[..., 0].shape[1] for one in "سلام")

    joined = cut(drawn(Text("سلام", size=60)))[..., 0] > 100

    assert joined.shape[1] < 0.9 * apart
    assert ndimage.label(joined, np.ones((3, 3)))[1] <= 2


# ---- fonts


def test_a_font_file_is_the_font() -> None:
    assert np.array_equal(drawn(Text("Abg 12", font=font(BOLD))), drawn(Text("Abg 12", bold=True)))


def test_two_fonts_of_one_name_are_told_apart() -> None:
    one, other = (Input("a.ttf", data=Source(renamed(path.read_bytes(), "DejaVu Sans"))) for path in (REGULAR, BOLD))

    made = [drawn(Text("Abg", font=each)) for each in (one, other, one)]

    assert np.array_equal(made[0], drawn(Text("Abg")))
    assert np.array_equal(made[1], drawn(Text("Abg", bold=True)))
    assert np.array_equal(made[0], made[2])


def collection(*paths: Path) -> Input:
    """Make a collection of fonts: their own directories, moved."""
    files, at = [path.read_bytes() for path in paths], 12 + 4 * len(paths)
    starts, bodies = [], []
    for data in files:
        moved = bytearray(data)
        for one in range(12, 12 + 16 * int.from_bytes(data[4:6], "big"), 16):
            moved[one + 8 : one + 12] = (int.from_bytes(data[one + 8 : one + 12], "big") + at).to_bytes(4, "big")
        starts.append(at.to_bytes(4, "big"))
        bodies.append(bytes(moved))
        at += len(data)
    head = b"ttcf\x00\x01\x00\x00" + len(files).to_bytes(4, "big")
    return Input("both.ttc", data=Source(head + b"".join([*starts, *bodies])))


def test_each_font_of_a_collection_can_be_named() -> None:
    both = collection(REGULAR, BOLD)

    made = [drawn(Text("Abg 12", font=both, face=face)) for face in (1, 2, 1)]

    assert np.array_equal(made[0], drawn(Text("Abg 12")))
    assert np.array_equal(made[1], drawn(Text("Abg 12", bold=True)))
    assert np.array_equal(made[2], made[0])


@pytest.mark.parametrize(("one", "said"), [(font(BOLD), "holds one font"), (collection(REGULAR, BOLD), "1 to 2")])
def test_a_font_that_a_file_does_not_have_is_refused(one: Input, said: str) -> None:
    with pytest.raises(AssetError, match=said) as caught:
        drawn(Text("x", font=one, face=3))

    assert caught.value.code == "E_PARAM"


def test_a_glyph_that_a_font_lacks_is_not_taken_from_another() -> None:
    few = font(BOLD)

    made = drawn(Text("\u0531 漢", font=few, size=50))

    assert np.array_equal(made, drawn(Text("\u0531 漢", bold=True, size=50)))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "TrueType"), (b"no font", "TrueType"), (b"wOF2" + bytes(90), "web font"),
        (b"ttcf" + bytes(90), "collection is damaged"), (b"ttcf" + bytes(7) + b"\x01" + bytes(4), "TrueType"),
        (REGULAR.read_bytes()[:5000], "bytes are missing"), (REGULAR.read_bytes()[:11], "damaged"),
        (b"\x00\x01\x00\x00\xff\xff" + bytes(400), "damaged"),
        (b"\x00\x01\x00\x00\x00\x01" + bytes(400), "no characters"),
    ],
)  # fmt: skip
def test_what_is_no_font_is_refused_and_named(data: bytes, said: str) -> None:
    with pytest.raises(AssetError, match=said) as caught:
        drawn(Text("x", font=Input("brand.ttf", data=Source(data))))

    assert caught.value.code == "E_INPUT"
    assert "brand.ttf" in caught.value.message


def test_a_font_that_does_not_load_is_not_replaced_by_another() -> None:
    bad = bytearray(renamed(BOLD.read_bytes(), "x"))
    at = 12 + 16 * [bad[one : one + 4] for one in range(12, 12 + 16 * bad[5], 16)].index(b"head")
    start = int.from_bytes(bad[at + 8 : at + 12], "big")
    bad[start : start + 54] = bytes(54)

    with pytest.raises(AssetError, match="the font is damaged") as caught:
        drawn(Text("x", font=Input("brand.ttf", data=Source(bytes(bad)))))

    assert caught.value.code == "E_INPUT"


def test_a_damaged_font_draws_or_is_refused() -> None:
    whole, chance = REGULAR.read_bytes(), np.random.default_rng(5)
    codes = set()
    for _ in range(12):
        bad = bytearray(whole)
        for at in chance.integers(300, len(whole), 3000):
            bad[at] = chance.integers(256)
        try:
            drawn(Text("Abg 12", font=Input("bad.ttf", data=Source(bytes(bad)))))
        except AssetError as error:
            codes.add(error.code)

    assert codes <= {"E_INPUT", "E_OP"}


_DRAW = """
import hashlib, sys
from mediaframe.engines.base import Source, Task
from mediaframe.engines.vips.engine import engine
from mediaframe.ops.image.overlay import Text
from mediaframe.formats.image import Png
svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="90"><rect width="300" height="90" fill="#fff"/>'
svg += '<text x="9" y="50" font-size="30" font-family="Brand, serif">Abg \u6f22 \u0634</text></svg>'.encode()
handle = engine.open(Source(svg), Task())
for text in (Text("Abg \u6f22 \u0634"), Text("Abg", bold=True)):
    handle = engine.do(text, handle)
print(hashlib.sha256(engine.encode(Png(), handle).data).hexdigest())
"""


@pytest.mark.slow
def test_the_fonts_of_the_machine_change_no_byte(tmp_path: Path) -> None:
    """Fonts are inputs: neither hidden nor added ones, nor a configuration of the user, are looked at."""
    for folder in (".fonts", ".local/share/fonts"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.ttf").write_bytes(renamed(BOLD.read_bytes(), "DejaVu Sans"))
        (tmp_path / folder / "b.ttf").write_bytes(renamed(BOLD.read_bytes(), "Brand"))
    own = tmp_path / "fonts.conf"
    own.write_text(f"<fontconfig><dir>{tmp_path}/.fonts</dir></fontconfig>")
    plain = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    made = set()

    for more in (
        {"HOME": "/nowhere"},
        {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / ".local/share"), "LANG": "ja_JP.UTF-8"},
        {"HOME": str(tmp_path), "FONTCONFIG_FILE": str(own), "FONTCONFIG_PATH": str(tmp_path)},
    ):
        done = subprocess.run([sys.executable, "-c", _DRAW], env=plain | more, capture_output=True, text=True)
        made.add(done.stdout or done.stderr)

    assert len(made) == 1, made
    assert len(next(iter(made)).strip()) == 64, made


# ---- where it stands


@pytest.mark.parametrize("gravity", PLACES)
def test_a_box_stands_where_gravity_says(gravity: Any) -> None:
    made = drawn(Text("Box", size=20, background="#00f", color="#00f", gravity=gravity, margin=9))

    left, top, right, bottom = ink(made)
    across = {9: "west", 300 - 9 - (right - left): "east"}.get(left, "")
    down = {9: "north", 200 - 9 - (bottom - top): "south"}.get(top, "")
    assert (down + across or "center") == gravity
    if not across:
        assert abs(left + right - 300) <= 1
    if not down:
        assert abs(top + bottom - 200) <= 1


@pytest.mark.parametrize("gravity", PLACES)
def test_ink_stands_where_gravity_says(gravity: Any) -> None:
    left, top, right, bottom = ink(drawn(Text("Hxp", size=40, gravity=gravity, margin=10)))

    line = 47  # pixels of a line of 40 px: its ink is within it
    assert (abs(left - 10) <= 1) == ("west" in gravity)
    assert (abs(right - 290) <= 1) == ("east" in gravity)
    assert (top in range(10, 10 + line - 30)) == ("north" in gravity)
    assert (bottom in range(190 - 10, 191)) == ("south" in gravity)


def test_words_stand_on_one_baseline() -> None:
    tops = [ink(drawn(Text(text, size=40, gravity="southwest")))[1] for text in ("x", "xy", "x,")]
    dot = ink(drawn(Text("H", size=40, gravity="southwest")))[3]

    assert len(set(tops)) == 1
    assert dot == ink(drawn(Text("x", size=40, gravity="southwest")))[3]


def test_a_size_is_pixels_or_a_share_of_the_shorter_side() -> None:
    assert np.array_equal(drawn(Text("a", size=20)), drawn(Text("a", size="10%")))
    assert np.array_equal(drawn(Text("a", size="20px"), 200, 500), drawn(Text("a", size="10%"), 200, 500))


def test_long_lines_wrap_also_within_a_word() -> None:
    for text in ("word " * 12, "W" * 40):
        left, top, right, bottom = ink(drawn(Text(text, size=20, width="50%", gravity="center", margin=0)))

        assert right - left <= 151
        assert bottom - top > 40


@pytest.mark.parametrize(("align", "edge"), [("left", 0), ("right", 2)])
def test_lines_are_aligned(align: Any, edge: int) -> None:
    made = drawn(Text("MMMMMM\nM", size=30, align=align, gravity="center"))

    whole, second = ink(made), ink(made[100:])
    assert abs(whole[edge] - second[edge]) <= 1
    assert second[2] - second[0] < 40


def test_text_that_does_not_fit_is_cut() -> None:
    made = drawn(Text("word " * 400, size=20, width="100%", gravity="north", margin=0))

    assert made.shape == (200, 300, 3)
    assert ink(made)[3] == 200


@pytest.mark.parametrize("shadow", [None, "#ffffff"])
@pytest.mark.parametrize("gravity", ["northwest", "south", "southeast"])
def test_a_margin_beyond_the_picture_leaves_no_ink(gravity: Any, shadow: str | None) -> None:
    made = drawn(Text("o", size=8, margin="22px", gravity=gravity, shadow=shadow), 26, 20)

    assert made.max() == 0


def test_ten_thousand_characters_are_drawn_and_more_are_refused() -> None:
    assert (drawn(Text("W" * LONGEST, size=12)) > 100).any()

    with pytest.raises(RecipeError, match="10,000 characters"):
        Text("W" * (LONGEST + 1))
    with pytest.raises(AssetError, match="write less or smaller") as caught:
        drawn(Text("W" * LONGEST, size=900))
    assert caught.value.code == "E_PARAM"
    with pytest.raises(AssetError, match="write less or smaller"):
        drawn(Text("W\n" * (LONGEST // 2), size=500))
    with pytest.raises(AssetError, match="outline"):
        drawn(Text("W" * 99, size=180, stroke="red", stroke_width="1000%", rotation=3))


# ---- how it looks


@pytest.mark.parametrize("radius", [1, 2.5, 6])
def test_an_outline_is_a_dilation_by_a_disc(radius: float) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (60, 80), dtype=np.uint8)
    pixels[pixels < 250] = 0
    reach = int(radius + 0.5)
    down, across = np.mgrid[-reach : reach + 1, -reach : reach + 1]

    mask = pyvips.Image.new_from_memory(pixels.tobytes(), 80, 60, 1, "uchar")
    made = lettering.thickened(mask, radius).numpy()

    told = ndimage.grey_dilation(pixels, footprint=np.hypot(down, across) <= radius + 0.3, mode="constant")
    assert np.array_equal(made, told)


def test_an_outline_surrounds_the_letters() -> None:
    made = drawn(Text("II", size=80, color="#f00", stroke="#00f", stroke_width=4, gravity="center")).astype(int)

    letters, outline = made[..., 0] > 200, made[..., 2] > 200
    near = ndimage.binary_dilation(letters, iterations=3)
    assert (outline & near & ~letters).any()
    assert (near & ~letters & ~(made[..., 2] > 60)).sum() == 0
    assert ink(made)[0] == ink(np.where(letters[..., None], made, 0))[0] - 4


def test_a_shadow_falls_to_the_right_and_down() -> None:
    op = Text("II", size=60, color="#f00", shadow="#00f", shadow_offset=5, shadow_blur=0, gravity="center")

    made = drawn(op)

    letters = drawn(Text("II", size=60, color="#f00", gravity="center"))[..., 0]
    moved = np.roll(letters, (5, 5), (0, 1))
    assert np.array_equal(made[..., 0], letters)
    assert np.array_equal(made[letters == 0][:, 2], moved[letters == 0])


def test_a_soft_shadow_is_a_gaussian() -> None:
    op = Text("I", size=60, color="#f00", shadow="#00f", shadow_offset=30, shadow_blur=4, gravity="center")

    made = drawn(op)[..., 2].astype(float)

    sharp = np.roll(drawn(Text("I", size=60, gravity="center"))[..., 0].astype(float), (30, 30), (0, 1))
    told = ndimage.gaussian_filter(sharp, 4)
    assert np.abs(made - told)[made > 0].max() < 12


def test_colors_may_be_clear_and_all_of_it_may_be() -> None:
    solid = drawn(Text("II", size=80, gravity="center"))

    half = drawn(Text("II", size=80, color="#ffffff80", gravity="center"))
    quarter = drawn(Text("II", size=80, color="#ffffff80", opacity=0.5, gravity="center"))

    assert np.abs(half - solid * (128 / 255)).max() <= 1
    assert np.abs(quarter - solid * (64 / 255)).max() <= 1


def test_it_is_turned_around_its_middle() -> None:
    straight = drawn(Text("III", size=60, gravity="center"), 200, 200)

    made = drawn(Text("III", size=60, gravity="center", rotation=90), 200, 200)

    assert np.abs(made.astype(int) - np.rot90(straight, -1)).mean() < 6
    slight = drawn(Text("III", size=60, gravity="center", rotation=20), 200, 200)
    assert abs(int(slight.sum()) - int(straight.sum())) < 0.02 * straight.sum()


def test_a_gray_picture_stays_gray_under_gray_text() -> None:
    assert drawn(Text("a", color="#888", stroke="black"), fill=(9,)).shape[2] == 1
    assert drawn(Text("a", color="#f88"), fill=(9,)).shape[2] == 3


def test_on_a_clear_picture_the_letters_are_opaque() -> None:
    made = drawn(Text("II", size=80, color="#f00", gravity="center"), fill=(9, 9, 9, 0))

    alpha = made[..., 3]
    assert alpha.max() == 255
    assert alpha[0, 0] == 0
    assert set(map(tuple, made[alpha > 200][:, :3])) == {(255, 0, 0)}


def test_a_bold_font_file_is_not_made_bolder() -> None:
    with pytest.raises(RecipeError, match="as bold as it is"):
        Text("a", font="brand.ttf", bold=True)


def test_the_fonts_that_come_along_are_the_ones_that_were_tried() -> None:
    """Another version of a font makes other bytes: then the revision of the engine has to be raised."""
    told = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in (REGULAR, BOLD)}

    assert told == {"DejaVuSans.ttf": "abdc775b21b1bc47", "DejaVuSans-Bold.ttf": "0d977336a6d5fba3"}
