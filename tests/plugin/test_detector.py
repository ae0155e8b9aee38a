"""A face detector from another package: asked for before the first byte, at work in the child, part of what is made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import mediaframe as mf
from mediaframe.errors import MissingError

TOY = '''
"""Finds red boxes, and takes them for faces."""


def detect(pixels, width, height):
    rows = [
        [(x, y) for x in range(width) if pixels[3 * (y * width + x)] > 200 and pixels[3 * (y * width + x) + 1] < 60]
        for y in range(height)
    ]
    red = [point for row in rows for point in row]
    if not red:
        return []
    left, top = min(x for x, _ in red), min(y for _, y in red)
    return [(left, top, max(x for x, _ in red) - left + 1, max(y for _, y in red) - top + 1)]


def broken(pixels, width, height):
    raise OSError("the model is not there")
'''

ASK = """
import json, sys
import mediaframe as mf
from mediaframe.storage.source import Sources
source, to = sys.argv[1:3]
told = {}
try:
    recipe = mf.image.crop(60, 60, gravity="face").png()
    cover = mf.image.resize(40, 40, fit="cover", gravity="face").png()
    told["ids"] = [recipe.id, cover.id, mf.image.crop(60, 60).png().id]
    told["same"] = mf.recipe_from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    run = mf.scan(source).probe().with_columns(face=recipe, small=cover).export(to)
    told["state"] = run.state
    told["errors"] = run.manifest["error"].to_list()
except mf.UsageError as error:
    told["code"], told["error"] = error.code, error.message
print(json.dumps(told))
"""


def installed(site: Path, version: str = "1.0", function: str = "detect", name: str = "toy") -> Path:
    """Put a detector into a folder as an installed package."""
    package = f"{name}_faces"
    (site / package).mkdir(parents=True)
    (site / package / "__init__.py").write_text(TOY)
    facts = site / f"{package}-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-faces\nVersion: {version}\n")
    (facts / "entry_points.txt").write_text(f"[mediaframe.detectors]\n{name} = {package}:{function}\n")
    return site


def ask(source: Path, to: Path, *sites: Path) -> dict[str, Any]:
    root = Path(mf.__file__ or "").parents[1]
    path = os.pathsep.join(str(one) for one in (root, *sites))
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(source), str(to)],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture whose only face stands to the right, below the middle; something bright stands to the left."""
    pixels = np.full((160, 400, 3), 90, np.uint8)
    pixels[20:60, 20:60] = (40, 255, 40)
    pixels[100:120, 330:350] = (255, 0, 0)
    path = tmp_path_factory.mktemp("group") / "group.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def told(group: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    site, to = installed(tmp_path_factory.mktemp("site")), tmp_path_factory.mktemp("made")
    return ask(group, to, site) | {"to": to}


def test_the_face_is_in_the_middle_of_what_is_cut_out(told: dict[str, Any]) -> None:
    with Image.open(told["to"] / "face" / "group.png") as picture:
        made = np.asarray(picture)
    with Image.open(told["to"] / "small" / "group.png") as picture:
        small = np.asarray(picture).astype(int)

    assert told["state"] == "complete", told["errors"]
    assert made.shape == (60, 60, 3)
    assert (made[20:40, 20:40] == (255, 0, 0)).all()
    assert ((small[..., 0] > 150) & (small[..., 1] < 100)).any()


def test_a_recipe_for_faces_reads_back(told: dict[str, Any]) -> None:
    assert told["same"]


def test_another_version_of_the_detector_is_another_recipe(group: Path, told: dict[str, Any], tmp_path: Path) -> None:
    newer = ask(group, tmp_path / "made", installed(tmp_path / "site", version="2.0"))

    assert newer["ids"][0] != told["ids"][0]
    assert newer["ids"][1] != told["ids"][1]
    assert newer["ids"][2] == told["ids"][2]


def test_a_detector_that_fails_costs_the_row_and_is_named(group: Path, tmp_path: Path) -> None:
    found = ask(group, tmp_path / "made", installed(tmp_path / "site", function="broken"))

    assert found["errors"][0] == ("the face detector toy (toy-faces 1.0) failed: OSError: the model is not there")


def test_two_detectors_are_refused(group: Path, tmp_path: Path) -> None:
    found = ask(group, tmp_path / "made", installed(tmp_path / "a"), installed(tmp_path / "b", name="other"))

    assert found["code"] == "E_RECIPE"
    assert "expected one face detector, found other (other-faces 1.0), toy (toy-faces 1.0)" in found["error"]


@pytest.mark.parametrize(
    "make",
    [lambda: mf.image.crop(60, 60, gravity="face"), lambda: mf.image.resize(60, 60, fit="cover", gravity="face")],
)
def test_without_a_detector_it_is_said_what_to_do_before_a_byte_is_read(make: Any) -> None:
    with pytest.raises(MissingError) as caught:
        make()

    assert caught.value.code == "E_MISSING"
    assert "install a package that brings one, or write one" in caught.value.message
    assert "mediaframe.detectors" in caught.value.message
