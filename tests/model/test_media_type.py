"""Formats found by content, by name and by word."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaframe.model.kind import KINDS
from mediaframe.model.media_type import TABLE, by_name, by_word, contradicts, sniff


def ftyp(major, *others):
    brands = b"".join((major, bytes(4), *others))
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands


def zipped(*names, first=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, first if name == "mimetype" else b"x")
    return out.getvalue()


def ogg(packet):
    return b"OggS\0\x02" + bytes(20) + b"\x01" + bytes([len(packet)]) + packet


CONTENTS = {
    "jpeg": b"\xff\xd8\xff\xe0",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(40) + b"IDAT",
    "apng": b"\x89PNG\r\n\x1a\n" + bytes(40) + b"acTL" + bytes(20) + b"IDAT",
    "gif": b"GIF89a",
    "webp": b"RIFF\0\0\0\0WEBPVP8 ",
    "wav": b"RIFF\0\0\0\0WAVEfmt ",
    "avi": b"RIFF\0\0\0\0AVI LIST",
    "avif": ftyp(b"avif", b"mif1"),
    "heic": ftyp(b"mif1", b"heic"),
    "mp4": ftyp(b"isom", b"mp41"),
    "mov": ftyp(b"qt  "),
    "m4a": ftyp(b"M4A "),
    "3gp": ftyp(b"3gp5"),
    "cr3": ftyp(b"crx "),
    "tiff": b"MM\0*\0\0\0\x08",
    "bmp": b"BM" + bytes(12) + b"\x28\0\0\0",
    "jxl": b"\xff\x0a\xfa",
    "svg": b"<?xml version='1.0'?><!-- a --><svg xmlns='http://www.w3.org/2000/svg'/>",
    "svgz": zlib.compress(b"<svg/>", wbits=31),
    "webm": b"\x1aE\xdf\xa3\x87\x42\x82\x84webm",
    "mkv": b"\x1aE\xdf\xa3\x8b\x42\x82\x88matroska",
    "ogv": ogg(b"\x80theora"),
    "opus": ogg(b"OpusHead"),
    "ogg": ogg(b"\x01vorbis"),
    "mp3": b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\x64",
    "aac": b"\xff\xf1\x50\x80\x02",
    "flac": b"fLaC",
    "pdf": b"junk\n%PDF-1.4",
    "docx": zipped("[Content_Types].xml", "word/document.xml"),
    "xlsx": zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"),
    "odt": zipped("mimetype", "content.xml", first=b"application/vnd.oasis.opendocument.text"),
    "epub": zipped("mimetype", first=b"application/epub+zip"),
    "zip": zipped("letter.docx", "word/a.txt"),
    "gz": zlib.compress(b"plain", wbits=31),
    "tar.gz": zlib.compress(bytes(257) + b"ustar" + bytes(250), wbits=31),
    "html": b"<!DOCTYPE html>\n<html>",
    "xml": b"<?xml version='1.0'?><note/>",
    "rtf": b"{\\rtf1",
    "m3u8": b"\xef\xbb\xbf#EXTM3U\n",
    "txt": "Grüße".encode(),
}


@pytest.mark.parametrize("format", CONTENTS)
def test_content_tells_the_format(format):
    found = sniff(CONTENTS[format])

    assert found is not None
    assert found.format == format


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "cp1252"])
def test_a_text_is_a_text_in_any_encoding(encoding):
    found = sniff("Grüße aus der Ferne, and more words of plain text.".encode(encoding))

    assert found is not None
    assert found.format == "txt"


def test_a_playlist_is_not_a_video():
    assert by_word("m3u8").kind == "document"


def test_an_archive_of_documents_is_an_archive():
    outer = zipped("letters/a.docx")

    found = sniff(outer + CONTENTS["docx"])

    assert found is not None
    assert found.format == "zip"


def test_words_and_extensions_are_unique_and_kinds_are_known():
    words = [one.format for one in TABLE]
    extensions = [extension for one in TABLE for extension in one.extensions]

    assert len(set(words)) == len(words)
    assert len(set(extensions)) == len(extensions)
    assert {one.kind for one in TABLE} == set(KINDS)


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.format)
def test_every_extension_leads_back_to_its_format(entry):
    for extension in entry.extensions:
        found = by_name(f"Folder.d/A b.{extension.upper()}")

        assert found == entry
        assert not contradicts(f"a.{extension}", entry)


@pytest.mark.parametrize("name", ["", "README", ".hidden", "a.", "a.unknown", "folder.jpg/README"])
def test_names_that_say_nothing_contradict_nothing(name):
    assert by_name(name) is None
    assert not contradicts(name, by_word("png"))


def test_source_code_is_no_broken_video():
    assert by_name("app.ts") == by_word("mpegts")
    assert not contradicts("app.ts", by_word("txt"))
    assert contradicts("app.ts", by_word("m3u8"))


@given(st.binary(max_size=600))
def test_any_bytes_can_be_sniffed(data):
    found = sniff(data)

    assert found is None or found in TABLE


@given(st.sampled_from(sorted(CONTENTS)), st.integers(0, 600), st.binary(max_size=64))
def test_cut_and_continued_contents_can_be_sniffed(format, length, more):
    found = sniff(CONTENTS[format][:length] + more)

    assert found is None or found in TABLE
