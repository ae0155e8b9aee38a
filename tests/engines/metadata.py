"""Metadata as exiftool reads them, and sources that are full of them."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.engines.pictures import Pixels

SAID = {
    "title": "Stuhl „Åse“ 椅子 \U0001fa91",
    "description": "A <b>chair</b> & \"more\" ]]> 'quoted'\n</rdf:li></rdf:RDF><?evil ?>",
    "keywords": ("oak", "日本", "a & b", "<x/>"),
    "creator": "Zoë Müller",
    "copyright": "© 2024 Acme & Söhne",
    "alt": "An oak chair, seen from the left",
}
"""What is said of a picture."""

EXIFTOOL = shutil.which("exiftool")

needs_exiftool = pytest.mark.skipif(EXIFTOOL is None, reason="exiftool is not installed (libimage-exiftool-perl)")


def told(*files: bytes, also: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Give what exiftool reads of files, by group and name."""
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / str(number)) for number in range(len(files))]
        for name, data in zip(names, files, strict=True):
            Path(name).write_bytes(data)
        command = [EXIFTOOL or "", "-j", "-G1", "-a", "-n", "-struct", "-charset", "iptc=utf8", *also, *names]
        done = subprocess.run(command, capture_output=True, check=False)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def groups(found: dict[str, Any]) -> set[str]:
    """Name the kinds of metadata that were read."""
    known = ("IFD0", "IFD1", "ExifIFD", "GPS", "IPTC", "Photoshop", "XMP", "ICC-header", "ICC_Profile", "InteropIFD")
    return {one for one in known if any(name.startswith(one) for name in found)}


XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:mine="https://example.org/ns/" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
 xmlns:loc="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmp:Rating="4" tiff:Orientation="6" exif:GPSLatitude="48,12.5N" exif:PixelXDimension="64" hdrgm:Version="1.0"
 photoshop:ICCProfile="Adobe RGB (1998)" xmpRights:WebStatement="https://example.org/terms" mine:Batch="7 &amp; 8">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Old title</rdf:li></rdf:Alt></dc:title>
<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© Old owner</rdf:li></rdf:Alt></dc:rights>
<dc:format>image/tiff</dc:format>
<loc:LocationShown><rdf:Bag><rdf:li rdf:parseType="Resource"><loc:City>Wien</loc:City>
<exif:GPSLongitude>16,22.4E</exif:GPSLongitude></rdf:li></rdf:Bag></loc:LocationShown>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def photo(pixels: Pixels, orientation: int = 6, format: str = "JPEG", **options: Any) -> bytes:
    """Make a photograph with EXIF, GPS, a thumbnail, a maker note and XMP; in a JPEG with IPTC as well."""
    file = io.BytesIO()
    # Lossless where the format can be, so that pixels may be compared.
    Image.fromarray(pixels).save(file, format, exif=exif_block(orientation), xmp=XMP.encode(), **options)
    data = file.getvalue()
    return data[:2] + iptc_segment() + data[2:] if format == "JPEG" else data


MAKER = b"MAKERNOTE\0" + bytes(range(200))


def exif_block(orientation: int) -> bytes:
    """Make EXIF by hand, big-endian, with what Pillow does not write: a thumbnail and a maker note."""
    thumb = io.BytesIO()
    Image.new("RGB", (16, 12), (1, 200, 3)).save(thumb, "JPEG")
    thumbnail = b"\xff\xd8\xff\xfe\x00\x0bTHUMBNAIL" + thumb.getvalue()[2:]
    first = {
        0x010E: text("Old description"), 0x010F: text("Mäker"), 0x0112: short(orientation),
        0x013B: text("Old creator"), 0x8298: text("© Old owner"), 0x8769: None, 0x8825: None,
    }  # fmt: skip
    second = {
        0x829A: (5, 1, struct.pack(">II", 1, 125)), 0x9000: (7, 4, b"0232"), 0x927C: (7, len(MAKER), MAKER),
        0xA001: short(65535), 0xA002: short(64), 0xA003: short(40),
    }  # fmt: skip
    place = {
        1: (2, 2, b"N\0"), 2: (5, 3, struct.pack(">6I", 48, 1, 12, 1, 30, 1)),
        3: (2, 2, b"E\0"), 4: (5, 3, struct.pack(">6I", 16, 1, 22, 1, 24, 1)),
    }  # fmt: skip
    third = {0x0103: short(6), 0x0201: None, 0x0202: (4, 1, struct.pack(">I", len(thumbnail)))}
    sizes = [_size(one) for one in (first, second, place, third)]
    at = [8, 8 + sizes[0], 8 + sum(sizes[:2]), 8 + sum(sizes[:3])]
    first[0x8769], first[0x8825] = long(at[1]), long(at[2])
    third[0x0201] = long(8 + sum(sizes))
    parts = [
        _directory(first, at[0], at[3]), _directory(second, at[1], 0), _directory(place, at[2], 0),
        _directory(third, at[3], 0),
    ]  # fmt: skip
    return b"Exif\0\0MM\0*" + struct.pack(">I", 8) + b"".join(parts) + thumbnail


Tag = tuple[int, int, bytes]


def text(value: str) -> Tag:
    data = value.encode() + b"\0"
    return 2, len(data), data


def short(value: int) -> Tag:
    return 3, 1, struct.pack(">H", value)


def long(value: int) -> Tag:
    return 4, 1, struct.pack(">I", value)


def _size(tags: dict[int, Any]) -> int:
    return 6 + sum(12 + (len(one[2]) + len(one[2]) % 2 if one and len(one[2]) > 4 else 0) for one in tags.values())


def _directory(tags: dict[int, Any], at: int, following: int) -> bytes:
    head, values = struct.pack(">H", len(tags)), b""
    begin = at + 6 + 12 * len(tags)
    for tag, (kind, count, data) in sorted(tags.items()):
        inside = len(data) <= 4
        place = data.ljust(4, b"\0") if inside else struct.pack(">I", begin + len(values))
        head += struct.pack(">HHI", tag, kind, count) + place
        values += b"" if inside else data + bytes(len(data) % 2)
    return head + struct.pack(">I", following) + values


def iptc_segment() -> bytes:
    """Make the segment of a JPEG with IPTC in Latin-1, as old programs write it."""
    fields = [(5, "Old object"), (90, "Zürich"), (80, "Old creator"), (116, "© Old owner"), (25, "old")]
    body = b"".join(
        bytes([0x1C, 2, number]) + struct.pack(">H", len(value.encode("latin-1"))) + value.encode("latin-1")
        for number, value in fields
    )
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(body)) + body + bytes(len(body) % 2)
    stale = b"8BIM\x04\x0c\0\0" + struct.pack(">I", 10) + b"OLDTHUMB!!"
    block = b"Photoshop 3.0\0" + resource + stale
    return b"\xff\xed" + struct.pack(">H", len(block) + 2) + block
