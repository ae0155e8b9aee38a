"""Metadata put into files: nothing else of them changes, and what is damaged is left out or mended."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import pyvips
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mediaframe.engines.vips.metadata import exif, iptc, xmp
from mediaframe.engines.vips.metadata.containers import Blocks, into_webp
from mediaframe.engines.vips.metadata.isobmff import into_boxes
from mediaframe.engines.vips.metadata.tiff import into_tiff
from mediaframe.recipes import image
from tests.engines.metadata import MAKER, SAID, XMP, exif_block, needs_exiftool, photo, told
from tests.engines.pictures import read, rendered, smooth, write
from tests.engines.test_vips_depth import DEEP_STEPS

WORDS = ("jpeg", "png", "webp", "avif")
PICTURE = smooth(64, 40)
PHOTO = photo(PICTURE, quality=92)
CARRIED = {word: recipe for word, recipe in DEEP_STEPS.items() if not recipe.steps[0].opening and word != "describe"}


def _made(data: bytes, word: str, **options: Any) -> bytes:
    if word in ("webp", "avif"):
        options["effort"] = 0
    return rendered(data, getattr(image, word)(**options)).data


# ---- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bands", [1, 3, 4])
@pytest.mark.parametrize("word", WORDS)
def test_the_pixels_are_those_of_the_file_without(word: str, bands: int) -> None:
    data = write(smooth(33, 21, bands), "PNG")

    plain = rendered(data, getattr(image, word)())
    tagged = rendered(data, getattr(image.describe(**SAID), word)())

    np.testing.assert_array_equal(read(tagged.data), read(plain.data))
    np.testing.assert_array_equal(
        pyvips.Image.new_from_buffer(tagged.data, "").numpy(), pyvips.Image.new_from_buffer(plain.data, "").numpy()
    )
    assert len(tagged.data) < len(plain.data) + 4000


@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_with_alpha_says_so_once_it_is_extended(lossless: bool) -> None:
    data = rendered(write(smooth(33, 21, 4), "PNG"), image.describe(title="x").webp(lossless=lossless)).data

    assert data[12:16] == b"VP8X"
    assert data[20] & 0x10
    assert int.from_bytes(data[24:27], "little") + 1 == 33
    assert int.from_bytes(data[4:8], "little") + 8 == len(data)


@needs_exiftool
@pytest.mark.parametrize(
    "options", [{"compression": "deflate"}, {"compression": "none", "tile": True}, {"pyramid": True}]
)
def test_a_tiff_takes_all_and_keeps_its_pixels(options: dict[str, Any]) -> None:
    plain: bytes = pyvips.Image.new_from_array(PICTURE).tiffsave_buffer(**options)
    fields = iptc.replaced(iptc.in_utf8([]), iptc.TITLE, ["Stuhl"])

    made = into_tiff(plain, Blocks(exif_block(1)[6:], XMP.encode(), iptc.write(fields)))

    found = told(made)[0]
    assert found["ExifTool:Warning"] == "[minor] Unrecognized MakerNotes"
    assert found["IFD0:Make"] == "Mäker"
    assert found["ExifIFD:ExposureTime"] == pytest.approx(1 / 125)
    assert found["GPS:GPSLatitude"] == pytest.approx(48 + 12 / 60 + 30 / 3600)
    assert found["XMP-xmp:Rating"] == 4
    assert found["IPTC:ObjectName"] == "Stuhl"
    np.testing.assert_array_equal(pyvips.Image.new_from_buffer(made, "").numpy(), PICTURE)
    np.testing.assert_array_equal(read(made), PICTURE)


@needs_exiftool
@pytest.mark.parametrize("word", ["tiff", "heif"])
def test_tiff_and_heic_hold_what_the_others_hold(word: str) -> None:
    if word == "heif":
        pytest.importorskip("pillow_heif", reason="the extra heif is not installed")
    recipe = image.describe(**SAID)

    plain, kept = (getattr(recipe, word)(metadata=one) for one in ("strip", "keep"))
    bare, full = told(rendered(PHOTO, plain).data, rendered(PHOTO, kept).data)

    for found in (bare, full):
        assert found["XMP-dc:Title"] == SAID["title"]
        assert found["IFD0:Artist"] == SAID["creator"]
        assert found.get("IPTC:Keywords", list(SAID["keywords"])) == list(SAID["keywords"])
    assert "IFD0:Make" not in bare
    assert full["IFD0:Make"] == "Mäker"
    assert full["IFD0:Orientation"] == 1
    assert full["GPS:GPSLatitude"] == pytest.approx(48 + 12 / 60 + 30 / 3600)


@needs_exiftool
def test_tags_of_a_tiff_become_exif() -> None:
    plain: bytes = pyvips.Image.new_from_array(PICTURE).tiffsave_buffer(compression="lzw")
    data = into_tiff(plain, Blocks(exif_block(6)[6:], XMP.encode()))

    found = told(_made(data, "jpeg", metadata="keep"))[0]

    assert found["IFD0:Make"] == "Mäker"
    assert found["IFD0:Orientation"] == 1
    assert found["GPS:GPSLatitude"] == pytest.approx(48 + 12 / 60 + 30 / 3600)
    assert found["XMP-xmp:Rating"] == 4
    assert "IFD0:StripOffsets" not in found
    assert "IFD0:Compression" not in found


@pytest.mark.parametrize("into", [into_boxes, into_tiff])
def test_a_structure_that_is_not_known_is_refused(into: Any) -> None:
    with pytest.raises(ValueError, match=r"there is no meta box|BigTIFF"):
        into(b"II+\0" + bytes(64), Blocks(xmp=b"x"))


def test_a_plain_webp_is_extended_right() -> None:
    with_xmp = into_webp(write(PICTURE, "WEBP"), Blocks(xmp=b"odd"))

    with Image.open(io.BytesIO(with_xmp)) as picture:
        assert picture.size == (64, 40)
        assert picture.info["xmp"] == b"odd"
    assert len(with_xmp) % 2 == 0


@needs_exiftool
@pytest.mark.parametrize("word", ["webp", "avif", "apng"])
def test_animations_are_described_and_play_as_before(word: str) -> None:
    file = io.BytesIO()
    frames = [Image.fromarray(np.roll(PICTURE, 8 * number, axis=1)) for number in range(4)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)

    plain = rendered(file.getvalue(), getattr(image, word)()).data
    made = rendered(file.getvalue(), getattr(image.describe(**SAID), word)()).data

    assert told(made)[0]["XMP-dc:Title"] == SAID["title"]
    with Image.open(io.BytesIO(plain)) as one, Image.open(io.BytesIO(made)) as other:
        assert other.n_frames == one.n_frames == 4
        for number in range(4):
            one.seek(number)
            other.seek(number)
            np.testing.assert_array_equal(np.asarray(other.convert("RGBA")), np.asarray(one.convert("RGBA")))


@needs_exiftool
def test_a_jpeg_that_is_packed_anew_is_described_without_a_change_of_a_pixel() -> None:
    source = photo(PICTURE, orientation=1, quality=80)

    data = image.describe(title="Stuhl").jpeg(metadata="no_gps", lossless=True).run(source)

    found = told(data)[0]
    assert found["XMP-dc:Title"] == "Stuhl"
    assert found["IFD0:Make"] == "Mäker"
    assert "GPS:GPSLatitude" not in found
    np.testing.assert_array_equal(read(data), read(source))


def test_the_source_itself_is_not_kept_where_something_is_said_of_it() -> None:
    source = rendered(write(smooth(320, 240), "PNG"), image.jpeg(quality=60)).data

    plain = image.jpeg(quality=95, never_grow=True).run(source)
    said = image.describe(title="Stuhl").jpeg(quality=95, never_grow=True).run(source)

    assert len(plain) <= len(source)
    np.testing.assert_array_equal(read(plain), read(source))
    assert b">Stuhl<" in said
    assert b">Stuhl<" not in plain


def test_a_format_without_metadata_says_that_they_were_left_out() -> None:
    made = rendered(PHOTO, image.describe(title="x").gif())

    assert made.notes[1:] == (("W_METADATA_DROPPED", "metadata were left out: gif holds none here"),)


# ---- damaged metadata ------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_blocks_are_left_out_or_mended(data: st.DataObject) -> None:
    block = bytearray(exif_block(6))
    for _ in range(data.draw(st.integers(1, 6))):
        block[data.draw(st.integers(0, len(block) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(block[: data.draw(st.integers(0, len(block)))])

    found = exif.parse(cut)
    if found is not None:
        again = exif.parse(exif.write(found))
        kept = {name: part for name, part in found.parts.items() if part}
        assert again is None or {name: part for name, part in again.parts.items() if part} == kept
    iptc.parse(cut)
    xmp.parse(cut)
    exif.of_tiff(cut[6:])


@pytest.mark.parametrize(
    "packet",
    [
        b"no xml",
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>",
        XMP.encode()[:400],
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>&b;</rdf:RDF>",
        b"\xff\xfe" + XMP.encode("utf-16-le"),
        XMP.replace("<dc:format>", "<dc:a>" * 5000 + "</dc:a>" * 5000 + "<dc:format>").encode(),
    ],
)
def test_a_packet_that_does_not_read_is_left_out_and_told(packet: bytes) -> None:
    file = io.BytesIO()
    Image.fromarray(PICTURE).save(file, "WEBP", xmp=packet)

    made = rendered(file.getvalue(), image.describe(title="New").png(metadata="keep"))

    assert made.notes == (("W_METADATA_DROPPED", "metadata were left out: the XMP packet does not read"),)
    assert b">New<" in made.data


def test_tags_that_claim_the_same_bytes_many_times_do_not_fill_memory() -> None:
    tags = b"".join(
        tag.to_bytes(2, "big") + b"\0\7" + (12 << 20).to_bytes(4, "big") + b"\0\0\0\x08" for tag in range(900)
    )
    block = b"MM\0*\0\0\0\x08" + (900).to_bytes(2, "big") + tags + bytes(13 << 20)

    found = exif.parse(block)

    assert found is not None
    assert len(found.parts["image"]) == 1


def test_a_maker_note_stays_where_it_was() -> None:
    block = exif_block(6)[6:]

    found = exif.parse(block)
    assert found is not None
    found.set_text(exif.DESCRIPTION, "longer than it was before " * 20)
    made = exif.write(found)

    assert made.find(MAKER) == block.find(MAKER)


@pytest.mark.parametrize("word", CARRIED)
def test_every_step_hands_on_what_is_said_and_kept(word: str) -> None:
    recipe = image.describe(title="carried on")
    for step in CARRIED[word].steps:
        recipe = recipe.then(step)

    made = rendered(PHOTO, recipe.png(metadata="keep", effort=1))

    assert b">carried on<" in made.data
    assert MAKER in made.data
    assert "W_GAIN_MAP_DROPPED" in [code for code, _ in made.notes]
