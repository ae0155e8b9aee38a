"""The pictures of the demo as files: photographs with EXIF, all orientations, odd formats, and broken ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pyvips
from PIL import Image

from mediaframe.demo import scenes
from mediaframe.demo.products import PIECES, Piece, cutout, shot

Files = Iterator[tuple[str, bytes]]
"""Names below the folder of media, and what stands in them."""

CAMERAS = (("Halden", "Fjord 6"), ("Corvo", "M-12"), ("Nuria", "One Plus Lens"))

_LANDSCAPES: tuple[tuple[str, scenes.Scene, tuple[float, float] | None], ...] = (
    ("hills-at-morning", scenes.hills(scenes.MORNING), (47.42, 9.37)),
    ("hills-at-evening", scenes.hills(scenes.EVENING), (46.02, 7.75)),
    ("hills-in-autumn", scenes.hills(scenes.AUTUMN), None),
    ("forest-in-mist", scenes.hills(scenes.WINTER, trees=True), (60.47, 8.47)),
    ("forest-at-dusk", scenes.hills(scenes.DUSK, trees=True), None),
    ("sea-at-sundown", scenes.sea, (38.71, -9.14)),
    ("sea-after-rain", scenes.sea, (36.05, -5.6)),
    ("dunes", scenes.dunes, (24.55, 54.22)),
    ("dunes-and-wind", scenes.dunes, None),
    ("city-at-night", scenes.city, (35.68, 139.69)),
    ("island-from-above", scenes.island, (-17.53, -149.56)),
    ("atoll-from-above", scenes.island, None),
)


def makers() -> list[Callable[[], Files]]:
    """Give what makes the pictures; each can work alone."""
    landscapes = [partial(_landscape, at, *one) for at, one in enumerate(_LANDSCAPES)]
    products = [partial(_product, at, piece) for at, piece in enumerate(PIECES)]
    return [*landscapes, *products, _orientations, _odd, _formats, _broken]


def _landscape(at: int, name: str, scene: scenes.Scene, where: tuple[float, float] | None) -> Files:
    upright = at % 5 == 3
    width, height = (1200, 800) if not upright else (840, 1120)
    picture = scene(width, height, 101 + at)
    exif = _exif(taken=f"2026:0{1 + at % 9}:1{at % 10} 0{6 + at % 4}:{10 + at}:0{at % 10}", camera=at, where=where)
    yield f"landscapes/{name}.jpg", jpeg(picture, exif, quality=88 + at % 3 * 3)


def _product(at: int, piece: Piece) -> Files:
    picture = shot(piece, 700, 700, 201 + at)
    exif = _exif(taken=f"2026:09:0{1 + at} 14:0{at}:30", camera=1)
    yield f"products/{piece.name}.jpg", jpeg(picture, exif, quality=92)


def _orientations() -> Files:
    """One motif, stored in the eight ways that EXIF knows; upright, all are the same picture."""
    picture = scenes.lighthouse(600, 400, 301).copy_memory()
    turned = (
        picture, picture.fliphor(), picture.rot180(), picture.flipver(), picture.rot90().fliphor(), picture.rot270(),
        picture.rot90().flipver(), picture.rot90(),
    )  # fmt: skip
    for number, stored in enumerate(turned, 1):
        exif = _exif(taken=f"2026:05:01 12:00:0{number}", camera=2, orientation=number, where=(50.17, -5.68))
        yield f"orientation/lighthouse-{number}.jpg", jpeg(stored, exif, quality=85)


def _odd() -> Files:
    """Pictures that trip programs: transparency, print colors, sixteen bits, gray, names in other letters."""
    vase = cutout(PIECES[0], 500, 500, 401).copy_memory()
    yield "odd/vase-cut-out.png", vase.pngsave_buffer(compression=6)
    autumn = scenes.hills(scenes.AUTUMN)(600, 400, 402).copy_memory()
    yield "odd/for-print-cmyk.jpg", autumn.colourspace("cmyk").jpegsave_buffer(Q=88, keep="none")
    winter = scenes.hills(scenes.WINTER, trees=True)(600, 400, 403).copy_memory()
    yield "odd/black-and-white.jpg", jpeg(winter.colourspace("b-w"), b"", quality=90)
    coast = scenes.island(600, 400, 404).copy_memory()
    yield "odd/sixteen-bits.png", coast.resize(0.5).colourspace("rgb16").pngsave_buffer(compression=6, keep="none")
    yield "odd/really-a-png.jpg", scenes.city(240, 160, 405).pngsave_buffer(compression=6, keep="none")
    evening = scenes.hills(scenes.EVENING)(600, 400, 406)
    yield "odd/Été à Zürich, 夏 [bold]100%[red].jpg", jpeg(evening, _exif("2026:07:14 21:30:00", 0), quality=90)
    yield "odd/mark.svg", _SVG.encode()
    yield "odd/tiny-icon.png", coast.thumbnail_image(16, height=16, size="force").pngsave_buffer(keep="none")


def _formats() -> Files:
    picture = scenes.sea(600, 400, 501).copy_memory()
    dusk = scenes.hills(scenes.DUSK, trees=True)(600, 400, 502)
    dune = scenes.dunes(300, 200, 503)
    yield "formats/bay.webp", picture.webpsave_buffer(Q=85, effort=2, keep="none")
    yield "formats/forest.avif", dusk.resize(0.6).heifsave_buffer(Q=60, effort=1, compression="av1", keep="none")
    yield "formats/dune.tiff", dune.tiffsave_buffer(compression="lzw", predictor="horizontal", keep="none")
    yield "formats/morning.bmp", _bmp(scenes.hills(scenes.MORNING)(180, 120, 504))
    yield "formats/sunrise.gif", _gif()


def _broken() -> Files:
    """Files that cannot be what their names say."""
    whole = jpeg(scenes.dunes(600, 400, 601), b"", quality=90)
    yield "broken/upload-cut-short.jpg", whole[: len(whole) * 45 // 100]
    yield "broken/meeting-notes.jpg", b"Meeting notes, Tuesday.\n\n- the photographs are on the other disk\n"
    yield "broken/empty.png", b""
    yield "broken/a-bomb.png", _bomb(60_000)
    damaged = bytearray(whole)
    damaged[2:40] = bytes(38)
    yield "broken/damaged-header.jpg", bytes(damaged)


def jpeg(image: pyvips.Image, exif: bytes, quality: int) -> bytes:
    """Write a JPEG as a camera does, its EXIF first."""
    data: bytes = image.jpegsave_buffer(Q=quality, keep="none")
    if not exif:
        return data
    body = b"Exif\0\0" + exif
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


def _exif(taken: str, camera: int, orientation: int | None = None, where: tuple[float, float] | None = None) -> bytes:
    maker, model = CAMERAS[camera % len(CAMERAS)]
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = maker, model, taken
    if orientation is not None:
        exif[0x0112] = orientation
    exif.get_ifd(0x8769)[0x9003] = taken
    if where is not None:
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2] = ("N" if where[0] >= 0 else "S"), _degrees(where[0])
        gps[3], gps[4] = ("E" if where[1] >= 0 else "W"), _degrees(where[1])
    return exif.tobytes().removeprefix(b"Exif\0\0")


def _degrees(value: float) -> tuple[float, float, float]:
    minutes = abs(value) % 1 * 60
    return float(int(abs(value))), float(int(minutes)), round(minutes % 1 * 60, 2)


def _gif() -> bytes:
    """Make a sun that rises over a hill, in twelve frames."""
    side, frames = 240, []
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    for number in range(12):
        rise = 0.3 + 0.7 * number / 11
        sky = np.stack(
            [40 + 190 * rise * (0.4 + 0.6 * y), 50 + 120 * rise * y + 40 * rise, 110 + 60 * rise - 30 * y], -1
        )
        sun = (x - 0.5) ** 2 + (y - 0.9 + 0.55 * rise) ** 2 < 0.012
        sky[sun] = (255, 236, 170)
        sky[y > 0.78 + 0.06 * np.sin(x * 5)] = (28, 52 + 30 * rise, 44)
        frames.append(pyvips.Image.new_from_array(np.clip(sky, 0, 255).astype(np.uint8), interpretation="srgb"))
    roll = pyvips.Image.arrayjoin(frames, across=1).copy()
    roll.set_type(pyvips.GValue.gint_type, "page-height", side)
    roll.set_type(pyvips.GValue.array_int_type, "delay", [90] * len(frames))
    made: bytes = roll.gifsave_buffer()
    return made


def _bmp(image: pyvips.Image) -> bytes:
    rows = np.asarray(image.numpy())[::-1, :, ::-1]
    height, width = rows.shape[:2]
    pad = bytes(-width * 3 % 4)
    body = b"".join(row.tobytes() + pad for row in rows)
    head = struct.pack("<2sIHHI", b"BM", 54 + len(body), 0, 0, 54)
    return head + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(body), 2835, 2835, 0, 0) + body


def _bomb(side: int) -> bytes:
    """Make a PNG of a few bytes that says it is 60,000 pixels wide and high."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))
        for tag, body in (
            (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(64))),
            (b"IEND", b""),
        )
    )


_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 640" width="640" height="640">
<defs><linearGradient id="a" x2="0" y2="1"><stop stop-color="#3f7f63"/><stop offset="1" stop-color="#173b4a"/>
</linearGradient></defs>
<rect width="640" height="640" rx="120" fill="url(#a)"/>
<g fill="none" stroke="#fff" stroke-width="26" stroke-linejoin="round">
<rect x="150" y="170" width="340" height="300" rx="34"/><path d="M150 400l96-92 74 66 62-54 108 92"/></g>
<circle cx="394" cy="252" r="30" fill="#ffd27a"/></svg>
"""
