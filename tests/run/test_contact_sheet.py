"""Contact sheets: where tiles stand, what is in them, their labels, and what is too large."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.errors import AssetError, MediaframeError, RecipeError, UsageError

ONE: dict[str, Any] = {"slots": 1}
COLORS = ["#c02020", "#20c020", "#2020c0", "#c0c020", "#20c0c0"]


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """Five pictures of one color each, 80x40."""
    for number, color in enumerate(COLORS):
        path = tmp_path / "flat" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (80, 40), color).save(path)
    return tmp_path / "flat"


def opened(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


def test_tiles_stand_in_rows_with_pictures_in_the_middle(flat: Path, tmp_path: Path) -> None:
    to = tmp_path / "sheet.png"

    made = mf.scan(flat).contact_sheet(to, columns=3, tile=(40, 40), gap=6, margin=10, background="#f0e0d0", **ONE)

    expected = Image.new("RGBA", (10 + 3 * 40 + 2 * 6 + 10, 10 + 2 * 40 + 6 + 10), "#f0e0d0")
    for number, color in enumerate(COLORS):
        left, top = 10 + number % 3 * 46, 10 + number // 3 * 46
        expected.paste(Image.new("RGBA", (40, 20), color), (left, top + 10))
    assert np.array_equal(opened(to), np.asarray(expected))
    assert (made.record["width"], made.record["height"]) == expected.size


@pytest.mark.parametrize(("fit", "seen"), [("cover", (30, 30)), ("fill", (30, 30)), ("contain", (30, 15))])
def test_a_picture_meets_its_tile_as_asked(flat: Path, tmp_path: Path, fit: Any, seen: tuple[int, int]) -> None:
    to = tmp_path / "sheet.png"

    mf.scan(flat).head(1).contact_sheet(to, tile=(30, 30), fit=fit, margin=0, background="transparent", **ONE)

    inked = opened(to)[..., 3] > 0
    assert opened(to).shape == (30, 30, 4)
    assert (inked.any(0).sum(), inked.any(1).sum()) == seen


def test_small_gray_turned_and_transparent_pictures_keep_their_looks(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("L", (10, 10), 77).save(folder / "a.png")
    Image.new("RGBA", (40, 40), (255, 0, 0, 128)).save(folder / "b.png")
    turned = Image.new("RGB", (40, 20), "#0000ff")
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(folder / "c.png", exif=exif)

    mf.scan(folder).contact_sheet(tmp_path / "s.png", columns=3, tile=(40, 40), gap=0, margin=0, **ONE)

    found = opened(tmp_path / "s.png")[..., :3].astype(int)
    assert (found[15:25, 15:25] == 77).all()
    assert (found[14, 20] == 255).all()
    assert np.abs(found[20, 60] - (255, 127, 127)).max() <= 1
    assert (found[:, 90:110] == (0, 0, 255)).all()
    assert (found[:, 80:90] == 255).all()


def ink(path: Path, box: tuple[int, int, int, int]) -> np.ndarray[Any, Any]:
    """Say where a part of a sheet differs from its own corner."""
    left, top, right, bottom = box
    part = opened(path)[top:bottom, left:right, :3].astype(int)
    return np.asarray(np.abs(part - part[0, 0]).max(axis=2) > 40)


def test_labels_stand_on_one_line_below_their_tiles(flat: Path, tmp_path: Path) -> None:
    table = pl.DataFrame(
        {
            "uri": [str(flat / f"{number}.png") for number in range(5)],
            "title": ["Oak", "Oak", "A chair so long that it ends in an ellipsis", None, "  \n two \n lines "],
        }
    )
    to = tmp_path / "sheet.png"

    mf.scan(table).contact_sheet(
        to, columns=5, tile=(80, 40), gap=10, margin=5, labels="title", label_size=12, background="#101010", **ONE
    )

    room = round(12 * 1.6)
    assert opened(to).shape == (5 + 40 + room + 5, 5 + 5 * 80 + 4 * 10 + 5, 4)
    lines = [ink(to, (5 + 90 * number, 45, 85 + 90 * number, 45 + room)) for number in range(5)]
    assert [line.any() for line in lines] == [True, True, True, False, True]
    assert np.array_equal(lines[0], lines[1])
    columns = np.flatnonzero(lines[0].any(0))
    assert abs((columns[0] + columns[-1]) / 2 - 39.5) <= 1.5
    assert np.flatnonzero(lines[2].any(0))[-1] >= 60
    assert not np.array_equal(lines[2], lines[4])
    for number, color in enumerate(COLORS):  # no label reaches into a tile
        corner = opened(to)[5:45, 5 + 90 * number : 85 + 90 * number, :3]
        assert (corner == Image.new("RGB", (1, 1), color).getpixel((0, 0))).all()


def test_labels_may_be_expressions_and_numbers_and_any_text(flat: Path, tmp_path: Path) -> None:
    wild = ["<b>&", "\x00\u202eabc", "\U0001f600" * 400, "עברית", "x"]
    frame = mf.scan(pl.DataFrame({"uri": [str(flat / f"{n}.png") for n in range(5)], "n": range(5), "wild": wild}))

    numbers = frame.contact_sheet(tmp_path / "n.png", tile=(60, 30), labels="n", **ONE)
    said = frame.contact_sheet(tmp_path / "e.png", tile=(60, 30), labels=pl.format("no. {}", pl.col("n")), **ONE)
    anything = frame.contact_sheet(tmp_path / "w.png", tile=(60, 30), labels="wild", **ONE)

    assert numbers.record["width"] == said.record["width"] == anything.record["width"]
    assert numbers.sha256 != said.sha256


def test_what_fails_leaves_no_hole(flat: Path, tmp_path: Path) -> None:
    (flat / "1.png").write_bytes((flat / "1.png").read_bytes()[:60])

    made = mf.scan(flat).contact_sheet(tmp_path / "s.png", columns=9, tile=(8, 4), gap=0, margin=0, labels=None, **ONE)

    found = opened(tmp_path / "s.png")
    assert found.shape == (4, 32, 4)
    expected = [Image.new("RGBA", (1, 1), color).getpixel((0, 0)) for color in COLORS if color != COLORS[1]]
    assert [tuple(found[2, 8 * number + 4]) for number in range(4)] == expected
    assert made.failures["error_code"].to_list() == ["E_TRUNCATED"]


@pytest.mark.parametrize("extension", ["jpg", "webp", "avif", "tif", "bmp", "pdf"])
def test_the_name_says_the_format(flat: Path, tmp_path: Path, extension: str) -> None:
    made = mf.scan(flat).contact_sheet(tmp_path / f"sheet.{extension}", tile=(40, 40), **ONE)

    if extension != "pdf":
        with Image.open(io.BytesIO((tmp_path / f"sheet.{extension}").read_bytes())) as image:
            assert image.size == (made.record["width"], made.record["height"])
    assert made.record["media_type"] == mf.scan(tmp_path / f"sheet.{extension}").collect()["media_type"][0]


def test_a_recipe_comes_first_and_may_end_in_the_format(flat: Path, tmp_path: Path) -> None:
    made = mf.scan(flat).contact_sheet(
        tmp_path / "sheet.png", mf.image.grayscale().png(colors=16), tile=(20, 20), background="black", **ONE
    )

    with Image.open(tmp_path / "sheet.png") as image:
        assert image.mode == "P"
        found = np.asarray(image.convert("RGB"))
    assert (found.max(axis=2) == found.min(axis=2)).all()
    assert made.record["end"] == "png(colors=16)"


def test_the_same_rows_give_the_same_sheet_however_many_slots_work(flat: Path, tmp_path: Path) -> None:
    frame = mf.scan(flat)

    one = frame.contact_sheet(tmp_path / "one.webp", labels="name", slots=1)
    other = frame.contact_sheet(tmp_path / "other.webp", labels="name", slots=2)

    assert (one.sha256, one.record["id"]) == (other.sha256, other.record["id"])


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("s.png", {"tile": (900, 900), "limits": mf.Limits(pixels=1_000_000)}, "over 1 megapixels"),
        ("s.webp", {"columns": 1, "tile": (4, 4000)}, r"16383 px a side \(webp\)"),
    ],
)
def test_a_sheet_that_is_too_large_says_what_to_do(
    flat: Path, tmp_path: Path, name: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(AssetError, match=said + ".*smaller tiles or other columns.*several sheets") as caught:
        mf.scan(flat).contact_sheet(tmp_path / name, **given, **ONE)

    assert caught.value.code == "E_LIMIT_PIXELS"
    assert not (tmp_path / name).exists()


WRONG: list[tuple[str, dict[str, Any], type[MediaframeError], str]] = [
    ("s.txt", {}, UsageError, r"a name that ends in one of .*\.jpg"),
    ("s.ico", {}, UsageError, "a name that ends in one of"),
    ("s.jpg", {"columns": 0}, RecipeError, r"columns=\.\.\.\): expected a whole number from 1 to 1000, got 0"),
    ("s.jpg", {"tile": (0, 10)}, RecipeError, "width and height of 1 to 10000 px"),
    ("s.jpg", {"fit": "inside"}, RecipeError, "one of 'contain', 'cover', 'fill'"),
    ("s.jpg", {"background": "beige-ish"}, RecipeError, "a color such as"),
    ("s.jpg", {"labels": 5}, UsageError, "the name of a column, or a polars expression"),
    ("s.jpg", {"labels": "titel"}, MediaframeError, "titel"),
    ("s.jpg", {"recipe": mf.image.resize(5).png()}, RecipeError, r"the recipe ends in png; call it \.png"),
]


@pytest.mark.parametrize(("to", "given", "error", "said"), WRONG)
def test_what_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, to: str, given: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        mf.scan(["/nowhere/a.jpg"]).contact_sheet(tmp_path / to, **given)
    assert list(tmp_path.iterdir()) == []
