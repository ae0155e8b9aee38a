"""How much memory a recipe needs, said before the asset is opened and without a media library."""

from __future__ import annotations

import math

from mediaframe.formats.streaming import Streaming, rung_size
from mediaframe.model.finish import Format, Measure
from mediaframe.model.kind import Shape
from mediaframe.model.recipe import Finished
from mediaframe.ops.image.animation import reach
from mediaframe.ops.stills import Preview

BASE = 128 << 20
"""Bytes of a child that has loaded its engines: 93 to 127 MB were measured."""

UNKNOWN = 24_000_000
"""Pixels of a source whose size is not known."""
UNKNOWN_VIDEO = 3840 * 2160
"""The same of a video."""

# Peak bytes for each pixel, above the child's own, measured as VmHWM on a picture of 24 megapixels; MALLOC_ARENA_MAX=2.
_OPEN = {
    "jpeg": 7.0,  # progressive 3.4 when shrunk (its coefficients), and 3 for the whole picture
    "mpo": 7.0,
    "png": 9.0,  # 5.5; interlaced 8.3; 16 bits with alpha 8.8
    "apng": 9.0,
    "gif": 9.0,  # 8.0
    "tiff": 9.0,  # 4.6; floating point and Pillow's more
    "webp": 12.0,  # 10.5; lossless 11.1
    "bmp": 11.0,  # 10.1, by Pillow
    "ico": 11.0,
    "avif": 16.0,  # 15.6
    "heic": 16.0,
    "jp2": 26.0,  # 24.6; in tiles 12.2
    "j2k": 26.0,
    "jxl": 18.0,  # 9.2; of 16 bits twice that
    "svg": 9.0,
    "svgz": 9.0,
}
_OPEN_OTHERS = 12.0
_HELD = 4.0
"""The decoded picture, with alpha."""

# Above the decoded picture: 3.8, 0.8, 3.1, 18.7; of pictures with alpha 4.0, 23.8, 14.8, 7.8, 34.8, 21.5.
_WRITE = {
    "jpeg": 4.0, "png": 2.5, "webp": 3.5, "avif": 19.0,
    "tiff": 5.0, "jp2": 24.0, "bmp": 15.0, "pdf": 8.0, "heif": 35.0, "jxl": 22.0,
}  # fmt: skip
_WRITE_LOSSLESS = {"webp": 17.5, "avif": 19.0, "heif": 48.5}  # 17.1, 18.7 and 48.3
_WRITE_OTHERS = 5.0  # phash 4.6

_JUDGED, _JUDGED_KEPT, _JUDGED_PIXELS = 16.0, 46.0, 2_000_000
"""What a score takes for each pixel: 10 and the two pictures; up to so many pixels what is known of one is kept."""
_MOVING = ("gif", "webp", "apng", "avif")
"""Formats whose frames are decoded one after the other; pages of a TIFF are not."""
_EACH = {"gif": 6.0, "webp": 6.0, "avif": 8.0, "apng": 4.0}
"""Peak bytes for each pixel of all frames that are written, those that are held included."""

_FILMED, _TALLEST = 7.0, 16 / 9
"""Bytes for each pixel of the frames of a preview before they are written, and how tall they are at the most."""

_TRACED = {"low": 110 << 20, "medium": 350 << 20, "high": 760 << 20}
"""What tracing takes of a flat picture, the most of all: it is done at a limited size, whatever that of the picture."""

_AHEAD = {
    "ultrafast": 0, "superfast": 0, "veryfast": 10, "faster": 20, "fast": 30, "medium": 40, "slow": 50, "slower": 60,
    "veryslow": 60,
}  # fmt: skip
"""Pictures that x264 looks ahead, by its presets."""
_DECODED, _CODED, _WAITING = 40.0, 45.0, 2.8
"""Bytes for each pixel: of a picture that is decoded, of one that is encoded, and of one that waits for its encoder."""
_CODERS = {"h265": 1.8, "av1": 3.0, "vp9": 2.0}
"""How much more than x264 other encoders take."""

_MARGIN = 1.15


def memory_need(
    pixels: int | None, format: str | None, recipe: Finished, frames: int | None = None, *, shared: bool = False
) -> int:
    """Say how many bytes of memory a child may need for one recipe of one asset.

    Parameters
    ----------
    pixels
        Pixels of the source; 24 megapixels where it is not known.
    format
        The format of the source, such as "jpeg".
    recipe
        The recipe, all its arguments bound.
    frames
        Frames of the source, where it may be an animation.
    shared
        Whether other recipes have the same source. Frames of an animation are decoded once and held then; else there is
        one at a time.

    Examples
    --------
    >>> from mediaframe.recipes import image
    >>> memory_need(100_000_000, "png", image.avif()) // 10**9
    2
    """
    if recipe.end.takes == "video" and "preset" in recipe.end.arguments:
        return _video_need(pixels or UNKNOWN_VIDEO, recipe)
    count = pixels or UNKNOWN
    opened = count * _OPEN.get(format or "", _OPEN_OTHERS)
    largest, last = _sizes(count, recipe)
    lossless = recipe.end.values.get("lossless") is True
    each = ({**_WRITE, **_WRITE_LOSSLESS} if lossless else _WRITE).get(recipe.end.word, _WRITE_OTHERS)
    written = count * _HELD + largest * _HELD + last * each
    if recipe.end.values.get("target") is not None:
        written += last * _JUDGED + min(last, _JUDGED_PIXELS) * _JUDGED_KEPT
    if recipe.end.word == "svg":
        written += _TRACED[recipe.end.values["detail"]]
    deep = 2 if recipe.end.values.get("bits", 8) > 8 else 1
    many = reach(recipe.steps, recipe.end, frames) if frames and format in _MOVING else None
    moving = 0.0
    if many is not None and many > 1:
        left = recipe.infer(Shape("image", frames=many)).frames or many
        moving = opened + count * (many if shared else 1) * _HELD + last * left * _EACH.get(recipe.end.word, 0.0)
    return BASE + int(max(opened * deep, written * deep, moving, _filmed(count, recipe)) * _MARGIN)


def _filmed(pixels: int, recipe: Finished) -> float:
    """Say what an animated preview takes: its frames are held as they come, and again as they are written."""
    return max(
        (
            step.most * step.width**2 * _TALLEST * (_FILMED + _EACH.get(recipe.end.word, 0.0)) + pixels * _OPEN_OTHERS
            for step in recipe.steps
            if isinstance(step, Preview)
        ),
        default=0.0,
    )


def _video_need(pixels: int, recipe: Finished) -> int:
    """Say what decoding and encoding pictures takes: encoders look ahead, the further the slower their preset is."""
    _, last = _sizes(pixels, recipe)
    if isinstance(recipe.end, Streaming):
        size = math.isqrt(last * 16 // 9), math.isqrt(last * 9 // 16)
        boxes = [rung_size(size, side) for side in recipe.end.sides(min(size))]
        last = sum(width * height for width, height in boxes)
    return BASE + int((pixels * _DECODED + last * _each(recipe.end)) * _MARGIN)


def _each(end: Format | Measure) -> float:
    """Say what an encoder of pictures takes for each pixel."""
    each = _CODED + _WAITING * _AHEAD[str(end.values["preset"])]
    return each * _CODERS.get(str(end.values.get("codec")), 1.0)


def merge_need(whole: Shape, end: Format) -> int:
    """Say how many bytes a child may need to compose pieces into a whole of this shape, one piece at a time."""
    width, height = whole.size or (1, 1)
    if whole.kind == "video":  # Frames come and go; clips are no larger than the whole, or are shown as large.
        return BASE + int(width * height * (_DECODED + _each(end)) * _MARGIN)
    pixels = width * height * (whole.frames or whole.pages or 1)
    each = max(_EACH.get(end.word, 0.0), _WRITE.get(end.word, _WRITE_OTHERS) + _HELD)
    return BASE + int((width * height * _OPEN["png"] + pixels * each) * _MARGIN)


def held_memory(size: int, pixels: int | None) -> int:
    """Say how many bytes an input may need beside the source: its content, and its picture where it is one."""
    return size + int((pixels or 0) * (_OPEN_OTHERS + 2 * _HELD))


def _sizes(pixels: int, recipe: Finished) -> tuple[int, int]:
    """Give the pixels of the largest picture that the steps make, and of the last, for a source of 3 to 2."""
    shape = Shape("image", max(1, math.isqrt(pixels * 3 // 2)), max(1, math.isqrt(pixels * 2 // 3)))
    largest, last = 0, pixels
    for step in recipe.steps:
        after = step.infer(shape)
        if after.size is None:
            # A slight turn at most doubles the pixels; whatever else is not known beforehand makes fewer.
            last = 2 * last if step.word == "rotate" else last
            shape = shape.but(width=max(1, math.isqrt(last)), height=max(1, math.isqrt(last)))
        else:
            shape, last = after, after.size[0] * after.size[1]
        largest = max(largest, last)
    return largest, last
