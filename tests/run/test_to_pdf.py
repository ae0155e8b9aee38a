"""PDFs of pictures: pages and their sizes, where pictures stand on them, and which bytes go in."""

from __future__ import annotations

import io
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.errors import AssetError, MediaframeError, RecipeError, UsageError
from tests.run.media import picture, pictures

ONE: dict[str, Any] = {"slots": 1}
MM = 72 / 25.4


def sizes(path: Path) -> list[tuple[float, float]]:
    with pypdfium2.PdfDocument(path) as document:
        return [document.get_page_size(number) for number in range(len(document))]


def drawn(path: Path, number: int = 0, scale: float = 1.0) -> np.ndarray[Any, Any]:
    with pypdfium2.PdfDocument(path) as document:
        return np.asarray(document[number].render(scale=scale).to_pil().convert("RGB"))


def inked(page: np.ndarray[Any, Any]) -> tuple[int, int, int, int]:
    """Give left, top, right and bottom of what is not white."""
    ink = np.abs(page.astype(int) - 255).max(axis=2) > 60
    across, down = np.flatnonzero(ink.any(0)), np.flatnonzero(ink.any(1))
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


def embedded(path: Path) -> list[bytes]:
    """Read the streams of all pictures without a PDF library."""
    data = path.read_bytes()
    begun = re.finditer(rb"/Subtype /Image .*?/Length (\d+) >>\nstream\n", data)
    return [data[one.end() : one.end() + int(one[1])] for one in begun]


def red(path: Path, width: int, height: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (width, height), "#d01010").save(path)
    return path.parent


def test_each_row_is_a_page_in_their_order(tmp_path: Path) -> None:
    photos = pictures(tmp_path / "photos", 4, 96, 72)

    made = mf.scan(photos).to_pdf(tmp_path / "book.pdf", page="fit", dpi=72, **ONE)

    assert (made.pages, made.record["media_type"]) == (4, "application/pdf")
    assert sizes(tmp_path / "book.pdf") == [(96, 72)] * 4
    for number in range(4):
        expected = np.asarray(Image.open(photos / f"{number:03d}.jpg").convert("RGB"), np.float64)
        assert np.abs(drawn(tmp_path / "book.pdf", number) - expected).mean() < 2


@pytest.mark.parametrize(
    ("page", "points"),
    [
        ("a4", (210 * MM, 297 * MM)),
        ("A5", (148 * MM, 210 * MM)),
        ("letter", (612, 792)),
        ("10 cm x 8 in", (100 * MM, 576)),
        (("200 pt", "5 in"), (200, 360)),
    ],
)
def test_the_page_is_the_sheet_that_was_asked_for(tmp_path: Path, page: Any, points: tuple[float, float]) -> None:
    mf.scan(red(tmp_path / "in" / "a.png", 30, 40)).to_pdf(tmp_path / "b.pdf", page=page, **ONE)

    assert sizes(tmp_path / "b.pdf")[0] == pytest.approx(points, abs=0.001)


def test_auto_turns_the_sheet_as_the_picture_is(tmp_path: Path) -> None:
    red(tmp_path / "in" / "a.png", 30, 40)
    frame = mf.scan(red(tmp_path / "in" / "b.png", 40, 30))

    for orientation in ("auto", "portrait", "landscape"):
        frame.to_pdf(tmp_path / f"{orientation}.pdf", page="letter", orientation=orientation, **ONE)

    assert sizes(tmp_path / "auto.pdf") == [(612, 792), (792, 612)]
    assert sizes(tmp_path / "portrait.pdf") == [(612, 792)] * 2
    assert sizes(tmp_path / "landscape.pdf") == [(792, 612)] * 2


@pytest.mark.parametrize(
    ("size", "fit", "box"),
    [
        ((100, 50), "contain", (20, 160, 220, 260)),
        ((50, 100), "contain", (25, 20, 215, 400)),
        ((100, 50), "cover", (20, 20, 220, 400)),
        ((100, 50), "fill", (20, 20, 220, 400)),
    ],
)
def test_a_picture_stands_within_the_margins(
    tmp_path: Path, size: tuple[int, int], fit: Any, box: tuple[int, int, int, int]
) -> None:
    frame = mf.scan(red(tmp_path / "in" / "a.png", *size))

    frame.to_pdf(tmp_path / "b.pdf", page="240x420pt", orientation="portrait", margin=20, fit=fit, **ONE)

    found = inked(drawn(tmp_path / "b.pdf"))
    assert found == pytest.approx(box, abs=1)


def test_cover_shows_the_middle_and_keeps_its_proportions(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    stripes = Image.new("RGB", (300, 100), "red")
    stripes.paste("#00ff00", (100, 0, 200, 100))
    stripes.save(tmp_path / "in" / "a.png")

    mf.scan(tmp_path / "in").to_pdf(tmp_path / "b.pdf", page="100x100pt", fit="cover", lossless=True, **ONE)

    assert (drawn(tmp_path / "b.pdf")[2:-2, 2:-2] == (0, 255, 0)).all()


def test_the_margin_is_around_a_page_that_is_as_large_as_its_picture(tmp_path: Path) -> None:
    mf.scan(red(tmp_path / "in" / "a.png", 300, 150)).to_pdf(tmp_path / "b.pdf", page="fit", margin="0.5 in", **ONE)

    assert sizes(tmp_path / "b.pdf")[0] == pytest.approx((144 + 72, 72 + 72), abs=0.01)
    assert inked(drawn(tmp_path / "b.pdf")) == pytest.approx((36, 36, 180, 108), abs=1)


def test_a_jpeg_that_no_step_changes_keeps_its_pixels(tmp_path: Path) -> None:
    photos = pictures(tmp_path / "photos", 1, 96, 72)
    frame, source = mf.scan(photos), photos / "000.jpg"

    frame.to_pdf(tmp_path / "kept.pdf", quality=5, **ONE)
    frame.to_pdf(tmp_path / "made.pdf", mf.image.flip(), quality=5, **ONE)

    kept, made = embedded(tmp_path / "kept.pdf")[0], embedded(tmp_path / "made.pdf")[0]
    pixels = np.asarray(Image.open(source))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(kept))), pixels)
    assert len(made) < len(kept) / 2
    assert np.abs(np.asarray(Image.open(io.BytesIO(made))).astype(int) - pixels[::-1]).mean() > 1


def test_gray_turned_and_transparent_pictures_are_right_on_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    Image.new("L", (40, 40), 77).save(folder / "a.jpg", quality=95)
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(folder / "b.png")
    turned = Image.new("RGB", (80, 40), "#ff0000")
    turned.paste("#0000ff", (40, 0, 80, 40))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(folder / "c.jpg", quality=95, exif=exif)

    mf.scan(folder).to_pdf(tmp_path / "b.pdf", page="fit", dpi=72, background="#00ff00", **ONE)

    assert sizes(tmp_path / "b.pdf") == [(40, 40), (40, 40), (40, 80)]
    assert np.abs(drawn(tmp_path / "b.pdf", 0).astype(int) - 77).max() <= 2
    assert np.abs(drawn(tmp_path / "b.pdf", 1).astype(int) - (0, 255, 0)).max() <= 2
    assert np.abs(drawn(tmp_path / "b.pdf", 2)[10, 20].astype(int) - (255, 0, 0)).max() <= 4
    assert np.abs(drawn(tmp_path / "b.pdf", 2)[70, 20].astype(int) - (0, 0, 255)).max() <= 4
    assert b"Exif" not in (tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_lossless_keeps_every_pixel(tmp_path: Path, mode: str) -> None:
    (tmp_path / "in").mkdir()
    image = picture(3, 37, 23).convert(mode)
    image.save(tmp_path / "in" / "a.png")

    made = mf.scan(tmp_path / "in").to_pdf(tmp_path / "b.pdf", page="fit", dpi=72, lossless=True, **ONE)

    assert np.array_equal(drawn(tmp_path / "b.pdf"), np.asarray(image.convert("RGB")))
    rows = zlib.decompress(embedded(tmp_path / "b.pdf")[0])
    assert len(rows) == 23 * (1 + 37 * (1 if mode == "L" else 3))
    assert made.record["quality"] is None


def test_what_fails_has_no_page(tmp_path: Path) -> None:
    photos = pictures(tmp_path / "photos", 3, 96, 72)
    (photos / "001.jpg").write_bytes((photos / "001.jpg").read_bytes()[:900])

    made = mf.scan(photos).to_pdf(tmp_path / "b.pdf", **ONE)

    assert len(sizes(tmp_path / "b.pdf")) == made.pages == 2
    assert made.sources["status"].to_list() == ["written", "failed", "written"]
    assert made.failures["error_code"].to_list() == ["E_TRUNCATED"]


def test_the_same_rows_give_the_same_bytes_without_a_date(tmp_path: Path) -> None:
    frame = mf.scan(pictures(tmp_path / "photos", 5, 64, 48))

    one = frame.to_pdf(tmp_path / "one.pdf", slots=1)
    other = frame.to_pdf(tmp_path / "other.pdf", slots=2)

    data = (tmp_path / "one.pdf").read_bytes()
    assert (one.sha256, one.record["id"]) == (other.sha256, other.record["id"])
    assert not re.search(rb"Date|/Info|Producer", data)
    assert [data[int(at) :].split(b" ", 1)[0] for at in re.findall(rb"^(\d{10}) 00000 n", data, re.MULTILINE)] == [
        b"%d" % number for number in range(1, 18)
    ]


def test_what_is_too_much_says_what_to_do(tmp_path: Path) -> None:
    frame = mf.scan(pictures(tmp_path / "photos", 3, 320, 240))
    long = mf.scan(red(tmp_path / "in" / "a.png", 4000, 10))

    with pytest.raises(AssetError, match="3 pages are over the limit of 2; make several files") as caught:
        frame.to_pdf(tmp_path / "b.pdf", limits=mf.Limits(pages=2), **ONE)
    assert caught.value.code == "E_LIMIT_PAGES"
    with pytest.raises(AssetError, match="resize the pictures, lower the quality, make several files") as caught:
        frame.to_pdf(tmp_path / "b.pdf", limits=mf.Limits(output=20_000), **ONE)
    assert caught.value.code == "E_LIMIT_OUTPUT"
    with pytest.raises(AssetError, match="3 to 14400 points a side: choose another dpi") as caught:
        long.to_pdf(tmp_path / "b.pdf", page="fit", dpi=12, **ONE)
    assert caught.value.code == "E_ENCODE"
    assert not (tmp_path / "b.pdf").exists()


WRONG: list[tuple[str, dict[str, Any], type[MediaframeError], str]] = [
    ("b.jpg", {}, UsageError, r"a name that ends in one of \.pdf, got"),
    (
        "b.pdf",
        {"page": "a44"},
        RecipeError,
        "'fit', one of a3, a4, a5, a6, letter, legal, tabloid, or width and height",
    ),
    ("b.pdf", {"page": "1 pt x 9 pt"}, RecipeError, "3 to 14400 points each"),
    ("b.pdf", {"page": "nan x 9 pt"}, RecipeError, "or width and height"),
    ("b.pdf", {"margin": "2 ells"}, RecipeError, "a length on paper such as '10 mm'"),
    ("b.pdf", {"margin": "11 cm"}, RecipeError, "less than half of the page"),
    ("b.pdf", {"dpi": 300}, RecipeError, "expected page='fit' with it, got page='a4'"),
    ("b.pdf", {"orientation": "up"}, RecipeError, "one of 'auto', 'portrait', 'landscape'"),
    ("b.pdf", {"quality": 0}, RecipeError, "1 to 100"),
    ("b.pdf", {"recipe": mf.image.pdf()}, RecipeError, "ends in no format"),
    ("b.pdf", {"recipe": mf.image.color("p3")}, RecipeError, "leave color"),
    ("b.pdf", {"recipe": mf.video.clip(1)}, RecipeError, "a recipe that gives an image"),
]


@pytest.mark.parametrize(("to", "given", "error", "said"), WRONG)
def test_what_cannot_be_is_refused_before_anything_is_read(
    tmp_path: Path, to: str, given: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        mf.scan(["/nowhere/a.jpg"]).to_pdf(tmp_path / to, **given)
    assert list(tmp_path.iterdir()) == []
