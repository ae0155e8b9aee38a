"""Small files of all formats for the tests of headers."""

from __future__ import annotations

import io
import zlib

from PIL import Image

from mediaframe.table.header import HEAD, read_header

WIDTH, HEIGHT = 40, 24


def picture(mode="RGB", size=(WIDTH, HEIGHT)):
    """A picture with some structure."""
    image = Image.linear_gradient("L").resize(size)
    return image.convert(mode) if mode != "RGBA" else Image.merge("RGBA", [image] * 4)


def saved(format, image=None, **options):
    out = io.BytesIO()
    (image or picture()).save(out, format, **options)
    return out.getvalue()


def exif(orientation=6):
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F], tags[0x0110] = "Canon", "Canon EOS 40D"
    tags.get_ifd(0x8769)[0x9003] = "2026:05:04 03:02:01"
    tags.get_ifd(0x8769)[0x9291] = "25"
    gps = tags.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (1.0, 2.0, 3.0), "E", (4.0, 5.0, 6.0)
    return tags


def bare_tiff():
    """Directories without pixels; an EXIF block is built like a TIFF, and Pillow drops EXIF where it writes one."""
    tags = exif()
    tags[0x0100], tags[0x0101] = WIDTH, HEIGHT
    return tags.tobytes().removeprefix(b"Exif\0\0")


def read(data, name="", more=True):
    """Read a header as a probe does: the head, then ranges."""
    asked = []

    def ranges(offset, length):
        asked.append((offset, length))
        return data[offset : offset + length]

    header = read_header(data[:HEAD], len(data), ranges if more else None, name)
    assert len(asked) <= 8
    assert all(offset >= 0 and 0 < length <= 1 << 20 for offset, length in asked)
    return header


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="24"><rect width="9" height="9"/></svg>'


def frames():
    """Three pictures that differ; new ones, since Pillow leaves traces of a format in what it saves."""
    shades = Image.radial_gradient("L").resize((WIDTH, HEIGHT)).convert("RGB")
    return [picture(), picture().point(lambda value: 255 - value), shades]


def moving(format):
    first, *others = frames()
    return saved(format, first, save_all=True, append_images=others)


SAMPLES = {
    "jpeg": saved("JPEG"),
    "mpo": moving("MPO"),
    "png": saved("PNG"),
    "apng": moving("PNG"),
    "webp": saved("WEBP"),
    "gif": saved("GIF"),
    "avif": saved("AVIF"),
    "tiff": saved("TIFF"),
    "bmp": saved("BMP"),
    "svg": SVG,
    "svgz": zlib.compress(SVG, wbits=31),
    "ico": saved("ICO", sizes=[(WIDTH, HEIGHT)]),
    "jp2": saved("JPEG2000"),
    "tga": saved("TGA"),
    "ppm": saved("PPM"),
    "qoi": saved("QOI"),
    "dds": saved("DDS"),
    "sgi": saved("SGI"),
}
TURNING = {
    "jpeg": saved("JPEG", exif=exif()),
    "png": saved("PNG", exif=exif()),
    "webp": saved("WEBP", exif=exif()),
    "avif": saved("AVIF", exif=exif()),
    "tiff": bare_tiff(),
}
