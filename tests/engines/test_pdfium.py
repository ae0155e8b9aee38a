"""The document engine: what it says of a PDF, the pages it draws, and what it refuses."""

from __future__ import annotations

import io

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from mediaframe.engines.base import Source, Task
from mediaframe.engines.pdfium import engine
from mediaframe.errors import AssetError
from mediaframe.model.limits import Limits
from mediaframe.ops.document import Page


def document(pages=((200, 100),), turn=0):
    """Pages of these sizes in points; the left half of each is red."""
    made = pypdfium2.PdfDocument.new()
    for width, height in pages:
        page = made.new_page(width, height)
        shape = pypdfium2.raw.FPDFPageObj_CreateNewRect(0, 0, width / 2, height)
        pypdfium2.raw.FPDFPageObj_SetFillColor(shape, 255, 0, 0, 255)
        pypdfium2.raw.FPDFPath_SetDrawMode(shape, pypdfium2.raw.FPDF_FILLMODE_ALTERNATE, 0)
        pypdfium2.raw.FPDFPage_InsertObject(page, shape)
        page.gen_content()
        page.set_rotation(turn)
    out = io.BytesIO()
    made.save(out)
    made.close()
    return out.getvalue()


def locked():
    """A document whose standard security handler asks for a password that nobody knows."""
    key = b"<" + b"ab" * 32 + b">"
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
        b"4 0 obj<</Filter/Standard/V 1/R 2/P -4/O" + key + b"/U" + key + b">>endobj\n"
        b"trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>\n%%EOF"
    )


def draw(data, number=1, dpi=72.0, **limits):
    handle = engine.open(Source(data), Task(limits=Limits(**limits)))
    pixels = engine.do(Page(number=number, dpi=dpi), handle)
    return np.frombuffer(pixels.data, np.uint8).reshape(pixels.height, pixels.width, pixels.bands)


def test_a_document_is_told_with_its_pages_and_its_size_in_points():
    facts = engine.probe(Source(document(((200, 100), (50, 60)))), Task())

    assert facts == {"kind": "document", "pages": 2, "width": 200, "height": 100, "orientation": 0}


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_page_is_told_as_displayed(turn):
    facts = engine.probe(Source(document(turn=turn)), Task())

    assert facts["orientation"] == turn
    assert (facts["width"], facts["height"]) == ((200, 100) if turn == 180 else (100, 200))


def test_a_document_made_of_pictures_is_told():
    out = io.BytesIO()
    Image.new("RGB", (300, 150), "red").save(out, "PDF", resolution=150)

    facts = engine.probe(Source(out.getvalue()), Task())

    assert (facts["pages"], facts["width"], facts["height"]) == (1, 144, 72)


def test_the_shape_is_that_of_the_first_page():
    shape = engine.shape(engine.open(Source(document(((200, 100), (50, 60)))), Task()))

    assert (shape.kind, shape.width, shape.height, shape.pages) == ("document", 200, 100, 2)


@pytest.mark.parametrize(("dpi", "size"), [(72, (200, 100)), (144, (400, 200)), (100, (278, 139))])
def test_a_page_is_drawn_at_its_resolution_in_color_on_white(dpi, size):
    pixels = draw(document(), dpi=dpi)

    assert (pixels.shape[1], pixels.shape[0], pixels.shape[2]) == (*size, 3)
    assert tuple(pixels[5, 5]) == (255, 0, 0)
    assert tuple(pixels[5, -5]) == (255, 255, 255)


def test_a_turned_page_is_drawn_as_displayed():
    pixels = draw(document(turn=90))

    assert pixels.shape[:2] == (200, 100)
    assert tuple(pixels[5, 50]) == (255, 0, 0)
    assert tuple(pixels[-5, 50]) == (255, 255, 255)


def test_another_page_is_drawn():
    assert draw(document(((200, 100), (50, 60))), number=2).shape[:2] == (60, 50)


def test_the_same_page_gives_the_same_bytes():
    data = document()

    assert (draw(data, dpi=111) == draw(data, dpi=111)).all()


def test_a_page_that_is_missing_is_the_fault_of_the_argument():
    with pytest.raises(AssetError) as raised:
        draw(document(), number=2)

    assert raised.value.code == "E_PARAM"
    assert "expected 1 to 1, got 2" in raised.value.message


def test_a_page_over_the_limit_is_refused_before_it_is_drawn():
    with pytest.raises(AssetError) as raised:
        draw(document(((14_000, 14_000),)), dpi=1200)

    assert raised.value.code == "E_LIMIT_PIXELS"


def test_a_document_over_the_limit_of_bytes_is_refused():
    with pytest.raises(AssetError) as raised:
        draw(document(), bytes=100)

    assert raised.value.code == "E_LIMIT_BYTES"


def test_a_document_with_a_password_says_so():
    with pytest.raises(AssetError) as raised:
        engine.probe(Source(locked()), Task())

    assert raised.value.code == "E_ENCRYPTED"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "E_TRUNCATED"),
        (b"%PDF-1.7\n", "E_TRUNCATED"),
        (b"%PDF-1.7\n" + bytes(999) + b"%%EOF", "E_CORRUPT"),
        (document()[:300], "E_TRUNCATED"),
    ],
)
def test_a_damaged_document_is_an_error_with_a_code(data, code):
    with pytest.raises(AssetError) as raised:
        engine.probe(Source(data), Task())

    assert raised.value.code == code


def test_a_document_behind_a_descriptor_is_read(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(document())

    with path.open("rb") as file:
        facts = engine.probe(Source(fd=file.fileno()), Task())

    assert facts["pages"] == 1


def test_the_version_names_pdfium_and_the_revision():
    assert engine.version().startswith("pdfium ")
    assert f"revision {engine.revision}" in engine.version()
