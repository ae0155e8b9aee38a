"""Pixels are right: every word against another implementation, and the page that tells of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.fidelity.case import METRICS, Case, compare
from tests.fidelity.page import PAGE, told
from tests.fidelity.registry import FAMILIES, HERE, SHARE, cases, covered, words


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_result_is_that_of_another_implementation(case: Case) -> None:
    if case.needs is not None and not case.needs.exists():
        pytest.skip(f"no {case.needs.name} here: set MEDIAFRAME_CORPUS")
    metric = METRICS[case.metric]

    worst = compare(case)

    assert metric.holds(worst, case.tolerance), f"{worst:g}, allowed: {metric.allowed(case.tolerance)}"


@pytest.mark.parametrize("family", FAMILIES)
def test_nearly_all_words_are_compared(family: str) -> None:
    known, done = words(family), covered(family)

    assert len(done) >= SHARE * len(known), f"add cases to tests/fidelity for: {', '.join(sorted(known - done))}"


def test_each_case_has_a_name_of_its_own() -> None:
    names = [one.name for one in cases()]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("path", sorted(HERE.glob("*_cases.py")), ids=lambda path: path.stem)
def test_no_reference_is_made_with_what_it_is_compared_with(path: Path) -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(path.read_text()))
        for name in ([one.name for one in node.names] if isinstance(node, ast.Import) else [])
        + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
    }

    assert not {one for one in imported if one.startswith(("pyvips", "mediaframe.engines", "mediaframe.work"))}


def test_the_page_tells_of_these_cases() -> None:
    expected = [(one.word, one.title, one.against, METRICS[one.metric].allowed(one.tolerance)) for one in cases()]

    assert told(PAGE.read_text(encoding="utf-8")) == expected, "run: python -m tests.fidelity"
