"""TIFF, JPEG 2000, BMP, ICO, PDF, HEIC and JPEG XL: read by libraries that did not write them."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.engines.vips import extra, written
from mediaframe.errors import AssetError, MissingError, RecipeError
from mediaframe.model.limits import Limits
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from mediaframe.work.child.render import render
from tests.engines.pictures import Pixels, read, rendered, scene, smooth, write

imagecodecs = pytest.importorskip("imagecodecs")
pi_heif = pytest.importorskip("pi_heif")
pytest.importorskip("pillow_heif")

LOSSLESS: dict[str, Finished] = {
    **{f"tiff {way}": image.tiff(compression=way) for way in ("deflate", "lzw", "packbits", "none")},
    "tiff without predictor": image.tiff(predictor="none"),
    "jp2": image.jp2(lossless=True),
    "bmp": image.bmp(),
    "heif": image.heif(lossless=True, effort=0),
    "jxl": image.jxl(lossless=True, effort=1),
    "pdf": image.pdf(lossless=True, dpi=72),
}
LOSSY: dict[str, Finished] = {
    "tiff": image.tiff(compression="jpeg", quality=90),
    "jp2": image.jp2(quality=80),
    "heif": image.heif(quality=80),
    "jxl": image.jxl(quality=90),
    "pdf": image.pdf(quality=90, dpi=72),
}
ALL: dict[str, Finished] = {**LOSSLESS, **{f"lossy {name}": one for name, one in LOSSY.items()}, "ico": image.ico()}


def seen(data: bytes, word: str) -> Pixels:
    """Read with a library that did not write the file, or without a line of ours in between."""
    if word == "jp2":
        found = imagecodecs.jpeg2k_decode(data)
    elif word == "jxl":
        found = imagecodecs.jpegxl_decode(data)
    elif word == "heif":
        picture = pi_heif.open_heif(io.BytesIO(data))
        found = np.asarray(
            Image.frombytes(picture.mode, picture.size, bytes(picture.data), "raw", picture.mode, picture.stride)
        )
    elif word == "pdf":
        with pypdfium2.PdfDocument(data) as document:
            found = document[0].render(rev_byteorder=True).to_numpy()[:, :, :3]
    else:
        return read(data)
    return found if found.ndim == 3 else found[..., None]


def sent(data: bytes, recipe: Finished) -> tuple[dict[str, Any], bytes]:
    """Do a recipe as a child does, where budgets and scores are kept."""
    answers: list[tuple[dict[str, Any], bytes]] = []
    renditions = [{"name": "one", "recipe": recipe.to_json()}]
    request = {"kind": "image", "format": "png", "limits": {}, "renditions": renditions}
    render(request, Source(data), lambda header, payload: answers.append((header, bytes(payload))))
    return answers[0]


def as_bands(found: Pixels, bands: int) -> Pixels:
    """Take a gray that was written in colors for gray again, where it is one."""
    if found.shape[-1] == bands:
        return found
    if bands <= 2:
        np.testing.assert_array_equal(found[..., 0], found[..., 1])
        return found[..., :: found.shape[-1] - 1] if bands == 2 else found[..., :1]
    return found[..., :bands]


@pytest.mark.parametrize("name", LOSSLESS)
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
def test_another_library_reads_every_pixel_of_a_lossless_file(name: str, bands: int) -> None:
    picture = scene(37, 26, bands)
    recipe = LOSSLESS[name]
    if name == "pdf" and bands in (2, 4):
        picture[..., -1] = 255

    made = rendered(write(picture, "PNG"), recipe)
    got = as_bands(seen(made.data, recipe.end.word), bands - (name == "pdf" and bands in (2, 4)))

    assert (made.width, made.height, made.quality) == (37, 26, None)
    np.testing.assert_array_equal(got, picture[..., : got.shape[-1]])


@pytest.mark.parametrize("name", LOSSY)
@pytest.mark.parametrize("bands", [1, 3])
def test_another_library_reads_a_lossy_file_near_the_picture(name: str, bands: int) -> None:
    picture, recipe = smooth(90, 60, bands), LOSSY[name]

    made = rendered(write(picture, "PNG"), recipe)
    got = as_bands(seen(made.data, recipe.end.word), bands)

    assert (made.width, made.height, made.quality) == (90, 60, recipe.end.values["quality"])
    assert np.abs(got.astype(int) - picture).mean() < 3


@pytest.mark.parametrize("recipe", ALL.values(), ids=repr)
def test_the_same_picture_gives_the_same_bytes(recipe: Finished) -> None:
    data = write(scene(64, 48), "PNG")

    assert rendered(data, recipe).data == rendered(data, recipe).data


@pytest.mark.parametrize("recipe", ALL.values(), ids=repr)
@pytest.mark.parametrize("size", [(1, 1), (1, 70), (70, 1)])
def test_a_picture_of_one_line_is_written(recipe: Finished, size: tuple[int, int]) -> None:
    made = rendered(write(scene(*size), "PNG"), recipe)

    assert made.width is not None
    assert made.height is not None
    if recipe.end.word != "ico":
        assert (made.width, made.height) == size


@pytest.mark.parametrize("word", ["tiff", "jp2", "bmp", "pdf", "heif", "jxl"])
def test_a_picture_that_lies_on_its_side_is_written_upright(word: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(smooth(64, 40)).save(file, "JPEG", exif=exif, quality=95)

    made = rendered(file.getvalue(), getattr(image, word)())
    got = seen(made.data, word) if word != "pdf" else None

    assert (made.width, made.height) == (40, 64)
    if got is not None:
        turned = np.rot90(smooth(64, 40), -1)
        assert got.shape[:2] == (64, 40)
        assert np.abs(got[..., :3].astype(int) - turned).mean() < 4


def test_metadata_of_a_tiff_are_stripped_or_kept_without_a_turn() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    file = io.BytesIO()
    Image.fromarray(smooth(64, 40)).save(file, "JPEG", exif=exif)

    plain, kept = (Image.open(io.BytesIO(rendered(file.getvalue(), one).data))
                   for one in (image.tiff(), image.tiff(metadata="keep")))  # fmt: skip

    assert 0x010F not in plain.getexif()
    assert plain.getexif().get(0x0112, 1) == kept.getexif().get(0x0112, 1) == 1


def test_metadata_of_a_heic_are_kept_where_that_is_asked_for() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    file = io.BytesIO()
    Image.fromarray(smooth(64, 40)).save(file, "JPEG", exif=exif)

    kept, plain = (pi_heif.open_heif(io.BytesIO(rendered(file.getvalue(), one).data))
                   for one in (image.heif(metadata="keep"), image.heif()))  # fmt: skip

    assert b"Maker" in kept.info["exif"]
    assert not plain.info.get("exif")


# ---- depth and profiles


@pytest.mark.parametrize("way", ["deflate", "lzw", "packbits", "none"])
def test_a_tiff_of_sixteen_bits_keeps_each_of_them(way: str) -> None:
    deep = (np.arange(30 * 20 * 3, dtype=np.uint32).reshape(20, 30, 3) * 36).astype(np.uint16)

    made = rendered(imagecodecs.png_encode(deep), image.tiff(bits=16, compression=way))

    np.testing.assert_array_equal(imagecodecs.tiff_decode(made.data), deep)


@pytest.mark.parametrize("arguments", [{"bits": 12}, {"bits": 16, "compression": "jpeg"}])
def test_bits_that_a_tiff_does_not_hold_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match="bits"):
        image.tiff(**arguments)


def test_a_tiff_tells_its_profile_where_it_is_not_srgb() -> None:
    data = write(scene(20, 20), "PNG")

    with Image.open(io.BytesIO(rendered(data, image.color("p3").tiff()).data)) as wide:
        assert wide.info["icc_profile"]
    with Image.open(io.BytesIO(rendered(data, image.tiff()).data)) as plain:
        assert "icc_profile" not in plain.info


@pytest.mark.parametrize(
    "end", [image.jp2(lossless=True), image.bmp(), image.heif(lossless=True), image.jxl(lossless=True)], ids=repr
)
def test_a_format_without_profiles_gets_srgb(end: Finished) -> None:
    picture = smooth(40, 30)

    made = rendered(write(picture, "PNG"), image.color("p3").finish(end.end))

    assert np.abs(seen(made.data, end.end.word)[..., :3].astype(int) - picture).max() <= 3


# ---- what each format has of its own


@pytest.mark.parametrize("dpi", [72, 300])
@pytest.mark.parametrize("word", ["tiff", "bmp"])
def test_the_resolution_is_told(word: str, dpi: int) -> None:
    made = rendered(write(smooth(30, 20), "PNG"), getattr(image, word)(dpi=dpi))

    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.info["dpi"] == pytest.approx((dpi, dpi), rel=0.002)


def test_transparency_of_a_tiff_packed_as_jpeg_is_put_on_the_background() -> None:
    made = rendered(write(np.zeros((16, 16, 4), np.uint8), "PNG"), image.tiff(compression="jpeg", background="red"))

    assert np.abs(read(made.data)[8, 8].astype(int) - (255, 0, 0)).max() <= 4


@pytest.mark.parametrize(("largest", "sides"), [(48, [16, 32, 48]), (256, [16, 32, 48, 64, 128]), (20, [16, 20])])
def test_an_icon_holds_the_usual_sizes_up_to_the_largest_and_to_the_picture(largest: int, sides: list[int]) -> None:
    made = rendered(write(scene(130, 130, 4), "PNG"), image.ico(largest=largest))

    with Image.open(io.BytesIO(made.data)) as icon:
        found = sorted(side for side, _ in icon.info["sizes"])
    assert found == sides
    assert made.width == found[-1]


def test_an_icon_of_256_px_says_so_by_a_zero() -> None:
    made = rendered(write(smooth(300, 300), "PNG"), image.ico(largest=256))

    last = struct.unpack_from("<BB", made.data, 6 + 16 * 5)
    assert last == (0, 0)
    with Image.open(io.BytesIO(made.data)) as icon:
        assert icon.size == (256, 256)
        expected = Image.fromarray(smooth(300, 300)).resize((256, 256), Image.Resampling.LANCZOS)
        assert np.abs(np.asarray(icon.convert("RGB"), int) - np.asarray(expected, int)).max() <= 2


@pytest.mark.parametrize(("dpi", "points"), [(72, (300, 200)), (150, (144, 96)), (96, (225, 150))])
def test_the_page_of_a_pdf_measures_the_picture_by_its_resolution(dpi: int, points: tuple[int, int]) -> None:
    made = rendered(write(smooth(300, 200), "PNG"), image.pdf(dpi=dpi))

    with pypdfium2.PdfDocument(made.data) as document:
        page = document[0]
        assert len(document) == made.pages == 1
        assert page.get_size() == pytest.approx(points, abs=0.01)
        drawn = page.render(scale=dpi / 72, rev_byteorder=True).to_numpy()[:, :, :3]
    assert np.abs(drawn.astype(int) - smooth(300, 200)).mean() < 3


def test_a_page_that_is_too_large_is_refused_with_what_to_do() -> None:
    data = write(np.zeros((1, 2400, 3), np.uint8), "PNG")

    with pytest.raises(AssetError, match=r"2400x1 px at 10 dpi are 17280 points.*more dpi") as caught:
        rendered(data, image.pdf(dpi=10))

    assert caught.value.code == "E_ENCODE"


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not here")
def test_a_pdf_has_nothing_to_mend() -> None:
    made = rendered(write(smooth(60, 40), "PNG"), image.pdf())

    subprocess.run(["qpdf", "--check", "-"], input=made.data, check=True)


@pytest.mark.skipif(shutil.which("convert") is None, reason="ImageMagick is not here")
@pytest.mark.parametrize("word", ["tiff", "bmp"])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_imagemagick_reads_the_same_pixels(word: str, bands: int) -> None:
    picture = scene(21, 13, bands)
    data = rendered(write(picture, "PNG"), getattr(image, word)()).data

    shown = subprocess.run(
        ["convert", f"{word}:-", "-depth", "8", "rgba:-"], input=data, capture_output=True, check=True
    ).stdout

    got = np.frombuffer(shown, np.uint8).reshape(13, 21, 4)
    colors = np.repeat(picture, 3, -1) if bands == 1 else picture[..., :3]
    np.testing.assert_array_equal(got[..., :3], colors)
    np.testing.assert_array_equal(got[..., 3], picture[..., 3] if bands == 4 else 255)


@pytest.mark.parametrize("word", ["jp2", "pdf", "heif", "jxl"])
def test_a_budget_of_bytes_is_kept(word: str) -> None:
    data = write(scene(160, 120), "PNG")
    largest = len(rendered(data, getattr(image, word)(quality=80)).data)

    told, made = sent(data, getattr(image, word)(quality=80, max_bytes=largest // 2))

    assert (told["outcome"], told["quality"] < 80) == ("met", True)
    assert largest // 4 < len(made) <= largest // 2


@pytest.mark.parametrize("word", ["jp2", "heif", "jxl"])
def test_a_score_is_met(word: str) -> None:
    told, _ = sent(write(smooth(160, 120), "PNG"), getattr(image, word)(target=80))

    assert told["outcome"] == "met"
    assert 79 <= told["score"] < 90


@pytest.mark.parametrize("word", ["heif", "jxl"])
def test_without_its_extra_a_format_says_what_to_install(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extra, {"heif": "pillow_heif", "jxl": "imagecodecs"}[word], None)

    with pytest.raises(MissingError, match=rf"pip install 'mediaframe\[{word}\]'"):
        rendered(write(smooth(8, 8), "PNG"), getattr(image, word)())


def test_what_does_not_read_back_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssetError, match="does not read back") as caught:
        written.by_pillow(b"nothing", "bmp", "BMP")
    assert caught.value.code == "E_VERIFY"

    other: Any = Image.new("RGB", (3, 3))
    with pytest.raises(AssetError, match="wrote 3x3, reads back as 4x3"):
        written.held(b"", "bmp", other, (4, 3))


@pytest.mark.parametrize(("effort", "less"), [(0, 9)])
def test_more_effort_makes_a_smaller_heic(effort: int, less: int) -> None:
    data = write(scene(120, 90), "PNG")

    assert len(rendered(data, image.heif(effort=less)).data) < len(rendered(data, image.heif(effort=effort)).data)


def test_a_side_over_what_heic_holds_is_refused() -> None:
    data = write(np.zeros((1, 65_536, 3), np.uint8), "PNG")

    with pytest.raises(AssetError, match="resize it first"):
        rendered(data, image.heif(), Limits(side=70_000))
