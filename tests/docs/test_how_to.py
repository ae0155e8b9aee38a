"""The how-to pages are followed to the letter, in a copy of the package."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "how-to"

CHECK = """
import sys
import mediaframe as mf
assert mf.__file__.startswith(sys.argv[2]), mf.__file__
photo = sys.argv[1]
print(mf.image.posterize(3).png())
print(mf.parse_recipe("image.posterize(levels=3).png()") == mf.image.posterize(3).png())
print(mf.image.resize(48).posterize(2).mean_color().run(photo) is not None)
print(mf.image.resize(64).j2k().run(photo)[:2])
print(mf.formats().filter(format="j2k", writes=True).height)
print(0 <= mf.image.darkest().run(photo) < 255)
try:
    mf.image.posterize(1)
except mf.UsageError as error:
    print(error)
"""


def blocks(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)


def add(path: Path, *texts: str) -> None:
    path.write_text("\n\n".join([path.read_text(), *texts]))


def let_recipes_have(package: Path, line: str, module: str, name: str) -> None:
    path = package / "recipes.py"
    text = path.read_text().replace("    grayscale = step(", f"    {line.strip()}\n    grayscale = step(", 1)
    path.write_text(text.replace("from mediaframe.formats", f"from {module} import {name}\nfrom mediaframe.formats", 1))


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    root = tmp_path_factory.mktemp("followed")
    package = root / "mediaframe"
    shutil.copytree(ROOT / "mediaframe", package, ignore=shutil.ignore_patterns("__pycache__"))

    declared, line, done = blocks("add-an-operation.md")[:3]
    add(package / "ops/image/tone.py", "from mediaframe.model.argument import Value, arg", declared)
    let_recipes_have(package, line, "mediaframe.ops.image.tone", "Posterize")
    names = "from mediaframe.engines.vips.handle import alpha_apart, to_byte"
    add(package / "engines/vips/tone.py", names, "from mediaframe.ops.image.tone import Posterize", done)

    declared, line, done, rows = blocks("add-a-format.md")
    add(package / "formats/image.py", "from mediaframe.model.finish import Format", declared)
    let_recipes_have(package, line, "mediaframe.formats.image", "J2k")
    names = "import io\nfrom PIL import Image\nfrom mediaframe.formats.image import J2k"
    add(package / "engines/vips/encode.py", names, done, rows)

    declared, line, done = blocks("add-a-measure.md")
    add(package / "measures/image.py", declared)
    let_recipes_have(package, line, "mediaframe.measures.image", "Darkest")
    add(package / "engines/vips/measure.py", "from mediaframe.measures.image import Darkest", done)
    return root


@pytest.mark.slow
def test_two_files_and_a_line_make_an_operation_a_format_and_a_measure(followed, photo):
    done = subprocess.run(
        [sys.executable, "-c", CHECK, photo, str(followed)],
        cwd=followed,
        env={"PYTHONPATH": str(followed), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "image.posterize(levels=3).png()",
        "True",
        "True",
        "b'\\xffO'",
        "1",
        "True",
        "posterize(levels=...): expected 2 to 64, got 1",
    ]
