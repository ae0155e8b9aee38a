"""Metadata: what is kept, what is taken away, what is said anew; as exiftool reads it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from mediaframe.engines.vips.metadata import xmp
from mediaframe.engines.vips.metadata.extended import MARK
from mediaframe.errors import RecipeError
from mediaframe.model.argument import Column
from mediaframe.recipes import image
from tests.engines.colors import built_in
from tests.engines.metadata import MAKER, SAID, groups, needs_exiftool, photo, told
from tests.engines.pictures import read, rendered, smooth
from tests.engines.test_vips_depth import DEEP_STEPS

WORDS = ("jpeg", "png", "webp", "avif")
PICTURE = smooth(64, 40)
PHOTO = photo(PICTURE, quality=92)
CARRIED = {word: recipe for word, recipe in DEEP_STEPS.items() if not recipe.steps[0].opening and word != "describe"}


def _made(data: bytes, word: str, **options: Any) -> bytes:
    if word in ("webp", "avif"):
        options["effort"] = 0
    return rendered(data, getattr(image, word)(**options)).data


# ---- what is kept ----------------------------------------------------------------------------------------------------


@needs_exiftool
def test_nothing_is_kept_where_nothing_is_said() -> None:
    files = [_made(PHOTO, word) for word in WORDS]

    for data, found in zip(files, told(*files), strict=True):
        assert groups(found) == set()
        for mark in (b"Exif\0\0", b"http://ns.adobe.com", b"Photoshop", b"THUMBNAIL", MAKER, b"Old "):
            assert mark not in data


@needs_exiftool
def test_all_is_kept_and_tells_of_the_picture_as_it_is_now() -> None:
    files = [_made(PHOTO, word, metadata="keep") for word in WORDS]

    for word, data, found in zip(WORDS, files, told(*files), strict=True):
        assert found["ExifTool:Warning"] == "[minor] Unrecognized MakerNotes"
        assert found["IFD0:Make"] == "Mäker"
        assert found["IFD0:Orientation"] == 1
        assert found["ExifIFD:ColorSpace"] == 1
        assert (found["ExifIFD:ExifImageWidth"], found["ExifIFD:ExifImageHeight"]) == (40, 64)
        assert found["ExifIFD:ExposureTime"] == pytest.approx(1 / 125)
        assert found["GPS:GPSLatitude"] == pytest.approx(48 + 12 / 60 + 30 / 3600)
        assert found["XMP-xmp:Rating"] == 4
        assert found["XMP-dc:Format"] == f"image/{word}"
        assert found["XMP-exif:GPSLatitude"] == pytest.approx(48 + 12.5 / 60)
        assert MAKER in data
        stale = ("XMP-tiff:Orientation", "XMP-exif:ExifImageWidth", "XMP-hdrgm:HDRGMVersion",
                 "XMP-photoshop:ICCProfileName", "IFD1:ThumbnailOffset")  # fmt: skip
        assert not [name for name in stale if name in found]
        assert b"hdrgm" not in data
        assert b"THUMBNAIL" not in data
        assert b"OLDTHUMB" not in data


@needs_exiftool
def test_properties_of_others_survive_in_the_packet() -> None:
    found = told(_made(PHOTO, "webp", metadata="keep"), also=("-XMP:all", "-b"))[0]
    packet = xmp.parse(_packet(_made(PHOTO, "webp", metadata="keep")))

    assert found["XMP-iptcExt:LocationShown"][0]["City"] == "Wien"
    assert packet is not None
    assert packet.has("https://example.org/ns/", "Batch")
    assert b'mine:Batch="7 &amp; 8"' in packet.write()


def _packet(data: bytes) -> bytes:
    return data[data.index(b"<?xpacket begin") : data.index(b'<?xpacket end="w"?>') + 19]


@needs_exiftool
def test_the_place_alone_is_taken_away() -> None:
    keep, no_gps = (told(*(_made(PHOTO, word, metadata=one) for word in WORDS)) for one in ("keep", "no_gps"))

    for whole, found in zip(keep, no_gps, strict=True):
        assert not [name for name in found if "gps" in name.lower()]
        assert "GPS" not in str(found["XMP-iptcExt:LocationShown"])
        same = {name for name in whole if "GPS" not in name and not name.startswith(("File", "System", "ExifTool"))}
        changed = {name for name in same if found.get(name) != whole[name]} - {"SourceFile", "QuickTime:MediaDataSize"}
        assert changed == {"XMP-iptcExt:LocationShown"}


def test_the_bytes_of_the_place_are_gone_as_well() -> None:
    places = (b"\0\0\x000\0\0\0\x01\0\0\0\x0c", b"GPSLongitude", b"16,22.4E")

    assert all(part in PHOTO for part in places)
    for word in WORDS:
        assert not any(part in _made(PHOTO, word, metadata="no_gps") for part in places)


@needs_exiftool
def test_who_owns_it_alone_is_kept() -> None:
    files = [_made(PHOTO, word, metadata="copyright") for word in WORDS]

    for word, found in zip(WORDS, told(*files), strict=True):
        assert found["IFD0:Copyright"] == "© Old owner"
        assert found["IFD0:Artist"] == "Old creator"
        assert found["XMP-dc:Rights"] == "© Old owner"
        assert found["XMP-xmpRights:WebStatement"] == "https://example.org/terms"
        others = ("IFD0:Make", "IFD0:ImageDescription", "XMP-xmp:Rating", "XMP-dc:Title", "IPTC:City",
                  "IPTC:ObjectName", "ExifIFD:ExposureTime", "GPS:GPSLatitude")  # fmt: skip
        assert not [name for name in others if name in found]
        if word == "jpeg":
            assert found["IPTC:CopyrightNotice"] == "© Old owner"
            assert found["IPTC:By-line"] == "Old creator"


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("bands", [1, 3])
def test_the_profile_alone_is_kept(word: str, bands: int) -> None:
    data = photo(smooth(64, 40, bands)[..., 0] if bands == 1 else PICTURE)

    made = _made(data, word, metadata="icc")

    with Image.open(io.BytesIO(made)) as picture:
        profile = picture.info["icc_profile"]
        assert dict(picture.getexif()) == {}
    said = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile
    assert said.xcolor_space.strip() == ("GRAY" if bands == 1 and word in ("jpeg", "png") else "RGB") or bands == 1
    assert b"Old " not in made


@needs_exiftool
def test_wide_gamut_is_not_told_to_be_srgb() -> None:
    data = photo(PICTURE, format="PNG", icc_profile=built_in("p3"))

    found = told(rendered(data, image.color("p3").jpeg(metadata="keep")).data)[0]

    assert found["ExifIFD:ColorSpace"] == 65535
    assert found["ICC_Profile:ProfileDescription"] == "sP3C"


# ---- orientation -----------------------------------------------------------------------------------------------------


@needs_exiftool
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_all_orientations_are_upright_in_every_format(format: str) -> None:
    picture = smooth(48, 32)
    options = {"lossless": True} if format == "WEBP" else {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    files, upright = [], []
    for orientation in range(1, 9):
        source = photo(picture, orientation, format, **options)
        files += [_made(source, word, metadata="keep") for word in WORDS]
        with Image.open(io.BytesIO(source)) as opened:
            turned = np.asarray(opened).astype(int)
        upright += [_turned(turned, orientation)] * len(WORDS)

    for data, want, found in zip(files, upright, told(*files), strict=True):
        got = read(data)
        assert got.shape == want.shape
        assert np.abs(got.astype(int) - want).mean() < 5  # a wrong turn is over 40
        assert found["IFD0:Orientation"] == 1
        assert found.get("QuickTime:Rotation", 0) == 0


def _turned(stored: np.ndarray[Any, Any], orientation: int) -> np.ndarray[Any, Any]:
    """Turn as EXIF has it, by numpy alone."""
    turns = {
        1: lambda one: one,
        2: np.fliplr,
        3: lambda one: np.rot90(one, 2),
        4: np.flipud,
        5: lambda one: one.transpose(1, 0, 2),
        6: lambda one: np.rot90(one, -1),
        7: lambda one: np.rot90(one.transpose(1, 0, 2), 2),
        8: np.rot90,
    }
    return np.asarray(turns[orientation](stored))


@needs_exiftool
def test_a_picture_that_is_left_as_stored_keeps_its_orientation() -> None:
    made = rendered(PHOTO, image.auto_orient(enabled=False).jpeg(metadata="keep"))

    found = told(made.data)[0]
    assert (made.width, made.height) == (64, 40)
    assert found["IFD0:Orientation"] == 6


# ---- what is said ----------------------------------------------------------------------------------------------------


@needs_exiftool
@pytest.mark.parametrize("metadata", ["strip", "keep"])
def test_what_is_said_reads_back_in_every_place(metadata: str) -> None:
    files = [rendered(PHOTO, getattr(image.describe(**SAID), word)(metadata=metadata)).data for word in WORDS]

    for word, found in zip(WORDS, told(*files), strict=True):
        assert found["XMP-dc:Title"] == SAID["title"]
        assert found["XMP-dc:Description"] == SAID["description"]
        assert found["XMP-dc:Subject"] == list(SAID["keywords"])
        assert found["XMP-dc:Creator"] == [SAID["creator"]]
        assert found["XMP-dc:Rights"] == SAID["copyright"]
        assert found["XMP-iptcCore:AltTextAccessibility"] == SAID["alt"]
        assert found["IFD0:ImageDescription"] == SAID["description"]
        assert found["IFD0:Artist"] == SAID["creator"]
        assert found["IFD0:Copyright"] == SAID["copyright"]
        assert ("IFD0:Make" in found) == (metadata == "keep")
        if word == "jpeg":
            assert found["IPTC:ObjectName"] == SAID["title"]
            assert found["IPTC:Caption-Abstract"] == SAID["description"]
            assert found["IPTC:Keywords"] == list(SAID["keywords"])
            assert found["IPTC:By-line"] == SAID["creator"]
            assert found["IPTC:CopyrightNotice"] == SAID["copyright"]
            assert ("IPTC:City" in found) == (metadata == "keep")
            assert found.get("IPTC:City", "Zürich") == "Zürich"
            assert found["Photoshop:IPTCDigest"] == found["File:CurrentIPTCDigest"]


@needs_exiftool
def test_what_is_not_said_stays_and_an_empty_text_takes_away() -> None:
    made = rendered(PHOTO, image.describe(title="New").describe(copyright="").jpeg(metadata="keep"))

    found = told(made.data)[0]
    assert found["XMP-dc:Title"] == found["IPTC:ObjectName"] == "New"
    assert found["IFD0:ImageDescription"] == "Old description"
    assert not [name for name in found if "Rights" in name and name.startswith("XMP-dc")]
    assert "IFD0:Copyright" not in found
    assert "IPTC:CopyrightNotice" not in found


@needs_exiftool
def test_iptc_of_a_source_becomes_xmp_where_the_format_has_no_iptc() -> None:
    made = rendered(PHOTO, image.webp(metadata="keep"))

    found = told(made.data)[0]
    assert found["XMP-dc:Subject"] == ["old"]
    assert found["XMP-dc:Title"] == "Old title"  # XMP said one already
    assert made.notes[1:] == (
        ("W_METADATA_DROPPED", "metadata were left out: webp has no place for the IPTC fields city"),
    )


@needs_exiftool
def test_long_texts_are_whole_in_xmp_and_cut_to_whole_characters_in_iptc() -> None:
    title, words = "ä" * 300, ["ö" * 100, "kurz"]

    found = told(rendered(PHOTO, image.describe(title=title, keywords=words).jpeg()).data)[0]

    assert found["XMP-dc:Title"] == title
    assert found["IPTC:ObjectName"] == "ä" * 32
    assert found["IPTC:Keywords"] == ["ö" * 32, "kurz"]


@needs_exiftool
def test_texts_over_64_kb_stand_in_the_extended_xmp_of_a_jpeg() -> None:
    long = "語" * 10_000
    recipe = image.describe(title=long, description=long, creator=long)

    jpeg, webp = rendered(PHOTO, recipe.jpeg()), rendered(PHOTO, recipe.webp())

    (found,) = told(jpeg.data)
    assert jpeg.notes[1:] == webp.notes[1:] == ()
    assert (found["XMP-dc:Title"], found["XMP-dc:Description"], found["XMP-dc:Creator"]) == (long, long, [long])
    assert jpeg.data.count(MARK) == 1
    assert long.encode() in webp.data


LONG = ("title", "description", "creator", "copyright", "alt")
EXTENDED = image.describe(**dict.fromkeys(LONG, "語" * 10_000), keywords=["short"]).jpeg()


def _xmp_of(data: bytes) -> dict[str, Any]:
    return {name: value for name, value in told(data)[0].items() if name.startswith("XMP-") and "Format" not in name}


@needs_exiftool
def test_extended_xmp_is_kept() -> None:
    source = rendered(PHOTO, EXTENDED).data

    again = rendered(source, image.resize(20).jpeg(metadata="keep"))
    other = rendered(source, image.resize(20).webp(metadata="keep"))

    first = _xmp_of(source)
    assert source.count(MARK) == 2  # A part ends within a character.
    assert sum(len(str(one)) > 9_000 for one in first.values()) == len(LONG)
    assert again.notes == other.notes == ()
    assert {**_xmp_of(again.data), "XMP-xmpNote:HasExtendedXMP": first["XMP-xmpNote:HasExtendedXMP"]} == first
    assert _xmp_of(other.data) == {name: one for name, one in first.items() if "HasExtended" not in name}


@needs_exiftool
@pytest.mark.parametrize("fault", ["missing", "changed"])
def test_extended_xmp_that_is_damaged_is_left_out(fault: str) -> None:
    source = rendered(PHOTO, EXTENDED).data
    at = source.rindex(MARK)
    if fault == "missing":
        length = int.from_bytes(source[at - 2 : at], "big")
        bad = source[: at - 4] + source[at - 2 + length :]
    else:
        bad = source[: at + 100] + b"?" + source[at + 101 :]

    made = rendered(bad, image.jpeg(metadata="keep")).data

    found = _xmp_of(made)
    assert found["XMP-dc:Subject"] == ["short"]
    assert 0 < sum(len(str(one)) > 9_000 for one in found.values()) < len(LONG)


def test_control_characters_never_reach_a_file() -> None:
    made = rendered(PHOTO, image.describe(title="a\0b\x07c\x1bd\ud800e\r\nf", keywords=["\0", "x\x02"]).webp())

    assert b'<rdf:li xml:lang="x-default">abcde\nf</rdf:li>' in made.data
    assert b"<rdf:Bag><rdf:li>x</rdf:li></rdf:Bag>" in made.data


def test_words_may_come_from_a_row() -> None:
    recipe = image.describe(title=Column("t"), keywords=Column("k")).jpeg()

    bound = recipe.bind({"t": "Chair", "k": ["oak", "chair"]})

    assert repr(bound) == "image.describe(title='Chair', keywords=('oak', 'chair')).jpeg()"
    with pytest.raises(RecipeError, match="expected words such as"):
        recipe.bind({"t": "Chair", "k": [1]})


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (lambda: image.describe(), "expected one of title"),
        (lambda: image.describe(title="x" * 10_001), "at most 10000 characters, got 10001"),
        (lambda: image.describe(titel="x"), "did you mean 'title'"),
        (lambda: image.describe(title=7), "expected text"),
        (lambda: image.jpeg(metadata="all"), "expected one of 'strip'"),
    ],
)
def test_what_cannot_be_said_is_refused_before_the_first_byte(wrong: Any, what: str) -> None:
    with pytest.raises(RecipeError, match=what):
        wrong()
