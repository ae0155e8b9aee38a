"""Files that keep what was asked of them, a budget or a score, or say that they do not."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.engines.vips.ssimulacra2 import Judge
from mediaframe.errors import RecipeError
from mediaframe.model.kind import Shape
from mediaframe.model.recipe import Finished
from mediaframe.recipes import image
from mediaframe.work.child.render import render
from tests.engines.pictures import Pixels, read, scene, smooth, write

FORMATS = {"jpeg": image.jpeg, "webp": image.webp, "avif": image.avif, "png": image.png}
QUICK: dict[str, dict[str, Any]] = {"avif": {"effort": 1}}


def one(data: bytes, recipe: Finished) -> tuple[dict[str, Any], bytes]:
    """Render one recipe."""
    sent: list[tuple[dict[str, Any], bytes]] = []
    request = {"renditions": [{"name": "a", "recipe": recipe.to_json()}]}
    render(request, Source(data), lambda header, payload: sent.append((header, payload)))
    return sent[0]


def asked(word: str, **arguments: Any) -> Finished:
    """Give a recipe that ends in a format."""
    return FORMATS[word](**QUICK.get(word, {}), **arguments)


def natural(width: int, height: int, bands: int = 3) -> Pixels:
    """Make a picture with what photographs have: slopes, edges, and grain that is the same in all colors."""
    random = np.random.default_rng(3)
    down, across = np.mgrid[0:height, 0:width]
    grain = random.normal(0, 5, (height, width, 1))
    edges = (((across - width / 2) ** 2 + (down - height / 2) ** 2) % 2500 < 900)[..., None] * 60
    planes = smooth(width, height, bands).astype(float) * 0.6 + edges + grain
    return np.clip(planes, 1, 255).astype(np.uint8)


PHOTO = write(natural(220, 160), "PNG")


@pytest.mark.parametrize("word", FORMATS)
def test_a_budget_that_can_be_kept_is_met_and_never_passed(word: str) -> None:
    full = len(one(PHOTO, asked(word))[1])
    budget = int(full * 0.6)

    header, data = one(PHOTO, asked(word, max_bytes=budget))

    assert header["outcome"] == "met"
    assert 0 < len(data) <= budget
    assert header["encodes"] <= 5
    assert Image.open(io.BytesIO(data)).size == (220, 160)


@pytest.mark.parametrize("word", ["jpeg", "webp"])
def test_a_look_at_a_part_of_a_large_picture_saves_encodes_of_the_whole(word: str) -> None:
    photo = write(natural(600, 420), "PNG")
    budget = int(len(one(photo, asked(word, quality=95))[1]) * 0.4)

    header, data = one(photo, asked(word, quality=95, max_bytes=budget))

    assert header["outcome"] == "met"
    assert 0.9 * budget < len(data) <= budget
    assert header["encodes"] <= 3


def test_trellis_is_smaller_at_the_same_score() -> None:
    photo = write(natural(600, 420), "PNG")

    plain, without = one(photo, asked("jpeg", target=60))
    header, data = one(photo, asked("jpeg", target=60, trellis=True))

    assert abs(header["score"] - plain["score"]) <= 2
    assert len(data) < 0.97 * len(without)


@pytest.mark.parametrize("word", FORMATS)
def test_a_budget_that_cannot_be_kept_is_infeasible_and_says_the_smallest(word: str) -> None:
    header, data = one(PHOTO, asked(word, max_bytes=90))

    assert (header["status"], header["code"], data) == ("failed", "E_INFEASIBLE", b"")
    assert "max_bytes=90 B cannot be kept" in header["error"]
    assert "allow_resize=True" in header["error"]


@pytest.mark.parametrize("word", FORMATS)
def test_best_effort_gives_the_smallest_and_never_calls_it_met(word: str) -> None:
    header, data = one(PHOTO, asked(word, max_bytes=90, on_miss="best_effort"))
    _, least = one(PHOTO, asked(word, quality=1))

    assert header["outcome"] == "best_effort"
    assert 90 < len(data) <= len(least)


@pytest.mark.parametrize("word", FORMATS)
def test_pixels_are_given_up_where_that_is_allowed_and_the_size_reached_is_told(word: str) -> None:
    budget = 1500

    header, data = one(PHOTO, asked(word, max_bytes=budget, allow_resize=True))

    width, height = Image.open(io.BytesIO(data)).size
    assert (header["outcome"], header["width"], header["height"]) == ("met", width, height)
    assert len(data) <= budget
    assert width < 220
    assert abs(width / height - 220 / 160) < 0.06
    assert header["quality"] >= 40


def test_pixels_are_kept_where_a_quality_does() -> None:
    header, _ = one(PHOTO, image.jpeg(quality=95, max_bytes="15 kB", allow_resize=True))

    assert (header["width"], header["height"]) == (220, 160)


def test_pixels_given_up_in_vain_are_said_to_be() -> None:
    header, _ = one(PHOTO, image.jpeg(max_bytes=50, allow_resize=True))

    assert header["code"] == "E_INFEASIBLE"


def test_a_png_stays_lossless_where_that_keeps_the_budget() -> None:
    picture = smooth(120, 80)

    header, data = one(write(picture, "PNG"), image.png(max_bytes="100 kB"))

    assert (header["outcome"], header["quality"]) == ("met", None)
    np.testing.assert_array_equal(read(data), picture)


# ---- targets ---------------------------------------------------------------------------------------------------------


def _score(picture: Pixels, data: bytes) -> float:
    with Image.open(io.BytesIO(data)) as found:
        mode = "RGBA" if picture.shape[2] == 4 else "RGB"
        return Judge(picture).score(np.asarray(found.convert(mode)))


@pytest.mark.parametrize("word", FORMATS)
@pytest.mark.parametrize("target", [60, 75])
def test_a_target_is_hit_on_one_scale_in_all_formats(word: str, target: int) -> None:
    picture = natural(220, 160)

    header, data = one(PHOTO, asked(word, target=target))

    assert header["outcome"] == "met"
    assert abs(header["score"] - target) <= (1.0 if word != "png" else 6.0)
    assert _score(picture, data) == pytest.approx(header["score"], abs=0.6)  # Pillow's decoders, not those of libvips
    assert header["encodes"] <= 5


def test_a_target_that_a_format_cannot_reach_is_infeasible_or_best_effort() -> None:
    refused, _ = one(PHOTO, image.webp(target=99))
    given, data = one(PHOTO, image.webp(target=99, on_miss="best_effort"))

    assert refused["code"] == "E_INFEASIBLE"
    assert "target=99 cannot be reached: quality 100 scores" in refused["error"]
    assert (given["outcome"], given["quality"]) == ("best_effort", 100)
    assert given["score"] < 98
    assert data


def test_a_budget_goes_before_a_target_and_the_score_tells_what_that_cost() -> None:
    header, data = one(PHOTO, image.webp(target=85, max_bytes=4500, on_miss="best_effort"))

    assert len(data) <= 4500
    assert header["outcome"] == "best_effort"
    assert header["score"] < 84


def test_a_target_within_a_generous_budget_is_met() -> None:
    header, _ = one(PHOTO, image.webp(target=60, max_bytes="1 MB"))

    assert header["outcome"] == "met"
    assert abs(header["score"] - 60) <= 1


@pytest.mark.parametrize("word", ["jpeg", "avif"])
@pytest.mark.parametrize("target", [84, 86, 88])
def test_a_target_between_halved_and_whole_colors_is_hit_too(word: str, target: int) -> None:
    header, _ = one(PHOTO, asked(word, target=target))

    assert abs(header["score"] - target) <= 1


@pytest.mark.parametrize(("chroma", "quality", "layers"), [
    ("auto", 89, "4:2:0"), ("auto", 90, "4:4:4"), ("444", 50, "4:4:4"), ("420", 95, "4:2:0"),
])  # fmt: skip
def test_colors_have_the_resolution_that_was_asked_for(chroma: str, quality: int, layers: str) -> None:
    _, data = one(PHOTO, image.jpeg(quality=quality, chroma=chroma))

    with Image.open(io.BytesIO(data)) as found:
        first = found.layer[0]  # type: ignore[attr-defined]  # Pillow tells the sampling of each component
    assert first[1:3] == ((2, 2) if layers == "4:2:0" else (1, 1))


def test_transparency_is_judged_too() -> None:
    picture = natural(220, 160, 4)

    header, data = one(write(picture, "PNG"), image.webp(target=70))

    assert header["outcome"] == "met"
    assert _score(picture, data) == pytest.approx(header["score"], abs=0.3)


def test_a_jpeg_is_judged_against_the_picture_on_its_background() -> None:
    header, _ = one(write(natural(220, 160, 4), "PNG"), image.jpeg(target=70, background="black"))

    assert abs(header["score"] - 70) <= 1


def test_wide_gamut_and_many_bits_are_judged_as_they_look() -> None:
    recipe = image.color("p3").avif(target=75, bits=10, effort=1)

    header, _ = one(PHOTO, recipe)

    assert header["outcome"] == "met"
    assert abs(header["score"] - 75) <= 1


def test_without_a_wish_nothing_is_said_of_one() -> None:
    header, _ = one(PHOTO, image.webp())

    assert (header["outcome"], header["score"], header["encodes"]) == (None, None, 1)


def test_a_result_at_a_quality_that_was_found_is_the_file_of_that_quality() -> None:
    found, data = one(PHOTO, image.webp(target=70))

    _, plain = one(PHOTO, image.webp(quality=found["quality"]))

    assert plain == data


# ---- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "arguments", "said"),
    [
        ("webp", {"lossless": True, "target": 80}, "lossless or target, got both"),
        ("avif", {"lossless": True, "max_bytes": 900}, "lossless or max_bytes, got both"),
        ("jpeg", {"allow_resize": True}, "expected max_bytes with it"),
        ("jpeg", {"allow_resize": True, "max_bytes": 900, "target": 50}, "allow_resize or target, got both"),
        ("png", {"colors": 100}, "expected 2, 4, 16 or 256"),
        ("png", {"bits": 16, "colors": 16}, "bits=16 or colors, got both"),
        ("jpeg", {"target": 101}, "0 to 100"),
        ("jpeg", {"on_miss": "ignore"}, "'error', 'best_effort'"),
    ],
)
def test_wishes_that_contradict_each_other_raise_before_the_first_byte(
    word: str, arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        FORMATS[word](**arguments)


@pytest.mark.parametrize("word", FORMATS)
def test_the_size_is_not_known_beforehand_where_pixels_may_be_given_up(word: str) -> None:
    shape = Shape("image", 200, 100)

    assert asked(word, max_bytes=900, allow_resize=True).infer(shape).size is None
    assert asked(word, max_bytes=900).infer(shape).size == (200, 100)


# ---- palettes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("colors", [2, 4, 16, 256])
def test_a_palette_has_at_most_the_colors_that_were_asked_for(colors: int) -> None:
    _, data = one(PHOTO, image.png(colors=colors))

    with Image.open(io.BytesIO(data)) as found:
        assert found.mode in ("P", "L", "1")
        assert len(found.convert("RGB").getcolors(1 << 20)) <= colors


def test_a_palette_keeps_transparency() -> None:
    picture = scene(64, 48, 4)
    picture[:20, :, 3] = 0

    _, data = one(write(picture, "PNG"), image.png(colors=256))

    with Image.open(io.BytesIO(data)) as found:
        assert found.mode == "P"
        alpha = np.asarray(found.convert("RGBA"))[..., 3]
    assert alpha[:20].max() == 0
    assert alpha[20:].max() > 100


def test_dither_spreads_what_a_palette_leaves_out() -> None:
    picture = np.repeat(np.linspace(0, 255, 240).astype(np.uint8)[None, :, None], 40, axis=0).repeat(3, axis=2)
    data = write(picture, "PNG")

    hard, soft = (read(one(data, image.png(colors=4, dither=share))[1]) for share in (0.0, 1.0))

    def edges(found: Pixels) -> int:
        return int((np.diff(found[..., 0].astype(int), axis=1) != 0).sum())

    assert edges(soft) > 10 * edges(hard)
