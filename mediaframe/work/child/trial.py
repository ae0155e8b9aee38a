"""Tried: pictures are written in a format, read back and compared, so that what is told of formats is not a promise."""

from __future__ import annotations

import base64
import gzip
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from mediaframe.engines.base import Encoded, Engine, Pixels, Source, Task
from mediaframe.engines.catalog import engine_for
from mediaframe.errors import MediaframeError
from mediaframe.model.finish import Format
from mediaframe.model.media_type import TABLE, MediaType
from mediaframe.model.spec import every
from mediaframe.ops.document import Page

SIDE = 32

_NEAR = 24
"""Levels by which a lossy result may be off on average: the sample is all slopes, and a wrong band is off by 80."""


def _slopes(bands: int) -> Pixels:
    """Give a picture of 1024 colors, more than a palette holds."""
    data = bytes(
        band
        for down in range(SIDE)
        for across in range(SIDE)
        for band in (across * 8, down * 8, 255 - across * 8, 24 + 7 * down)[:bands]
    )
    return Pixels(SIDE, SIDE, bands, data)


OPAQUE, CLEAR = _slopes(3), _slopes(4)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _deep() -> bytes:
    """Give a PNG of 16 bits, none of whose values has 8."""
    rows = b"".join(
        b"\0" + b"".join(struct.pack(">3H", across * 2047 + 1, down * 2047 + 1, 129) for across in range(SIDE))
        for down in range(SIDE)
    )
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 16, 2, 0, 0, 0)
    parts = _chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


_MOVING = bytes.fromhex(
    "47494638396102000200810000ff000000000000000000000021ff0b4e45545343415045322e30030100000021f90400050000002c0000000002"
    "0002000008060001080410100021f90401050001002c0000000002000200810000ff0000000000000000000806000108041010003b"
)
"""A GIF of two frames."""

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16"/></svg>'
_HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAWhtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERA"
    "AAEAAQAAAAABjAABAAAAAAAAACoAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA6GlwcnAAAADJaXBjbwAA"
    "AHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq"
    "rprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAKGNsYXAAAAAQAAAAAQAAABAAAAAB////0AAAAAL////QAAAA"
    "AgAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIEgwAAADJtZGF0AAAAJigBrxkhXkJA712lv/81Y/5o5f3tbfKZKKaXBNeImQsDgYCN"
    "kZ04"
)
_JXL = bytes.fromhex("ff0a2020101437020804010018004b188b158201")

_SAMPLES: dict[str, tuple[bytes, tuple[int, int]]] = {
    "svg": (_SVG, (16, 16)), "svgz": (gzip.compress(_SVG, mtime=0), (16, 16)), "heic": (_HEIC, (16, 16)),
    "jxl": (_JXL, (6, 5)), "gif": (_MOVING, (2, 2)),
}  # fmt: skip
"""Files of formats that may be read where they are not written, and their sizes."""

_MADE: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "cur": ("ico", lambda icon: icon[:2] + b"\2" + icon[3:]),
    "j2k": ("jp2", lambda boxes: boxes[boxes.index(b"\xff\x4f\xff\x51") :]),
    "mpo": ("jpeg", lambda plain: plain),
}
"""Files of formats that are another, which is written, in a slightly other shape."""


def tried(found: Engine[Any], spec: type[Format]) -> dict[str, Any]:
    """Write pictures in a format; say what it holds of them, and what is wrong where nothing can be written.

    Gives `problem`, empty where it works; `animation`, `alpha`, `lossless`; and `bits`, the most of each number.
    """
    told: dict[str, Any] = {"problem": "", "animation": False, "alpha": False, "lossless": False, "bits": 8}
    try:
        seen = _back(spec, found.encode(spec(), found.adopt(OPAQUE)))
        if not _looks(seen, OPAQUE, _NEAR):
            return {**told, "problem": "what is written does not look like the picture"}
        told["alpha"] = _looks(_back(spec, found.encode(spec(), found.adopt(CLEAR))), CLEAR, _NEAR)
        told["lossless"] = _looks(_back(spec, found.encode(_lossless(spec), found.adopt(OPAQUE))), OPAQUE, 0)
        told["animation"] = spec.animates and _frames(found, spec) == 2
        told["bits"] = next(_depths(found, spec), 8)
    except MediaframeError as error:
        told["problem"] = error.message
    return told


def read_back(found: Engine[Any], word: str) -> str:
    """Open a file of a format; say what is wrong, or nothing where it opens or there is no sample."""
    try:
        sample = _sample(found, word)
        if sample is None:
            return ""
        data, size = sample
        shape = found.shape(found.hold(found.open(Source(data), Task())))
    except MediaframeError as error:
        return error.message
    return "" if shape.size == size else f"a file of {size[0]}x{size[1]} opens as {shape.width}x{shape.height}"


def written_as(spec: type[Format]) -> MediaType:
    """Give the entry of what a format writes, whose word may be another: heif writes heic."""
    known = [one for one in TABLE if one.media_type == spec.media_type]
    return next((one for one in known if one.format == spec.word), known[0])


def _sample(found: Engine[Any], word: str) -> tuple[bytes, tuple[int, int]] | None:
    if word in _SAMPLES:
        return _SAMPLES[word]
    base, change = _MADE.get(word, (word, bytes))
    for spec in every(Format, "image"):
        if spec.word == base and found.can(spec):
            return change(_bytes(found.encode(spec(), found.adopt(OPAQUE)))), (SIDE, SIDE)
    return None


def _lossless(spec: type[Format]) -> Format:
    return _with(spec, lossless=True) if "lossless" in spec.arguments else spec()


def _with(spec: type[Format], **arguments: Any) -> Format:
    return spec(**arguments)


def _frames(found: Engine[Any], spec: type[Format]) -> int:
    made = found.encode(spec(), found.open(Source(_MOVING), Task(end=spec())))
    return int(found.probe(Source(_bytes(made)), Task())["frames"])


def _depths(found: Engine[Any], spec: type[Format]) -> Iterator[int]:
    """Give the depths over 8 that a format keeps, the deepest first."""
    most = spec.arguments["bits"].le if "bits" in spec.arguments else None
    for bits in (16, 12, 10):
        if bits <= (most or 8):
            end = _with(spec, bits=bits)
            made = found.encode(end, found.open(Source(_deep()), Task(end=end)))
            if int(found.probe(Source(_bytes(made)), Task())["bits"]) > 8:
                yield bits


def _bytes(made: Encoded) -> bytes:
    return made.data if isinstance(made.data, bytes) else made.data.read_bytes()


def _back(spec: type[Format], made: Encoded) -> Pixels:
    """Read what was written, by the engine of the kind that it is; of a document the first page."""
    known = written_as(spec)
    engine = engine_for(known.kind)
    handle = engine.open(Source(_bytes(made)), Task(format=known.format))
    if known.kind == "document":
        page: Pixels = engine.do(Page(dpi=spec.arguments["dpi"].default), handle)
        return page
    return engine.pixels(handle)


def _looks(seen: Pixels, sample: Pixels, near: float) -> bool:
    """Whether both have one size, all bands of the sample, and levels that are that near on average."""
    if (seen.width, seen.height) != (sample.width, sample.height) or seen.bands < sample.bands:
        return False
    mine, theirs = bytes(seen.data), sample.data
    total = sum(
        abs(mine[pixel * seen.bands + band] - theirs[pixel * sample.bands + band])
        for pixel in range(SIDE * SIDE)
        for band in range(sample.bands)
    )
    return total <= near * SIDE * SIDE * sample.bands
