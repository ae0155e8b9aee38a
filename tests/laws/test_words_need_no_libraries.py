"""Law 5. Words need no libraries: what can be said imports the standard library only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SAID = """
import sys
sys.path.insert(0, sys.argv[1])
import mediaframe as mf
recipe = mf.image.resize(320, 320, fit="cover").webp(max_bytes="20 kB")
read = mf.recipe_from_json(recipe.to_json())
assert read == recipe == mf.parse_recipe(repr(recipe))
assert mf.preset("avatar").infer
print(read)
"""


def test_recipes_are_said_by_a_python_that_has_no_packages_at_all():
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", SAID, str(ROOT)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "image.resize(width=320, height=320, fit='cover').webp(max_bytes=20000)"
