"""GIF: the screen, and a walk over the blocks that counts the frames and adds up their delays."""

from __future__ import annotations

import struct

from mediaframe.table.header.facts import Facts, OutOfReach, Window, corrupt, cut

_STEP = 1 << 20
_MOST_BLOCKS = 200_000
_UNSAID = 10
"""Hundredths of a second that a frame is shown which does not say it, as libnsgif and browsers have it."""


def read_gif(window: Window, facts: Facts) -> None:
    """Read the size of the screen and count the frames as far as the ranges reach."""
    facts.bits, facts.color_space = 8, "srgb"
    width, height, flags = struct.unpack("<HHB", window.need(6, 5, "the screen"))
    facts.width, facts.height = width, height
    if not width or not height:
        raise corrupt(f"the screen is {width}x{height}")
    try:
        _Walk(window, facts).frames(13 + _palette(flags))
    except OutOfReach:
        facts.frames = facts.seconds = None


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


class _Walk:
    """Goes from block to block; a window of one megabyte at a time."""

    def __init__(self, window: Window, facts: Facts) -> None:
        self.window, self.facts = window, facts
        self.base, self.data = 0, window.head
        self.left = _MOST_BLOCKS

    def byte(self, at: int) -> int:
        """Give the byte at an offset, or -1 past the end."""
        if not self.base <= at < self.base + len(self.data):
            if at >= self.window.size:
                return -1
            self.base, self.data = at, self.window.some(at, _STEP)
            if not self.data:
                return -1
        return self.data[at - self.base]

    def frames(self, at: int) -> None:
        """Count the frames; a file that ends between two blocks has all its frames."""
        count, delay, total, self.facts.alpha = 0, _UNSAID, 0, False
        while (kind := self.byte(at)) not in (-1, 0x3B):
            if kind == 0x21:
                if self.byte(at + 1) == 0xF9:
                    self.facts.alpha = self.facts.alpha or bool(self.byte(at + 3) & 1)
                    delay = max(self.byte(at + 4), 0) + (max(self.byte(at + 5), 0) << 8)
                at = self.blocks(at + 2)
            elif kind == 0x2C:
                flags = self.byte(at + 9)
                at = self.blocks(at + 11 + _palette(max(flags, 0)))
                count, total, delay = count + 1, total + delay, _UNSAID
                self.facts.frames, self.facts.seconds = count, total / 100
            else:
                break  # bytes of no meaning between blocks: decoders stop here as well
        if count == 0:
            raise cut("the file ends before its first frame") if kind == -1 else corrupt("there is no frame")

    def blocks(self, at: int) -> int:
        """Pass over data blocks; give where the next thing begins."""
        while (length := self.byte(at)) > 0:
            at += length + 1
            self.left -= 1
            if self.left < 0:
                raise OutOfReach
        if length < 0:
            raise cut("the file ends within a frame")
        return at + 1
