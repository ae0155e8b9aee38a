"""Traced drawings, looked at with resvg: an engine that shares nothing with the one that wrote or checked them."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.etree import ElementTree as ET

import cv2
import numpy as np
import pytest
import resvg_py
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from mediaframe.engines.base import Encoded
from mediaframe.engines.vips import trace
from mediaframe.errors import MissingError, RecipeError
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from tests.engines.pictures import Pixels, large, rendered, scene, smooth, write


def logo(width: int = 240, height: int = 180, *, clear: bool = False) -> Pixels:
    """Draw a ring, a triangle and a bar with soft edges, on white or on nothing."""
    drawn = Image.new("RGBA", (4 * width, 4 * height), (255, 255, 255, 0 if clear else 255))
    draw, unit = ImageDraw.Draw(drawn), width / 100
    parts = [
        ("ellipse", (10, 10, 60, 60), "#c8102e"),
        ("ellipse", (25, 25, 45, 45), (255, 255, 255, 0 if clear else 255)),
        ("polygon", (60, 66, 92, 16, 96, 70), "#0038a8"),
        ("rectangle", (6, 64, 50, 70), "#ffb400"),
    ]
    for shape, corners, color in parts:
        getattr(draw, shape)([4 * unit * corner for corner in corners], fill=color)
    small = drawn.resize((width, height), Image.Resampling.BOX)
    return np.asarray(small if clear else small.convert("RGB"))


def photo(width: int = 360, height: int = 240) -> Pixels:
    """Make a sky over a hill, with shades and grain."""
    random = np.random.default_rng(3)
    down, across = np.mgrid[0:height, 0:width]
    clouds = Image.fromarray(random.integers(0, 255, (8, 12), dtype=np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    shade = np.asarray(clouds, float)[..., None] / 255
    sky = np.array([120, 160, 215]) + shade * 90
    hill = np.array([70, 80, 20]) + shade * 70
    soft = np.where((down > height * 0.55 + 40 * np.sin(across / 60))[..., None], hill, sky)
    return np.clip(soft + random.normal(0, 4, soft.shape), 0, 255).astype(np.uint8)


def traced(pixels: Pixels, recipe: Finished | None = None) -> Encoded:
    return rendered(write(pixels, "PNG"), recipe or image.svg())


def seen(svg: bytes) -> Pixels:
    """Render with resvg, with alpha."""
    data = resvg_py.svg_to_bytes(svg_string=svg.decode(), skip_system_fonts=True)
    with Image.open(io.BytesIO(bytes(data))) as picture:
        return np.asarray(picture.convert("RGBA"))


def scores(svg: bytes, pixels: Pixels) -> tuple[float, float]:
    """Give PSNR, and SSIM of the gray pictures (Gaussian window of 1.5, as Wang et al.)."""
    got = seen(svg)[..., :3].astype(float)
    psnr = 10 * np.log10(255**2 / np.mean((got - pixels) ** 2))
    one, two = got.mean(axis=2), pixels.astype(float).mean(axis=2)

    def soft(values: Any) -> Any:
        return gaussian_filter(values, 1.5, truncate=3.5)

    means = soft(one), soft(two)
    spread = soft(one * one) - means[0] ** 2 + soft(two * two) - means[1] ** 2
    shared = soft(one * two) - means[0] * means[1]
    low, high = 6.5025, 58.5225
    ssim = (
        (2 * means[0] * means[1] + low)
        * (2 * shared + high)
        / ((means[0] ** 2 + means[1] ** 2 + low) * (spread + high))
    )
    return float(psnr), float(ssim.mean())


def fills(svg: bytes) -> set[str]:
    return set(re.findall(r'fill="(#[0-9a-f]{6})"', svg.decode()))


@pytest.mark.parametrize(("form", "least"), [("PNG", 30), ("JPEG", 28)])
def test_a_logo_is_drawn_as_it_was_in_its_own_colors(form: str, least: float) -> None:
    pixels = logo()

    made = rendered(write(pixels, form, **({"quality": 85} if form == "JPEG" else {})), image.svg())

    psnr, ssim = scores(made.data, pixels)
    assert psnr > least
    assert ssim > 0.98
    assert len(made.data) < 60_000
    if form == "PNG":
        assert fills(made.data) == {"#ffffff", "#c8102e", "#0038a8", "#ffb400"}


@pytest.mark.slow
def test_more_detail_is_nearer() -> None:
    pixels = np.asarray(Image.fromarray(photo()).resize((900, 600), Image.Resampling.BICUBIC))

    low, medium = (scores(traced(pixels, image.svg(detail=one)).data, pixels) for one in ("low", "medium"))

    assert low[0] < medium[0]
    assert low[1] < medium[1]


def test_a_photograph_is_drawn_as_a_poster_of_it() -> None:
    pixels = photo()

    made = traced(pixels)

    psnr, ssim = scores(made.data, pixels)
    assert psnr > 22
    assert ssim > 0.6
    assert 1 < len(fills(made.data)) <= 16
    assert len(made.data) < 400_000


def test_transparency_is_kept_in_a_hole_and_around() -> None:
    pixels = logo(clear=True)

    got = seen(traced(pixels).data)

    assert np.abs(got[..., 3].astype(int) - pixels[..., 3]).mean() < 3
    assert got[63, 84, 3] == 0  # the hole of the ring
    assert tuple(got[30, 84]) == (0xC8, 0x10, 0x2E, 255)
    assert fills(traced(pixels).data) == {"#c8102e", "#0038a8", "#ffb400"}


@pytest.mark.parametrize("left", [3, 150, 290])
def test_a_small_clear_patch_is_kept_wherever_it_is(left: int) -> None:
    pixels = np.full((200, 300, 4), (20, 90, 200, 255), np.uint8)
    pixels[93:101, left : left + 8] = 0

    alpha = seen(traced(pixels).data)[..., 3]

    assert np.abs(alpha.astype(int) - pixels[..., 3]).mean() < 0.2
    assert alpha[97, left + 4] == 0


def test_what_cannot_be_seen_is_an_empty_drawing_of_the_same_size() -> None:
    made = traced(np.zeros((30, 40, 4), np.uint8))

    assert "<path" not in made.data.decode()
    assert (made.width, made.height) == (40, 30)
    assert not seen(made.data).any()


@pytest.mark.parametrize(
    "recipe", [image.svg(), image.svg(mode="mono"), image.svg(palette="red white", detail="low")], ids=repr
)
@pytest.mark.parametrize("bands", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 400), (400, 1), (33, 21)])
def test_any_picture_gives_a_drawing_of_its_size_and_the_same_bytes_each_time(
    recipe: Finished, bands: int, size: tuple[int, int]
) -> None:
    pixels = scene(*size, bands)

    made = traced(pixels, recipe)

    assert seen(made.data).shape[:2] == (size[1], size[0])
    assert traced(pixels, recipe).data == made.data


def test_the_file_holds_paths_with_fills_and_nothing_else() -> None:
    root = ET.fromstring(traced(logo(clear=True)).data)

    space = "{http://www.w3.org/2000/svg}"
    assert root.tag == f"{space}svg"
    assert set(root.attrib) == {"width", "height", "viewBox", "preserveAspectRatio"}
    assert {one.tag for one in root} == {f"{space}path"}
    assert all(set(one.attrib) <= {"d", "fill", "transform"} and not len(one) for one in root)


def test_a_large_picture_is_traced_small_and_stands_for_its_size() -> None:
    made = traced(large(2400, 1800), image.svg(detail="low"))

    root = ET.fromstring(made.data)
    assert (root.get("width"), root.get("height")) == ("2400", "1800")
    assert max(float(one) for one in root.attrib["viewBox"].split()) <= 1024
    assert (made.width, made.height) == (2400, 1800)


def test_noise_is_bounded() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)

    assert len(traced(noise).data) < 2_500_000


def test_the_palette_is_used_and_no_other_color() -> None:
    pixels = smooth(200, 150)

    found = fills(traced(pixels, image.svg(palette=["#102030", "gray", "#f0e0d0"])).data)

    assert found <= {"#102030", "#808080", "#f0e0d0"}
    assert len(found) > 1


def test_all_bright_colors_beside_what_is_clear_are_drawn_as_they_are() -> None:
    # The tracer marks what is clear by one of these, and draws lots where it finds them all.
    bright = ["#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff", "#ff00ff"]
    pixels = np.zeros((60, 140, 4), np.uint8)
    for number, color in enumerate(bright):
        pixels[10:50, number * 20 : number * 20 + 20] = (*bytes.fromhex(color[1:]), 255)

    made = traced(pixels, image.svg(palette=bright))

    assert fills(made.data) == set(bright)
    assert np.abs(seen(made.data).astype(int) - pixels).mean() < 4


@pytest.mark.parametrize("ink", [None, "#0038a8"])
def test_mono_draws_what_is_dark_by_the_threshold_of_otsu(ink: str | None) -> None:
    pixels = logo()

    made = traced(pixels, image.svg(mode="mono", palette=ink and [ink]))

    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    _, light = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    drawn, dark = seen(made.data)[..., 3] > 127, light == 0
    assert (drawn & dark).sum() / (drawn | dark).sum() > 0.98
    assert fills(made.data) == {ink or "#000000"}


def test_for_mono_what_is_clear_is_light() -> None:
    pixels = np.zeros((40, 60, 4), np.uint8)
    pixels[10:30, 10:40] = (30, 30, 30, 255)

    drawn = seen(traced(pixels, image.svg(mode="mono")).data)[..., 3] > 127

    assert drawn[20, 25]
    assert not drawn[2, 2]


def test_a_drawing_that_is_traced_can_be_opened_again() -> None:
    made = traced(logo())

    again = rendered(made.data, image.png())

    with Image.open(io.BytesIO(again.data)) as picture:
        assert np.abs(np.asarray(picture.convert("RGB"), int) - logo()).mean() < 3


def test_without_vtracer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "vtracer", None)

    with pytest.raises(MissingError, match=r"pip install 'mediaframe\[trace\]'"):
        traced(logo())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"palette": []}, "1 to 64 opaque colors"),
        ({"palette": ["#ff000080"]}, "1 to 64 opaque colors"),
        ({"palette": "rde"}, "1 to 64 opaque colors"),
        ({"palette": 5}, "1 to 64 opaque colors"),
        ({"mode": "mono", "palette": "red blue"}, "mono draws in one color"),
        ({"mode": "colour"}, "did you mean 'color'"),
        ({"colors": 1}, "2 to 64"),
    ],
)
def test_wrong_arguments_raise(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        image.svg(**arguments)
