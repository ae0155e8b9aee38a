"""Limits: how big is too big. Arguments of a run, never global settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from mediaframe.errors import UsageError, did_you_mean, expected

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How big is too big; what is over a limit is a row with an `E_LIMIT_...` code.

    The defaults lie between those of imgproxy (50 megapixels) and sharp (268 megapixels).

    >>> Limits(pixels=50_000_000).pixels
    50000000
    """

    bytes: int = 256 * MIB
    """Bytes of one image or document."""
    media_bytes: int = 5 << 30
    """Bytes of one video or sound."""
    input_bytes: int = 64 * MIB
    """Bytes of one file that a recipe names, such as a logo or a font."""
    pixels: int = 100_000_000
    """Pixels of one frame or page."""
    total_pixels: int = 250_000_000
    """Pixels of all the frames or pages that are decoded together."""
    side: int = 65_535
    """Pixels of the longer side."""
    svg_pixels: int = 10_000_000
    """Pixels of a drawing as it is rasterized."""
    frames: int = 300
    """Frames of an animation."""
    seconds: float = 4 * 3600.0
    """Playing time."""
    pages: int = 500
    """Pages of a document."""
    streams: int = 16
    """Streams of a container."""
    output: int = 512 * MIB
    """Bytes of one result; videos, sounds and packages of them may be as large as `media_bytes`."""
    parts: int = 50_000
    """Files of one result that is a package."""
    memory: int = 4 << 30
    """Bytes of memory that one child may be given, at the most."""
    stall: float = 60.0
    """Seconds without progress after which a child is killed."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise UsageError(expected(f"Limits({field.name}=...)", "a number above 0", value))

    def to_json(self) -> dict[str, Any]:
        """Give the limits as plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Limits:
        """Read the limits back."""
        known = [field.name for field in fields(cls)]
        for name in data:
            if name not in known:
                raise UsageError(f"no limit {name!r}{did_you_mean(name, known)}")
        return cls(**data)
