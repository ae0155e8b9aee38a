"""The page `docs/fidelity.md`, made from what the cases gave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mediaframe.engines.vips.engine import engine
from tests.fidelity.case import METRICS, Case
from tests.fidelity.registry import FAMILIES, cases, covered, words

PAGE = Path(__file__).parents[2] / "docs" / "fidelity.md"

_HEAD = """\
# Fidelity

Every operation, format and measure is compared with an implementation that shares no code with it: Pillow, numpy,
scipy, OpenCV, FFmpeg, imagehash, or the formula of a specification written out. This page is written by the test suite
(`python -m tests.fidelity`); the same cases run as tests. *Worst* is how far the two are apart on the worst of the
pictures, *allowed* is where the test fails. Levels are those of 8 bits, 0 to 255; where there is transparency, colors
count as far as they can be seen.
"""

_TITLES = {
    "operation": "Operations",
    "format read": "Formats that are read",
    "format written": "Formats that are written",
    "measure": "Measures",
}

_ROW = re.compile(r"^\| `(?P<word>[^`]+)` \| (?P<title>.+?) \| .*? \| (?P<against>.+?) \| (?P<allowed>.+?) \| .* \|$")


def row(case: Case, worst: float) -> str:
    """Give the line of one case."""
    number = "equal" if worst == 0 and not METRICS[case.metric].least else f"{worst:.3g}"
    recipe = f"`{case.recipe!r}`"
    return (
        f"| `{case.word}` | {case.title} | {recipe} | {case.against} | "
        f"{METRICS[case.metric].allowed(case.tolerance)} | {number} |"
    )


def page(results: Mapping[str, float]) -> str:
    """Give the whole page."""
    parts = [_HEAD, f"Written with {engine.version()}.\n"]
    for family in FAMILIES:
        known, done = words(family), covered(family)
        left = ", ".join(f"`{word}`" for word in sorted(known - done))
        parts += [
            f"## {_TITLES[family]}\n",
            f"{len(done)} of {len(known)} have a case{f'; without one: {left}' if left else ''}.\n",
            "| Word | What of it | Recipe | Compared with | Allowed | Worst |\n| --- | --- | --- | --- | --- | --- |",
            "\n".join(row(one, results[one.name]) for one in cases() if one.family == family) + "\n",
        ]
    return "\n".join(parts)


def told(text: str) -> list[tuple[str, str, str, str]]:
    """Read the cases back from a page: word, title, what it is compared with, what is allowed."""
    found = (_ROW.match(line) for line in text.splitlines())
    return [(one["word"], one["title"], one["against"], one["allowed"]) for one in found if one]
