"""Files that mean harm, or look as if they did; and the code that each must get."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from dataclasses import dataclass

import av
import pypdfium2
from PIL import Image

SECRET = b"CANARY-3f9a61"


def jpeg(seed: int = 1, width: int = 200, height: int = 150) -> bytes:
    """Make a picture that is well; no two seeds give the same."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (10, 10), chance.randbytes(300))
    return _saved(small.resize((width, height), Image.Resampling.BICUBIC), "JPEG")


def mp4() -> bytes:
    """Make a clip of eight frames."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(8):
            frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), (shade * 30, 80, 120)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def pdf() -> bytes:
    """Make a document of one blank page."""
    document, file = pypdfium2.PdfDocument.new(), io.BytesIO()
    document.new_page(120, 90).close()
    document.save(file)
    document.close()
    return file.getvalue()


def declaring_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """Make a PNG of 74 bytes that says it has 3,600 megapixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(bytes(9), 0)[:17]) + _end()


def gif_bomb(frames: int = 20_000, side: int = 5_000) -> bytes:
    """Make an animation whose frames change one pixel each of a large canvas."""
    head = b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    one = b"\x21\xf9\x04\0\x05\0\0\0\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return head + one * frames + b"\x3b"


def svg(body: str, before: str = "") -> bytes:
    """Make a drawing."""
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'{before}<svg {names} width="100" height="100">{body}</svg>'.encode()


def _saved(picture: Image.Image, form: str) -> bytes:
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _end() -> bytes:
    return _chunk(b"IEND", b"")


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../outside.txt", "x" * 1000)
    return file.getvalue()


def _swelling(megabytes: int = 300) -> bytes:
    """Make a packed drawing that swells: one block of spaces, repeated."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = pack.compress(svg("<g/>")[:-6]) + pack.flush(zlib.Z_FULL_FLUSH)
    spaces = pack.compress(b" " * (1 << 20)) + pack.flush(zlib.Z_FULL_FLUSH)
    return head + spaces * megabytes + pack.flush()


def _laughs() -> str:
    more = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY e0 "ha ha ha ha">{more}]>'


@dataclass(frozen=True)
class Hostile:
    """A file: its bytes, the code of its row after a probe and an export, and where that row stands."""

    data: bytes
    code: str
    where: str
    """The rendition that fails, or `excluded`."""
    named: str = ""
    """Kind that the name promises, where the content is of another."""


def hostile(secret: str) -> dict[str, Hostile]:
    """Give all of them by name; `secret` is the path of a file that none of them may reach."""
    xxe = f'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file://{secret}">]>'
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    image, words = '<image {}="{}" width="90" height="90"/>', b"only words\n" * 30
    cut = jpeg(2)
    outside, odd = "E_EXTERNAL_REF", "E_UNSUPPORTED_FORMAT"
    return {
        "cut.jpg": Hostile(cut[: len(cut) * 6 // 10], "E_TRUNCATED", "small"),
        "declares.png": Hostile(declaring_png(), "E_LIMIT_PIXELS", "small"),
        "bomb.gif": Hostile(gif_bomb(), "E_LIMIT_FRAMES", "small"),
        "reads-file.svg": Hostile(svg(image.format("xlink:href", f"file://{secret}")), outside, "small"),
        "reads-beside.svg": Hostile(svg(image.format("href", "../secret.png")), outside, "small"),
        "reads-web.svg": Hostile(svg(image.format("href", "http://127.0.0.1:9/x.png")), outside, "small"),
        "reads-style.svg": Hostile(svg(f'<style>@import "file://{secret}";</style>'), outside, "small"),
        "includes.svg": Hostile(
            svg(f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{secret}" parse="text"/>'),
            outside,
            "small",
        ),
        "xxe.svg": Hostile(svg('<text y="50">&x;</text>', xxe), outside, "small"),
        "laughs.svg": Hostile(svg('<text y="50">&e9;</text>', _laughs()), "E_LIMIT_MEMORY", "small"),
        "swells.svgz": Hostile(_swelling(), "E_LIMIT_BYTES", "small"),
        "playlist.mp4": Hostile(hls.encode(), odd, "cover", named="video"),
        "concat.mp4": Hostile(f"ffconcat version 1.0\nfile '{secret}'\n".encode(), odd, "cover", named="video"),
        "words.jpg": Hostile(words, odd, "cover", named="image"),
        "words.mp4": Hostile(words, odd, "cover", named="video"),
        "words.pdf": Hostile(words, odd, "cover"),
        "zip.png": Hostile(_zip(), "E_FORMAT_MISMATCH", "excluded", named="image"),
        "empty.jpg": Hostile(b"", "E_SOURCE_EMPTY", "small"),
        "empty.mp4": Hostile(b"", "E_SOURCE_EMPTY", "poster"),
        "empty.pdf": Hostile(b"", "E_SOURCE_EMPTY", "cover"),
        "cut.mp4": Hostile(mp4()[:600], "E_TRUNCATED", "poster"),
        "cut.pdf": Hostile(pdf()[:200], "E_TRUNCATED", "cover"),
    }


NAMES = {
    "odd[1].jpg": "odd_1_.jpg",
    "new\nline.jpg": "newline.jpg",
    "a..b.jpg": "a..b.jpg",
    "100%.jpg": "100%.jpg",
    "%2e%2e%2fup.jpg": "%2e%2e%2fup.jpg",
    "\N{CAT FACE}.jpg": "\N{CAT FACE}.jpg",
    "x.jpg[shrink=8]": "x.jpg_shrink=8_",
    "-rf.jpg": "_rf.jpg",
    "$(touch me).jpg": "$(touch me).jpg",
    "a;b|c&d.jpg": None,
    "back\\slash.jpg": None,
    "\u202egpj.exe.jpg": None,
    "caf\udce9.jpg": None,
    "n" * 251 + ".jpg": None,
}
"""Names of pictures that are well, and the names of what is made of them where that is told here."""
