"""Metadata of real cameras: what they wrote survives, the place goes alone, exiftool reading both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mediaframe.recipes import image
from tests.corpus.conftest import CORPUS
from tests.engines.metadata import needs_exiftool, told
from tests.engines.pictures import rendered

CAMERAS = (
    "canon_g9.jpg", "canon_hdr_no.jpg", "nikon_d3200_0430.jpg", "fujifilm_finepix_e500.jpg", "dji_fc300s_gps_0025.jpg",
    "mongolels.jpg", "samsung_g930f_gps.jpg", "kodak-dc240.jpg",
)  # fmt: skip

ANEW = (
    "SourceFile", "ExifTool", "System", "File", "Composite", "ICC", "JFIF", "MPF", "MPImage", "IFD1", "Adobe", "Ducky",
    "Meta", "Kodak", "InteropIFD", "XMP-x:", "Photoshop:IPTCDigest", "Photoshop:PhotoshopThumbnail",
    "IPTC:ApplicationRecordVersion", "IPTC:CodedCharacterSet",
)  # fmt: skip
"""What belongs to the file itself, or to pictures in it that are not there any more."""

MENDED = (
    "Orientation", "ExifImageWidth", "ExifImageHeight", "ImageWidth", "ImageHeight", "ColorSpace", "BitsPerSample",
    "YCbCrPositioning", "PhotometricInterpretation", "SamplesPerPixel", "Compression", "ICCProfileName", "ColorMode",
    "LegacyIPTCDigest",
)  # fmt: skip


@pytest.fixture(scope="module")
def pairs() -> list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Give what exiftool reads of each photograph, of a copy that keeps all, and of one without the place."""
    folder = CORPUS / "photos"
    if not folder.is_dir():
        pytest.skip(f"no corpus in {CORPUS}")
    sources = [Path(folder / name).read_bytes() for name in CAMERAS]
    kept, placeless = (
        [rendered(data, image.resize(160).jpeg(metadata=one)).data for data in sources] for one in ("keep", "no_gps")
    )
    return list(zip(told(*sources), told(*kept), told(*placeless), strict=True))


@needs_exiftool
def test_what_cameras_wrote_is_kept_maker_notes_included(pairs: Any) -> None:
    for name, (source, kept, _) in zip(CAMERAS, pairs, strict=True):
        wanted = {
            key: value
            for key, value in source.items()
            if not key.startswith(ANEW) and key.partition(":")[2] not in MENDED
        }
        off = {key: (value, kept.get(key)) for key, value in wanted.items() if kept.get(key) != value}
        assert off == {}, name
        assert len(wanted) >= 15, name


@needs_exiftool
def test_the_place_of_real_photographs_is_gone(pairs: Any) -> None:
    placed = 0
    for source, kept, placeless in pairs:
        placed += any(one.startswith("GPS:GPSL") for one in source)
        assert any("GPS" in one for one in kept) == any("GPS" in one for one in source if not one.startswith("Comp"))
        assert not [one for one in placeless if "gps" in one.lower()]
        assert placeless.get("IFD0:Make") == source.get("IFD0:Make")
    assert placed >= 2
