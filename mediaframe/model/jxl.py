"""What the first bytes of a JPEG XL say: size, turn, depth, alpha and colors (ISO/IEC 18181-1, annexes D and E)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

START = b"\xff\x0a"
"""How a codestream begins."""


@dataclass(frozen=True, slots=True)
class JxlHeader:
    """The size as stored, and what is told of the pixels. What is not told is as the format has it by default."""

    width: int
    height: int
    orientation: int = 1
    bits: int = 8
    floating: bool = False
    gray: bool = False
    alpha: bool = False
    premultiplied: bool = False
    animated: bool = False
    xyb: bool = True
    """Whether the colors were made XYB: the decoder gives them in the encoding that is told, or as sRGB."""
    icc: bool = False
    """Whether an ICC profile tells the colors."""
    white: int = 1
    """1 for D65, as in the specification's table E.3."""
    primaries: int = 1
    """1 for sRGB, 9 for BT.2100, 11 for P3."""
    transfer: int = 13
    """1 for BT.709, 8 for linear, 13 for sRGB, 16 for PQ, 17 for DCI, 18 for HLG; 0 for `gamma`."""
    gamma: float = 0.0


def read_jxl_header(data: bytes) -> JxlHeader:
    """Read the header of a codestream; an EOFError where bytes are missing, a ValueError where they are none of it.

    >>> header = read_jxl_header(bytes.fromhex("ff0a28026280950810100018014b2837d61fdc5718cc1506a9a0a0240005"))
    >>> header.width, header.height, header.alpha
    (50, 70, True)
    """
    if data[:2] != START:
        raise EOFError if START.startswith(data[:2]) else ValueError("the picture does not begin")
    bits = _Bits(data[2:])
    width, height = _size(bits)
    if bits.flag():
        return JxlHeader(width, height)
    return _metadata(bits, width, height)


_SIGNATURE = b"\0\0\0\x0cJXL "
_MOST_BOXES = 64


def codestream_at(read: Callable[[int, int], bytes]) -> int:
    """Say where the picture begins, in a container or bare; errors as of `read_jxl_header`.

    Parameters
    ----------
    read
        Gives the bytes of a range: offset and length in.
    """
    if read(0, len(_SIGNATURE)) != _SIGNATURE:
        return 0
    at = 0
    for _ in range(_MOST_BOXES):
        head = read(at, 16)
        if len(head) < 8:
            raise EOFError
        size, name = int.from_bytes(head[:4], "big"), head[4:8]
        length = 16 if size == 1 else 8
        if name in (b"jxlc", b"jxlp"):
            return at + length + (4 if name == b"jxlp" else 0)
        size = int.from_bytes(head[8:16], "big") if size == 1 else size
        if size < length:
            raise ValueError("a box is too small")
        at += size
    raise ValueError("there is no picture box")


class _Bits:
    """Reads bits from the least significant on."""

    def __init__(self, data: bytes) -> None:
        self.number, self.left = int.from_bytes(data, "little"), len(data) * 8

    def take(self, count: int) -> int:
        self.left -= count
        if self.left < 0:
            raise EOFError
        value = self.number & (1 << count) - 1
        self.number >>= count
        return value

    def flag(self) -> bool:
        return bool(self.take(1))

    def choice(self, *ways: tuple[int, int]) -> int:
        """Take one of four ways to write a number: so many bits, and what is added."""
        count, more = ways[self.take(2)]
        return self.take(count) + more

    def word(self) -> int:
        """Take one of a list of words."""
        return self.choice((0, 0), (0, 1), (4, 2), (6, 18))


_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIDE = ((9, 1), (13, 1), (18, 1), (30, 1))


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.flag()

    def side() -> int:
        return (bits.take(5) + 1) * 8 if small else bits.choice(*_SIDE)

    return _sides(bits, side)


def _preview(bits: _Bits) -> None:
    small = bits.flag()

    def side() -> int:
        if small:
            return bits.choice((0, 16), (0, 32), (5, 1), (9, 33)) * 8
        return bits.choice((6, 1), (8, 65), (10, 321), (12, 1345))

    _sides(bits, side)


def _sides(bits: _Bits, side: Callable[[], int]) -> tuple[int, int]:
    height = side()
    ratio = bits.take(3)
    width = side() if ratio == 0 else height * _RATIOS[ratio - 1][0] // _RATIOS[ratio - 1][1]
    return width, height


def _metadata(bits: _Bits, width: int, height: int) -> JxlHeader:
    orientation, animated = 1, False
    if bits.flag():
        orientation = bits.take(3) + 1
        if bits.flag():
            _size(bits)
        if bits.flag():
            _preview(bits)
        animated = bits.flag()
        if animated:
            _animation(bits)
    depth, floating = _depth(bits)
    bits.flag()  # Whether 16 bits are enough for the buffers.
    alphas = [_extra(bits) for _ in range(bits.choice((0, 0), (0, 1), (4, 2), (12, 1)))]
    alphas = [one for one in alphas if one is not None]
    xyb = bits.flag()
    gray, icc, white, primaries, transfer, gamma = _colors(bits)
    return JxlHeader(
        width, height, orientation, depth, floating, gray, bool(alphas), any(alphas), animated, xyb, icc, white,
        primaries, transfer, gamma,
    )  # fmt: skip


def _animation(bits: _Bits) -> None:
    bits.choice((0, 100), (0, 1000), (10, 1), (30, 1))
    bits.choice((0, 1), (0, 1001), (8, 1), (10, 1))
    bits.choice((0, 0), (3, 0), (16, 0), (32, 0))
    bits.flag()


def _depth(bits: _Bits) -> tuple[int, bool]:
    floating = bits.flag()
    if not floating:
        return bits.choice((0, 8), (0, 10), (0, 12), (6, 1)), False
    depth = bits.choice((0, 32), (0, 16), (0, 24), (6, 1))
    bits.take(4)
    return depth, True


_ALPHA, _SPOT, _MOSAIC = 0, 2, 5


def _extra(bits: _Bits) -> bool | None:
    """Read of an extra channel whether it is a premultiplied alpha; None where it is no alpha."""
    if bits.flag():
        return False
    kind = bits.word()
    _depth(bits)
    bits.choice((0, 0), (0, 3), (0, 4), (3, 1))
    bits.take(8 * bits.choice((0, 0), (4, 0), (5, 16), (10, 48)))
    if kind == _ALPHA:
        return bits.flag()
    if kind == _SPOT:
        bits.take(64)
    elif kind == _MOSAIC:
        bits.choice((0, 1), (2, 0), (4, 3), (8, 19))
    return None


_GRAY, _XYB = 1, 2
_CUSTOM = 2


def _colors(bits: _Bits) -> tuple[bool, bool, int, int, int, float]:
    if bits.flag():
        return False, False, 1, 1, 13, 0.0
    icc = bits.flag()
    space = bits.word()
    gray, white, primaries, transfer, gamma = space == _GRAY, 1, 1, 13, 0.0
    if icc or space == _XYB:
        return gray, icc, white, primaries, transfer, gamma
    white = bits.word()
    if white == _CUSTOM:
        _point(bits)
    if not gray:
        primaries = bits.word()
        if primaries == _CUSTOM:
            for _ in range(3):
                _point(bits)
    if bits.flag():
        transfer, gamma = 0, bits.take(24) / 1e7
    else:
        transfer = bits.word()
    return gray, icc, white, primaries, transfer, gamma


def _point(bits: _Bits) -> None:
    for _ in range(2):
        bits.choice((19, 0), (19, 524288), (20, 1048576), (21, 2097152))
