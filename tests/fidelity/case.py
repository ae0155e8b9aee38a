"""Case: one word of a recipe, what it is compared with, and how far apart the two may be."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from mediaframe.model.recipe import Finished
from tests.engines.pictures import Pixels, measured, oriented, rendered, scene, smooth, write

Family = Literal["operation", "format read", "format written", "measure"]
Array = np.ndarray[Any, Any]


def png(picture: Pixels) -> bytes:
    """Write a picture as it is."""
    return write(picture, "PNG")


@dataclass(frozen=True)
class Case:
    """One comparison with an implementation that shares no code with ours.

    `reference` is given what `recipe` is given and gives what it should give: an array of levels, a number or a text.
    It may be approximate where the definition leaves room; `tolerance` says how much.
    """

    word: str
    """The word that is tried: an operation, a format or a measure."""
    title: str
    """What of it is tried, in a few words; unique for the word."""
    recipe: Finished
    reference: Callable[[Any], Any]
    against: str
    """What `reference` uses: "Pillow ImageOps.expand", "numpy, by the definition"."""
    tolerance: float
    metric: str = "max"
    family: Family = "operation"
    pictures: tuple[str, ...] = ("color",)
    """Names of PICTURES; the worst of them counts."""
    file: Callable[[Pixels], bytes] = png
    """How a picture becomes the source of the recipe."""
    given: Literal["pixels", "file"] = "pixels"
    """What the reference is given: the picture, or the bytes of the source."""
    read: Callable[[bytes], Any] | None = None
    """How the result is read; Pillow where nothing is said."""
    render: Callable[[bytes, Finished], Any] | None = None
    """How the recipe is done, where the plain way (one source, nothing else) does not do."""

    needs: Path | None = None
    """A file of the corpus of real media, without which the case is skipped."""

    @property
    def name(self) -> str:
        """Say which case it is."""
        return f"{self.family}: {self.word}, {self.title}"


def written(
    word: str, title: str, recipe: Finished, decode: Callable[[bytes], Array], by: str,
    tolerance: float = 0.0, metric: str = "max", pictures: tuple[str, ...] = ("color",),
    expected: Callable[[Pixels], Array] = lambda picture: picture,
) -> Case:  # fmt: skip
    """Give the case of a picture that is written by a format and read by another program."""
    against = f"the picture, our file read by {by}"
    return Case(word, title, recipe, expected, against, tolerance, metric, "format written", pictures, read=decode)


@dataclass(frozen=True)
class Metric:
    """How far two results are apart, as one number."""

    of: Callable[[Any, Any], float]
    unit: str
    least: bool = False
    """Whether the tolerance is the least that is allowed, not the most."""

    def worst(self, numbers: list[float]) -> float:
        """Give the number that is furthest from equal."""
        return min(numbers) if self.least else max(numbers)

    def holds(self, number: float, tolerance: float) -> bool:
        """Whether a number is within a tolerance."""
        return number >= tolerance if self.least else number <= tolerance

    def allowed(self, tolerance: float) -> str:
        """Say a tolerance in words."""
        if tolerance == 0 and not self.least:
            return "equal"
        return f"{'≥' if self.least else '≤'} {tolerance:g} {self.unit}".rstrip()


def _levels(ours: Any, theirs: Any) -> tuple[Array, Array]:
    """Give both as levels of what can be seen: colors times alpha, and alpha."""
    one, two = (_seen(np.asarray(pixels, dtype=np.float64)) for pixels in (ours, theirs))
    assert one.shape == two.shape, f"ours is {one.shape}, the other {two.shape}"
    return one, two


def _seen(pixels: Array) -> Array:
    pixels = pixels if pixels.ndim != 2 else pixels[..., None]
    if pixels.ndim < 3 or pixels.shape[-1] not in (2, 4):
        return pixels
    return np.concatenate([pixels[..., :-1] * pixels[..., -1:] / 255, pixels[..., -1:]], axis=-1)


def _gap(ours: Any, theirs: Any) -> Array:
    one, two = _levels(ours, theirs)
    return np.abs(one - two)


def _psnr(ours: Any, theirs: Any) -> float:
    one, two = _levels(ours, theirs)
    error = float(np.mean((one - two) ** 2))
    return 99.0 if error == 0 else min(99.0, float(10 * np.log10(255**2 / error)))


METRICS: dict[str, Metric] = {
    "max": Metric(lambda ours, theirs: float(_gap(ours, theirs).max()), "levels at any pixel"),
    "p99": Metric(lambda ours, theirs: float(np.percentile(_gap(ours, theirs), 99)), "levels at 99 of 100 pixels"),
    "mean": Metric(lambda ours, theirs: float(_gap(ours, theirs).mean()), "levels on average"),
    "psnr": Metric(_psnr, "dB of PSNR", least=True),
    "difference": Metric(lambda ours, theirs: abs(float(ours) - float(theirs)), ""),
    "relative": Metric(lambda ours, theirs: abs(float(ours) / float(theirs) - 1), "of the value"),
    "bits": Metric(lambda ours, theirs: float((int(ours, 16) ^ int(theirs, 16)).bit_count()), "bits"),
    "text": Metric(lambda ours, theirs: float(ours != theirs), "wrong answers"),
}


def read(data: bytes) -> Array:
    """Read a file with Pillow; always with a band axis, palettes as colors."""
    with Image.open(io.BytesIO(data)) as picture:
        if picture.mode in ("P", "PA"):
            picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
        found = np.asarray(picture)
    return found if found.ndim == 3 else found[..., None]


def _chart() -> Pixels:
    """Make a chart of all sorts of colors: 9 levels of each band, in blocks of 4 x 4."""
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    colors = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    return colors.repeat(4, axis=0).repeat(4, axis=1)


def _cutout() -> Pixels:
    """Make a soft disc that is cut out, with a color hidden behind it."""
    down, across = np.mgrid[0:60, 0:80]
    alpha = np.clip((26 - np.hypot(down - 30, across - 42)) * 40 + 128, 0, 255)
    picture = np.concatenate([scene(80, 60), alpha[..., None].astype(np.uint8)], axis=-1)
    picture[alpha == 0] = (255, 0, 255, 0)
    return picture


def _blobs() -> Pixels:
    """Make soft blobs of many colors, as photographs have them."""
    few = np.random.default_rng(5).integers(0, 255, (18, 24, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(few).resize((160, 120), Image.Resampling.BICUBIC))


def _card() -> Pixels:
    """Make a picture with a wide white border."""
    picture = np.full((70, 90, 3), 255, np.uint8)
    picture[13:51, 22:71] = scene(49, 38) // 2
    return picture


PICTURES: dict[str, Callable[[], Pixels]] = {
    "color": lambda: scene(90, 66),
    "gray": lambda: scene(90, 66, 1),
    "alpha": lambda: scene(90, 66, 4),
    "gray and alpha": lambda: scene(90, 66, 2),
    "smooth": lambda: smooth(160, 120),
    "chart": _chart,
    "cutout": _cutout,
    "card": _card,
    "blobs": _blobs,
}
"""The pictures that are tried: slopes, edges, grain; hidden colors behind transparency; all sorts of colors."""


def turned(orientation: int, format: str, **options: Any) -> Callable[[Pixels], bytes]:
    """Give a writer of files that say an EXIF orientation."""
    return partial(oriented, orientation=orientation, format=format, **options)


def compare(case: Case) -> float:
    """Do a case with each of its pictures; give how far it is off at the worst."""
    metric = METRICS[case.metric]
    return metric.worst([_one(case, metric, PICTURES[name]()) for name in case.pictures])


def _one(case: Case, metric: Metric, picture: Pixels) -> float:
    data = case.file(picture)
    ours = (case.render or _plainly)(data, case.recipe)
    if isinstance(ours, bytes):
        ours = (case.read or read)(ours)
    return metric.of(ours, case.reference(picture if case.given == "pixels" else data))


def _plainly(data: bytes, recipe: Finished) -> Any:
    return measured(data, recipe) if recipe.measure is not None else rendered(data, recipe).data
