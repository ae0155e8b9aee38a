"""The cells of the tutorial run, from the first to the last, and say what the text says they say."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "ten-minutes.md"


def cells() -> list[str]:
    return re.findall(r"```\{code-cell\} ipython3\n(.*?)```", PAGE.read_text(), re.DOTALL)


def run(code: str, names: dict) -> object:
    """Run a cell; give the value of its last expression, as a notebook does."""
    body = ast.parse(code)
    last = ast.Expression(body.body.pop().value) if isinstance(body.body[-1], ast.Expr) else None
    exec(compile(body, str(PAGE), "exec"), names)
    return eval(compile(last, str(PAGE), "eval"), names) if last else None


@pytest.mark.slow
def test_every_cell_of_the_tutorial_runs_and_the_story_holds():
    names: dict = {}
    said = io.StringIO()

    with contextlib.redirect_stdout(said):
        values = [run(code, names) for code in cells()]

    states = [value for value in values if isinstance(value, tuple)]
    assert states[0] == ("complete_with_errors", {"written": 6, "failed": 2})
    assert ("thumb/SKU1.webp",) in states
    assert states[-1] == ({"written": 1, "reused": 5, "failed": 2}, True)
    assert values[-1][:4] == b"RIFF"
    assert "collect()" in said.getvalue()
    assert "did you mean 'cover'" in said.getvalue()
