"""Read a header: what a file is by its content, and what its first bytes tell of it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

from mediaframe.model.media_type import MediaType, by_name, by_word, contradicts, sniff
from mediaframe.table.header.bmp import read_bmp, read_ico
from mediaframe.table.header.facts import WARNINGS, Damage, Facts, Header, More, OutOfReach, Window
from mediaframe.table.header.gif import read_gif
from mediaframe.table.header.isobmff import read_isobmff
from mediaframe.table.header.jpeg import read_jpeg
from mediaframe.table.header.png import read_png
from mediaframe.table.header.rare import (
    read_dds,
    read_j2k,
    read_jp2,
    read_jxl,
    read_ppm,
    read_psd,
    read_qoi,
    read_sgi,
    read_tga,
)
from mediaframe.table.header.streams import read_asf, read_boxes, read_matroska, read_mp3, read_ogg, read_riff
from mediaframe.table.header.svg import read_svg
from mediaframe.table.header.tiff import read_tiff
from mediaframe.table.header.webp import read_webp

_READERS: dict[str, Callable[[Window, Facts], None]] = {
    "jpeg": read_jpeg, "png": read_png, "apng": read_png, "gif": read_gif, "webp": read_webp,
    "avif": read_isobmff, "heic": read_isobmff, "tiff": read_tiff, "bmp": read_bmp,
    "ico": read_ico, "cur": read_ico,
    "svg": read_svg, "svgz": read_svg, "psd": read_psd, "dds": read_dds, "qoi": read_qoi, "sgi": read_sgi,
    "tga": read_tga, "ppm": read_ppm, "jp2": read_jp2, "j2k": read_j2k, "jxl": read_jxl,
    "mp4": read_boxes, "mov": read_boxes, "3gp": read_boxes, "m4a": read_boxes,
    "webm": read_matroska, "mkv": read_matroska, "wav": read_riff, "avi": read_riff, "wmv": read_asf, "wma": read_asf,
    "mp3": read_mp3, "ogg": read_ogg, "opus": read_ogg, "ogv": read_ogg,
}  # fmt: skip

_BY_ENGINE = frozenset({
    "pdf", "mp4", "mov", "3gp", "webm", "mkv", "avi", "ogv", "mpeg", "mpegts", "flv", "wmv",
    "mp3", "wav", "flac", "ogg", "opus", "m4a", "aac", "aiff", "wma", "amr", "au", "caf",
})  # fmt: skip
"""Formats whose facts an engine tells."""
_RAW = frozenset({"cr2", "nef", "arw", "dng", "orf", "rw2"})
_OFFICE = frozenset({"docx", "xlsx", "pptx", "vsdx", "odt", "ods", "odp", "odg", "epub"})
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_WITHOUT_SIGNATURE = frozenset({"tga", "wal"})


def read_header(head: bytes, size: int, more: More | None = None, name: str = "") -> Header:
    """Say what a file is and what its header tells; never raises for what the bytes are.

    Parameters
    ----------
    head
        The first 64 KB, or all of a smaller file.
    size
        How many bytes the file has.
    more
        Fetches a range (offset, length) where the head is not enough: at most eight, of 1 MB each. Without it
        what lies further stays unknown. What it raises is not caught.
    name
        The name of the file: it decides between texts; where it contradicts the content, the header says so.
    """
    if size == 0 or not head:
        return _empty(name)
    found = _refine(sniff(head), head, name)
    if found is None:
        return _unknown(name)
    header = Header(found.format, found.kind, found.media_type, complete=found.format not in _BY_ENGINE)
    if found.format in _READERS:
        header = _read(found, Window(head, size, more))
    elif found.format in _OFFICE and head.startswith(b"\xd0\xcf\x11\xe0"):
        header = replace(header, code="E_ENCRYPTED", error="the document is encrypted: remove the password first")
    if header.code is None and contradicts(name, found):
        named = by_name(name)
        said = f"the name says {named.format}, the content is {header.format}" if named else ""
        header = replace(header, code="E_FORMAT_MISMATCH", error=said)
    return header


def _refine(found: MediaType | None, head: bytes, name: str) -> MediaType | None:
    """Let the name decide where the content leaves a choice."""
    named = by_name(name)
    if named is None:
        return found
    if found is None:
        return named if named.format in _WITHOUT_SIGNATURE else None
    undecided = (
        (found.format == "txt" and named.family == "text" and named.format != "rtf")
        or (found.format == "zip" and named.format in _OFFICE)
        or (
            found.format == "ole"
            and (named.family == "ole" or (named.format in _OFFICE and _ENCRYPTED_PACKAGE in head))
        )
        or (found.format == "tiff" and named.format in _RAW)
        or (found.format == "gz" and named.format == "svgz")
        or (found.format == "bz2" and named.format == "tar.bz2")
        or (found.family == named.family == "asf")
    )
    return named if undecided else found


def _empty(name: str) -> Header:
    named = by_name(name)
    return Header(kind=named.kind if named else None, code="E_SOURCE_EMPTY", error="the file has no bytes")


def _unknown(name: str) -> Header:
    """Say that a file is not like its name, or where that says nothing, that it is not known to us."""
    named = by_name(name)
    if named is None or named.format in ("txt", "csv"):
        return Header(code="E_UNSUPPORTED_FORMAT", error="the content is of no format that is known here")
    said = f"the name says {named.format}, but the content does not begin like one"
    return Header(kind=named.kind, code="E_CORRUPT", error=said)


def _read(found: MediaType, window: Window) -> Header:
    facts, code, error = Facts(), None, None
    try:
        _READERS[found.format](window, facts)
    except Damage as damage:
        code, error = damage.code, damage.message
    except OutOfReach:
        pass  # what was read holds; the rest stays unknown
    except (struct.error, IndexError, KeyError, ValueError, ArithmeticError) as fault:
        code, error = "E_CORRUPT", f"the header does not read: {fault}"
    if code is None and facts.warning:
        code, error = facts.warning
    return _header(found, facts, code, error)


def _header(found: MediaType, facts: Facts, code: str | None, error: str | None) -> Header:
    width, height = facts.width, facts.height
    if (facts.turn or facts.orientation or 1) >= 5:
        width, height = height, width
    known = by_word(facts.format or found.format)
    if known.kind == "image" and width is not None and (code is None or code in WARNINGS):
        # Read to where these would stand: what is not said is as good as said.
        facts.orientation, facts.gps = facts.orientation or 1, bool(facts.gps)
    return Header(
        format=known.format,
        kind=known.kind,
        media_type=known.media_type,
        width=width,
        height=height,
        orientation=facts.orientation,
        frames=facts.frames,
        seconds=facts.seconds if facts.frames and facts.frames > 1 else None,
        bits=facts.bits,
        alpha=facts.alpha,
        color_space=facts.color_space,
        codec=facts.codec,
        taken_at=facts.taken_at,
        camera=facts.camera,
        gps=facts.gps,
        code=code,
        error=error,
        complete=known.format not in _BY_ENGINE,
    )
