"""Every real picture into every format: each result opens in a library that did not write it."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.engines.vips.opening import READS
from mediaframe.errors import CODES
from mediaframe.model.finish import Format
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import every
from mediaframe.recipes import image
from mediaframe.work.child.render import render
from tests.corpus.test_vips_corpus import LATER_FRAME, OUTSIDE, REFUSED, UNSEEN, Row

imagecodecs = pytest.importorskip("imagecodecs")
pi_heif = pytest.importorskip("pi_heif")
pytest.importorskip("pillow_heif")

Levels = np.ndarray[Any, np.dtype[np.int64]]
Sent = dict[str, tuple[dict[str, Any], bytes]]

SIDE = 48

QUICK = {
    "avif": {"effort": 0},
    "heif": {"effort": 0},
    "jxl": {"effort": 1},
    "gif": {"effort": 1},
    "ico": {"largest": 48},
}
WORDS = [spec.word for spec in every(Format, "image") if spec.word != "svg" and not spec.chooses]
"""Words of formats; a drawing is not the picture, and a word that chooses writes one of the others."""
RECIPES: dict[str, Finished] = {
    word: getattr(image.page(1).resize(SIDE, SIDE), word)(**QUICK.get(word, {})) for word in WORDS
}
MOVING = {spec.word for spec in every(Format, "image") if spec.animates}
NEAR = {"bmp": 0.5, "png": 0.5, "tiff": 0.5, "apng": 0.5}
"""Levels that pixels may be off on average."""
NEAR_OTHERS = 21.0
"""What formats that lose may be off: in lightness on average, and in the mean of each color. Colors have half the
resolution in them, so that the stripes of a test card of 48 px run together. The most is 20.4, in 9x9 pixels."""
LUMA = np.array([0.299, 0.587, 0.114])


def _opened(data: bytes, word: str) -> Image.Image:
    """Open a result with Pillow, pi_heif, libjxl or PDFium."""
    if word == "heif":
        found = pi_heif.open_heif(io.BytesIO(data))
        return Image.frombytes(found.mode, found.size, bytes(found.data), "raw", found.mode, found.stride)
    if word == "jxl":
        return Image.fromarray(imagecodecs.jpegxl_decode(data))
    if word == "pdf":
        with pypdfium2.PdfDocument(data) as document:
            page: Image.Image = document[0].render(scale=150 / 72).to_pil()
        return page
    return Image.open(io.BytesIO(data))


def _seen(picture: Image.Image) -> Levels:
    """Give what is seen of a picture on white."""
    clear = picture.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return np.asarray(Image.alpha_composite(white, clear).convert("RGB"), np.int64)


def _lossy(gap: Levels) -> Any:
    """Give how far off the lightness is, or the mean of a color where that is more."""
    return np.maximum(np.abs(gap @ LUMA).mean(), np.abs(gap.reshape(-1, 3).mean(0)).max())


@pytest.fixture(scope="module")
def results(truth: list[Row]) -> list[tuple[Row, Sent]]:
    """All pictures, each with what became of it in every format."""
    renditions = [{"name": word, "recipe": recipe.to_json()} for word, recipe in RECIPES.items()]
    found = []
    for row in truth:
        if row.kind != "image" or row.path in UNSEEN:
            continue
        sent: Sent = {}
        take: Callable[[dict[str, Any], Any], None] = lambda header, data, into=sent: into.update(  # noqa: E731
            {header["rendition"]: (header, bytes(data))}
        )
        request = {"kind": "image", "format": None, "limits": {}, "renditions": renditions}
        render(request, Source(row.file.read_bytes()), take)
        found.append((row, sent))
    return found


def _code(row: Row, sent: Sent) -> str:
    codes = {str(header.get("code") or "ok") if header["status"] == "failed" else "ok" for header, _ in sent.values()}
    later = codes == LATER_FRAME.get(row.path)
    assert later or len(codes) == 1, (row.path, codes)
    return "ok" if later else codes.pop()


@pytest.mark.slow
def test_a_picture_is_written_in_every_format_or_in_none_with_one_code(results: list[tuple[Row, Sent]]) -> None:
    reads = set(READS) - (set() if importlib.util.find_spec("pi_heif") else {"heic"})
    told = {row.path: (row, _code(row, sent)) for row, sent in results}

    sound = {
        path: code
        for path, (row, code) in told.items()
        if row.expect == "ok" and row.format in reads
        if code != REFUSED.get(path, "ok") and not (row.format == "svg" and code == OUTSIDE)
    }
    other = {
        path: code
        for path, (row, code) in told.items()
        if row.expect != "ok" or row.format not in reads
        if code not in CODES
    }

    assert len(told) > 170
    assert sound == {}
    assert other == {}


@pytest.mark.slow
@pytest.mark.parametrize("word", WORDS)
def test_another_library_opens_what_was_written_with_its_size_and_its_pixels(
    word: str, results: list[tuple[Row, Sent]]
) -> None:
    wrong, count = {}, 0
    for row, sent in results:
        header, data = sent[word]
        if header["status"] == "failed":
            continue
        # An APNG may show another picture where it does not move.
        base = "apng" if word in MOVING else "png"
        meant = _opened(sent[base][1], base).convert("RGBA")
        expected = _seen(meant)
        picture = _opened(data, word)
        count += 1
        if picture.size != (header["width"], header["height"]):
            wrong[row.path] = (picture.size, header["width"], header["height"])
        elif picture.size == (expected.shape[1], expected.shape[0]):
            gap = _seen(picture) - expected
            if word == "gif":  # It knows no half transparency.
                gap = gap[np.isin(np.asarray(meant)[..., 3], (0, 255))]
            off = (np.abs(gap) if word in NEAR else _lossy(gap)).mean() if gap.size else 0.0
            if off > NEAR.get(word, NEAR_OTHERS):
                wrong[row.path] = off
        else:
            assert word == "ico", row.path  # An icon has sizes of its own.

    assert count > 110
    assert wrong == {}
