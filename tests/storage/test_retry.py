"""Requests that are tried again, and those that are not; limits, budget and throttling."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mediaframe.errors import UsageError
from mediaframe.storage.retry import Gate, Requests
from mediaframe.storage.transient import transient


class AnswerError(Exception):
    """What a client raises for an answer of S3."""

    def __init__(self, status: int, code: str = "", **headers: str) -> None:
        super().__init__(code)
        self.response = {
            "Error": {"Code": code},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
        }


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def __call__(self) -> float:
        return self.now


class Failing:
    """Raises what it is given, one after the other, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def gate(clock: Clock, **requests: Any) -> Gate:
    return Gate(Requests(**requests), sleep=clock.sleep, clock=clock)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_that_may_pass_is_asked_again(status: int) -> None:
    asked = Failing(AnswerError(status), AnswerError(status))

    assert gate(Clock()).call(asked) == "answer"
    assert asked.asked == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 411, 412, 416, 501])
def test_a_status_that_lasts_is_not_asked_again(status: int) -> None:
    asked = Failing(AnswerError(status))

    with pytest.raises(AnswerError):
        gate(Clock()).call(asked)

    assert asked.asked == 1


@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "OperationAborted"])
def test_a_conflict_of_two_conditional_writes_is_asked_again(code: str) -> None:
    assert gate(Clock()).call(Failing(AnswerError(409, code))) == "answer"


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), BrokenPipeError(), OSError(104, "reset")])
def test_a_lost_connection_is_asked_again(error: Exception) -> None:
    assert gate(Clock()).call(Failing(error)) == "answer"


@pytest.mark.parametrize("error", [FileNotFoundError(), PermissionError(), FileExistsError(), ValueError(), KeyError()])
def test_what_is_no_fault_of_the_network_is_not_asked_again(error: Exception) -> None:
    assert transient(error) is None


def test_what_s3fs_makes_of_an_answer_counts_by_its_cause() -> None:
    passing, lasting = OSError(5, "SlowDown"), FileNotFoundError("no such key")
    passing.__cause__, lasting.__cause__ = AnswerError(503, "SlowDown"), AnswerError(404, "NoSuchKey")

    assert transient(passing) is not None
    assert transient(lasting) is None


def test_pauses_grow_are_spread_and_end_with_the_attempts() -> None:
    clock, asked = Clock(), Failing(*[AnswerError(500) for _ in range(9)])

    with pytest.raises(AnswerError):
        gate(clock).call(asked)

    assert asked.asked == 6
    assert all(0 <= slept <= 0.2 * 2**number for number, slept in enumerate(clock.slept))
    assert len(set(clock.slept)) == 5


def test_a_store_that_says_when_to_come_back_is_believed_up_to_a_minute() -> None:
    clock = Clock()

    gate(clock).call(
        Failing(AnswerError(503, "SlowDown", **{"retry-after": "7"}), AnswerError(503, **{"Retry-After": "900"}))
    )

    assert clock.slept == [7.0, 60.0]


def test_a_request_is_not_asked_again_for_ever() -> None:
    clock, asked = Clock(), Failing(*[AnswerError(503, **{"Retry-After": "50"}) for _ in range(9)])

    with pytest.raises(AnswerError):
        gate(clock).call(asked)

    assert clock.now <= 120
    assert asked.asked == 3


def test_the_budget_ends_retries_of_all_requests_together() -> None:
    shared, sent = gate(Clock(), floor=5, budget=0.1, attempts=3), 0

    for _ in range(100):
        asked = Failing(*[AnswerError(500) for _ in range(9)])
        with pytest.raises(AnswerError):
            shared.call(asked)
        sent += asked.asked

    assert sent == 100 + 5 + 10
    assert shared.retried == 15


def test_throttling_halves_what_is_under_way_and_success_brings_it_back() -> None:
    clock = Clock()
    shared = gate(clock, concurrency=16)

    shared.call(Failing(AnswerError(503, "SlowDown")))
    throttled = shared.limit
    for _ in range(200):
        shared.call(Failing())

    assert throttled < 9
    assert shared.limit == 16


def test_no_more_requests_than_allowed_are_under_way() -> None:
    shared, most, flying, lock = Gate(Requests(concurrency=3)), 0, 0, threading.Lock()
    turn = threading.Event()

    def do() -> None:
        nonlocal most, flying
        with lock:
            flying += 1
            most = max(most, flying)
        turn.wait(0.01)
        with lock:
            flying -= 1

    threads = [threading.Thread(target=shared.call, args=(do,)) for _ in range(12)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]

    assert most == 3


def test_no_more_requests_a_second_than_allowed_are_made() -> None:
    clock = Clock()
    shared = gate(clock, rate=10)

    for _ in range(21):
        shared.call(Failing())

    assert clock.now == pytest.approx(2.0)


@pytest.mark.parametrize("given", [{"concurrency": 0}, {"attempts": 0}, {"rate": 0}, {"budget": -1}, {"seconds": -1}])
def test_limits_that_make_no_sense_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(given))):
        Requests(**given)
