"""`import mediaframe` costs next to nothing: public names are loaded on first use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    *("PIL", "anywidget", "av", "dask", "distributed", "fsspec", "numpy", "polars", "pyarrow"),
    *("pypdfium2", "pyvips", "typer"),
}

TIMED = "import time; t = time.perf_counter(); import mediaframe; print((time.perf_counter() - t) * 1000)"


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_importing_loads_no_library():
    loaded = python("import sys, mediaframe; print(*sys.modules)").split()

    assert not {name.partition(".")[0] for name in loaded} & HEAVY


def test_a_recipe_is_said_without_loading_a_library():
    loaded = python("import sys, mediaframe as mf; mf.preset('thumbnail'); print(*sys.modules)").split()

    assert not {name.partition(".")[0] for name in loaded} & HEAVY


@pytest.mark.slow
def test_importing_takes_less_than_60_milliseconds():
    best = min(float(python(TIMED)) for _ in range(7))

    assert best < 60
