"""One asset through its recipes: alone equals together, faults stay apart, work is shared and counted."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image

from mediaframe.engines.base import Source
from mediaframe.engines.vips.engine import engine
from mediaframe.model.finish import Format
from mediaframe.model.input import Input
from mediaframe.model.limits import Limits
from mediaframe.model.operation import Operation
from mediaframe.model.recipe import Finished
from mediaframe.model.spec import every
from mediaframe.recipes import image
from mediaframe.work.child.render import render
from tests.engines.pictures import large, oriented, scene, write

Result = dict[str, tuple[dict[str, Any], bytes]]


def run(data: bytes, recipes: dict[str, Finished], **request: Any) -> tuple[Result, dict[str, int]]:
    """Render and collect what was sent, by name."""
    sent: Result = {}
    renditions = [{"name": name, "recipe": recipe.to_json()} for name, recipe in recipes.items()]
    answer = render(
        {
            "do": "render",
            "kind": "image",
            "format": None,
            "limits": {},
            "renditions": renditions,
            "inputs": INPUTS,
            **request,
        },
        Source(data),
        lambda header, payload: sent.update({header["rendition"]: (header, payload)}),
    )
    return sent, answer["counts"]


def _cmyk() -> bytes:
    file = io.BytesIO()
    Image.fromarray(scene(80, 60)).convert("CMYK").save(file, "JPEG", quality=90)
    return file.getvalue()


SOURCES: dict[str, bytes] = {
    "a large jpeg": write(large(3000, 1800), "JPEG", quality=85),
    **{f"orientation {one}": oriented(scene(70, 50), one, quality=90) for one in range(2, 9)},
    "alpha": write(scene(80, 60, 4), "PNG"),
    "gray": write(scene(80, 60, 1), "PNG"),
    "cmyk": _cmyk(),
    "16 bits": pyvips.Image.new_from_array(scene(80, 60).astype(np.uint16) * 257)
    .copy(interpretation="rgb16")
    .pngsave_buffer(),
}

_LOGO = write(scene(40, 20, 4), "PNG")
INPUTS = {hashlib.sha256(_LOGO).hexdigest(): _LOGO}
"""The files that the recipes name."""

STEPS: dict[str, Any] = {
    "auto_orient": image.auto_orient(enabled=False),
    "page": image.page(1),
    "color": image.color("p3"),
    "resize": image.resize(40, 40, fit="cover"),
    "crop": image.crop(30, 30),
    "extend": image.extend(top=3, left=2),
    "rotate": image.rotate(12),
    "shape": image.shape("ellipse", fill="#ff000080", stroke="#00ff00"),
    "flip": image.flip(),
    "flop": image.flop(),
    "trim": image.trim(),
    "grayscale": image.grayscale(),
    "flatten": image.flatten(),
    "blur": image.blur(2),
    "sharpen": image.sharpen(),
    "describe": image.describe(title="Stuhl", keywords="oak, chair"),
    "mode": image.mode("square", size=40),
    "pad": image.pad(aspect="1:1"),
    "border": image.border(3),
    "round_corners": image.round_corners("20%"),
    "brightness": image.brightness(1.2),
    "contrast": image.contrast(0.8),
    "saturation": image.saturation(1.4),
    "hue": image.hue(40),
    "gamma": image.gamma(1.5),
    "normalize": image.normalize(),
    "tint": image.tint("#704214"),
    "sepia": image.sepia(0.7),
    "pixelate": image.pixelate(7),
    "median": image.median(3),
    "vignette": image.vignette(),
    "watermark": image.watermark(Input("logo.png", next(iter(INPUTS))), scale=0.5, rotation=20),
    "text": image.text("Ağ مرحبا", size=20, stroke="black", shadow="#f00", background="#0008"),
    "frame": image.frame(1),
    "frames": image.frames(1, 9),
    "speed": image.speed(2),
    "delay": image.delay(0.05),
    "loop": image.loop(2),
}
ENDS: dict[str, Any] = {
    "jpeg": lambda one: one.jpeg(),
    "png": lambda one: one.png(effort=1),
    "webp": lambda one: one.webp(effort=0),
    "avif": lambda one: one.avif(effort=0),
    "auto": lambda one: one.auto(formats=["webp", "jpeg"]),
    "gif": lambda one: one.gif(effort=1),
    "apng": lambda one: one.apng(effort=1),
    "tiff": lambda one: one.tiff(),
    "jp2": lambda one: one.jp2(),
    "bmp": lambda one: one.bmp(),
    "ico": lambda one: one.ico(),
    "pdf": lambda one: one.pdf(),
    "heif": lambda one: one.heif(effort=0),
    "jxl": lambda one: one.jxl(effort=1),
    "svg": lambda one: one.svg(detail="low"),
}


def _all() -> dict[str, Finished]:
    """Every operation into PNG and one into every format, behind a reduction, so that it stays quick."""
    start = image.resize(96, 96, enlarge=False)
    steps = {
        step: (recipe.resize(50) if recipe.steps[0].opening else _after(start, recipe)).png(effort=1)
        for step, recipe in STEPS.items()
    }
    return {
        **steps,
        **{end: finish(start.blur(2)) for end, finish in ENDS.items()},
        "plain": image.resize(64).png(effort=1),
        "mean": image.mean_color(),
        "sharp": image.sharpness(),
        "hash": image.phash(),
        "tones": image.dominant_colors(),
        "thumbhash": image.thumbhash(),
        "blurhash": image.blurhash(),
        "tiny": image.lqip(),
        "budget": image.resize(64).jpeg(max_bytes=1500),
    }


def _after(start: Any, recipe: Any) -> Any:
    for step in recipe.steps:
        start = start.then(step)
    return start


def test_the_law_is_tried_on_every_operation_and_every_format() -> None:
    assert set(STEPS) == {one.word for one in every(Operation, "image")}
    assert set(ENDS) == {one.word for one in every(Format, "image")}


@pytest.mark.parametrize("name", SOURCES)
def test_alone_equals_together_byte_for_byte(name: str) -> None:
    recipes = _all()

    together, _ = run(SOURCES[name], recipes)

    for one, recipe in recipes.items():
        alone, _ = run(SOURCES[name], {one: recipe})
        assert alone[one][1] == together[one][1], one
        assert _without_time(alone[one][0]) == _without_time(together[one][0]), one
        assert alone[one][0]["status"] == "ok", alone[one][0]


def _without_time(header: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in header.items() if name != "took"}


def test_the_order_of_renditions_changes_nothing() -> None:
    recipes = {name: recipe for name, recipe in _all().items() if "avif" not in name}

    forward, _ = run(SOURCES["alpha"], recipes)
    backward, _ = run(SOURCES["alpha"], dict(reversed(recipes.items())))

    assert {name: data for name, (_, data) in forward.items()} == {name: data for name, (_, data) in backward.items()}


def test_all_large_and_small_results_of_a_jpeg_share_one_decode() -> None:
    recipes = {
        "hero": image.resize(1200).webp(effort=0),
        "thumb": image.resize(300, 300, fit="cover").webp(effort=0),
        "tiny": image.resize(32).png(),
        "sharp": image.sharpness(),
    }

    _, counts = run(write(large(3000, 1800), "JPEG"), recipes)

    assert counts == {"opens": 1, "decodes": 1, "encodes": 3, "steps": 3}


def test_hashes_of_a_jpeg_share_a_decode_of_their_own() -> None:
    recipes = {"hash": image.phash(), "other": image.dhash(), "sharp": image.sharpness()}

    _, counts = run(write(large(3000, 1800), "JPEG"), recipes)

    assert counts == {"opens": 2, "decodes": 2, "encodes": 0, "steps": 0}


def test_steps_in_common_are_done_once() -> None:
    common = image.crop(60, 40).blur(2)
    recipes = {
        "a": common.png(effort=1), "b": common.jpeg(), "c": common.flip().jpeg(), "d": common.flip().mean_color(),
    }  # fmt: skip

    _, counts = run(write(scene(80, 60), "PNG"), recipes)

    assert counts["opens"] == 1
    assert counts["steps"] == 3  # crop, blur, flip


def test_what_needs_all_pixels_opens_once_more_for_a_large_jpeg() -> None:
    recipes = {"small": image.resize(100).webp(), "cut": image.crop(50, 50).webp(), "whole": image.trim().png(effort=0)}

    _, counts = run(write(large(3000, 1800), "JPEG"), recipes)

    assert counts["opens"] == 2


def test_one_bad_rendition_leaves_the_others_as_they_are() -> None:
    data = write(scene(80, 60), "PNG")
    good = {"a": image.resize(40).webp(), "z": image.blur().png()}
    bad = {"outside": image.crop(5, 5, left=500, top=0).png(), "budget": image.jpeg(max_bytes=20)}

    sent, _ = run(data, {"a": good["a"], **bad, "z": good["z"]})
    clean, _ = run(data, good)

    assert list(sent) == ["a", "outside", "budget", "z"]
    assert (sent["outside"][0]["code"], sent["budget"][0]["code"]) == ("E_PARAM", "E_INFEASIBLE")
    assert sent["outside"][0]["status"] == "failed"
    assert all(sent[name][1] == clean[name][1] for name in good)


def test_a_step_that_fails_fails_all_that_stand_on_it_once() -> None:
    outside = image.crop(5, 5, left=500, top=0)

    sent, counts = run(write(scene(80, 60), "PNG"), {"a": outside.png(), "b": outside.flip().jpeg(), "c": image.png()})

    assert [sent[name][0]["status"] for name in "abc"] == ["failed", "failed", "ok"]
    assert counts["steps"] == 1


def test_a_source_that_does_not_open_fails_all_with_one_code() -> None:
    cut = write(scene(80, 60), "PNG")[:-300]

    sent, counts = run(cut, {"a": image.resize(10).webp(), "b": image.phash()})

    assert {header["code"] for header, _ in sent.values()} == {"E_TRUNCATED"}
    assert all(data == b"" for _, data in sent.values())
    assert counts["encodes"] == 0


def test_a_fault_of_ours_costs_one_rendition(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setitem(engine.table, type(image.flip().steps[0]), fault)

    sent, _ = run(write(scene(80, 60), "PNG"), {"a": image.flip().png(), "b": image.png()})

    assert sent["a"][0]["code"] == "E_INTERNAL"
    assert "ZeroDivisionError: a fault" in sent["a"][0]["error"]
    assert sent["b"][0]["status"] == "ok"


def test_a_recipe_that_does_not_read_is_that_renditions_error() -> None:
    sent: list[dict[str, Any]] = []
    good = image.png().to_json()
    broken = {"kind": "image", "steps": [{"word": "resise"}], "end": {"word": "png"}}
    request = {"renditions": [{"name": "a", "recipe": broken}, {"name": "b", "recipe": good}]}

    render(request, Source(write(scene(8, 8), "PNG")), lambda header, _: sent.append(header))

    assert sent[0]["code"] == "E_RECIPE"
    assert "did you mean 'resize'" in sent[0]["error"]
    assert sent[1]["status"] == "ok"


def test_a_budget_is_kept_and_its_quality_said() -> None:
    data = write(scene(400, 300), "PNG")

    sent, _ = run(data, {"a": image.jpeg(quality=95, max_bytes="20 kB"), "b": image.webp(max_bytes=10**7)})

    header, payload = sent["a"]
    assert len(payload) <= 20_000
    assert 1 <= header["quality"] < 95
    assert 2 <= header["encodes"] <= 5
    assert (sent["b"][0]["quality"], sent["b"][0]["encodes"]) == (80, 1)


def test_a_result_at_a_quality_is_the_file_of_that_quality() -> None:
    data = write(scene(400, 300), "PNG")
    sent, _ = run(data, {"a": image.jpeg(quality=95, max_bytes="20 kB")})

    plain, _ = run(data, {"a": image.jpeg(quality=sent["a"][0]["quality"])})

    assert plain["a"][1] == sent["a"][1]


def test_a_result_over_the_limit_is_refused() -> None:
    sent, _ = run(write(scene(80, 60), "PNG"), {"a": image.png()}, limits=Limits(output=500).to_json())

    assert sent["a"][0]["code"] == "E_LIMIT_OUTPUT"


def test_headers_can_be_sent_as_json() -> None:
    sent, _ = run(write(scene(80, 60), "PNG"), {"a": image.png(), "b": image.sharpness(), "c": image.phash()})

    for header, _ in sent.values():
        assert json.loads(json.dumps(header)) == header


def _pictures() -> int:
    return sum(isinstance(one, pyvips.Image) for one in gc.get_objects())


@pytest.mark.parametrize(
    "recipes",
    [
        {"a": image.flip().png(), "b": image.flip().blur().jpeg()},
        {"a": image.flip().png(), "b": image.crop(900, 900, left=800, top=0).png()},
        {"a": image.jpeg(max_bytes=1500), "b": image.phash()},
    ],
)
def test_pictures_are_let_go_without_the_garbage_collector(recipes: dict[str, Finished]) -> None:
    data = write(scene(80, 60), "PNG")
    run(data, recipes)
    gc.collect()
    gc.disable()
    try:
        before = _pictures()
        run(data, recipes)
        after = _pictures()
    finally:
        gc.enable()

    assert gc.is_tracked(pyvips.Image.black(1, 1))
    assert after == before


def test_what_renders_in_a_child_imports_no_tables_and_no_stores() -> None:
    code = (
        "import sys, mediaframe.work.child.render, mediaframe.engines.vips.engine;"
        "print([one for one in ('polars', 'pyarrow', 'fsspec', 'dask', 'distributed') if one in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_known_words_are_read_without_a_search_for_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[None] = []
    monkeypatch.setattr("mediaframe.model.spec.load_plugins", lambda: searched.append(None))

    sent, _ = run(write(scene(80, 60), "PNG"), {"a": image.resize(33).webp(quality=33)})

    assert sent["a"][0]["status"] == "ok"
    assert searched == []
