"""Every picture of the corpus through the renderer: what is sound renders, what is not is a row with a code."""

from __future__ import annotations

import importlib.util
import io
from typing import Any, Protocol

import pytest
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.engines.vips.opening import READS
from mediaframe.recipes import image
from mediaframe.work.child.render import render


class Row(Protocol):
    """What the truth says of a file."""

    path: str
    kind: str
    format: str
    expect: str
    file: Any
    displayed: tuple[int, int] | None


Sent = dict[str, tuple[dict[str, Any], bytes]]

REFUSED = {
    # Sound, but 280 megapixels.
    "images/jpeg/giant-image.jpg": "E_LIMIT_PIXELS",
    # The truth takes it for sound, but its scan is damaged: 1,214 bytes are left over, the picture is in stripes.
    "images/jpeg/hopper_bad_exif.jpg": "E_CORRUPT",
    # Kinds of BMP and TIFF that neither libvips nor Pillow reads.
    "images/bmp/rgb24jpeg.bmp": "E_UNSUPPORTED_FORMAT",
    "images/bmp/rgb24png.bmp": "E_UNSUPPORTED_FORMAT",
    "images/bmp/rgb32bf.bmp": "E_UNSUPPORTED_FORMAT",
    "images/tiff/10ct_32bit_128.tiff": "E_UNSUPPORTED_FORMAT",
    "images/tiff/12bit.cropped.tif": "E_UNSUPPORTED_FORMAT",
    # The truth takes it for sound, but its last box says three times the bytes that there are.
    "images/jp2/00r0_gray_l.jp2": "E_TRUNCATED",
}
"""What the truth takes for sound, and is refused all the same."""

LATER_FRAME = {"images/gif/invalid_multiframe.gif": {"ok", "E_CORRUPT"}}
"""The first frame is sound, so that still formats have it; a later one is not, so that an animation cannot be made."""

OUTSIDE = "E_EXTERNAL_REF"
"""Drawings that ask for other files are refused, whatever else they are."""

UNSEEN = {"images/jpeg/bitflips.jpg", "images/bmp/badrle.bmp"}
"""Damage that no decoder here sees: neither format has checksums, and what is left still decodes."""

OTHER_SIZE = {
    # Of several icons the largest is taken; the truth names the first.
    "images/other/favicon.ico",
    "images/other/python.ico",
    # libheif gives the primary item whole; the truth counts its clean aperture.
    "images/avif/pitm.avif",
}


def _rendered(row: Row) -> Sent:
    sent: Sent = {}
    recipes = {"small": image.resize(64, 64).webp(effort=0), "whole": image.png(effort=0), "color": image.mean_color()}
    renditions = [{"name": name, "recipe": recipe.to_json()} for name, recipe in recipes.items()]
    render(
        {"kind": "image", "format": None, "limits": {}, "renditions": renditions},
        Source(row.file.read_bytes()),
        lambda header, data: sent.update({header["rendition"]: (header, data)}),
    )
    return sent


@pytest.fixture(scope="module")
def results(truth: list[Row]) -> list[tuple[Row, Sent]]:
    """All pictures of formats that are read, each with what became of it."""
    reads = set(READS) - (set() if importlib.util.find_spec("pi_heif") else {"heic"})
    asked = [row for row in truth if row.kind == "image" and (row.format in reads or row.expect != "ok")]
    return [(row, _rendered(row)) for row in asked]


def _codes(sent: Sent) -> set[str]:
    """Name what became of the renditions; one that is written with something to say of it is one that is ok."""
    return {str(header["code"]) if header["status"] == "failed" else "ok" for header, _ in sent.values()}


@pytest.mark.slow
def test_every_sound_picture_of_a_format_that_is_read_renders(results: list[tuple[Row, Sent]]) -> None:
    wrong = {
        row.path: _codes(sent)
        for row, sent in results
        if row.expect == "ok" and _codes(sent) != LATER_FRAME.get(row.path, {REFUSED.get(row.path, "ok")})
        if not (row.format == "svg" and _codes(sent) == {OUTSIDE})
    }

    assert wrong == {}


@pytest.mark.slow
def test_every_bad_picture_fails_with_a_code_and_gives_nothing(results: list[tuple[Row, Sent]]) -> None:
    wrong = {
        row.path: _codes(sent)
        for row, sent in results
        if row.expect != "ok" and row.path not in UNSEEN
        if any(header["status"] == "ok" or data for header, data in sent.values())
    }

    assert wrong == {}


@pytest.mark.slow
def test_what_is_cut_is_told_from_what_is_damaged(results: list[tuple[Row, Sent]]) -> None:
    told = {row.path: _codes(sent) for row, sent in results if row.expect == "error:truncated" and row.format in READS}
    # One byte of SVG and half of an SVGZ are no drawing to the sniffer.
    missed = {path: codes for path, codes in told.items() if codes != {"E_TRUNCATED"} and "svg" not in path}

    assert len(told) > 8
    assert missed == {}


@pytest.mark.slow
def test_every_bomb_is_a_limit(results: list[tuple[Row, Sent]]) -> None:
    codes = {row.path: _codes(sent) for row, sent in results if "bomb" in row.expect}

    assert len(codes) > 9
    assert {path: found for path, found in codes.items() if not all(one.startswith("E_LIMIT_") for one in found)} == {}


@pytest.mark.slow
def test_whole_pictures_have_their_size_as_displayed(results: list[tuple[Row, Sent]]) -> None:
    wrong = {}
    for row, sent in results:
        header, data = sent["whole"]
        if header["status"] == "ok" and row.displayed is not None and row.format not in ("svg", "svgz"):
            with Image.open(io.BytesIO(data)) as picture:
                wrong.update({row.path: (picture.size, row.displayed)} if picture.size != row.displayed else {})

    assert set(wrong) == OTHER_SIZE, wrong
