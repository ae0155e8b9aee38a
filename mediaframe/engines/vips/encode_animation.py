"""How animations are written: gif, webp, apng, avif; what was written is read back and held against what was asked."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import pyvips
from PIL import Image

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.apng import Apng as ApngReader
from mediaframe.engines.vips.apng import written
from mediaframe.engines.vips.avif import sequence, stamped
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.color import in_srgb
from mediaframe.engines.vips.encode import Written, ready
from mediaframe.engines.vips.foreign import trouble
from mediaframe.engines.vips.handle import Handle, has_alpha
from mediaframe.engines.vips.notes import notes_of
from mediaframe.engines.vips.profiles import profile_of
from mediaframe.engines.vips.reel import Animation, alone, in_memory
from mediaframe.errors import AssetError
from mediaframe.formats.animation import Apng, Gif
from mediaframe.formats.image import Avif, Webp
from mediaframe.model.finish import Format

_NOMINAL = 20
"""The delay, in milliseconds, that every frame has while a WebP is made; the true ones are put in afterwards."""
_MOST_WEBP = (1 << 24) - 1
_WEBP_ALPHA = 0x10
_MOST_GIF = 0xFFFF
_MOST_PLAYS = 0xFFFF
"""What GIF and WebP can count; an APNG may ask for more."""
_FULL_COLOR = 90
"""From this quality on an AVIF keeps its colors at full resolution, as libvips has it for still ones."""


@engine.implements(Gif)
def gif(handle: Handle, format: Gif) -> Encoded:
    """Write a GIF of one frame."""
    image, _ = ready(handle, format, "strip")
    return _gif([alone(in_srgb(image))], format, (0,), 1)


@engine.animates(Gif)
def moving_gif(animation: Animation, format: Gif) -> Encoded:
    """Write a GIF."""
    images = [in_srgb(image) for image, _ in _images(animation, format)]
    return _gif(images, format, hundredths(animation.delays), animation.loop)


@engine.animates(Webp)
def moving_webp(animation: Animation, format: Webp) -> Encoded:
    """Write a WebP; libwebp makes one of neighbors that look equal, so that there may be fewer frames."""
    images = _images(animation, format)
    keep = images[0].keep
    joined = _joined([image for image, _ in images], (_NOMINAL,) * len(images), animation.loop)
    data = joined.webpsave_buffer(Q=format.quality, lossless=format.lossless, effort=format.effort, keep=keep)
    data = with_delays(data, animation.delays, alpha=has_alpha(joined))
    found = pyvips.Image.webpload_buffer(data)
    return _checked(data, format, animation, found.width, found.height, _webp_delays(data))


@engine.implements(Apng)
def apng(handle: Handle, format: Apng) -> Encoded:
    """Write an APNG of one frame."""
    image, _ = ready(handle, format, "strip")
    data = written([image], (0,), 1, format.effort)
    return _checked(data, format, Animation(handle, lambda: iter([handle]), (0,), 1), image.width, image.height, (0,))


@engine.animates(Apng)
def moving_apng(animation: Animation, format: Apng) -> Encoded:
    """Write an APNG."""
    images = (ready(frame, format, "strip").image for frame in in_memory(animation))
    data = written(images, animation.delays, animation.loop, format.effort)
    found = pyvips.Image.pngload_buffer(data)
    return _checked(data, format, animation, found.width, found.height, ApngReader(data).delays)


@engine.animates(Avif)
def moving_avif(animation: Animation, format: Avif) -> Encoded:
    """Write an AVIF sequence by Pillow, which has libavif; libvips writes still ones alone. No frame may take 0 ms."""
    if format.lossless:
        raise AssetError("avif: an animation is not written lossless; say apng() or webp(lossless=True)",
                         code="E_ENCODE")  # fmt: skip
    if format.bits > 8:
        raise AssetError(f"avif: an animation is written with 8 bits, got bits={format.bits}; leave it out",
                         code="E_ENCODE")  # fmt: skip
    ready_ones = _images(animation, format)
    images = [_pillow(image) for image, _ in ready_ones]
    file, profile = io.BytesIO(), profile_of(ready_ones[0].image)
    animation = replace(animation, delays=tuple(max(1, delay) for delay in animation.delays))
    kept = {"icc_profile": profile} if profile else {}
    with trouble("avif"):
        images[0].save(
            file, "AVIF", save_all=True, append_images=images[1:], duration=list(animation.delays),
            quality=format.quality, speed=max(0, 9 - format.effort), codec="aom", max_threads=1,
            subsampling="4:4:4" if format.quality >= _FULL_COLOR else "4:2:0", **kept,
        )  # fmt: skip
        data = stamped(file.getvalue(), animation.loop)
        with Image.open(io.BytesIO(data), formats=["AVIF"]) as found:
            size = found.size
    return _checked(data, format, animation, *size, sequence(data).delays)


def hundredths(delays: tuple[int, ...]) -> tuple[int, ...]:
    """Give delays as a GIF counts them, still in milliseconds: moments are rounded, so that errors do not add up.

    >>> hundredths((33, 33, 34)), hundredths((16, 16, 16)), hundredths((0, 10, 250))
    ((30, 40, 30), (20, 20, 20), (0, 10, 250))
    """
    moments = [0, *(round(moment / 10) * 10 for moment in accumulate(delays))]
    rounded = (end - start for start, end in pairwise(moments))
    return tuple(
        min(max(one, 20) if delay > 10 else delay // 10 * 10, _MOST_GIF * 10)
        for one, delay in zip(rounded, delays, strict=True)
    )


def with_delays(data: bytes, delays: tuple[int, ...], *, alpha: bool) -> bytes:
    """Put the true delays into a WebP whose frames have the nominal one.

    libvips writes 100 ms for delays up to 10, and where libwebp made one frame of several it has added theirs up.
    libwebp cuts frames to what changes, and does not say that there is transparency where that is all around them.
    """
    made, at = bytearray(data), 0
    if data[12:16] == b"VP8X" and alpha:
        made[20] |= _WEBP_ALPHA
    for start, length in _webp_frames(data):
        many = max(1, round(length / _NOMINAL))
        total = sum(delays[at : at + many])
        if total > _MOST_WEBP:
            raise AssetError(f"webp: a frame of {total / 1000:g} s is over the {_MOST_WEBP / 1000:g} s that it holds",
                             code="E_ENCODE")  # fmt: skip
        made[start : start + 3] = total.to_bytes(3, "little")
        at += many
    return bytes(made)


def _webp_frames(data: bytes) -> list[tuple[int, int]]:
    """Give where the delay of each frame stands, and the delay."""
    found, at = [], 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"ANMF":
            found.append((at + 20, int.from_bytes(data[at + 20 : at + 23], "little")))
        at += 8 + size + (size & 1)
    return found


def _webp_delays(data: bytes) -> tuple[int, ...]:
    return tuple(delay for _, delay in _webp_frames(data))


def _gif(images: list[pyvips.Image], format: Gif, delays: tuple[int, ...], loop: int) -> Encoded:
    joined = _joined(images, delays, loop)
    data = joined.gifsave_buffer(
        effort=format.effort, dither=format.dither, bitdepth=format.bitdepth, interlace=format.progressive,
        interframe_maxerror=format.interframe_maxerror, interpalette_maxerror=format.interpalette_maxerror,
        keep_duplicate_frames=True, keep="none",
    )  # fmt: skip
    found = pyvips.Image.gifload_buffer(data, n=-1)
    told = tuple(found.get("delay"))[: len(images)]
    first = Handle(images[0], images[0].width, images[0].height)
    size = found.width, found.height // len(images)
    return _checked(data, format, Animation(first, lambda: iter([first]), delays, loop), *size, told)


def _images(animation: Animation, format: Format) -> list[Written]:
    metadata = format.values.get("metadata", "strip")
    return [ready(frame, format, metadata) for frame in in_memory(animation)]


def _joined(images: Iterable[pyvips.Image], delays: tuple[int, ...], loop: int) -> pyvips.Image:
    """Put frames below one another, as libvips takes an animation."""
    frames = list(images)
    joined = frames[0] if len(frames) == 1 else pyvips.Image.arrayjoin(frames, across=1)
    joined = joined.copy()
    joined.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    joined.set_type(pyvips.GValue.gint_type, "loop", min(loop, _MOST_PLAYS))
    joined.set_type(pyvips.GValue.array_int_type, "delay", list(delays))
    return joined


def _pillow(image: pyvips.Image) -> Image.Image:
    if image.bands == 2:
        image = image.colourspace("srgb")
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[image.bands]
    return Image.frombytes(mode, (image.width, image.height), image.write_to_memory())


def _checked(
    data: bytes, format: Format, animation: Animation, width: int, height: int, delays: tuple[int, ...]
) -> Encoded:
    """Hold what reads back against what was asked: the size, and the time in all. No delays: it is a still picture."""
    expected = sum(animation.delays) if delays else 0
    if (width, height, sum(delays)) != (animation.width, animation.height, expected):
        raise AssetError(
            f"{format.word}: wrote {animation.width}x{animation.height} for {sum(animation.delays)} ms, reads back as "
            f"{width}x{height} for {sum(delays)} ms",
            code="E_VERIFY",
        )
    quality: Any = format.values.get("quality")
    many = len(animation.delays) > 1 and len(delays) > 0
    return Encoded(
        data, width=width, height=height, quality=None if format.values.get("lossless") else quality,
        pages=len(delays) if many else None, seconds=sum(delays) / 1000 if many else None,
        notes=notes_of(animation.first.image),
    )  # fmt: skip
