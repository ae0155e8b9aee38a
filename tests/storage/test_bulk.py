"""Many at once, in order, and never further ahead than who takes the answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mediaframe.storage.bulk import in_order


def test_answers_come_in_the_order_of_what_was_asked() -> None:
    first = threading.Event()

    def do(number: int) -> int:
        if number == 0:
            first.wait(5)
        else:
            first.set()
        return number

    assert list(in_order(do, range(20), 4)) == list(range(20))


def test_no_more_is_pulled_than_may_be_ahead() -> None:
    pulled = []

    def asked() -> Iterator[int]:
        for number in range(1000):
            pulled.append(number)
            yield number

    answers = in_order(str, asked(), 8)
    taken = [next(answers) for _ in range(5)]

    assert taken == ["0", "1", "2", "3", "4"]
    assert len(pulled) <= 5 + 8
    answers.close()  # type: ignore[attr-defined]
    assert len(pulled) <= 5 + 8


def test_what_fails_is_raised_in_its_turn_and_ends_the_rest() -> None:
    done = []

    def do(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        done.append(number)
        return number

    answers = in_order(do, range(1000), 4)
    assert [next(answers) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(answers)

    assert len(done) < 20


def test_as_many_are_under_way_at_once_as_was_asked() -> None:
    together = threading.Barrier(6, timeout=10)

    assert list(in_order(lambda _: together.wait() >= 0, range(6), 6)) == [True] * 6
