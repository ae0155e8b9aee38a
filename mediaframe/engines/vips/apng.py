"""APNG: the chunks that say which part of a frame is stored, for how long it is shown, and what is left of it after."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyvips

from mediaframe.engines.vips.color import in_srgb
from mediaframe.engines.vips.depth import to_eight
from mediaframe.engines.vips.library import complaints
from mediaframe.engines.vips.profiles import profile_of, with_profile
from mediaframe.engines.vips.reel import timed
from mediaframe.engines.vips.structure import png_chunks
from mediaframe.errors import AssetError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_NONE, _BACKGROUND, _PREVIOUS = 0, 1, 2
"""What becomes of the region of a frame before the next: it stays, it is cleared, it is as it was before."""
_SOURCE, _OVER = 0, 1
"""How a frame is put: in place of what is there, or over it."""
_LATER = (b"IDAT", b"fdAT", b"fcTL", b"IEND", b"acTL", b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")

_corrupt = partial(AssetError, code="E_CORRUPT")


class Control(NamedTuple):
    """What a frame control chunk says."""

    width: int
    height: int
    left: int
    top: int
    numerator: int
    denominator: int
    disposal: int
    blend: int


@dataclass(slots=True)
class _Frame:
    control: Control
    parts: list[tuple[int, int]] = field(default_factory=list)
    """Where the compressed pixels begin and end."""


class Apng:
    """An APNG that is read: its frames composed one after the other, as a viewer shows them.

    Source: Portable Network Graphics (PNG) Specification, 3rd edition, sections 11.3.6 and 13.14.
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        self.header = b""
        self.common: list[bytes] = []
        self.plays = 0
        self.profile = b""
        self._frames: list[_Frame] = []
        self._read()
        moments = [self._seconds(frame.control) for frame in self._frames]
        self.delays = timed(tuple(moments), 1000)  # Counted in microseconds until here.

    def frames(self, count: int) -> Iterator[pyvips.Image]:
        """Give the first frames, each whole."""
        width, height = struct.unpack_from(">II", self.header)
        canvas = np.zeros((height, width, 4), np.uint8)
        for number, frame in enumerate(self._frames[:count]):
            control = frame.control
            piece = self._piece(frame)
            across = slice(control.left, control.left + control.width)
            region = (slice(control.top, control.top + control.height), across)
            before = canvas[region].copy()
            canvas[region] = piece if control.blend == _SOURCE or not number else _over(piece, before)
            yield self._plain(canvas)
            # There is nothing before the first frame, so that it is cleared instead.
            if control.disposal == _BACKGROUND or (control.disposal == _PREVIOUS and not number):
                canvas[region] = 0
            elif control.disposal == _PREVIOUS:
                canvas[region] = before

    def _plain(self, canvas: np.ndarray[Any, np.dtype[np.uint8]]) -> pyvips.Image:
        height, width, _ = canvas.shape
        image = pyvips.Image.new_from_memory(canvas.tobytes(), width, height, 4, "uchar").copy(interpretation="srgb")
        return with_profile(image if self.clear else image.extract_band(0, n=3), self.profile)

    @property
    def clear(self) -> bool:
        """Whether a frame may be transparent: by its kind of pixels, or where a part of it is cleared."""
        color = self.header[9]
        cleared = any(frame.control.disposal != _NONE for frame in self._frames)
        return color in (4, 6) or cleared or any(chunk[4:8] == b"tRNS" for chunk in self.common)

    def _read(self) -> None:
        declared = 0
        for mark, start, end in png_chunks(self.data):
            body = bytes(self.data[start:end]) if mark in (b"IHDR", b"acTL", b"fcTL") else b""
            if mark == b"IHDR" and len(body) == 13:
                self.header = body
            elif mark == b"acTL" and len(body) == 8:
                declared, self.plays = struct.unpack(">II", body)
            elif mark == b"fcTL":
                self._frames.append(_Frame(self._control(body)))
            elif mark == b"IDAT" and self._frames:
                # A picture before the first control chunk is for those who know no animations.
                self._frames[-1].parts.append((start, end))
            elif mark == b"fdAT" and self._frames:
                self._check(start, end)
                self._frames[-1].parts.append((start + 4, end))
            elif mark not in _LATER:
                self.common.append(bytes(self.data[start - 8 : end + 4]))
        self._frames = [frame for frame in self._frames if frame.parts][:declared]
        if not self.header or not self._frames:
            raise _corrupt("APNG: there is no frame")

    def _control(self, body: bytes) -> Control:
        if len(body) != 26 or not self.header:
            raise _corrupt("APNG: a frame control chunk does not read")
        control = Control(*struct.unpack(">4x4I2H2B", body))
        width, height = struct.unpack_from(">II", self.header)
        inside = control.left + control.width <= width and control.top + control.height <= height
        if not control.width or not control.height or not inside or control.disposal > _PREVIOUS:
            raise _corrupt("APNG: a frame does not lie within the picture")
        return control

    def _check(self, start: int, end: int) -> None:
        expected = int.from_bytes(self.data[end : end + 4], "big")
        if zlib.crc32(self.data[start - 4 : end]) != expected:
            raise _corrupt("APNG: the checksum of a frame is wrong")

    def _piece(self, frame: _Frame) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Decode what is stored of a frame, as a PNG of its own; RGBA."""
        control = frame.control
        header = struct.pack(">II", control.width, control.height) + self.header[8:]
        pixels = b"".join(bytes(self.data[start:end]) for start, end in frame.parts)
        parts = [_SIGNATURE, chunk(b"IHDR", header), *self.common, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
        with complaints("E_CORRUPT", "apng"):
            image = pyvips.Image.pngload_buffer(b"".join(parts), access="sequential", fail_on="error")
            self.profile = profile_of(image) if image.bands >= 3 else b""  # Gray is made RGB, which has none of gray.
            image = to_eight(image) if image.bands >= 3 else in_srgb(image).colourspace("srgb")
            image = image if image.hasalpha() else image.addalpha()
            found = np.frombuffer(image.write_to_memory(), np.uint8)
        return found.reshape(control.height, control.width, 4)

    @staticmethod
    def _seconds(control: Control) -> int:
        # A denominator of 0 is one of 100.
        return round(control.numerator * 1_000_000 / (control.denominator or 100))


def _over(
    front: np.ndarray[Any, np.dtype[np.uint8]], back: np.ndarray[Any, np.dtype[np.uint8]]
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Put one picture over another, both with straight alpha."""
    above, below = front[..., 3:] / 255.0, back[..., 3:] / 255.0
    alpha = above + below * (1 - above)
    mixed = front[..., :3] * above + back[..., :3] * below * (1 - above)
    color = np.divide(mixed, alpha, out=np.zeros_like(mixed), where=alpha > 0)
    return np.floor(np.concatenate([color, alpha * 255.0], axis=-1) + 0.5).astype(np.uint8)


# ---- written ---------------------------------------------------------------------------------------------------------


def written(images: Iterable[pyvips.Image], delays: tuple[int, ...], plays: int, effort: int) -> bytes:
    """Write an APNG; of each frame, the smallest box that holds all pixels that differ from the one before."""
    parts: list[bytes] = []
    order, before = 0, None
    for number, (image, delay) in enumerate(zip(images, delays, strict=True)):
        pixels = np.frombuffer(image.write_to_memory(), np.uint8).reshape(image.height, image.width, image.bands)
        left, top, width, height = _changed(before, pixels)
        keep = "icc" if profile_of(image) else "none"
        saved = image.crop(left, top, width, height).pngsave_buffer(compression=effort, filter="sub", keep=keep)
        stored = list(png_chunks(saved))
        if not number:
            header = next(saved[one.start : one.end] for one in stored if one.mark == b"IHDR")
            parts += [_SIGNATURE, chunk(b"IHDR", header), chunk(b"acTL", struct.pack(">II", len(delays), plays))]
            parts += [chunk(b"iCCP", saved[one.start : one.end]) for one in stored if one.mark == b"iCCP"]
        parts.append(chunk(b"fcTL", struct.pack(">5I2H2B", order, width, height, left, top, *_delay(delay), 0, 0)))
        order += 1
        for one in stored:
            if one.mark == b"IDAT" and not number:
                parts.append(chunk(b"IDAT", saved[one.start : one.end]))
            elif one.mark == b"IDAT":
                parts.append(chunk(b"fdAT", struct.pack(">I", order) + saved[one.start : one.end]))
                order += 1
        before = pixels
    return b"".join([*parts, chunk(b"IEND", b"")])


def chunk(mark: bytes, body: bytes) -> bytes:
    """Make a chunk: its length, name, content and checksum."""
    return struct.pack(">I", len(body)) + mark + body + struct.pack(">I", zlib.crc32(mark + body))


def _changed(
    before: np.ndarray[Any, np.dtype[np.uint8]] | None, pixels: np.ndarray[Any, np.dtype[np.uint8]]
) -> tuple[int, int, int, int]:
    """Give left, top, width and height of what changed; one pixel where nothing did."""
    height, width, _ = pixels.shape
    if before is None:
        return 0, 0, width, height
    differs = (before != pixels).any(axis=-1)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return 0, 0, 1, 1
    left, top = int(columns[0]), int(rows[0])
    return left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top


def _delay(milliseconds: int) -> tuple[int, int]:
    """Give a delay as a fraction of a second whose parts take two bytes each; above 65 s it is rounded."""
    for denominator in (1000, 100, 10, 1):
        numerator = round(milliseconds * denominator / 1000)
        if numerator <= 0xFFFF:
            return numerator, denominator
    raise AssetError(f"apng: expected delays up to {0xFFFF} s, got {milliseconds / 1000:g} s", code="E_ENCODE")
