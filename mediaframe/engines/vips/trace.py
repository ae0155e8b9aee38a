"""Tracing: a picture is reduced to a few flat colors, its flat parts are followed by vtracer, and written as SVG."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np
import pyvips

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips.base import engine
from mediaframe.engines.vips.geometry import scaled
from mediaframe.engines.vips.handle import Handle, alpha_apart, colors, has_alpha
from mediaframe.engines.vips.palette import averaged, nearest, oklab, palette
from mediaframe.engines.vips.written import held, plain, whole
from mediaframe.errors import AssetError, MissingError
from mediaframe.formats.trace import Svg
from mediaframe.model.quantity import color_bands

try:
    import vtracer
except ImportError:  # The extra `trace` is not installed.
    vtracer = None

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

_LONGEST = 2**31 - 1

_SIDES = {"low": 512, "medium": 1024, "high": 1536}
_FLAT_SIDES = {"low": 1024, "medium": 2048, "high": 3072}
"""Pixels of the longer side that are traced at the most; edges of flat pictures are worth more of them."""
_SPECKLES = {"low": 6, "medium": 4, "high": 3}
"""Patches smaller than the square of this many traced pixels are given to their neighbors."""
_ROUNDS = {"low": 1, "medium": 1, "high": 2}
"""How often the grain is taken out. At `high` once more: else 64 colors of pure noise are 77,000 shapes."""
_ENLARGED = 4
_FLAT_SHARE = 0.6
"""From this share of flat pixels on a picture is followed by curves. Over logos and lettering 0.8 to 0.97 was
measured, with JPEG's noise too; over photographs at most 0.42."""
_FLAT = 8
"""Levels by which a pixel of a flat part differs from its neighbors at the most."""
_NEAR = 0.03
"""Colors of a flat picture that are nearer than this in Oklab are one: the noise of JPEG and the ringing of edges."""
_SAMPLES = 16_384
_BAND = 128
"""Rows that are worked on at once, so that memory stays small."""
_AROUND = ((1, 1), *((y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)))
"""A pixel and its eight neighbors, itself first."""


class Layers(NamedTuple):
    """A picture of a few flat colors: which color each pixel has, and what is seen."""

    colors: Bytes
    which: Bytes
    seen: Mask | None
    curves: bool


@engine.implements(Svg)
def svg(handle: Handle, format: Svg) -> Encoded:
    """Trace the picture."""
    if vtracer is None:
        raise MissingError(f"{format.word} is written by {format.module}: {format.install}")
    image = whole(plain(handle), "svg", _LONGEST)
    image = image if colors(image) == 3 else image.colourspace("srgb")
    layers = _ink(image, format) if format.mode == "mono" else _layers(image, format)
    data = _document(layers, image.width, image.height, _SPECKLES[format.detail])
    return held(data, "svg", image, _read_back(data))


# ---- a few flat colors -----------------------------------------------------------------------------------------------


def _layers(image: pyvips.Image, format: Svg) -> Layers:
    small, flat = _grid(image, format.detail)
    if format.palette is not None:
        known = np.array([color_bands(one)[:3] for one in format.palette], np.uint8)
    else:
        known = _colors_of(image, flat, format.colors)
    color, alpha = alpha_apart(small)
    pixels = color.numpy()
    cube = nearest(oklab(_CUBE), oklab(known)).astype(np.uint8)
    which = np.concatenate([_looked_up(rows, cube) for rows in _bands(pixels)])
    seen = None if alpha is None else alpha.numpy().reshape(which.shape) >= 128
    for _ in range(_ROUNDS[format.detail]):
        which = _steadied(which)
    return Layers(known, which, seen, flat is not None)


def _ink(image: pyvips.Image, format: Svg) -> Layers:
    """Give what is dark as the only color; what cannot be seen is light."""
    small, flat = _grid(image, format.detail)
    if has_alpha(small):
        small = small.flatten(background=[255] * 3)
    gray = small.colourspace("b-w").numpy().reshape(small.height, small.width)
    dark = _steadied((gray <= _otsu(gray)).astype(np.uint8)).astype(bool)
    known = np.array([color_bands((format.palette or ("#000000",))[0])[:3]], np.uint8)
    return Layers(known, np.zeros_like(gray), dark, flat is not None)


def _grid(image: pyvips.Image, detail: str) -> tuple[pyvips.Image, Mask | None]:
    """Give the picture at the size that is traced, and its flat parts where it is flat for the most part."""
    longer = max(image.width, image.height)
    reduced = _sized(image, min(1.0, _SIDES[detail] / longer))
    flat = _flat(alpha_apart(reduced)[0].numpy())
    if flat.mean() < _FLAT_SHARE:
        return reduced, None
    factor = min(_ENLARGED, _FLAT_SIDES[detail] / longer)
    if factor <= 1:
        return _sized(image, factor), flat
    # Without the ringing of lanczos3, which would give edges a lining.
    size = (max(1, round(one * factor)) for one in (image.width, image.height))
    width, height = size
    soft = image.premultiply() if has_alpha(image) else image
    soft = soft.resize(width / image.width, vscale=height / image.height, kernel="mitchell")
    soft = soft.unpremultiply() if has_alpha(image) else soft
    return soft.rint().cast("uchar").copy(interpretation="srgb"), flat


def _sized(image: pyvips.Image, factor: float) -> pyvips.Image:
    return scaled(image, max(1, round(image.width * factor)), max(1, round(image.height * factor))).copy_memory()


def _flat(pixels: Bytes) -> Mask:
    """Say which pixels are nearly equal to all around them."""
    flat = np.ones(pixels.shape[:2], bool)
    for down, across in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for one, other in (((down, across), (0, 0)), ((0, 0), (down, across))):
            here, there = _shifted(pixels, *one), _shifted(pixels, *other)
            gap = np.where(here > there, here - there, there - here).max(axis=2)
            flat &= gap <= _FLAT
    return flat


def _shifted(array: Bytes, down: int, across: int) -> Bytes:
    """Give an array moved by a pixel, its border repeated."""
    rows = np.clip(np.arange(array.shape[0]) + down, 0, array.shape[0] - 1)
    columns = np.clip(np.arange(array.shape[1]) + across, 0, array.shape[1] - 1)
    moved: Bytes = array[rows[:, None], columns]
    return moved


def _colors_of(image: pyvips.Image, flat: Mask | None, count: int) -> Bytes:
    """Give the palette: of a flat picture from its flat parts alone, since soft edges are between its colors."""
    if flat is None:
        pixels, weights = averaged(image, 128)
        found, _ = palette(pixels, weights, count)
        return found if len(found) else np.zeros((1, 3), np.uint8)
    reduced = _sized(image, min(1.0, max(flat.shape) / max(image.width, image.height)))
    color, alpha = alpha_apart(reduced)
    there = flat if alpha is None else flat & (alpha.numpy().reshape(flat.shape) >= 128)
    pixels = color.numpy()[there]
    pixels = pixels[:: max(1, math.ceil(len(pixels) / _SAMPLES))]
    if not len(pixels):
        return np.zeros((1, 3), np.uint8)
    return _distinct(*palette(pixels, np.ones(len(pixels)), count))


def _distinct(found: Bytes, shares: np.ndarray[Any, np.dtype[np.float64]]) -> Bytes:
    lab, kept = oklab(found), list[int]()
    for one in np.argsort(-shares, kind="stable").tolist():
        if all(float(((lab[one] - lab[other]) ** 2).sum()) >= _NEAR**2 for other in kept):
            kept.append(one)
    return found[kept]


def _bands(array: Bytes) -> list[Bytes]:
    return [array[start : start + _BAND] for start in range(0, array.shape[0], _BAND)]


def _looked_up(pixels: Bytes, cube: Bytes) -> Bytes:
    place = pixels[..., 0].astype(np.uint32) >> 2
    for band in (1, 2):
        place = place << 6 | pixels[..., band] >> 2
    found: Bytes = cube[place]
    return found


def _steadied(which: Bytes) -> Bytes:
    """Give each pixel the color that most of its nine neighbors have, its own where several have as many."""
    padded = np.pad(which, 1, mode="edge")
    height, width = which.shape
    found = which.copy()
    for top in range(0, height, _BAND):
        rows = min(_BAND, height - top)
        around = np.stack([padded[top + y : top + y + rows, x : x + width] for y, x in _AROUND])
        mixed = (around != around[0]).any(axis=0)
        nine = around[:, mixed]
        counts = np.stack([(nine == one).sum(axis=0, dtype=np.uint8) for one in nine])
        found[top : top + rows][mixed] = np.take_along_axis(nine, counts.argmax(axis=0)[None], axis=0)[0]
    return found


def _otsu(gray: Bytes) -> int:
    """Give the level that parts dark from light with the least spread within both."""
    counts = np.bincount(gray.ravel(), minlength=256).astype(np.float64)
    dark, sums = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    light = dark[-1] - dark
    with np.errstate(divide="ignore", invalid="ignore"):
        between = dark * light * (sums / dark - (sums[-1] - sums) / light) ** 2
    between = np.nan_to_num(between, nan=0.0)
    return int(between.argmax()) if between.max() > 0 else 127


_LEVELS = (np.arange(64) * 4 + 2).astype(np.uint8)
_CUBE: Bytes = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS, indexing="ij"), axis=-1).reshape(-1, 3)


# ---- shapes ----------------------------------------------------------------------------------------------------------

_PATH = re.compile(
    r'<path d="([MLCZ0-9 .,e-]+)" fill="#([0-9A-Fa-f]{6})" transform="translate\((-?[0-9.]+),(-?[0-9.]+)\)"/>'
)
_KEY = (255, 0, 0)
"""The color that vtracer takes first to mark what is transparent. Where a picture has all colors that it tries, it
draws lots; so this one is never given to it."""


def _document(layers: Layers, width: int, height: int, speckle: int) -> bytes:
    down, across = layers.which.shape
    top = 0
    if layers.seen is None or layers.seen.all():
        pixels = np.dstack([layers.colors[layers.which], np.full(layers.which.shape, 255, np.uint8)])
    else:
        # vtracer looks for transparency on five rows alone; a clear row at the top is one of them.
        top = 1
        pixels = np.zeros((down + 1, across, 4), np.uint8)
        pixels[1:, :, :3], pixels[1:, :, 3] = layers.colors[layers.which], layers.seen * np.uint8(255)
    shapes = [] if not pixels[..., 3].any() else _shapes(pixels, layers, speckle)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 {top} {across} {down}" preserveAspectRatio="none">'
    )
    return "\n".join([head, *shapes, "</svg>", ""]).encode("ascii")


def _shapes(pixels: Bytes, layers: Layers, speckle: int) -> list[str]:
    red = (pixels[..., :3] == _KEY).all(axis=2)
    pixels[red, 0] -= 1
    picture = pyvips.Image.new_from_memory(pixels.tobytes(), pixels.shape[1], pixels.shape[0], 4, "uchar")
    traced = vtracer.convert_raw_image_to_svg(
        picture.copy(interpretation="srgb").pngsave_buffer(compression=0, keep="none"),
        img_format="png", colormode="color", hierarchical="stacked", mode="spline" if layers.curves else "polygon",
        filter_speckle=speckle, color_precision=8, layer_difference=0, path_precision=1,
    )  # fmt: skip
    found = _PATH.findall(traced)
    if len(found) != traced.count("<path"):
        raise AssetError("svg: the tracer gave a shape that is not known here", code="E_INTERNAL")
    fills = np.array([tuple(bytes.fromhex(fill)) for _, fill, _, _ in found], np.uint8).reshape(-1, 3)
    # Patches that were given to their neighbors leave a trace in the mean that vtracer fills a shape with.
    own = layers.colors[nearest(oklab(fills), oklab(layers.colors))] if len(fills) else fills
    return [
        f'<path d="{d.strip()}" fill="#{fill.tobytes().hex()}"{_moved(x, y)}/>'
        for (d, _, x, y), fill in zip(found, own, strict=True)
    ]


def _moved(x: str, y: str) -> str:
    return "" if x == y == "0" else f' transform="translate({x},{y})"'


def _read_back(data: bytes) -> tuple[int, int]:
    try:
        written = pyvips.Image.svgload_buffer(data, unlimited=True)
    except pyvips.Error as error:
        raise AssetError(f"svg: what was written does not read back: {error}", code="E_VERIFY") from None
    return written.width, written.height
