"""Verbs that begin or go on with an export spell their arguments out, for editors and `help()`: they must agree."""

from __future__ import annotations

import inspect

import pytest

import mediaframe as mf
from mediaframe.work.doing import Doing


def arguments(verb) -> dict[str, inspect.Parameter]:
    """The keyword arguments of a verb by name."""
    return {
        name: one
        for name, one in inspect.signature(verb).parameters.items()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    }


def test_start_takes_what_export_takes_but_for_the_rehearsal():
    export = arguments(mf.MediaFrame.export)

    del export["dry_run"]

    assert arguments(mf.MediaFrame.start) == export


@pytest.mark.parametrize("verb", [mf.resume, mf.open_run, mf.MediaFrame.collect, mf.scan], ids=lambda one: one.__name__)
def test_an_argument_means_the_same_wherever_it_is_taken(verb):
    export = arguments(mf.MediaFrame.export)

    shared = {name: one for name, one in arguments(verb).items() if name in export}

    assert shared
    assert shared == {name: export[name] for name in shared}


def test_who_says_nothing_has_the_work_done_as_the_declaration_says():
    export, doing = arguments(mf.MediaFrame.export), Doing()

    said = {name: export[name].default for name in ("slots", "client", "patience", "requests", "ship_secrets")}

    assert said == {name: getattr(doing, name) for name in said}
