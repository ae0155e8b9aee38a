"""What is kept of the metadata of a source, what is mended in it, and what is said anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pyvips

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.metadata import exif as exifs
from mediaframe.engines.vips.metadata import iptc as iptcs
from mediaframe.engines.vips.metadata import xmp as xmps
from mediaframe.engines.vips.metadata.containers import XMP_ROOM, Blocks, into_jpeg, into_png, into_webp, room_in_jpeg
from mediaframe.engines.vips.metadata.exif import Exif
from mediaframe.engines.vips.metadata.extended import cut
from mediaframe.engines.vips.metadata.isobmff import into_boxes
from mediaframe.engines.vips.metadata.tiff import into_tiff
from mediaframe.engines.vips.profiles import profile_of
from mediaframe.errors import AssetError
from mediaframe.model.finish import Format

_SAID = "mediaframe-description"
_WRITERS = {
    "jpeg": into_jpeg, "png": into_png, "apng": into_png, "webp": into_webp, "avif": into_boxes, "heif": into_boxes,
    "tiff": into_tiff,
}  # fmt: skip
_WITH_IPTC = ("jpeg", "tiff")
_ALL = ("keep", "no_gps")


def describe(image: pyvips.Image, said: dict[str, Any]) -> pyvips.Image:
    """Give the picture with what is said of it; what was said before stays where it is not said anew."""
    image = image.copy()
    image.set_type(pyvips.GValue.gstr_type, _SAID, json.dumps({**_said(image), **said}))
    return image


def is_described(image: pyvips.Image) -> bool:
    """Whether something is said of the picture."""
    return bool(image.get_typeof(_SAID))


def _said(image: pyvips.Image) -> dict[str, Any]:
    return dict(json.loads(image.get(_SAID))) if image.get_typeof(_SAID) else {}


def with_metadata(made: Encoded, image: pyvips.Image, format: Format) -> Encoded:
    """Put the metadata that the recipe asks for into a file that was written without any."""
    policy, said = format.values.get("metadata", "strip"), _said(image)
    if (policy not in (*_ALL, "copyright") and not said) or not isinstance(made.data, bytes):
        return made
    blocks, dropped = _blocks(image, format.word, policy, {name: _clean(one) for name, one in said.items()}, made)
    if not any(blocks) and not dropped:
        return made
    writer = _WRITERS.get(format.word)
    if writer is None:
        return replace(made, notes=(*made.notes, _dropped([f"{format.word} holds none here"])))
    if format.word == "jpeg":
        fitting = room_in_jpeg(blocks)
        over = [name for name, one, other in zip(Blocks._fields, blocks, fitting, strict=True) if one != other]
        dropped += [f"{name} is over the 64 kB of a JPEG" for name in over]
        blocks = fitting
    try:
        data = writer(made.data, blocks) if any(blocks) else made.data
    except ValueError as error:
        raise AssetError(f"{format.word}: metadata cannot be written: {error}", code="E_ENCODE") from None
    return replace(made, data=data, notes=(*made.notes, *([_dropped(dropped)] if dropped else [])))


def _dropped(what: Iterable[str]) -> tuple[str, str]:
    return "W_METADATA_DROPPED", "metadata were left out: " + "; ".join(what)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def _clean(value: Any) -> Any:
    """Take out what XML and EXIF cannot hold: control characters and halves of characters."""
    if isinstance(value, list):
        return [clean for one in value if (clean := _clean(one))]
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _blocks(
    image: pyvips.Image, word: str, policy: str, said: dict[str, Any], made: Encoded
) -> tuple[Blocks, list[str]]:
    dropped: list[str] = []
    sourced = policy in (*_ALL, "copyright")
    fields, resources = iptcs.parse(_field(image, "iptc-data")) if sourced else ([], {})
    fields = iptcs.in_utf8(fields) if fields else []
    packet = _xmp(image, policy, dropped) if sourced else xmps.Packet()
    exif = _exif(image, policy, made) if sourced else Exif()
    if policy == "copyright":
        fields, resources = [one for one in fields if one[:2] in _RIGHTS_FIELDS], {}
    told = said if word in _WITH_IPTC else {**_from_iptc(fields, packet), **said}
    _say_in_exif(exif, said)
    _say_in_xmp(packet, told)
    packet.set_plain(xmps.DC, "format", f"image/{'jpeg' if word == 'jpeg' else word}")
    if word in _WITH_IPTC:
        fields = _say_in_iptc(fields, said)
    elif lost := sorted({_NAMES.get(one[:2], f"{one.record}:{one.number}") for one in fields} - _IN_XMP):
        dropped.append(f"{word} has no place for the IPTC fields {', '.join(lost)}")
    block = b""
    if word in _WITH_IPTC:
        fields = fields if any(one[:2] not in ((1, 90), (2, 0)) for one in fields) else []
        block = iptcs.write_resources(fields, resources) if word == "jpeg" else iptcs.write(fields)
    empty = not any(exif.parts.values())
    main, extended = (packet.write() if packet else b""), b""
    if word == "jpeg" and len(main) > XMP_ROOM:
        first, extended = cut(packet, XMP_ROOM)
        main = first or main
    return Blocks(b"" if empty else exifs.write(exif), main, block, extended), dropped


def _field(image: pyvips.Image, name: str) -> bytes:
    return bytes(image.get(name)) if image.get_typeof(name) else b""


# ---- EXIF ------------------------------------------------------------------------------------------------------------


def _exif(image: pyvips.Image, policy: str, made: Encoded) -> Exif:
    """Give the EXIF of the source: without thumbnail, with sizes, colors and orientation as they are now."""
    exif = exifs.parse(_field(image, "exif-data")) or Exif()
    if policy == "copyright":
        rights = {tag: exif.part("image").get(tag) for tag in (exifs.ARTIST, exifs.COPYRIGHT)}
        return Exif(exif.order, {"image": {tag: one for tag, one in rights.items() if one is not None}})
    if not exif.parts:
        return exif
    if policy == "no_gps":
        exif.parts.pop("gps", None)
    first, second = exif.part("image"), exif.parts.get("exif", {})
    for tag in _STORED_TAGS:
        first.pop(tag, None)
    left = int(image.get("orientation")) if image.get_typeof("orientation") else 1
    exif.set_number("image", exifs.ORIENTATION, left)
    for tag, side in ((exifs.WIDTH, made.width), (exifs.HEIGHT, made.height)):
        if tag in second and side is not None:
            exif.set_number("exif", tag, side)
    if exifs.COLOR_SPACE in second:
        exif.set_number("exif", exifs.COLOR_SPACE, 65535 if profile_of(image) else 1)
    exif.parts.pop("interop", None)  # It tells whether the numbers are sRGB or Adobe RGB.
    return exif


_STORED_TAGS = (
    0x00FE, 0x0100, 0x0101, 0x0102, 0x0103, 0x0106, 0x0111, 0x0115, 0x0116, 0x0117, 0x011C, 0x012D, 0x013E, 0x013F,
    0x0142, 0x0143, 0x0144, 0x0145, 0x014A, 0x0201, 0x0202, 0x0211, 0x0212, 0x0213, 0x02BC, 0x83BB, 0x8649, 0x8773,
)  # fmt: skip
"""Tags of the first directory that say how pixels are stored, or hold other metadata (TIFF 6.0, Exif 3.0)."""


def _say_in_exif(exif: Exif, said: dict[str, Any]) -> None:
    tags = {"description": exifs.DESCRIPTION, "creator": exifs.ARTIST, "copyright": exifs.COPYRIGHT}
    for name, tag in tags.items():
        if name in said:
            exif.set_text(tag, said[name])


# ---- XMP -------------------------------------------------------------------------------------------------------------

_TIFF_SPACE, _EXIF_SPACE = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
_XAP, _PHOTOSHOP = "http://ns.adobe.com/xap/1.0/", "http://ns.adobe.com/photoshop/1.0/"
_STALE = {
    (_TIFF_SPACE, "Orientation"), (_TIFF_SPACE, "ImageWidth"), (_TIFF_SPACE, "ImageLength"),
    (_TIFF_SPACE, "BitsPerSample"), (_TIFF_SPACE, "Compression"), (_TIFF_SPACE, "PhotometricInterpretation"),
    (_EXIF_SPACE, "PixelXDimension"), (_EXIF_SPACE, "PixelYDimension"), (_EXIF_SPACE, "ColorSpace"),
    (_XAP, "Thumbnails"), (_PHOTOSHOP, "ICCProfile"), (_PHOTOSHOP, "ColorMode"), (_PHOTOSHOP, "LegacyIPTCDigest"),
    ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP"),
}  # fmt: skip
_STALE_SPACES = (
    "http://ns.adobe.com/hdr-gain-map/1.0/", "http://ns.apple.com/HDRGainMap/1.0/", "http://ns.google.com/photos/1.0/",
)  # fmt: skip
"""What tells of other pictures, sound and depth in the file, which are not there any more."""

_RIGHTS_SPACES = (xmps.RIGHTS, "http://creativecommons.org/ns#", "http://ns.useplus.org/ldf/xmp/1.0/")
_RIGHTS = {(xmps.DC, "creator"), (xmps.DC, "rights"), (_PHOTOSHOP, "Credit"), (xmps.IPTC_CORE, "CreatorContactInfo")}


def _xmp(image: pyvips.Image, policy: str, dropped: list[str]) -> xmps.Packet:
    data = _field(image, "xmp-data")
    packet = xmps.parse(data) if data else None
    if packet is None:
        if data:
            dropped.append("the XMP packet does not read")
        return xmps.Packet()
    if policy == "copyright":
        packet.keep(lambda space, name: space in _RIGHTS_SPACES or (space, name) in _RIGHTS)
        return packet
    packet.drop(lambda space, name: (space, name) in _STALE or space.startswith(_STALE_SPACES))
    if policy == "no_gps":
        packet.drop(lambda _, name: "gps" in name.lower(), deep=True)
    return packet


_IN_XMP_AS = {
    "title": (xmps.DC, "title", "Alt"),
    "description": (xmps.DC, "description", "Alt"),
    "keywords": (xmps.DC, "subject", "Bag"),
    "creator": (xmps.DC, "creator", "Seq"),
    "copyright": (xmps.DC, "rights", "Alt"),
    "alt": (xmps.IPTC_CORE, "AltTextAccessibility", "Alt"),
}


def _say_in_xmp(packet: xmps.Packet, said: dict[str, Any]) -> None:
    for name, (space, word, form) in _IN_XMP_AS.items():
        if name in said:
            packet.set(space, word, said[name] if isinstance(said[name], list) else [said[name]], form)


# ---- IPTC ------------------------------------------------------------------------------------------------------------

_IN_IPTC_AS = {
    "title": iptcs.TITLE, "description": iptcs.CAPTION, "keywords": iptcs.KEYWORD, "creator": iptcs.CREATOR,
    "copyright": iptcs.COPYRIGHT,
}  # fmt: skip
_RIGHTS_FIELDS = {(1, 90), (2, 0), (2, iptcs.CREATOR), (2, iptcs.CREDIT), (2, iptcs.COPYRIGHT)}
_NAMES = {
    (1, 90): "charset", (2, 0): "version", (2, 90): "city", (2, 95): "state", (2, 101): "country", (2, 105): "headline",
    (2, 55): "date", (2, 60): "time", (2, 110): "credit", (2, 115): "source", (2, 40): "instructions",
    **{(2, number): name for name, number in _IN_IPTC_AS.items()},
}  # fmt: skip
_IN_XMP = {"charset", "version", *_IN_IPTC_AS}


def _say_in_iptc(fields: list[iptcs.Field], said: dict[str, Any]) -> list[iptcs.Field]:
    named = {name: said[name] for name in _IN_IPTC_AS if name in said}
    if named and not fields:
        fields = iptcs.in_utf8([])
    for name, value in named.items():
        fields = iptcs.replaced(fields, _IN_IPTC_AS[name], value if isinstance(value, list) else [value])
    return fields


def _from_iptc(fields: list[iptcs.Field], packet: xmps.Packet) -> dict[str, Any]:
    """Give what IPTC alone says, for formats that have XMP alone."""
    found: dict[str, Any] = {}
    for name, number in _IN_IPTC_AS.items():
        texts = [clean for one in iptcs.texts(fields, number) if (clean := _clean(one))]
        if texts and not packet.has(*_IN_XMP_AS[name][:2]):
            found[name] = texts if name == "keywords" else texts[0]
    return found
