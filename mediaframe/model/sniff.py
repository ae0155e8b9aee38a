"""What a file is by its first bytes: signatures, container brands, and a look at texts."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable


def format_of(head: bytes) -> str | None:
    """Give the format word for the first bytes (64 KB are enough), or None where nothing is recognized.

    >>> format_of(bytes.fromhex("89504e470d0a1a0a")), format_of(b"#EXTM3U"), format_of(bytes(9))
    ('png', 'm3u8', None)
    """
    for offset, signature, found in _BY_FIRST.get(head[:1], ()):
        if head.startswith(signature, offset):
            word = found if isinstance(found, str) else found(head)
            if word:
                return word
    return _inside(head) or _text(head)


def _png(head: bytes) -> str:
    animation = head.find(b"acTL", 33)
    return "apng" if 0 < animation < (head.find(b"IDAT", 33) % (len(head) + 1)) else "png"


# ---- ISO base media: the brands of `ftyp` ----------------------------------------------------------------

_BRANDS = {
    b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"hevc": "heic", b"hevx": "heic",
    b"heim": "heic", b"heis": "heic", b"crx ": "cr3", b"qt  ": "mov",
    b"M4A ": "m4a", b"M4B ": "m4a", b"M4P ": "m4a",
}  # fmt: skip


def _isobmff(head: bytes) -> str:
    major = head[8:12]
    end = min(int.from_bytes(head[:4], "big"), 512, len(head))
    brands = [head[at : at + 4] for at in range(16, end - 3, 4)]
    if major in _BRANDS:
        return _BRANDS[major]
    if major in (b"mif1", b"msf1", b"miaf", b"1pic"):
        return "avif" if b"avif" in brands or b"avis" in brands else "heic"
    return "3gp" if major[:2] == b"3g" else "mp4"


# ---- RIFF, EBML, Ogg, ASF --------------------------------------------------------------------------------

_RIFF = {b"WEBP": "webp", b"AVI ": "avi", b"WAVE": "wav", b"RMID": "mid"}


def _riff(head: bytes) -> str | None:
    return _RIFF.get(head[8:12])


_DOCTYPE_WEBM = re.compile(rb"\x42\x82.{1,8}?webm", re.DOTALL)


def _ebml(head: bytes) -> str:
    return "webm" if _DOCTYPE_WEBM.search(head, 0, 256) else "mkv"


def _ogg(head: bytes) -> str:
    """Look at the first pages, which begin all the streams; pictures make it a video."""
    pages = head[:4096]
    if any(mark in pages for mark in (b"\x80theora", b"\x01video\0\0\0", b"BBCD\0", b"OVP80")):
        return "ogv"
    return "opus" if head.startswith(b"OpusHead", 28) else "ogg"


_ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")


def _asf(head: bytes) -> str:
    return "wmv" if _ASF_VIDEO in head else "wma"


# ---- archives and office documents -----------------------------------------------------------------------

_ZIP_MEMBER = re.compile(rb"PK\x03\x04.{22}(..)..", re.DOTALL)
_OPEN_DOCUMENTS = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
    b"application/vnd.oasis.opendocument.graphics": "odg",
    b"application/epub+zip": "epub",
}
_OFFICE_PARTS = ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"), (b"visio/", "vsdx"))
_OFFICE_FIRST = (
    b"[Content_Types].xml",
    b"_rels/",
    b"docProps/",
    b"word/",
    b"xl/",
    b"ppt/",
    b"visio/",
    b"customXml/",
)


def _zip(head: bytes) -> str:
    names = [head[one.end() : one.end() + int.from_bytes(one[1], "little")] for one in _ZIP_MEMBER.finditer(head)]
    if names and names[0] == b"mimetype":
        start = 30 + len(names[0]) + int.from_bytes(head[28:30], "little")
        for text, word in _OPEN_DOCUMENTS.items():
            if head.startswith(text, start):
                return word
    if names and names[0].startswith(_OFFICE_FIRST):
        for part, word in _OFFICE_PARTS:
            if any(name.startswith(part) for name in names):
                return word
    return "zip"


_OLE_STREAMS = (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint Document", "ppt"))


def _ole(head: bytes) -> str:
    for name, word in _OLE_STREAMS:
        if (name + "\0").encode("utf-16-le") in head:
            return word
    return "ole"


def _packed(unpack: Callable[[bytes], bytes], word: str, head: bytes) -> str:
    """Look inside: a packed tar and a packed drawing are formats of their own; 4 KB tell."""
    try:
        inside = unpack(head)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError):
        return word
    if inside.startswith(b"ustar", 257):
        return f"tar.{word}"
    return "svgz" if word == "gz" and _text(inside) == "svg" else word


def _gz(head: bytes) -> str:
    return _packed(lambda data: zlib.decompressobj(31).decompress(data, 4096), "gz", head)


def _bz2(head: bytes) -> str:
    return _packed(lambda data: bz2.BZ2Decompressor().decompress(data, 4096), "bz2", head)


def _xz(head: bytes) -> str:
    # 64 MiB of dictionary is what `xz -9` asks for; a header that asks for more is left as it is.
    return _packed(lambda data: lzma.LZMADecompressor(memlimit=80 << 20).decompress(data, 4096), "xz", head)


# ---- sounds and pictures without a plain signature -------------------------------------------------------


def _mpeg_frame(head: bytes) -> str | None:
    """See whether a frame of MPEG sound may begin so; a second frame is not asked for."""
    if len(head) < 4 or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac" if head[2] & 0x3C < 0x34 else None
    layer, version = head[1] >> 1 & 3, head[1] >> 3 & 3
    # Layer I (3) is left out: nobody has such files, and UTF-16 text begins alike.
    fine = layer in (1, 2) and version != 1 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3
    return "mp3" if fine else None


def _id3(head: bytes) -> str:
    """Look behind an ID3 tag, which stands before MP3, but also before FLAC and AAC."""
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte & 0x7F
    after = head[10 + size : 10 + size + 8].lstrip(b"\0")
    if after.startswith(b"fLaC"):
        return "flac"
    return "aac" if after[:1] == b"\xff" and len(after) > 1 and after[1] & 0xF6 == 0xF0 else "mp3"


def _aiff(head: bytes) -> str | None:
    return "aiff" if head[8:12] in (b"AIFF", b"AIFC") else None


def _bmp(head: bytes) -> str | None:
    return "bmp" if int.from_bytes(head[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124) else None


def _ico(head: bytes) -> str | None:
    count, reserved = int.from_bytes(head[4:6], "little"), head[9:10]
    if not 0 < count <= 1024 or reserved not in (b"\0", b"\xff"):
        return None
    return "cur" if head[2] == 2 else "ico"


def _ppm(head: bytes) -> str | None:
    return "ppm" if re.match(rb"P[1-7Ff]\s(\s*#[^\n]*\n)*\s*([\d]|WIDTH)", head[:256]) else None


def _mpegts(head: bytes) -> str | None:
    return "mpegts" if len(head) > 376 and head[188] == 0x47 and head[376] == 0x47 else None


def _inside(head: bytes) -> str | None:
    """Signatures that do not stand at the start."""
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
        return "mov"
    if head.startswith(b"ustar", 257):
        return "tar"
    if head.startswith(b"DICM", 128):
        return "dcm"
    if head.startswith(b" EMF", 40):
        return "emf"
    if head.startswith(b"CD001", 32769):
        return "iso"
    if head[4:5] == b"\x47" and len(head) > 388 and head[196] == 0x47 and head[388] == 0x47:
        return "mpegts"
    # A PDF may stand behind other bytes: Acrobat takes it within the first kilobyte.
    return "pdf" if b"%PDF-" in head[:1024] else None


# ---- texts -----------------------------------------------------------------------------------------------

_TAG = re.compile(r"<(?:[\w.-]+:)?([a-zA-Z][\w-]*)")
_SPACE = re.compile(r"\s*")
_PASSED = (("<!--", "-->"), ("<?", "?>"))
_HTML_TAGS = {"html", "head", "body", "title", "meta", "script", "div", "p", "h1", "table"}
_CONTROLS = frozenset(range(32)) - {7, 8, 9, 10, 11, 12, 13, 26, 27}


def text_of(head: bytes) -> str | None:
    """Give the text that the bytes hold, or None where they hold none.

    >>> text_of(b"plain"), text_of(b"a" + bytes(3))
    ('plain', None)
    """
    marks = ((b"\xff\xfe\0\0", "utf-32-le"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
    for mark, encoding in marks:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")
    if head[:64:2].count(0) * 2 > len(head[:64:2]) and not head[1:64:2].count(0):
        return head.decode("utf-16-be", "replace")
    if head[1:64:2].count(0) * 2 > len(head[1:64:2]) and not head[:64:2].count(0):
        return head.decode("utf-16-le", "replace")
    if not head or not _CONTROLS.isdisjoint(head[:4096]):
        return None
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def _text(head: bytes) -> str | None:
    text = text_of(head[:65536])
    if text is None:
        return None
    start = text.lstrip()[:64]
    for mark, word in (("#EXTM3U", "m3u8"), ("{\\rtf", "rtf"), ("/* XPM */", "xpm")):
        if start.startswith(mark):
            return word
    if start.startswith("<"):
        return _markup(text)
    return "txt"


def _markup(text: str) -> str:
    tag = _root(text)
    if tag == "svg":
        return "svg"
    if tag in _HTML_TAGS:
        return "html"
    return "xml" if text.lstrip().startswith("<?xml") else "html" if "<html" in text.lower() else "txt"


def _root(text: str) -> str | None:
    """Name the outermost tag. Each step goes forward alone: strangers write what is read here."""
    at = 0
    while True:
        at += len(_SPACE.match(text, at)[0])  # type: ignore[index]  # it always matches
        start = text[at : at + 24].lower()
        ending = next((close for opening, close in _PASSED if start.startswith(opening)), None)
        if start.startswith("<!doctype"):
            if start.split()[1:2] and start.split()[1].startswith("html"):
                return "html"
            inner, ending = text.find("[", at), ">"
            if 0 <= inner < text.find(">", at):
                at, ending = inner, "]>"
        if ending is None:
            tag = _TAG.match(text, at)
            return tag[1].lower() if tag else None
        at = text.find(ending, at)
        if at < 0:
            return None
        at += len(ending)


# ---- signatures ------------------------------------------------------------------------------------------

_Found = str | Callable[[bytes], str | None]

_SIGNATURES: tuple[tuple[bytes, _Found], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"RIFF", _riff),
    (b"RF64", "wav"),
    (b"riff\x2e\x91\xcf\x11", "wav"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"IIRO", "orf"),
    (b"IIU\0", "rw2"),
    (b"FUJIFILMCCD-RAW", "raf"),
    (b"BM", _bmp),
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "j2k"),
    (b"8BPS", "psd"),
    (b"DDS ", "dds"),
    (b"qoif", "qoi"),
    (b"v/1\x01", "exr"),
    (b"#?RADIANCE", "hdr"),
    (b"#?RGBE", "hdr"),
    (b"\x01\xda", "sgi"),
    (b"\xd7\xcd\xc6\x9a", "wmf"),
    (b"BLP1", "blp"),
    (b"BLP2", "blp"),
    (b"%!PS", "eps"),
    (b"\xc5\xd0\xd3\xc6", "eps"),
    (b"P", _ppm),
    (b"\0\0\x01\0", _ico),
    (b"\0\0\x02\0", _ico),
    (b"\x1aE\xdf\xa3", _ebml),
    (b"OggS", _ogg),
    (b"0&\xb2u\x8ef\xcf\x11", _asf),
    (b"FLV\x01", "flv"),
    (b"\0\0\x01\xba", "mpeg"),
    (b"\0\0\x01\xb3", "mpeg"),
    (b"G", _mpegts),
    (b"ID3", _id3),
    (b"fLaC", "flac"),
    (b"FORM", _aiff),
    (b"#!AMR", "amr"),
    (b".snd", "au"),
    (b"MThd", "mid"),
    (b"caff", "caf"),
    (b"MAC ", "ape"),
    (b"wvpk", "wv"),
    (b"\x0bw", "ac3"),
    (b"\xff", _mpeg_frame),
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", _zip),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _ole),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x1f\x8b\x08", _gz),
    (b"BZh", _bz2),
    (b"\xfd7zXZ\0", _xz),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\x1f\x9d", "tar.z"),
    (b"MSCF\0\0\0\0", "cab"),
    (b"070701", "cpio"),
    (b"070702", "cpio"),
    (b"070707", "cpio"),
    (b"\xc7\x71", "cpio"),
    (b"\x71\xc7", "cpio"),
)


def _by_first() -> dict[bytes, tuple[tuple[int, bytes, _Found], ...]]:
    """Sort the signatures by their first byte, so that a file is held against a few only."""
    table: dict[bytes, tuple[tuple[int, bytes, _Found], ...]] = {}
    for signature, found in _SIGNATURES:
        first = signature[:1]
        table[first] = (*table.get(first, ()), (0, signature, found))
    for byte in range(256):  # `ftyp` stands after a size, whose first byte may be anything
        first = bytes([byte])
        table[first] = (*table.get(first, ()), (4, b"ftyp", _isobmff))
    return table


_BY_FIRST = _by_first()
