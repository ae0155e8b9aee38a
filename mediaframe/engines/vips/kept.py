"""Files of a source that already are what a recipe asks for: the source itself, or its picture data packed anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyvips

from mediaframe.engines.base import Encoded, Source, Task
from mediaframe.engines.vips.handle import Handle
from mediaframe.engines.vips.metadata.policy import is_described, with_metadata
from mediaframe.engines.vips.notes import notes_of
from mediaframe.engines.vips.opening import read_header
from mediaframe.engines.vips.profiles import profile_of
from mediaframe.engines.vips.repack import smaller, without_metadata
from mediaframe.model.finish import Format

_READ_AS = {"mpo": "jpeg"}
"""Formats whose first picture is one of another."""

_METADATA = ("exif-data", "xmp-data", "iptc-data", "gainmap-data", "photoshop-data")


def kept(source: Source, task: Task, format: Format, handle: Handle, *, frames: int = 1) -> Iterator[Encoded]:
    """Give the files that can be had of a source without encoding, each proved to hold the pixels of the handle.

    What is compared are the pixels themselves, as they are displayed: whatever a step does to them, a turn, a color
    space, a shrink while decoding, shows.
    """
    header = read_header(source, task)
    if _READ_AS.get(header.format, header.format) != format.word or _is_palette_asked(format):
        return
    data = bytes(source.view())
    bare = without_metadata(data, format.word)
    wish = format.values.get("metadata")
    as_it_is = header.format == format.word and header.frames == frames and not is_described(handle.image)
    if as_it_is and _is_metadata_kept(wish, data, bare, format.word):
        yield from _proved(data, "original", handle)
    if bare is not None and frames == 1 and wish != "icc" and not profile_of(handle.image):
        for made in _proved(smaller(bare, format.word), "repacked", handle):
            yield with_metadata(made, handle.image, format)


def _is_metadata_kept(wish: Any, data: bytes, bare: bytes | None, word: str) -> bool:
    """Whether the source has the metadata that are asked for: all, or none that would be taken away."""
    if wish in ("keep", "icc"):
        return bool(wish == "keep")
    if bare is not None:
        return bare == data
    image = pyvips.Image.new_from_buffer(data, "")
    return not any(image.get_typeof(name) for name in (*_METADATA, "icc-profile-data"))


def _is_palette_asked(format: Format) -> bool:
    return format.word == "png" and (format.values.get("quality"), format.values.get("colors")) != (None, None)


def _proved(data: bytes, origin: Any, handle: Handle) -> Iterator[Encoded]:
    """Give a file whose pixels are, one for one, those of the handle."""
    try:
        image = pyvips.Image.new_from_buffer(data, "", fail_on="warning")
        if image.get_typeof("orientation") and image.get("orientation") != 1:
            return
        same = _same(image, handle.image)
    except pyvips.Error:  # It is not used, and the file is encoded.
        return
    if same:
        image = handle.image
        # The source has its gain map still.
        notes = tuple(one for one in notes_of(image) if origin != "original" or one[0] != "W_GAIN_MAP_DROPPED")
        yield Encoded(data, width=image.width, height=image.height, encodes=0, origin=origin, notes=notes)


def _same(one: pyvips.Image, other: pyvips.Image) -> bool:
    if (one.width, one.height, one.bands) != (other.width, other.height, other.bands):
        return False
    if one.format != other.format or (profile_of(other) and profile_of(one) != profile_of(other)):
        return False  # A wide gamut is kept by the profile that goes with it.
    # The numbers as they are stored: a profile that moves a color shows, since the handle's were moved.
    return float((one - other).abs().max()) == 0
