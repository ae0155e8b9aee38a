"""Progress moves while batches are under way, loses nothing by what is lost on the way, and ends exact."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mediaframe.work import events
from mediaframe.work.events import Progress, Tally, Telling


def row(status: str = "written", size: int = 10, code: str | None = None) -> dict[str, Any]:
    return {"status": status, "bytes": size, "error_code": code}


@pytest.fixture
def news(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let everything be told that is counted, and give what was told."""
    monkeypatch.setattr(events, "INTERVAL", 0.0)
    return []


def test_a_batch_that_is_under_way_counts_by_what_is_told_of_it(news: list[dict[str, Any]]) -> None:
    tally, telling = Tally(total=6), Telling(0, news.append)
    tally.enter("running")

    telling.count([row(), row("failed", code="E_CORRUPT")], 100)
    telling.count([row()], 50)
    seen = []
    for one in news:
        tally.hear(one)
        seen.append(tally.progress().done)

    found = tally.progress()
    assert seen == [2, 3]
    assert (found.written, found.failed, found.bytes_in, found.bytes_out) == (2, 1, 150, 20)
    assert found.errors == {"E_CORRUPT": 1}


def test_what_is_told_travels_as_plain_values(news: list[dict[str, Any]]) -> None:
    Telling(3, news.append).count([row("failed", code="E_CORRUPT")], 1)

    assert json.loads(json.dumps(news)) == news


def test_a_word_that_is_lost_is_made_up_for_by_the_next(news: list[dict[str, Any]]) -> None:
    tally, telling = Tally(total=9), Telling(0, news.append)
    for _ in range(3):
        telling.count([row()], 1)

    tally.hear(news[2])

    assert tally.progress().written == 3


def test_what_a_batch_gives_takes_the_place_of_what_was_told(news: list[dict[str, Any]]) -> None:
    tally, telling = Tally(total=3), Telling(7, news.append)
    telling.count([row(), row()], 20)
    tally.hear(news[0])

    tally.count([row(), row(), row("failed", code="E_CORRUPT")], 30, batch=7)

    found = tally.progress()
    assert (found.done, found.written, found.failed, found.bytes_in, found.bytes_out) == (3, 2, 1, 30, 20)


def test_a_batch_that_is_done_again_is_not_counted_twice(news: list[dict[str, Any]]) -> None:
    tally = Tally(total=2)
    first, second = Telling(0, news.append), Telling(0, news.append)
    first.count([row(), row()], 2)
    second.count([row()], 1)

    for one in news:
        tally.hear(one)

    assert tally.progress().done == 1


def test_what_never_came_back_counts_for_nothing_in_the_end(news: list[dict[str, Any]]) -> None:
    told: list[Progress] = []
    tally, telling = Tally(total=4, watchers=[told.append]), Telling(1, news.append)
    tally.enter("running")
    tally.count([row()], 1, batch=0)
    telling.count([row()], 1)
    tally.hear(news[0])

    tally.enter("cancelled")

    assert told[-1].state == "cancelled"
    assert told[-1].done == tally.progress().done == 1


def test_a_teller_holds_its_tongue_for_a_moment() -> None:
    told: list[Any] = []
    telling = Telling(0, told.append)

    for _ in range(1000):
        telling.count([row()], 1)

    assert len(told) < 10
