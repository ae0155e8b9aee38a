"""Colors of real files: CMYK, other profiles, 16 bits, HDR."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import pyvips
from PIL import Image

from mediaframe.recipes import image
from tests.corpus.conftest import CORPUS
from tests.engines.colors import built_in, by_littlecms, delta_e
from tests.engines.pictures import pixels_of, read, rendered

CLOSE = 1.2
"""CIE 1976 delta E that a conversion may be from that of LittleCMS."""


@pytest.fixture
def images() -> Path:
    """Give the folder of pictures."""
    if not (CORPUS / "images").is_dir():
        pytest.skip(f"no corpus in {CORPUS}")
    return CORPUS / "images"


@pytest.mark.parametrize(
    "name", ["jpeg/flower_small.cmyk.jpg", "jpeg/pil_sample_cmyk.jpg", "tiff/tiff_strip_cmyk_jpeg.tif"]
)
def test_real_cmyk_is_converted_as_by_littlecms(images: Path, name: str) -> None:
    data = (images / name).read_bytes()
    with Image.open(io.BytesIO(data)) as picture:
        inks = np.asarray(picture)

    got = pixels_of(data, image.png())

    assert delta_e(got, by_littlecms(inks, "CMYK", built_in("cmyk"))).max() <= CLOSE


@pytest.mark.parametrize(
    "name",
    [
        "orientation/landscape_2.jpg", "png/xmp_tags_orientation.png", "jpeg/sample-xyb.jpg",
        "jpeg/truncated_exif_dpi.jpg",
    ],
)  # fmt: skip
def test_real_profiles_are_converted_as_by_littlecms(images: Path, name: str) -> None:
    data = (images / name).read_bytes()
    with Image.open(io.BytesIO(data)) as picture:
        stored, profile = np.asarray(picture), picture.info["icc_profile"]

    got = pixels_of(data, image.auto_orient(enabled=False).png())[..., :3]

    near = delta_e(got, by_littlecms(np.ascontiguousarray(stored[..., :3]), "RGB", profile))
    # Decoders of JPEG differ by one level before the conversion, which takes it for up to three on dark colors.
    assert np.percentile(near, 99) <= CLOSE
    assert near.max() <= 4 * CLOSE


@pytest.mark.parametrize("name", ["png/flag_nl_16bit.png", "tiff/16bit.mm.deflate.tif", "tiff/tiff_16bit_rgba.tiff"])
def test_real_pictures_of_sixteen_bits_are_kept(images: Path, name: str) -> None:
    data = (images / name).read_bytes()

    made = rendered(data, image.png(bits=16))

    stored = pyvips.Image.new_from_buffer(data, "")
    if not stored.get_typeof("icc-profile-data"):
        np.testing.assert_array_equal(pyvips.Image.new_from_buffer(made.data, "").numpy(), stored.numpy())
    eight = pixels_of(data, image.png()).astype(int)
    assert np.abs(pyvips.Image.new_from_buffer(made.data, "").numpy().reshape(eight.shape) / 257 - eight).max() <= 1


@pytest.mark.parametrize("word", ["jpeg", "webp"])
def test_the_base_of_an_ultra_hdr_picture_is_kept_and_its_row_says_so(images: Path, word: str) -> None:
    data = (images / "jpeg/ultrahdr_gain_map.jpg").read_bytes()

    made = rendered(data, getattr(image.resize(256), word)())

    assert [code for code, _ in made.notes] == ["W_GAIN_MAP_DROPPED"]
    assert not any(mark in made.data for mark in (b"hdrgm", b"hdr-gain-map", b"MPF\0", b"urn:iso:std:iso:ts:21496"))
    with Image.open(io.BytesIO(data)) as picture:
        base = np.asarray(picture.convert("RGB").resize((256, 144), Image.Resampling.LANCZOS))
    assert np.abs(read(made.data).astype(int) - base).mean() < 3
